// SPDX-License-Identifier: MIT
import type { OpenedVoteStruct } from "../../../typechain-types/contracts/interfaces/IB52.ts";
import type { Transcript } from "../../b52/index.ts";

/**
 * The argument of `IB52Defaults.showVotes`: the votes that a proof of an inner node needs.
 *
 * @throws {ProtocolError} as `Transcript.openings`
 */
export const openedVotes = (transcript: Pick<Transcript, "openings">, node: number): OpenedVoteStruct[] =>
  transcript.openings(node).map(({ exists, vote: { nodes, h, s, gamma }, path }) => ({
    exists,
    vote: { nodes, h, s, gammaX: gamma?.x ?? 0n, gammaY: gamma?.y ?? 0n },
    path: [...path] as typeof path,
  }));
