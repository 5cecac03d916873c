// SPDX-License-Identifier: MIT
import type { ContractTransaction } from "ethers";

import type { B52Node } from "../../../agents/index.ts";
import { decodeReverts } from "../../../chain/index.ts";
import { isProtocolError } from "../../../errors.ts";
import type { Outbox, PurposeLimits } from "../../outbox/index.ts";

/** Seconds of L1 for which a call that L1 refused is not tried again. */
const PAUSE = 60;

/** Gas of the calls of B52 (docs/benchmarks.md), rounded up: a decision weighs it before the call is estimated. */
export const B52_GAS = {
  commit: 90_000n,
  advance: 250_000n,
  settle: 70_000n,
  pay: 250_000n,
  close: 80_000n,
  show: 500_000n,
  slash: 200_000n,
  /** @param nodes of the tree */
  submit: (nodes: number): bigint => 400_000n + 70_000n * BigInt(nodes),
} as const;

/**
 * Sends the calls of the roles of B52 through the outbox, and does not wait for them: windows are short. A call has a
 * purpose that names the round, so it happens at most once, also across restarts. A role looks at L1 to see what happened.
 */
export class Desk {
  /** L1 address of the account. */
  readonly address: string;
  readonly #outbox: Outbox;
  readonly #limits: Pick<PurposeLimits, "maxFee">;
  /** By name: the time at which L1 refused the call. */
  readonly #refused = new Map<string, number>();

  constructor(outbox: Outbox, address: string, limits: Pick<PurposeLimits, "maxFee"> = {}) {
    this.#outbox = outbox;
    this.address = address;
    this.#limits = limits;
  }

  /** Whether a call is on its way or has happened, or was refused a short while ago. @param now time of L1 */
  isBusy(name: string, now: number): boolean {
    const refused = this.#refused.get(name);
    return (
      (refused !== undefined && now - refused < PAUSE) ||
      this.#outbox.row(this.#outbox.freshPurpose(name)) !== undefined
    );
  }

  /**
   * Sends a call, if it is not on its way and has not happened.
   *
   * @param name of its purpose
   * @param now time of L1
   * @returns whether it was sent
   * @throws {ProtocolError} as `Outbox.enqueue`; not `REVERTED`: somebody else may have been faster, and it is tried again
   *   later if it is wanted still
   */
  async send(name: string, now: number, call: () => Promise<ContractTransaction>): Promise<boolean> {
    if (this.isBusy(name, now)) return false;
    this.#refused.delete(name);
    try {
      const { to, data } = await decodeReverts(call());
      await this.#outbox.enqueue(this.#outbox.freshPurpose(name), { to, data, value: 0n }, this.#limits);
      return true;
    } catch (error) {
      if (!isProtocolError(error, "REVERTED")) throw error;
      this.#refused.set(name, now);
      return false;
    }
  }
}

/** Purposes of the desk, with what L1's state after a block has to be like. */
const COMMIT = /^commit (\d+) /u;
const SUBMIT = /^submit (\d+) /u;
const ADVANCE = /^advance (\d+)/u;
const DEFENCE = /^(?:defend|demand|show) (\d+) (0x[0-9a-f]{40}) /u;

/**
 * Whether L1's state after a block asks for a purpose of the roles of B52: its window is open, and nobody has done it. Of
 * other purposes L1 says it when they are tried.
 *
 * @throws {Error} if the endpoint does not answer
 */
export async function isWantedByB52(node: B52Node, purpose: string, block: number): Promise<boolean> {
  const { consensus, provider } = node.system;
  const at = { blockTag: block };
  const [, committed] = COMMIT.exec(purpose) ?? [];
  if (committed !== undefined) {
    const [round, , isOpen] = await consensus.openRound(at);
    return isOpen && round === BigInt(committed);
  }
  const [, height] = ADVANCE.exec(purpose) ?? [];
  if (height !== undefined) return (await consensus.height(at)) < BigInt(height);
  const time = async (): Promise<bigint> => BigInt((await provider.getBlock(block))?.timestamp ?? 0);
  const [, submitted] = SUBMIT.exec(purpose) ?? [];
  if (submitted !== undefined) return (await time()) < node.proofWindowOf(BigInt(submitted)).closesAt;
  const [, round, proposer] = DEFENCE.exec(purpose) ?? [];
  if (round === undefined || proposer === undefined) return true;
  const proven = node.provenBlocks.find(
    ({ proposal }) => proposal.round === BigInt(round) && proposal.proposer.toLowerCase() === proposer,
  );
  return proven === undefined || (await time()) < BigInt(proven.record.defenceEnd);
}
