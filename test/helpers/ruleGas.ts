// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { RuleGas } from "../../tools/bench/ruleGas.ts";
import { L1_RULES } from "../../src/l1Rules.ts";

/** Value of `CallGas.execution` if a transaction pays only the floor of its calldata. */
const FLOOR = 21_000;

/**
 * EDR's Amsterdam differs in the prices of state and of calldata only. So the rest of a call costs the same under both,
 * unless the floor of its calldata is higher. This shows that new state was counted rightly, and that nothing else
 * became dearer.
 */
export function expectSameExecution(calls: Readonly<Record<string, RuleGas>>): void {
  const above = Object.entries(calls).filter(([, gas]) => L1_RULES.every((rules) => gas[rules].execution !== FLOOR));
  expect(above.length).to.be.greaterThan(0);
  for (const [call, { osaka, amsterdam }] of above) expect(amsterdam.execution, call).to.equal(osaka.execution);
}
