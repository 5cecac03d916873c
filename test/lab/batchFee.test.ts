// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Chance } from "../../tools/lab/chance.ts";
import { FEE_RULES } from "../../tools/lab/strategies/feeRules.ts";
import { HOUR, runFees, verifyGas, type FeeWorldOptions } from "../../tools/lab/worlds/fees.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

const SEQ = 10n ** 18n;
const PARAMETERS = {
  ...{ minFee: SEQ / 10n, maxFee: 10_000n * SEQ, targetTime: 1_800, doublingTime: HOUR, halvingTime: 4 * HOUR },
};
const WORLD: FeeWorldOptions = {
  ...{ rule: "lateness", parameters: PARAMETERS, initialFee: SEQ, maxPendingLeaves: 100, length: 12 * HOUR },
  weather: () => ({ demand: 10, gasPrice: 1e9, proves: true, attack: false }),
  ...{ value: 1e16, spread: 0, patience: HOUR, tokenPrice: 1e15, proofCost: 1e14, proofTime: 600, mostLeaves: 50 },
  boot: undefined,
};

describe("Lab: the batch fee", () => {
  it("follows steps by lateness, where a rule that counts batches stands still", async () => {
    const { tables } = await runSmall("batchFee");
    const stuck = tables["scenarios"]!.where({ rule: "steps", boot: 0, scenario: "gas × 10" }).only();
    expect(stuck.maybe("slowest")).to.equal(undefined);
  });

  it("has rules that are what they say", () => {
    const lateness = FEE_RULES.lateness(PARAMETERS, SEQ);
    expect(lateness.feeAt(4 * HOUR, undefined)).to.equal(SEQ / 2n);
    expectClose(lateness.feeAt(1_800 + HOUR, 0), (2n * SEQ * 917n) / 1_000n, SEQ / 1_000n);
    const steps = FEE_RULES.steps(PARAMETERS, SEQ);
    steps.onProof(HOUR, [0, 0, HOUR], 0);
    expectClose(Number(steps.feeAt(HOUR, undefined)) / 1e18, 1.002, 1e-8);
    const eighths = FEE_RULES.eighths(PARAMETERS, SEQ);
    eighths.onProof(3_600, [0], 0);
    expectClose(Number(eighths.feeAt(3_600, undefined)) / 1e18, 1.125, 1e-8);
    eighths.onProof(3_600, [3_600], 3_600);
    expectClose(Number(eighths.feeAt(3_600, undefined)) / 1e18, 1.125 * 0.875, 1e-8);
  });

  it("posts nothing that does not pay, and proves nothing that does not", () => {
    const poor = runFees({ ...WORLD, value: 1e12 }, new Chance(1, "poor"));
    expect([poor.posted, poor.proofs.length]).to.deep.equal([0, 0]);
    expect(poor.dropped).to.be.above(80);
    const dear = runFees({ ...WORLD, proofCost: 1e18 }, new Chance(1, "dear"));
    // Until the fee, which doubles each hour while nothing is proven, is above the value.
    expect(dear.posted).to.be.within(20, 50);
    expect(dear.proofs.length).to.equal(0);
    const helped = runFees({ ...WORLD, proofCost: 1e18, boot: HOUR }, new Chance(1, "dear"));
    expect(helped.proofs.length).to.be.above(20);
    expect(helped.losses.length).to.be.above(0);
  });

  it("lets an attacker pay the fee of each place, and nobody else post while the ring is full", () => {
    const weather = () => ({ demand: 10, gasPrice: 1e9, proves: false, attack: true });
    const { attackerPaid, posted, moments } = runFees({ ...WORLD, weather }, new Chance(1, "attack"));
    expect(posted).to.equal(0);
    expect(moments.every(({ isFull }) => isFull)).to.equal(true);
    // The fee of the first minute, for a hundred leaves.
    expectClose(
      attackerPaid.reduce((sum, paid) => sum + paid, 0),
      100 * 2 ** (-1 / 240),
      1e-9,
    );
  });

  it("takes the gas of the snapshots", () => {
    expect(verifyGas(3)).to.equal(437_266);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("batchFee", { scenarios: ["lateness, 2, gas × 10"], attack: ["lateness, 2"] });
  });
});
