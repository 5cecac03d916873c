// SPDX-License-Identifier: MIT
import { TRANSACTION_GAS_CAP } from "../../chain/index.ts";
import { capFor, raisedFees } from "./fees.ts";
import type { Attempt, AttemptKind, Fees, OutboxOutcome, OutboxRow } from "./row.ts";

/** When the outbox acts. Depths and times are in blocks of L1, so that this machine's clock does not count. */
export interface OutboxPolicy {
  /** Blocks that a transaction may wait until it is replaced by one that pays more. Default 4. */
  readonly stallBlocks: number;
  /** Depth of the block that used a nonce, before its purpose gets another nonce; the head has depth 1. Default 12. */
  readonly depth: number;
  /** Blocks after which an outcome is believed for good. Default 64, as many as the node can go back. */
  readonly settleDepth: number;
  /** Most gas of a transaction. Default 2^24, the most that L1 takes. */
  readonly gasCap: bigint;
  /** How often a call that ran out of gas is made again with a fifth more. Default 3. */
  readonly gasRaises: number;
}

export const OUTBOX_POLICY: OutboxPolicy = {
  stallBlocks: 4,
  depth: 12,
  settleDepth: 64,
  gasCap: TRANSACTION_GAS_CAP,
  gasRaises: 3,
};

/** A transaction in a block. */
export interface Mined {
  readonly block: number;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
}

/** Answer of an endpoint that was given a transaction. */
export type SendAnswer = "accepted" | "underpriced" | "refused";

/** The last answer of an endpoint to a transaction, and L1's head at that time. */
export interface LastAnswer {
  readonly answer: SendAnswer;
  readonly block: number;
}

/** The use of a nonce in a block. */
export interface NonceUse {
  readonly block: number;
  /** Hash of the transaction that used the nonce; undefined if an authorisation (EIP-7702) used it. */
  readonly hash: string | undefined;
}

/** L1 as it is seen for one row. */
export interface L1View {
  /** Number of the newest block. */
  readonly head: number;
  /** Next nonce of the account, after that block. */
  readonly nonce: number;
  /** The row's transactions that are in a block, by hash: all of them were looked for. */
  readonly mined: ReadonlyMap<string, Mined>;
  /** Hashes of the row's transactions that the endpoint has in its pool. */
  readonly pooled: ReadonlySet<string>;
  /** Answers of the endpoint to the row's transactions since this process began, by hash. */
  readonly answers: ReadonlyMap<string, LastAnswer>;
  /**
   * The use of the row's nonce. The outbox looks for it only if the nonce is used, and no transaction of the row with
   * this nonce is known to be in a block.
   */
  readonly use: NonceUse | undefined;
  /** Fees that a new transaction would offer now. */
  readonly fees: Fees;
  /** Whether L1's state after the newest block asks for the purpose: it has not happened, and can happen. */
  readonly isWanted: boolean;
}

/** The next step for a row. */
export type OutboxStep =
  /**
   * - `fresh`: it was sent a short while ago.
   * - `blocked`: an earlier nonce of the account has to be used first.
   * - `capped`: more cannot be offered, as it would cost more than it may.
   * - `unexplained`: the nonce is used, and the endpoint does not show by what.
   * - `foreign`: a transaction of somebody with the same key used the nonce, and is not deep yet.
   */
  | { readonly do: "wait"; readonly why: "fresh" | "blocked" | "capped" | "unexplained" | "foreign" }
  /** It is in a block that is not deep enough to be believed for good. */
  | { readonly do: "wait"; readonly why: "mined"; readonly outcome: OutboxOutcome; readonly block: number }
  /** Send the same bytes again, in this order. */
  | { readonly do: "send"; readonly attempts: readonly Attempt[] }
  /** Sign another transaction with the same nonce, that pays more. */
  | { readonly do: "replace"; readonly kind: AttemptKind; readonly fees: Fees }
  /** Give the purpose another nonce, as its own is used for good by something else, or by a call that ran out of gas. */
  | { readonly do: "renew"; readonly why: "foreign" | "outOfGas"; readonly gasLimit: bigint; readonly fees: Fees }
  | { readonly do: "settle"; readonly outcome: OutboxOutcome; readonly block: number };

/**
 * Decides the next step for a purpose that is not settled. Gaps in the view never make the purpose happen twice: until
 * L1 has used a nonce for good, all transactions that are signed for the purpose have that nonce.
 */
