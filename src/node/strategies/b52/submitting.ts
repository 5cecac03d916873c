// SPDX-License-Identifier: MIT
import { nodesIn, worthOf } from "./score.ts";
import { BLOCK_TIME } from "./proposing.ts";

/** When proven blocks are submitted, and the state advances. Times are in seconds of L1. */
export interface SubmittingStrategy {
  /** So long before the end of the proof window a last submission is sent. Default 72: six blocks. */
  readonly margin: number;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const SUBMITTING_STRATEGY: SubmittingStrategy = { margin: 72, tokenPrice: 10n ** 15n };

/** A set of proofs that L1 would accept as a block. */
export interface Assembly {
  /** Bit i: node i is credited. */
  readonly credited: bigint;
}

/** A revealed block, the best of its proofs, and the facts that decide whether it is submitted. */
export interface SubmitView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** End of the proof window. */
  readonly closesAt: number;
  /** Whether this account committed to the block. */
  readonly isOwn: boolean;
  /** Place of this node among those who may submit somebody else's block: 0, 1, 2, …; each waits a block for the one before. */
  readonly order: number;
  /** Undefined as long as proofs are missing. */
  readonly assembly: Assembly | undefined;
  /** Nodes with a valid vote. */
  readonly promised: bigint;
  /** Credited nodes that L1 has; undefined if the block was not submitted. */
  readonly recorded: bigint | undefined;
  /** Nodes that this node's ticket was promised. */
  readonly ownNodes: bigint;
  /** Pay for a credited node, in the native token, if the block wins. */
  readonly nodePay: bigint;
  /** Reward of the proposer if all promised nodes are credited and the block wins. */
  readonly proposerPay: bigint;
  /** Gas of the call, in wei. */
  readonly cost: bigint;
  /** Whether a departure has to happen before L1 accepts any block. */
  readonly isDepartureDue: boolean;
}

export type SubmitDecision =
  | { readonly do: "submit"; readonly why: "full" | "time" | "better" }
  | {
      readonly do: "wait";
      /** `patience`: further proofs may come, and there is time. `others`: somebody else comes first. */
      readonly why: "frozen" | "over" | "departure" | "incomplete" | "known" | "patience" | "others" | "unprofitable";
    };

/**
 * Whether to submit now, wait for more proofs, or submit once more. One submission with all credits costs one call, so
 * the first one waits for all that were promised, as long as there is time for a second one. A further submission is
 * made if the nodes that it credits bring more than its gas.
 *
 * A block of somebody else is submitted late: its proposer comes first, and may have vanished.
 */
export function decideSubmit(view: SubmitView, { margin, tokenPrice }: SubmittingStrategy): SubmitDecision {
  const wait = (why: (SubmitDecision & { do: "wait" })["why"]): SubmitDecision => ({ do: "wait", why });
  const { now, closesAt, isOwn, assembly, promised, recorded, ownNodes, nodePay, proposerPay, cost } = view;
  if (view.isFrozen) return wait("frozen");
  if (now >= closesAt - BLOCK_TIME) return wait("over");
  if (assembly === undefined) return wait("incomplete");
  const fresh = assembly.credited & ~(recorded ?? 0n);
  if (recorded !== undefined && fresh === 0n) return wait("known");
  if (view.isDepartureDue) return wait("departure");
  const isFull = (promised & ~(assembly.credited | (recorded ?? 0n))) === 0n;
  const ownPay = nodePay * BigInt(nodesIn(fresh & ownNodes).length);
  const promisedCount = BigInt(nodesIn(promised).length);
  const freshCount = BigInt(nodesIn(fresh).length);
  const forProposer = isOwn && promisedCount > 0n ? (proposerPay * freshCount) / promisedCount : 0n;
  const gain = worthOf(ownPay + forProposer, tokenPrice);
  const isFirst = recorded === undefined;
  if (isOwn && isFirst) {
    // The bid is at stake, so the gas is no question.
    if (isFull) return { do: "submit", why: "full" };
    return now >= closesAt - 3 * margin ? { do: "submit", why: "time" } : wait("patience");
  }
  const from = isOwn
    ? closesAt - 2 * margin
    : Math.min(closesAt - margin + BLOCK_TIME * view.order, closesAt - 2 * BLOCK_TIME);
  if (!isFirst && !isOwn && ownPay === 0n) return wait("known");
  if (gain <= cost) return wait("unprofitable");
  if (now < from && !(isOwn && isFull)) return wait(isOwn ? "patience" : "others");
  return { do: "submit", why: isFirst ? "time" : "better" };
}

/** A round that is over, and the facts that decide whether this node ends it. */
export interface AdvanceView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** End of the proof window of the round whose block wins; undefined if there is none. */
  readonly closedAt: number | undefined;
  /** Whether this account is the winner's proposer, or delivered to it. */
  readonly isPaid: boolean;
  /** Place of this node among the others: each waits for the ones before. */
  readonly order: number;
}

export type AdvanceDecision =
  { readonly do: "advance" } | { readonly do: "wait"; readonly why: "frozen" | "running" | "others" };

/** Seconds that those who gain nothing by the end of a round wait for those who do. */
const COURTESY = 120;

/** Whether to make the winner the head. Those who are paid by it do so at once, one after the other. */
export function decideAdvance(view: AdvanceView): AdvanceDecision {
  if (view.isFrozen) return { do: "wait", why: "frozen" };
  if (view.closedAt === undefined || view.now < view.closedAt) return { do: "wait", why: "running" };
  const from = view.closedAt + BLOCK_TIME * view.order + (view.isPaid ? 0 : COURTESY);
  return view.now >= from ? { do: "advance" } : { do: "wait", why: "others" };
}

/** A call that gives money back, as `B52Node.chores` names it. */
export interface ChoreView {
  /** Amount that this account gets by it, in the native token. */
  readonly amount: bigint;
  /** Gas of the call, in wei. */
  readonly cost: bigint;
  /** Whether the account can do nothing further before: a bid in a place that is needed. */
  readonly isInTheWay: boolean;
}

/** Index of the first chore that is worth its gas; undefined if none is. */
export function chooseChore(chores: readonly ChoreView[], { tokenPrice }: SubmittingStrategy): number | undefined {
  const found = chores.findIndex(({ amount, cost, isInTheWay }) => isInTheWay || worthOf(amount, tokenPrice) > cost);
  return found < 0 ? undefined : found;
}
