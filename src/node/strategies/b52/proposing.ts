// SPDX-License-Identifier: MIT
import { choosePromises, widthOf, type ChosenPromise, type GivenVote } from "./promising.ts";
import { scoreOf, worthOf, type ScoreRule } from "./score.ts";

/** How a proposer of B52 bids and commits. Times are in seconds of L1; amounts in the native token unless they say wei. */
export interface ProposingStrategy {
  /** Highest bid. Default 10 tokens. */
  readonly maxBid: bigint;
  /** So many percent of what a block is expected to bring are bid. Default 20. */
  readonly bidPercent: number;
  /** By so many percent the highest bid that was offered in the round is outbid, within `maxBid`. Default 10. */
  readonly outbidPercent: number;
  /** Part of the block reward that provers are offered, in 1/10,000. Default 4,000. */
  readonly share: bigint;
  /** Whether a block without transactions and operations is offered, for the reward alone. Default false. */
  readonly emptyBlocks: boolean;
  /** A deposit is as large as so many bids. Default 4. */
  readonly depositBids: number;
  /** Votes are gathered for so many percent of the proposal window at most. Default 50. */
  readonly gatherPercent: number;
  /** So long before the end of a window a call is sent at the latest: six blocks. Default 72. */
  readonly margin: number;
  /** Least number of provers of a commitment. Default 1. */
  readonly minProvers: number;
  /** Most commitments that may be ahead of one's own: 1 to be there if the best is never proven. Default 1. */
  readonly maxAhead: number;
  /** Blocks of L1 on top of a commitment before its content is shown, its own included. Default 4. */
  readonly revealDepth: number;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const PROPOSING_STRATEGY: ProposingStrategy = {
  maxBid: 10n * 10n ** 18n,
  bidPercent: 20,
  outbidPercent: 10,
  share: 4_000n,
  emptyBlocks: false,
  depositBids: 4,
  gatherPercent: 50,
  margin: 72,
  minProvers: 1,
  maxAhead: 1,
  revealDepth: 4,
  tokenPrice: 10n ** 15n,
};

// ─── Offer ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The block that could be offered now, and the facts that decide whether it is. */
export interface OfferView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether a commitment of this round would be accepted now. */
  readonly isOpen: boolean;
  /** End of the proposal window; undefined if it begins with the first commitment. */
  readonly endsAt: number | undefined;
  readonly proposalWindow: number;
  /** Whether an offer for this round and this parent was made. */
  readonly isOffered: boolean;
  /** Whether L1 has a commitment of this proposer in the round, or the disk has one. */
  readonly isCommitted: boolean;
  /** Whether the commitment of two heights ago is not settled: L1 refuses another one. */
  readonly isPlaceTaken: boolean;
  /** Slots of the block: forced operations, the list that is due, transactions. */
  readonly slots: number;
  /** Tips and fees of the block, in wei. */
  readonly fees: bigint;
  /** Reward of the block that L1 would pay; 0 if the pool is too small. */
  readonly reward: bigint;
  /** Gas of commitment and submission, in wei. */
  readonly cost: bigint;
  /** Deposited in the consensus contract. */
  readonly balance: bigint;
  /** Of the proposer's account, outside the contract. */
  readonly tokens: bigint;
  readonly minBid: bigint;
  readonly maxShare: bigint;
  /** Highest bid that others have offered in this round. */
  readonly rivalBid: bigint;
}

export type OfferDecision =
  | { readonly do: "offer"; readonly bid: bigint; readonly share: bigint }
  | { readonly do: "deposit"; readonly amount: bigint }
  /** `unsettled`: the place of the commitment is taken. `poor`: there is too little for the least bid. */
  | {
      readonly do: "wait";
      readonly why: "frozen" | "closed" | "offered" | "unsettled" | "late" | "empty" | "unprofitable" | "poor";
    };

/** Whether to order a block, and what to bid for it. */
export function decideOffer(view: OfferView, strategy: ProposingStrategy): OfferDecision {
  const wait = (why: (OfferDecision & { do: "wait" })["why"]): OfferDecision => ({ do: "wait", why });
  const { now, endsAt, balance, tokens, minBid } = view;
  if (view.isFrozen) return wait("frozen");
  if (!view.isOpen) return wait("closed");
  if (view.isOffered || view.isCommitted) return wait("offered");
  if (view.isPlaceTaken) return wait("unsettled");
  // Votes need some time as well.
  if (endsAt !== undefined && now >= endsAt - 2 * strategy.margin) return wait("late");
  if (view.slots === 0 && !strategy.emptyBlocks) return wait("empty");
  const share = strategy.share < view.maxShare ? strategy.share : view.maxShare;
  const { bid, income } = bidOf(view, share, strategy);
  // A block that users wait for is offered at the least bid, whatever it brings: else nobody takes it.
  if (view.slots === 0 && income - worthOf(bid, strategy.tokenPrice) < view.cost) return wait("unprofitable");
  if (balance >= bid) return { do: "offer", bid, share };
  const wanted = bid * BigInt(strategy.depositBids);
  const amount = tokens < wanted ? tokens : wanted;
  if (balance + amount >= bid && amount > 0n) return { do: "deposit", amount };
  return balance >= minBid ? { do: "offer", bid: balance, share } : wait("poor");
}

