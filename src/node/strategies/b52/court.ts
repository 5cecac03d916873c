// SPDX-License-Identifier: MIT
import { worthOf } from "./score.ts";
import { BLOCK_TIME } from "./proposing.ts";

/** When defaults are defended, asked about and slashed. */
export interface CourtStrategy {
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
  /** Seconds that votes are asked for in the network, before they are demanded on L1. Default 60. */
  readonly patience: number;
  /** So long before the end of a window a call is sent at the latest. Default 72: six blocks. */
  readonly margin: number;
}

export const COURT_STRATEGY: CourtStrategy = { tokenPrice: 10n ** 15n, patience: 60, margin: 72 };

/** A default on L1 that was not cleared, and the facts that decide what to do about it. Times are of L1. */
export interface DefaultView {
  /** Time of L1's newest block. */
  readonly now: number;
  /** Whether this node's ticket promised the node. */
  readonly isOwn: boolean;
  /** Whether this account proposed the block: L1 pays it no bounty. */
  readonly isProposer: boolean;
  /** Whether the block is paid, so that its defaults can be slashed; undefined before the round has a result. */
  readonly isLiable: boolean | undefined;
  /** Whether the ticket was slashed for the round. */
  readonly isSlashed: boolean;
  readonly isInner: boolean;
  /** When the block was submitted. */
  readonly submittedAt: number;
  /** End of the defence window. */
  readonly defenceEnd: number;
  readonly defenceWindow: number;
  /** End of the time in which the default can be slashed. */
  readonly liabilityEnd: number;
  readonly demand: "none" | "open" | "shown";
  /** Whether this node knows the votes that a proof of the node needs. */
  readonly hasVotes: boolean;
  /** Seconds that the proof takes; undefined if this node does not prove. */
  readonly proofSeconds: number | undefined;
  /** In the native token. */
  readonly voteDeposit: bigint;
  /** Of this account in the consensus contract. */
  readonly balance: bigint;
  readonly bounty: bigint;
  /** Place of this node among those who may do the same: each waits a block for the one before. */
  readonly order: number;
  /** Gas of an answer, and of a slash, in wei. */
  readonly showCost: bigint;
  readonly slashCost: bigint;
}

export type CourtDecision =
  | { readonly do: "defend" | "demand" | "show" | "slash" }
  | {
      readonly do: "wait";
      /** `void`: the votes were never shown. */
      readonly why: "others" | "void" | "over" | "undecided" | "votes" | "poor" | "unprofitable" | "window";
    };

/** Decides the next act in a default: the accused defends, those who have the votes show them, and anybody slashes. */
export function decideDefault(view: DefaultView, strategy: CourtStrategy): CourtDecision {
  const wait = (why: (CourtDecision & { do: "wait" })["why"]): CourtDecision => ({ do: "wait", why });
  const { now, defenceEnd, demand } = view;
  const third = Math.floor(view.defenceWindow / 3);
  if (view.isLiable === false || now >= view.liabilityEnd - BLOCK_TIME) return wait("over");
  if (now >= defenceEnd) {
    if (view.isSlashed) return wait("over");
    if (demand === "open") return wait("void");
    if (view.isLiable === undefined) return wait("undecided");
    const bounty = view.isProposer ? 0n : view.bounty;
    if (worthOf(bounty, strategy.tokenPrice) <= view.slashCost) return wait("unprofitable");
    return now >= defenceEnd + BLOCK_TIME * view.order ? { do: "slash" } : wait("others");
  }
  if (view.isOwn) return decideOwn(view, strategy, third);
  const isAsked = demand === "open" && view.hasVotes;
  if (!isAsked || now >= defenceEnd - third - BLOCK_TIME) return wait("window");
  // The answer brings the deposit if the default stands; a proposer's block is worth little with a default that is void.
  if (!view.isProposer && worthOf(view.voteDeposit, strategy.tokenPrice) <= view.showCost) return wait("unprofitable");
  const from = defenceEnd - 2 * third + (view.isProposer ? 0 : BLOCK_TIME * (1 + view.order));
  return view.isProposer || now >= from ? { do: "show" } : wait("others");
}

function decideOwn(view: DefaultView, strategy: CourtStrategy, third: number): CourtDecision {
  const wait = (why: (CourtDecision & { do: "wait" })["why"]): CourtDecision => ({ do: "wait", why });
  const { now, defenceEnd, demand } = view;
  if (now >= defenceEnd - BLOCK_TIME) return wait("over");
  const needsVotes = view.isInner && !view.hasVotes;
  if (needsVotes) {
    if (demand !== "none") return wait("votes");
    if (now >= defenceEnd - 2 * third - BLOCK_TIME) return wait("over");
    // Not later than the round's result may come: a demand has the first third of the window alone.
    const isLate = now >= defenceEnd - 2 * third - strategy.margin;
    if (now < view.submittedAt + strategy.patience && !isLate) return wait("votes");
    if (view.isLiable === undefined && !isLate) return wait("undecided");
    return view.balance >= view.voteDeposit ? { do: "demand" } : wait("poor");
  }
  if (view.proofSeconds === undefined) return wait("votes");
  const isLate = now >= defenceEnd - 2 * view.proofSeconds - strategy.margin;
  return view.isLiable === undefined && !isLate ? wait("undecided") : { do: "defend" };
}
