// SPDX-License-Identifier: MIT

/** When a sequencer posts. Times are in seconds of L1, amounts in wei. */
export interface PostingStrategy {
  /** The tips have to be so many percent of what the post costs. Default 100. */
  readonly minValuePercent: number;
  /** So long a transaction or a forced operation waits at most, whatever it pays. Default 60. */
  readonly maxAge: number;
  /** Most that a post may lose for the sake of `maxAge`. Default 0.01 ETH. */
  readonly maxLoss: bigint;
  /** So long before its deadline a forced operation is taken, whatever it costs. Default 600. */
  readonly forcedMargin: number;
  /** Leaves that one call at most posts and proves, if this node proves as well: 0 for never. Default 0. */
  readonly provenLeaves: number;
}

export const POSTING_STRATEGY: PostingStrategy = {
  minValuePercent: 100,
  maxAge: 60,
  maxLoss: 10n ** 16n,
  forcedMargin: 600,
  provenLeaves: 0,
};

/** The batch that a sequencer could post now, and the facts that decide whether it does. */
export interface PostingView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether a post of before is not read yet: another one would have the same transactions. */
  readonly isPosting: boolean;
  /** Whether L1 takes a batch from this account now: false while an election gives the role to others. */
  readonly isElected: boolean;
  /** Whether L1 takes no leaf before a batch is proven. */
  readonly isRingFull: boolean;
  /** L2 transactions of the plan. */
  readonly transactions: number;
  /** Their tips. */
  readonly tips: bigint;
  /** Forced operations that wait. */
  readonly forced: number;
  /** Deadline of the first that waits; undefined if none does. */
  readonly firstDeadline: number | undefined;
  /** Since when something of the plan waits; undefined if it is empty. */
  readonly waitsSince: number | undefined;
  /** Whether nothing more fits into the plan. */
  readonly isFull: boolean;
  /** Leaves of the plan. */
  readonly leaves: number;
  /** Leaves of other batches that wait for a proof. */
  readonly unprovenLeaves: number;
  /** Whether this node proves with the account that posts, can begin now, and may do so. */
  readonly canProve: boolean;
  /** Whether gas costs more than the operator allows: then only what falls due is posted. */
  readonly isDear: boolean;
  /** Gas and batch fee of the post. */
  readonly cost: bigint;
  /** Gas of a call that posts the plan and proves it with all that waits; such a call pays no batch fee. */
  readonly provenCost: bigint;
}

/** Whether to post, and why. */
export type PostingDecision =
  | {
      readonly do: "post" | "postProven";
      /** An operation falls due; nothing more fits; the tips pay for it; something has waited long enough. */
      readonly why: "deadline" | "full" | "value" | "age";
    }
  /**
   * `dear`: gas is too dear, or it is time by age and the post would lose more than it may; `proving`: it was time to post
   * and prove, and another role has begun a proof in the meantime.
   */
  | {
      readonly do: "wait";
      readonly why: "frozen" | "posting" | "notElected" | "proving" | "ringFull" | "empty" | "patience" | "dear";
    };

/** When to post. */
export function decidePosting(view: PostingView, strategy: PostingStrategy): PostingDecision {
  const { transactions, forced, firstDeadline, waitsSince, now } = view;
  const wait = (why: (PostingDecision & { do: "wait" })["why"]): PostingDecision => ({ do: "wait", why });
  if (view.isFrozen) return wait("frozen");
  if (view.isPosting) return wait("posting");
  if (!view.isElected) return wait("notElected");
  if (view.isRingFull) return wait("ringFull");
  if (transactions + forced === 0) return wait("empty");
  // Without a proof, which takes time and is lost if somebody else posts meanwhile.
  const fallsDue = firstDeadline !== undefined && now >= firstDeadline - strategy.forcedMargin;
  if (fallsDue) return { do: "post", why: "deadline" };
  if (view.isDear) return wait("dear");
  const all = view.leaves + view.unprovenLeaves;
  const how = view.canProve && all <= strategy.provenLeaves ? "postProven" : "post";
  const cost = how === "postProven" ? view.provenCost : view.cost;
  const isWorth = view.tips * 100n >= cost * BigInt(strategy.minValuePercent);
  if (isWorth && transactions > 0) return { do: how, why: view.isFull ? "full" : "value" };
  const isOld = waitsSince !== undefined && now - waitsSince >= strategy.maxAge;
  if (!isOld && !view.isFull) return wait("patience");
  if (cost - view.tips > strategy.maxLoss) return wait("dear");
  return { do: how, why: view.isFull ? "full" : "age" };
}
