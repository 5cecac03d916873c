// SPDX-License-Identifier: MIT
/** Slopes are fractions in this unit. */
export const UNIT = 10n ** 18n;

/** Parameters of the weight of a bid (docs/b52.md §6). */
export interface ScoreRule {
  /** Number of provers below which a bid counts for less. */
  readonly target: bigint;
  /** How much less, in `UNIT`. */
  readonly slope: bigint;
}

export interface SlopeRule {
  readonly target: bigint;
  readonly minSlope: bigint;
  readonly maxSlope: bigint;
}

/** The slope changes by at most an eighth with each block. */
const MAX_CHANGE = 8n;

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** `⌊bid / (1 + slope · max(0, 1 − provers / target))⌋` */
export function countedBid(provers: bigint, bid: bigint, { target, slope }: ScoreRule): bigint {
  const missing = max(0n, target - provers);
  return (bid * target * UNIT) / (target * UNIT + slope * missing);
}

/** `provers³ · countedBid²` */
export function score(provers: bigint, bid: bigint, rule: ScoreRule): bigint {
  return provers ** 3n * countedBid(provers, bid, rule) ** 2n;
}

/** Least bid with which this many provers score more than `rival`; undefined if there are none. */
export function bidToBeat(rival: bigint, provers: bigint, rule: ScoreRule): bigint | undefined {
  if (provers === 0n) {
    return undefined;
  }
  let high = 1n;
  while (score(provers, high, rule) <= rival) {
    high *= 2n;
  }
  let low = 0n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (score(provers, middle, rule) > rival) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}

/**
 * The slope after a block with `provers`: below the target it rises by `slope / 8 · (1 − provers / target)`, rounded
 * up, else it falls by `slope / 8 · min(provers / target − 1, 1)`, rounded down.
 */
export function nextSlope(slope: bigint, provers: bigint, { target, minSlope, maxSlope }: SlopeRule): bigint {
  const divisor = target * MAX_CHANGE;
  if (provers < target) {
    const rise = (slope * (target - provers) + divisor - 1n) / divisor;
    return min(slope + rise, maxSlope);
  }
  const fall = (slope * min(provers - target, target)) / divisor;
  return max(slope - fall, minSlope);
}
