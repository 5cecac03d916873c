// SPDX-License-Identifier: MIT
import { AbiCoder, keccak256, ZeroHash } from "ethers";

import type {
  IRollup,
  OpenedVoteStructOutput,
  SubmissionStruct,
} from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import type { contentHash, Proposal, ShownVote } from "../../../b52/index.ts";
import { SLOT_BYTES } from "../../../codec/index.ts";
import { toField } from "../../../field.ts";

/** Names what a proposer has in a round: a commitment, and later a proven block. */
export const entryKey = (round: bigint, proposer: string): string => `${round}/${proposer.toLowerCase()}`;

/** Of the proposal in an event, which has more properties. */
export const toProposal = (args: Proposal): Proposal => ({
  proposer: args.proposer,
  round: args.round,
  height: args.height,
  parent: args.parent,
  contentHash: args.contentHash,
  bid: args.bid,
  share: args.share,
  leaves: args.leaves,
  promisedProvers: args.promisedProvers,
  transcript: args.transcript,
});

/**
 * A vote of a log, whose numbers are `bigint`s of no brand.
 *
 * @param isDrawn whether tickets are drawn, so that votes have a point
 */
export const toShownVote = ({ exists, vote, path }: OpenedVoteStructOutput, isDrawn: boolean): ShownVote => ({
  exists,
  vote: {
    ...{ nodes: vote.nodes, h: vote.h, s: vote.s },
    ...(isDrawn && exists ? { gamma: { x: vote.gammaX, y: vote.gammaY } } : {}),
  },
  path: path.map((sibling) => toField(sibling)) as unknown as ShownVote["path"],
});

export const contentOf = (submission: SubmissionStruct): Parameters<typeof contentHash>[0] => ({
  salt: submission.salt as string,
  dataHash: keccak256(submission.data),
  forcedCount: Number(submission.forcedCount),
  feeAccount: Number(submission.feeAccount),
  feeToken: BigInt(submission.feeToken),
  includeListHash: keccak256(submission.includeList),
});

const TRANSITION =
  "tuple(uint256 newStateRoot, uint256 forcedCount, bytes32 exitsRoot, uint256 exitCount, tuple(address recipient, uint16 token, uint256 amount)[] payments)";

export const encodeTransition = (transition: IRollup.TransitionStruct): string =>
  AbiCoder.defaultAbiCoder().encode([TRANSITION], [transition]);

/** `IB52Rounds.listDue`: the first 26 bytes of the hash, and the number of slots in 6 bytes; zero for no list. */
export const listHash = (list: Uint8Array): string =>
  list.length === 0
    ? ZeroHash
    : keccak256(list).slice(0, 54) + (list.length / SLOT_BYTES).toString(16).padStart(12, "0");
