// SPDX-License-Identifier: MIT

/** The facts that an owner of tickets has at the end of a period. Amounts in SEQ. */
export interface StakingView {
  readonly tickets: number;
  /** Income of one of its tickets in the period, of all roles, without the upkeep. */
  readonly income: number;
  /** Cost of a ticket in the period: proofs, and what the stake would earn elsewhere. */
  readonly upkeep: number;
  /** Amount that it has saved. */
  readonly savings: number;
  readonly stake: number;
}

/** How many tickets an owner buys; negative: gives back. */
export type StakingStrategy = (view: StakingView) => number;

/** Buys as many tickets as its savings pay for while they earn their upkeep, and gives a tenth back while they do not. */
const compounding: StakingStrategy = ({ tickets, income, upkeep, savings, stake }) =>
  income < upkeep ? -Math.ceil(tickets / 10) : Math.max(0, Math.floor(savings / stake));

/** Keeps what it has. */
const steady: StakingStrategy = () => 0;

/** Strategies of owners of tickets, by the name that parameters know them by. */
export const STAKING = { compounding, steady } as const satisfies Record<string, StakingStrategy>;

export type StakingName = keyof typeof STAKING;
