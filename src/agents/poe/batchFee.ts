// SPDX-License-Identifier: MIT
/** Parameters of the batch fee (docs/protocol.md §9). Fees in the native token's smallest unit, times in seconds. */
export interface BatchFeeRule {
  readonly minFee: bigint;
  readonly maxFee: bigint;
  readonly targetTime: number;
  readonly doublingTime: number;
  readonly halvingTime: number;
}

/** State of the batch fee on L1: the fee for a leaf at the time of the last proof. */
export interface BatchFeeState {
  readonly fee: bigint;
  readonly updatedAt: number;
  /** Time of the oldest batch that waits for a proof; undefined if there is none. */
  readonly oldestPending: number | undefined;
}

/** Digits after the point that the exponential is computed with. */
const UNIT = 10n ** 15n;

/** `2^exponent` in `UNIT`. */
const exp2 = (exponent: number): bigint =>
  BigInt(Math.round(2 ** (exponent % 1) * 1e15)) << BigInt(Math.floor(exponent));

/**
 * The fee for a leaf at a time, as `IProofOfEfficiency.batchFee` gives it: exact for whole doublings and halvings, else
 * to about one part in 10^14.
 *
 * @param at not before `updatedAt`
 */
export function batchFeeAt(rule: BatchFeeRule, { fee, updatedAt, oldestPending }: BatchFeeState, at: number): bigint {
  const due = oldestPending === undefined ? Infinity : oldestPending + rule.targetTime;
  const late = Math.max(0, at - Math.max(updatedAt, due));
  const calm = at - updatedAt - late;
  const divisor = exp2(calm / rule.halvingTime);
  const lowered = (fee * UNIT + divisor - 1n) / divisor;
  const fell = lowered < rule.minFee ? rule.minFee : lowered;
  const raised = (fell * exp2(late / rule.doublingTime)) / UNIT;
  return raised > rule.maxFee ? rule.maxFee : raised;
}