/** The bid, and what the block is expected to bring its proposer, in wei. */
function bidOf(
  { reward, fees, rivalBid, minBid }: OfferView,
  share: bigint,
  { maxBid, bidPercent, outbidPercent, tokenPrice }: ProposingStrategy,
): { readonly bid: bigint; readonly income: bigint } {
  const own = (reward * (10_000n - share)) / 10_000n;
  const income = worthOf(own, tokenPrice) + fees;
  const inTokens = tokenPrice === 0n ? own : (income * 10n ** 18n) / tokenPrice;
  const fair = (inTokens * BigInt(bidPercent)) / 100n;
  const above = rivalBid === 0n ? 0n : (rivalBid * BigInt(100 + outbidPercent)) / 100n;
  // More than all that the block brings is never bid, whatever a rival does.
  const most = inTokens < maxBid ? inTokens : maxBid;
  const wanted = fair > above ? fair : above;
  const bid = wanted < most ? wanted : most;
  return { bid: bid > minBid ? bid : minBid, income };
}

// ─── Commitment ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A commitment of somebody else that is on L1. */
export interface RivalCommitment {
  readonly bid: bigint;
  readonly provers: number;
}

/** An offer with its votes, and the facts that decide whether it is committed. */
export interface CommitView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether the round and the parent of the offer are still those of a commitment now. */
  readonly isCurrent: boolean;
  readonly endsAt: number | undefined;
  readonly proposalWindow: number;
  /** When the offer was made. */
  readonly offeredAt: number;
  /** Nodes of its tree. */
  readonly nodes: number;
  readonly bid: bigint;
  /** Valid votes for the offer. */
  readonly votes: readonly GivenVote[];
  /** Number of tickets that could vote. */
  readonly electorate: number;
  readonly rivals: readonly RivalCommitment[];
  readonly rule: ScoreRule;
}

export type CommitDecision =
  | { readonly do: "commit"; readonly promises: readonly ChosenPromise[]; readonly provers: number }
  /** `stale`: another round or head has come. `outbid`: more commitments than one may be ahead are. */
  | { readonly do: "wait"; readonly why: "frozen" | "stale" | "late" | "gathering" | "noVotes" | "outbid" };

/**
 * Whether to stop gathering votes, and the transcript: the widest that the votes allow. A wider one never scores less,
 * and the same bid pays for it: the score counts those who deliver, at most those who were promised (docs/b52.md §6).
 */
export function decideCommit(view: CommitView, strategy: ProposingStrategy): CommitDecision {
  const wait = (why: (CommitDecision & { do: "wait" })["why"]): CommitDecision => ({ do: "wait", why });
  const { now, endsAt, nodes, votes } = view;
  if (view.isFrozen) return wait("frozen");
  if (!view.isCurrent) return wait("stale");
  if (endsAt !== undefined && now >= endsAt - BLOCK_TIME) return wait("late");
  const promises = choosePromises(nodes, votes);
  const provers = widthOf(promises);
  const isComplete = promises.length === nodes && provers >= Math.min(nodes, view.electorate);
  const gathered = view.offeredAt + (view.proposalWindow * strategy.gatherPercent) / 100;
  const latest = endsAt === undefined ? gathered : Math.min(gathered, endsAt - strategy.margin);
  if (!isComplete && now < latest) return wait("gathering");
  if (provers < strategy.minProvers) return wait("noVotes");
  const score = scoreOf(provers, view.bid, view.rule);
  const ahead = view.rivals.filter((rival) => scoreOf(rival.provers, rival.bid, view.rule) > score).length;
  if (ahead > strategy.maxAhead) return wait("outbid");
  return { do: "commit", promises, provers };
}

/** Seconds: a call that is sent later than this before the end of a window is in no block of it. */
export const BLOCK_TIME = 12;

// ─── Reveal ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A commitment that is on L1, and the facts that decide whether its content is shown. */
export interface RevealView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Proof window of the round. */
  readonly opensAt: number;
  readonly closesAt: number;
  /** Whether the block builds on the head: else nobody can prove it. */
  readonly isOnHead: boolean;
  /** Depth of the L1 block that has the commitment; the newest block has depth 1. */
  readonly depth: number;
  readonly isRevealed: boolean;
}

export type RevealDecision =
  | { readonly do: "reveal" }
  | { readonly do: "wait"; readonly why: "frozen" | "done" | "early" | "shallow" | "parent" | "over" };

/**
 * Whether to show the order of a block. Never before its window is over, so that nobody can commit to the same order; and
 * never while a reorganisation of L1 could still take the commitment back, and give the order to another one.
 */
export function decideReveal(
  view: RevealView,
  { revealDepth }: Pick<ProposingStrategy, "revealDepth">,
): RevealDecision {
  if (view.isRevealed) return { do: "wait", why: "done" };
  if (view.isFrozen) return { do: "wait", why: "frozen" };
  if (view.now < view.opensAt) return { do: "wait", why: "early" };
  if (view.now >= view.closesAt) return { do: "wait", why: "over" };
  if (!view.isOnHead) return { do: "wait", why: "parent" };
  return view.depth < revealDepth ? { do: "wait", why: "shallow" } : { do: "reveal" };
}
