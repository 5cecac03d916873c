// SPDX-License-Identifier: MIT

/** The facts that stakers have in an hour, all of them together. */
export interface RestakingView {
  /** Tokens that they stake. */
  readonly stake: number;
  /** Tokens that would earn the usual yield, at today's price and income. */
  readonly wanted: number;
  /** Part of today's value that staked tokens earn above the usual yield in an hour. */
  readonly extraYield: number;
  /** Hours for which they expect today's yield: as long as it has lasted. */
  readonly expected: number;
  /** Part of the price that buying and selling a token costs in the market's fees. */
  readonly tradingCost: number;
}

/** Tokens that they buy for their stake; below 0 they sell. */
export type RestakingStrategy = (view: RestakingView) => number;

/** Part of the difference that is traded in an hour. */
const SPEED = 0.1;

/** Follows today's yield, as if it lasted. */
const chasing: RestakingStrategy = ({ stake, wanted }) => SPEED * (wanted - stake);

/** Buys more only if the extra yield pays for buying and selling; sells as `chasing`. */
const reckoning: RestakingStrategy = (view) => {
  const change = chasing(view);
  return change > 0 && view.extraYield * view.expected < view.tradingCost ? 0 : change;
};

/** Holds. */
const holding: RestakingStrategy = () => 0;

/** Strategies of stakers, by the name that parameters know them by. */
export const RESTAKING = { chasing, reckoning, holding } as const satisfies Record<string, RestakingStrategy>;

export type RestakingName = keyof typeof RESTAKING;
