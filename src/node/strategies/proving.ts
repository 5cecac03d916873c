// SPDX-License-Identifier: MIT

/** When an aggregator proves. Times are in seconds of L1, amounts in wei. */
export interface ProvingStrategy {
  /** Least profit of a call. Default 0. */
  readonly minProfit: bigint;
  /** Cost of a leaf's proof for the operator: electricity and machines. Default 0. */
  readonly leafCost: bigint;
  /** Worth of 10^18 units of the native token, in which batch fees are paid. Default 10^15: 0.001 ETH. */
  readonly tokenPrice: bigint;
  /** So long the oldest batch waits at most, whatever its proof brings: the bound of a boot aggregator. Default: none. */
  readonly patience: number | undefined;
  /** So long after it was posted an own batch is proven, whatever it brings, as its bond is at stake. Default: none. */
  readonly ownPatience: number | undefined;
}

export const PROVING_STRATEGY: ProvingStrategy = {
  minProfit: 0n,
  leafCost: 0n,
  tokenPrice: 10n ** 15n,
  patience: undefined,
  ownPatience: undefined,
};

/** A batch that waits for its proof. */
export interface WaitingBatch {
  readonly leaves: number;
  /** Time of its header. */
  readonly postedAt: number;
  /** Batch fee and forced fees that its proof brings, in the native token's smallest unit. */
  readonly fee: bigint;
  /** Base fees that its proof brings, in wei; those in other tokens do not count. */
  readonly baseFees: bigint;
  /** Whether this node posted it. */
  readonly isOwn: boolean;
}

/** The batches that an aggregator could prove now, and the facts that decide whether it does. */
export interface ProvingView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether a call of this aggregator is on its way. */
  readonly isProving: boolean;
  /** Whether L1 takes a proof of a batch from this account now: false while an election gives the role to others. */
  readonly isElected: boolean;
  /** Whether a departure has to be proven before the chain goes on. */
  readonly isDepartureDue: boolean;
  /** Those that one call takes, in order. */
  readonly batches: readonly WaitingBatch[];
  /** Gas of the call. */
  readonly gas: bigint;
  /** Wei for a unit of it, now. */
  readonly gasPrice: bigint;
}

/** Whether to prove, and why. */
export type ProvingDecision =
  | { readonly do: "prove"; readonly why: "departure" | "profit" | "patience" | "own" }
  | { readonly do: "wait"; readonly why: "frozen" | "proving" | "empty" | "notElected" | "unprofitable" };

/** Fees that the proofs of the batches bring, less the gas of the call and the cost of the proofs. */
export function profitOf({ batches, gas, gasPrice }: ProvingView, { tokenPrice, leafCost }: ProvingStrategy): bigint {
  const income = batches.reduce((sum, { fee, baseFees }) => sum + baseFees + (fee * tokenPrice) / 10n ** 18n, 0n);
  const leaves = batches.reduce((sum, batch) => sum + batch.leaves, 0);
  return income - gas * gasPrice - leafCost * BigInt(leaves);
}

/**
 * When to prove. The departure that the chain waits for is proven at once: all that follows is void before it. No election
 * decides on departures.
 */
export function decideProving(view: ProvingView, strategy: ProvingStrategy): ProvingDecision {
  if (view.isFrozen) return { do: "wait", why: "frozen" };
  if (view.isProving) return { do: "wait", why: "proving" };
  if (view.isDepartureDue) return { do: "prove", why: "departure" };
  const [oldest] = view.batches;
  if (oldest === undefined) return { do: "wait", why: "empty" };
  if (!view.isElected) return { do: "wait", why: "notElected" };
  const waits = (limit: number | undefined, since: number): boolean => limit !== undefined && view.now - since >= limit;
  if (profitOf(view, strategy) >= strategy.minProfit) return { do: "prove", why: "profit" };
  if (waits(strategy.patience, oldest.postedAt)) return { do: "prove", why: "patience" };
  if (view.batches.some(({ isOwn, postedAt }) => isOwn && waits(strategy.ownPatience, postedAt))) {
    return { do: "prove", why: "own" };
  }
  return { do: "wait", why: "unprofitable" };
}
