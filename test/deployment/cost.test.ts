// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { cappedGas } from "../../tools/deployment/chainRules.ts";
import { rehearse, type SentTransaction } from "../../tools/deployment/rehearsal.ts";
import { underEachRules, type GasParts, type Measured } from "../../tools/bench/ruleGas.ts";
import { L1_RULES, TRANSACTION_GAS } from "../../src/l1Rules.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

describe("Cost of a deployment", function () {
  this.timeout(240_000);
  let sent: Measured<readonly SentTransaction[]>;

  before(async () => {
    const keys = await prepareAll("development");
    sent = await underEachRules(
      async (rules) => (await rehearse("Pair", { parameters: "sepolia" }, keys, rules)).transactions,
    );
  });

  it("of a whole pair is that of the snapshot under both rules, from which docs/deployment.md has it", () => {
    const names = namesOf(sent.osaka);
    expect(namesOf(sent.amsterdam)).to.deep.equal(names);
    const rows = names.map((name, i) => [
      name,
      Object.fromEntries(L1_RULES.map((rules) => [rules, parts(sent[rules][i]!)])),
    ]);
    expectSnapshot("deploymentGas", Object.fromEntries(rows));
  });

  it("has no transaction whose capped gas is above that of a transaction, under either of the rules", () => {
    for (const rules of L1_RULES) {
      for (const transaction of sent[rules]) {
        const capped = cappedGas(transaction, rules);
        expect(capped <= TRANSACTION_GAS, `${transaction.what} under ${rules}: ${capped}`).to.equal(true);
      }
    }
  });
});

/** Names of the transactions; further ones of one name have a number. */
function namesOf(transactions: readonly SentTransaction[]): string[] {
  const counts = new Map<string, number>();
  return transactions.map(({ what }) => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    return count === 1 ? what : `${what}, ${count}`;
  });
}

const parts = ({ gas, stateGas }: SentTransaction): GasParts => ({
  execution: Number(gas - stateGas),
  state: Number(stateGas),
});
