// SPDX-License-Identifier: MIT

/** The facts that a speculator has in an hour of its plan. */
export interface PlanView {
  /** Hours since the plan began; the attack begins after `before` and lasts for `attack`. */
  readonly hour: number;
  readonly before: number;
  readonly attack: number;
  /** Hours after the attack in which its stake is locked. */
  readonly exit: number;
  /** Tokens of its speculation, and of its stake. */
  readonly size: number;
  readonly stake: number;
}

/** Tokens that it buys in an hour; below 0 it sells. */
export type SpeculationStrategy = (view: PlanView) => number;

/** Whether an hour is in a span, and the part of the span that an hour is. */
const during = (hour: number, from: number, length: number): number =>
  hour >= from && hour < from + length ? 1 / length : 0;

/** Buys its stake before the attack, and sells it once it is free. */
const stakeOf = ({ hour, before, attack, exit, stake }: PlanView): number =>
  stake * (during(hour, 0, before) - during(hour, before + attack + exit, before));

/** Buys before the attack, sells in its second half. */
const long: SpeculationStrategy = (view) => {
  const { hour, before, attack, size } = view;
  return stakeOf(view) + size * (during(hour, 0, before) - during(hour, before + attack / 2, attack / 2));
};

/** Sells borrowed tokens before the attack, buys them back in its second half. */
const short: SpeculationStrategy = (view) => {
  const { hour, before, attack, size } = view;
  return stakeOf(view) - size * (during(hour, 0, before) - during(hour, before + attack / 2, attack / 2));
};

/** Strategies of speculators, by the name that parameters know them by. */
export const SPECULATORS = { long, short } as const satisfies Record<string, SpeculationStrategy>;

export type SpeculatorName = keyof typeof SPECULATORS;
