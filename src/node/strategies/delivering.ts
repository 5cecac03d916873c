// SPDX-License-Identifier: MIT

/** When departures are paid into their targets. Times are in seconds of L1, amounts in wei. */
export interface DeliveryStrategy {
  /** Most that a delivery costs: the fee of the target, and gas. Default 0.01 ETH. */
  readonly maxCost: bigint;
  /**
   * So long after a failure the same departure is not tried again, and twice as long after each further one: a target can
   * pass every test and fail in the block, at the node's cost. Default 600.
   */
  readonly pause: number;
}

export const DELIVERY_STRATEGY: DeliveryStrategy = { maxCost: 10n ** 16n, pause: 600 };

/** A departure that was not delivered. */
export interface WaitingDeparture {
  /** 1, 2, 3, … */
  readonly number: number;
  /** The fee that its target asks now; undefined if it gives no answer. */
  readonly fee: bigint | undefined;
  /** When it failed for the last time; undefined if it did not. */
  readonly failedAt: number | undefined;
  /** How often it failed in a row. */
  readonly failures: number;
}

/** The departures that a node could deliver now, and the facts that decide whether it does. */
export interface DeliveryView {
  /** Time of L1's newest block. */
  readonly now: number;
  /** Whether a call of this role is on its way. */
  readonly isDelivering: boolean;
  /** In order. */
  readonly departures: readonly WaitingDeparture[];
  /** Most that a target may ask: else a target that its owner has made for that would be paid for departures to it. */
  readonly maxFee: bigint;
  /** Most gas of the call. */
  readonly gas: bigint;
  /** Wei for a unit of it, now. */
  readonly gasPrice: bigint;
}

/** Which departure to deliver, and otherwise why not. */
export type DeliveryDecision =
  | { readonly do: "deliver"; readonly departure: number }
  /** `refused`: all that are cheap enough failed a short while ago, or their targets give no answer. */
  | { readonly do: "wait"; readonly why: "delivering" | "empty" | "dear" | "refused" };

/** The pause does not grow behind this number of failures: four days, if the first is ten minutes. */
const MOST_FAILURES = 10;

/** Which departure to deliver: the first that is cheap enough. A target is somebody else's contract, and may refuse. */
export function decideDelivery(view: DeliveryView, { maxCost, pause }: DeliveryStrategy): DeliveryDecision {
  const { departures, now, gas, gasPrice, maxFee } = view;
  if (view.isDelivering) return { do: "wait", why: "delivering" };
  if (departures.length === 0) return { do: "wait", why: "empty" };
  const answered = departures.filter(({ fee, failedAt, failures }) => {
    const rest = pause * 2 ** (Math.min(Math.max(failures, 1), MOST_FAILURES) - 1);
    return fee !== undefined && (failedAt === undefined || now - failedAt >= rest);
  });
  if (answered.length === 0) return { do: "wait", why: "refused" };
  const cheap = answered.find(({ fee }) => fee! <= maxFee && fee! + gas * gasPrice <= maxCost);
  return cheap === undefined ? { do: "wait", why: "dear" } : { do: "deliver", departure: cheap.number };
}
