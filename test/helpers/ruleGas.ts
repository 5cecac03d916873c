import { expect } from "chai";

import type { CallGas } from "../../src/bench/calldata.ts";
import { L1_RULES, type L1Rules } from "../../src/l1Rules.ts";

/** Gas of a call, without the price of its calldata. */
interface GasParts {
  readonly execution: number;
  readonly state: number;
}

/** A call as the snapshots have it. */
export type RuleGas = Readonly<Record<L1Rules, GasParts>> & { readonly newSlots: number };

/** What was measured, under each of the rules. */
export type Measured<T> = Readonly<Record<L1Rules, T>>;

/** Joins the measurements of one call. What is new does not depend on the rules. */
export function joinCall(gas: Measured<CallGas>): RuleGas {
  const { osaka, amsterdam } = gas;
  expect(amsterdam.newSlots, "new slots under Amsterdam").to.equal(osaka.newSlots);
  const parts = ({ execution, state }: CallGas): GasParts => ({ execution, state });
  return { newSlots: osaka.newSlots, osaka: parts(osaka), amsterdam: parts(amsterdam) };
}

/** Joins measurements of the same calls. */
export function joinCalls(gas: Measured<Readonly<Record<string, CallGas>>>): Record<string, RuleGas> {
  expect(Object.keys(gas.amsterdam)).to.deep.equal(Object.keys(gas.osaka));
  return Object.fromEntries(
    Object.entries(gas.osaka).map(([call, osaka]) => [call, joinCall({ osaka, amsterdam: gas.amsterdam[call]! })]),
  );
}

/** Measures under each of the rules, in their order: the later ones find the proofs of the first in the cache. */
export async function underEachRules<T>(measure: (rules: L1Rules) => Promise<T>): Promise<Measured<T>> {
  const measured: Partial<Record<L1Rules, T>> = {};
  for (const rules of L1_RULES) measured[rules] = await measure(rules);
  return measured as Measured<T>;
}

/** What `CallGas.execution` is where the floor of the calldata is all that a transaction pays. */
const FLOOR = 21_000;

/**
 * EDR's Amsterdam has other prices of state and of calldata only: what is left of a call costs the same under both,
 * unless its calldata's floor is above that. So new state was counted rightly, and nothing else became dearer.
 */
export function expectSameExecution(calls: Readonly<Record<string, RuleGas>>): void {
  const above = Object.entries(calls).filter(([, gas]) => L1_RULES.every((rules) => gas[rules].execution !== FLOOR));
  expect(above.length).to.be.greaterThan(0);
  for (const [call, { osaka, amsterdam }] of above) expect(amsterdam.execution, call).to.equal(osaka.execution);
}
