// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Chance } from "../../tools/lab/chance.ts";
import { runProving, type ProvingOptions } from "../../tools/lab/worlds/proving.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

/** Rare batches, so that each is proven alone; all numbers are round. */
const ALONE: ProvingOptions = {
  ...{ strategy: "eager", seconds: [60], jitter: 0, batches: 200, interval: 100_000, fee: 1e15, proofCost: 1e14 },
  ...{ gasPrice: 1e9, gas: { first: 300_000, shared: 380_000, refused: 45_000 }, pay: { kind: "first" } },
};

describe("Lab: the race of aggregators", () => {
  it("goes to the fastest, wastes work, and uses up a shared reward", async () => {
    const { tables } = await runSmall("race");
    expect(tables["race"]!.where({ strategy: "eager", spread: 1 }).only().number("concentration")).to.be.above(0.5);
  });

  it("pays an aggregator that is alone its fee, less one proof and its gas", () => {
    const result = runProving(ALONE, new Chance(1, "alone"));
    expect(result.paid).to.deep.equal([100]);
    expect([result.work, result.sharers, result.gas]).to.deep.equal([1, 1, 300_000]);
    expect(result.profit).to.equal(1e15 - 1e14 - 300_000 * 1e9);
    // A batch waits for the next block, and its proof of five blocks ends with one.
    for (const delay of result.delays) expect(delay).to.be.within(60, 72);
  });

  it("lets each of two equal aggregators win half, and both share if the fee is shared", () => {
    const two = { ...ALONE, seconds: [60, 60], batches: 2_000 };
    const raced = runProving(two, new Chance(1, "two"));
    expectClose(raced.paid[0]! / 1_000, 0.5, 0.06);
    // The second proof is ready in the same block: it is sent, and refused.
    expect([raced.work, raced.gas]).to.deep.equal([2, 345_000]);
    const shared = runProving({ ...two, pay: { kind: "shared", blocks: 1 } }, new Chance(1, "two"));
    expect(shared.paid).to.deep.equal([1_000, 1_000]);
    expect([shared.sharers, shared.gas]).to.deep.equal([2, 680_000]);
  });

  it("has no aggregator where the fee pays for no proof, until several batches wait", () => {
    const poor = { ...ALONE, fee: 1e14, interval: 600, batches: 100 };
    const { delays } = runProving(poor, new Chance(1, "poor"));
    expect(Math.max(...delays)).to.be.above(1_200);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("race", { race: ["learner, 0.5"], priority: ["eager, 0.2"], shared: ["4, 5"] });
  });
});
