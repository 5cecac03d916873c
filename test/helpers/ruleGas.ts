// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { RuleGas } from "../../tools/bench/ruleGas.ts";
import { L1_RULES } from "../../src/l1Rules.ts";

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
