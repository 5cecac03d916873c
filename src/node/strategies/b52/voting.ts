// SPDX-License-Identifier: MIT
import { worthOf } from "./score.ts";
import { BLOCK_TIME } from "./proposing.ts";

/** Seconds that the proof of each circuit takes on this machine, as measured. */
export interface ProofTimes {
  readonly leaf: number;
  readonly merge: number;
}

/** For which nodes a prover votes. Amounts are in wei. */
export interface VotingStrategy {
  /** So many percent of a proof window the prover may be busy with what it has promised. Default 60. */
  readonly loadPercent: number;
  /** Cost of a second of proving: electricity and machines. Default 10^9: a cent an hour, at 3,000 dollars an ether. */
  readonly secondCost: bigint;
  /** Least profit of a node. Default 0. */
  readonly minProfit: bigint;
  /** Most nodes of one offer. Default 15: all. */
  readonly maxNodes: number;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const VOTING_STRATEGY: VotingStrategy = {
  loadPercent: 60,
  secondCost: 10n ** 9n,
  minProfit: 0n,
  maxNodes: 15,
  tokenPrice: 10n ** 15n,
};

/** An offer of the round that is open. */
export interface OfferToProvers {
  readonly context: bigint;
  readonly bid: bigint;
  /** In 1/10,000. */
  readonly share: bigint;
  /** Leaves of its tree: 2, 4 or 8. */
  readonly leaves: number;
  /** Whether its proposer's deposit covers the bid. */
  readonly isCovered: boolean;
}

/** A promise of the round: the nodes of a vote, whether or not they will be in a transcript. */
export interface GivenPromise {
  readonly context: bigint;
  readonly leaves: number;
  readonly nodes: readonly number[];
}

/** The offers of a round, and the facts that decide for which nodes a ticket votes. */
export interface VotingView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Id of the ticket. */
  readonly ticket: number;
  /** Whether the registry of the round has the ticket with this node's key. */
  readonly isRegistered: boolean;
  /** Whether the ticket is elected in the round; true where tickets are not drawn. */
  readonly isElected: boolean;
  /** Undefined before the first proofs are measured. */
  readonly times: ProofTimes | undefined;
  readonly proofWindow: number;
  /** End of the proposal window; undefined if it begins with the first commitment. */
  readonly endsAt: number | undefined;
  readonly offers: readonly OfferToProvers[];
  readonly promises: readonly GivenPromise[];
  /** Reward of a block; 0 if the pool is too small. */
  readonly reward: bigint;
  /** Reward of a node of an uncle; 0 if none is paid. */
  readonly uncleNodeReward: bigint;
  readonly fairPay: boolean;
}

export type VotingDecision =
  | { readonly do: "vote"; readonly context: bigint; readonly nodes: readonly number[] }
  | {
      readonly do: "wait";
      /** `busy`: the promises take all the time that there is. */
      readonly why: "frozen" | "unregistered" | "unelected" | "unmeasured" | "late" | "empty" | "busy" | "unprofitable";
    };

/** Seconds that it takes to prove nodes of a tree. */
export const secondsFor = (nodes: readonly number[], leaves: number, { leaf, merge }: ProofTimes): number =>
  nodes.reduce((sum, node) => sum + (node >= leaves ? leaf : merge), 0);

/**
 * The pay that a node of an offer is expected to bring, in wei. The block with the highest score wins, and the score grows with
 * the square of the bid: so an offer wins with the part that the square of its bid is of all of them.
 */
export function expectedPay(offer: OfferToProvers, view: VotingView, tokenPrice: bigint): bigint {
  const covered = view.offers.filter(({ isCovered }) => isCovered);
  const sum = covered.reduce((total, { bid }) => total + bid * bid, 0n);
  if (sum === 0n) return 0n;
  const nodes = BigInt(2 * offer.leaves - 1);
  const won = (view.reward * offer.share) / 10_000n / nodes;
  const weight = offer.bid * offer.bid;
  // With fair pay the same part of the reward is the block's by its score, whoever wins.
  const lost = view.fairPay ? 0n : view.uncleNodeReward;
  return worthOf((won * weight + lost * (sum - weight)) / sum, tokenPrice);
}

/**
 * For which offer to vote next, and for which of its nodes. All nodes of a vote may end in a transcript, and every block
 * that is paid makes liable: so all votes of a round together stay within the time that the window has for them.
 */
export function decideVote(view: VotingView, strategy: VotingStrategy): VotingDecision {
  const wait = (why: (VotingDecision & { do: "wait" })["why"]): VotingDecision => ({ do: "wait", why });
  const { times, ticket, promises, endsAt } = view;
  if (view.isFrozen) return wait("frozen");
  if (endsAt !== undefined && view.now >= endsAt - BLOCK_TIME) return wait("late");
  const open = view.offers.filter(
    ({ context, isCovered }) => isCovered && !promises.some((given) => given.context === context),
  );
  if (open.length === 0) return wait("empty");
  if (!view.isRegistered) return wait("unregistered");
  if (!view.isElected) return wait("unelected");
  if (times === undefined) return wait("unmeasured");
  const used = promises.reduce((sum, { nodes, leaves }) => sum + secondsFor(nodes, leaves, times), 0);
  const byPay = open
    .map((offer) => ({ offer, pay: expectedPay(offer, view, strategy.tokenPrice) }))
    .sort((a, b) => (a.pay === b.pay ? (a.offer.context < b.offer.context ? -1 : 1) : a.pay > b.pay ? -1 : 1));
  let isBusy = false;
  for (const { offer, pay } of byPay) {
    const { leaves, context } = offer;
    // The proofs of a tree follow one another, level by level: the root's prover waits for all others.
    const waiting = Math.log2(leaves) * times.merge + times.leaf;
    const room = (view.proofWindow * strategy.loadPercent) / 100 - waiting - used;
    const nodes: number[] = [];
    let seconds = 0;
    let isWorth = false;
    for (const node of rotated(2 * leaves - 1, ticket)) {
      const time = node >= leaves ? times.leaf : times.merge;
      const cost = BigInt(Math.ceil(time * 1_000)) * (strategy.secondCost / 1_000n);
      if (pay - cost < strategy.minProfit) continue;
      isWorth = true;
      if (seconds + time > room || nodes.length >= strategy.maxNodes) continue;
      nodes.push(node);
      seconds += time;
    }
    if (nodes.length > 0) return { do: "vote", context, nodes: nodes.sort((a, b) => a - b) };
    isBusy ||= isWorth;
  }
  return wait(isBusy ? "busy" : "unprofitable");
}

/** Nodes 1 … count, beginning at another one for each ticket: so those with little room do not all choose the same. */
function rotated(count: number, ticket: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + ((ticket + i) % count));
}
