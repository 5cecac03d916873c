// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { network } from "hardhat";

import type { CallGas } from "../../tools/bench/calldata.ts";
import { LARGE_POST, measureLargePost, savedPerTransfer } from "../../tools/bench/oneCall.ts";
import { measurePoeGas } from "../../tools/bench/poeGas.ts";
import { joinCalls, underEachRules, type Measured } from "../../tools/bench/ruleGas.ts";
import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { L1_RULES, type L1Rules } from "../../src/l1Rules.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectSameExecution } from "../helpers/ruleGas.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

describe("Gas of Proof of Efficiency, with real proofs", () => {
  let gas: Measured<Record<string, CallGas>>;

  before(async function () {
    this.timeout(1_800_000);
    const prover = createProver(await prepareAll("development"));
    const cached: Record<string, boolean[]> = {};
    try {
      gas = await underEachRules(async (rules) => {
        const connection = await network.create(fixedStart(rules));
        fixTimestamps(connection);
        const calls = await measurePoeGas(connection, prover, (proof) => (cached[rules] ??= []).push(proof.cached));
        const other = await network.create(fixedStart(rules));
        fixTimestamps(other);
        return { ...calls, [LARGE_POST]: await measureLargePost(other) };
      });
    } finally {
      await prover.dispose();
    }
    // Addresses, chain and clock are the same: so are the proofs.
    expect(cached["amsterdam"]).to.not.include(false);
  });

  const totalOf = (call: string, rules: L1Rules = "osaka"): number => {
    const measured = gas[rules][call];
    if (measured === undefined) throw new Error(`no gas of "${call}"`);
    return measured.total;
  };

  it("is what the snapshot says under both rules, without the price of the calldata, which varies with the randomness of proofs", () => {
    expectSnapshot("gas", joinCalls(gas));
  });

  it("differs between the rules by the price of state and of calldata only", () => {
    expectSameExecution(joinCalls(gas));
  });

  for (const rules of L1_RULES) {
    it(`is, for a proof that comes too late, the floor of its bytes under ${rules}`, () => {
      const { execution, state } = gas[rules]["verify too late (reverts)"] ?? expect.fail("no gas of a late proof");
      // `CallGas.execution` is this number if the call pays only the floor.
      expect([execution, state]).to.deep.equal([21_000, 0]);
    });
  }

  for (const rules of L1_RULES) {
    it(`is lower in one call that posts and proves than in two, under ${rules}`, () => {
      expect(totalOf("post and prove 1 leaf", rules)).to.be.at.most(400_000);
      // The price of new state at a first use is left out: it would count in the difference.
      const steady = (call: string): number => totalOf(call, rules) - gas[rules][call]!.state;
      expect(savedPerTransfer(steady)).to.be.at.least(1_500);
    });
  }

  it("meets the targets under Osaka", () => {
    // How many bytes of the proofs are zero, which are cheaper, is random: some ten of them more or less.
    expect(totalOf("verify 1 batch of 3 leaves") - totalOf("verify 1 leaf")).to.be.at.most(2 * 62_000 + 10 * 12);
    expect(totalOf("sequence 1 leaf, steady")).to.be.at.most(66_000);
    expect(totalOf("forceExit")).to.be.at.most(75_000);
    expect(totalOf("forceTransfer")).to.be.at.most(75_000);
    expect(totalOf("deposit ETH, further")).to.be.at.most(75_000);
    expect(totalOf("verify 1 leaf")).to.be.at.most(349_000);
    expect(totalOf("verify 1 leaf with exits")).to.be.at.most(400_000);
    expect(totalOf("claim ETH, further")).to.be.at.most(92_000);
  });
});