export function nextStep(row: OutboxRow, view: L1View, policy: OutboxPolicy): OutboxStep {
  const depthOf = (block: number): number => view.head - block + 1;
  const settleAt = (outcome: OutboxOutcome, block: number): OutboxStep =>
    depthOf(block) >= policy.settleDepth
      ? { do: "settle", outcome, block }
      : { do: "wait", why: "mined", outcome, block };

  const success = row.attempts.find((attempt) => attempt.kind === "call" && view.mined.get(attempt.hash)?.succeeded);
  if (success !== undefined) {
    // L1 went back behind the use of an older nonce, and then took the older transaction: the newer one must not follow.
    const isNewerOpen = success.nonce !== row.nonce && view.nonce <= row.nonce;
    return isNewerOpen ? pursue(row, view, policy, true) : settleAt("succeeded", view.mined.get(success.hash)!.block);
  }

  const used = row.attempts.find(({ hash, nonce }) => nonce === row.nonce && view.mined.has(hash));
  if (used !== undefined) {
    const mined = view.mined.get(used.hash)!;
    if (used.kind === "cancel") return settleAt("cancelled", mined.block);
    const gasLimit = nextGasLimit(row, view, policy);
    const isAgain = view.isWanted && isOutOfGas(used, mined) && gasLimit !== undefined;
    if (!isAgain) return settleAt("reverted", mined.block);
    if (depthOf(mined.block) < policy.depth) {
      return { do: "wait", why: "mined", outcome: "reverted", block: mined.block };
    }
    return { do: "renew", why: "outOfGas", gasLimit, fees: view.fees };
  }

  if (view.nonce > row.nonce) {
    const { use } = view;
    // An endpoint may show the nonce before the block, and a block before its receipts.
    if (use === undefined || row.attempts.some(({ hash }) => hash === use.hash)) {
      return { do: "wait", why: "unexplained" };
    }
    if (!isCancelling(row) && view.isWanted) {
      if (depthOf(use.block) < policy.depth) return { do: "wait", why: "foreign" };
      return { do: "renew", why: "foreign", gasLimit: row.gasLimit, fees: view.fees };
    }
    return settleAt("superseded", use.block);
  }
  return pursue(row, view, policy, !view.isWanted);
}

/** The next step while L1 has not used the row's nonce. */
function pursue(row: OutboxRow, view: L1View, policy: OutboxPolicy, isUnwanted: boolean): OutboxStep {
  const latest = latestOf(row);
  // A cancelled purpose stays so: a call that is signed after its cancellation would be a second meaning of the nonce.
  const kind: AttemptKind = isUnwanted ? "cancel" : latest.kind;
  const isNew = kind !== latest.kind;
  const last = view.answers.get(latest.hash);
  const isPooled = view.pooled.has(latest.hash);
  // Some endpoints do not show their pool. A transaction that was taken long ago may be lost, so it is sent again before
  // it is replaced.
  const isTaken = isPooled || (last?.answer === "accepted" && view.head - last.block < policy.stallBlocks);
  const isTurn = view.nonce === row.nonce;
  const isStalled = isTurn && isTaken && view.head - latest.block >= policy.stallBlocks;
  const isUnderpriced = !isPooled && last?.answer === "underpriced" && view.head > latest.block;
  const wantsMore = isNew || isStalled || isUnderpriced;
  if (wantsMore) {
    const gasLimit = kind === "cancel" ? CANCEL_GAS : row.gasLimit;
    const own = row.attempts.filter(({ nonce }) => nonce === row.nonce);
    const fees = raisedFees(own, view.fees, capFor(row.maxFee, gasLimit));
    if (fees !== undefined) return { do: "replace", kind, fees };
    // A call that is not wanted any more is not sent again.
    if (isNew) return { do: "wait", why: "capped" };
  }
  if (!isPooled) {
    const same = row.attempts.filter((attempt) => attempt.nonce === row.nonce && attempt.kind === latest.kind);
    const isAnyPooled = same.some(({ hash }) => view.pooled.has(hash));
    // A cheaper one may be taken where a dearer one is not, as the account has too little for it.
    return { do: "send", attempts: isAnyPooled ? [latest] : same };
  }
  if (wantsMore) return { do: "wait", why: "capped" };
  return { do: "wait", why: isTurn ? "fresh" : "blocked" };
}

/** Gas of a transaction that sends nothing to an account without code, and a margin for one with (EIP-7702). */
export const CANCEL_GAS = 30_000n;

/** The last transaction that was signed with the row's nonce. */
export const latestOf = ({ attempts, nonce }: OutboxRow): Attempt =>
  attempts.filter((attempt) => attempt.nonce === nonce).at(-1)!;

/** Whether the row's purpose was given up: the last that was signed with its nonce is empty. */
export const isCancelling = (row: OutboxRow): boolean => latestOf(row).kind === "cancel";

/**
 * Whether a call that failed had too little gas. A call keeps a 64th at each depth (EIP-150), so all is not used; one
 * that fails for another reason uses less than its estimate, to which a tenth was added.
 */
const isOutOfGas = ({ gasLimit }: Attempt, { gasUsed }: Mined): boolean => gasUsed * 16n >= gasLimit * 15n;

/** A fifth more than the last; undefined if there may be no more. */
function nextGasLimit(row: OutboxRow, view: L1View, { gasCap, gasRaises }: OutboxPolicy): bigint | undefined {
  const failures = row.attempts.filter((attempt) => {
    const mined = view.mined.get(attempt.hash);
    return attempt.kind === "call" && mined !== undefined && isOutOfGas(attempt, mined);
  });
  if (failures.length > gasRaises || row.gasLimit >= gasCap) return undefined;
  const raised = (row.gasLimit * 6n) / 5n;
  return raised < gasCap ? raised : gasCap;
}
