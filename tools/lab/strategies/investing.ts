// SPDX-License-Identifier: MIT

/** The facts that a roller has at the end of an epoch. Amounts in SEQ. */
export interface InvestingView {
  /** Income that it has not deposited. */
  readonly savings: number;
  /** Of this epoch. */
  readonly income: number;
}

/** Amount that a roller adds to its deposit. */
export type InvestingStrategy = (view: InvestingView) => number;

/** Deposits all that it has earned. */
const compounding: InvestingStrategy = ({ savings }) => savings;

/** Takes its income out. */
const steady: InvestingStrategy = () => 0;

/** Strategies of rollers, by the name that parameters know them by. */
export const INVESTING = { compounding, steady } as const satisfies Record<string, InvestingStrategy>;

export type InvestingName = keyof typeof INVESTING;
