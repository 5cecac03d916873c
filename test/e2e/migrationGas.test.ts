// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { network } from "hardhat";

import type { CallGas } from "../../tools/bench/calldata.ts";
import { FURTHER_USER, measureMigrationGas, type MigrationGas } from "../../tools/bench/migrationGas.ts";
import { joinCalls, underEachRules, type Measured, type RuleGas } from "../../tools/bench/ruleGas.ts";
import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { L1_RULES } from "../../src/l1Rules.ts";
import { expectSameExecution } from "../helpers/ruleGas.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

describe("Gas of migrations", () => {
  let rows: Measured<MigrationGas[]>;

  before(async () => {
    rows = await underEachRules(async (rules) => {
      const connection = await network.create(fixedStart(rules));
      fixTimestamps(connection);
      return measureMigrationGas(connection, 4);
    });
  });

  const joined = (): Record<string, RuleGas>[] =>
    rows.osaka.map((row, i) =>
      joinCalls({ osaka: callsOf(row), amsterdam: callsOf(rows.amsterdam[i] as MigrationGas) }),
    );

  it("is what the snapshot says under both rules, without the price of the calldata", () => {
    expectSnapshot("migrationGas", joined());
  });

  it("differs between the rules by the price of state and of calldata only", () => {
    joined().forEach(expectSameExecution);
  });

  for (const rules of L1_RULES) {
    it(`is, for each further user, below ${FURTHER_USER} under ${rules}, calldata included`, () => {
      for (const way of [
        ["requestDeparture", "depart", "deliver"],
        ["depart after a freeze", "deliver"],
      ] as const) {
        const costs = rows[rules].map((row) => way.reduce((sum, step) => sum + row[step].total, 0));
        for (let users = 2; users <= costs.length; users++) {
          const further = (costs[users - 1] ?? 0) - (costs[users - 2] ?? 0);
          expect(further, `${way.join(", ")}: user ${users}`).to.be.below(FURTHER_USER);
        }
      }
    });
  }
});

const callsOf = (row: MigrationGas): Record<string, CallGas> => ({ ...row });
