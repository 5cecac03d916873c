// SPDX-License-Identifier: MIT

/** Slopes are fractions in this unit. */
const UNIT = 10n ** 18n;

/** The rule by which L1 weighs a bid (docs/b52.md §6). */
export interface ScoreRule {
  /** Number of provers below which a bid counts for less. */
  readonly target: bigint;
  /** How much less, in 10^-18; the same for all blocks of a round. */
  readonly slope: bigint;
}

/** `provers³ · ⌊bid / (1 + slope · max(0, 1 − provers / target))⌋²`, as `Score.sol` computes it. */
export function scoreOf(provers: number, bid: bigint, { target, slope }: ScoreRule): bigint {
  const delivered = BigInt(provers);
  const missing = delivered < target ? target - delivered : 0n;
  const counted = (bid * target * UNIT) / (target * UNIT + slope * missing);
  return delivered ** 3n * counted ** 2n;
}

/** Wei that an amount of the native token is worth. @param tokenPrice wei for 10^18 units */
export const worthOf = (amount: bigint, tokenPrice: bigint): bigint => (amount * tokenPrice) / UNIT;

/** Nodes whose bits are set, ascending. */
export const nodesIn = (bitmap: bigint): number[] =>
  Array.from({ length: 16 }, (_, node) => node).filter((node) => ((bitmap >> BigInt(node)) & 1n) === 1n);
