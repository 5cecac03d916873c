// SPDX-License-Identifier: MIT
import type { ContractTransaction } from "ethers";

import { isSameAddress, type B52Node, type EscrowClient, type OpenLock } from "../../../agents/index.ts";
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
  lock: 90_000n,
  demandContent: 90_000n,
  cover: 70_000n,
  resolve: 110_000n,
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

  /** Whether a call was sent, and is on its way or has happened. */
  isSent(name: string): boolean {
    return this.#outbox.row(name) !== undefined && !this.hasFailed(name);
  }

  /** Whether L1 has refused a call, or it has ended without success. */
  hasFailed(name: string): boolean {
    return this.#refused.has(name) || this.#outbox.freshPurpose(name) !== name;
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

// ─── Purposes ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Purpose of a commitment. @param parent commitment hash */
export const commitName = (round: bigint, parent: string): string => `commit ${round} on ${parent.slice(0, 18)}`;

type NamedLock = Pick<OpenLock, "hash" | "proposer" | "round" | "height">;
const placeName = ({ hash, proposer, height }: NamedLock): string =>
  `${hash} of ${proposer.toLowerCase()} at ${height}`;

/** Purpose of a commitment to a builder's block: it has to have the lock. */
export const lockedCommitName = (parent: string, lock: NamedLock): string =>
  `${commitName(lock.round, parent)} with ${placeName(lock)}`;

/** Purpose of a lock. */
export const lockName = (lock: NamedLock & Pick<OpenLock, "deadline">): string =>
  `lock ${placeName(lock)} in ${lock.round} until ${lock.deadline}`;

/** Purpose of a call about a lock that L1 has. @param until time from which on the call is of no use */
export const escrowName = (
  what: "ask content" | "answer" | "take cover" | "resolve",
  lock: NamedLock,
  until?: number | bigint,
): string => `${what} ${placeName(lock)}${until === undefined ? "" : ` until ${until}`}`;

/** Purposes of the desk, with what L1's state after a block has to be like. */
const COMMIT = /^commit (\d+) on 0x[0-9a-f]{16}(?: with (0x[0-9a-f]{64}) of (0x[0-9a-f]{40}) at (\d+))?/u;
const LOCK = /^lock (0x[0-9a-f]{64}) of (0x[0-9a-f]{40}) at (\d+) in (\d+) until (\d+)/u;
const ESCROW =
  /^(?:ask content|answer|take cover|resolve) (0x[0-9a-f]{64}) of (0x[0-9a-f]{40}) at (\d+)(?: until (\d+))?/u;
const SUBMIT = /^submit (\d+) /u;
const ADVANCE = /^advance (\d+)/u;
const DEFENCE = /^(?:defend|demand|show) (\d+) (0x[0-9a-f]{40}) /u;

/** The parts of a node that say whether a purpose is wanted. */
export interface WantingParts {
  readonly node: B52Node;
  /** Undefined for a node that trades with no builder. */
  readonly escrow: EscrowClient | undefined;
  /** Purposes that begin with these words, and of which it is not known that they ended. */
  readonly inFlight: (words: string) => boolean;
}

/**
 * Whether L1's state after a block asks for a purpose of the roles of B52: its window is open, and nobody has done it. Of
 * other purposes L1 says it when they are tried.
 *
 * @throws {Error} if the endpoint does not answer
 */
export async function isWantedByB52(parts: WantingParts, purpose: string, block: number): Promise<boolean> {
  const { node, inFlight } = parts;
  const { consensus, provider } = node.system;
  const at = { blockTag: block };
  const isOpen = async (round: string | undefined): Promise<boolean> => {
    const [open, , takes] = await consensus.openRound(at);
    return takes && open === BigInt(round ?? 0);
  };
  const time = async (): Promise<bigint> => BigInt((await provider.getBlock(block))?.timestamp ?? 0);
  const isHeld = async (hash: string, proposer: string, height: string): Promise<boolean> =>
    (await parts.escrow?.escrow.placeOf(proposer, BigInt(height) & 1n, at)) === hash;
  const commit = COMMIT.exec(purpose);
  if (commit !== null) {
    const [, round, hash, proposer = "", height = "0"] = commit;
    if (!(await isOpen(round))) return false;
    // A reorganisation can take the lock back. Its transaction comes first; without it the content is shown to nobody.
    return hash === undefined || inFlight(`lock ${hash} `) || (await isHeld(hash, proposer, height));
  }
  const lock = LOCK.exec(purpose);
  if (lock !== null) {
    const [, hash = "", proposer = "", height = "0", round, deadline = "0"] = lock;
    if (!(await isOpen(round)) || (await time()) >= BigInt(deadline)) return false;
    return !(await isHeld(hash, proposer, height));
  }
  const traded = ESCROW.exec(purpose);
  if (traded !== null) {
    const [, hash = "", proposer = "", height = "0", until] = traded;
    if (until !== undefined && (await time()) >= BigInt(until)) return false;
    return isHeld(hash, proposer, height);
  }
  const [, height] = ADVANCE.exec(purpose) ?? [];
  if (height !== undefined) return (await consensus.height(at)) < BigInt(height);
  const [, submitted] = SUBMIT.exec(purpose) ?? [];
  if (submitted !== undefined) return (await time()) < node.proofWindowOf(BigInt(submitted)).closesAt;
  const [, round, proposer] = DEFENCE.exec(purpose) ?? [];
  if (round === undefined || proposer === undefined) return true;
  const proven = node.provenBlocks.find(
    ({ proposal }) => proposal.round === BigInt(round) && isSameAddress(proposal.proposer, proposer),
  );
  return proven === undefined || (await time()) < BigInt(proven.record.defenceEnd);
}
