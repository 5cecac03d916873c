// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { simulateDesign, type Design, type DesignResult } from "../../model/elections/priorityDesigns.ts";
import { Random } from "../../helpers/random.ts";

const OPTIONS = { aggregators: 10, median: 60, sigma: 0.5, batches: 100 };
const WORLDS = 12;
/** Most that a claim costs without skipped slots (`randomPriorityGas.test.ts`). */
const CLAIM_GAS = 40_000;

/** Means over worlds with other speeds. */
function mean(design: Design): DesignResult {
  const sum = { wasted: 0, delay: 0, concentration: 0, claims: 0 };
  for (let world = 0; world < WORLDS; world++) {
    const random = new Random(`designs ${world}`);
    const result = simulateDesign(design, OPTIONS, () => random.int(2 ** 32) / 2 ** 32);
    for (const name of Object.keys(sum) as (keyof DesignResult)[]) sum[name] += result[name] / WORLDS;
  }
  return sum;
}

const isNear = (actual: number, expected: number, tolerance: number): boolean =>
  Math.abs(actual - expected) < tolerance;

describe("Claims, or proofs after a delay by the draw (docs/elections/randomPriority.md)", () => {
  it("ten aggregators that race waste nine proofs a batch, and the fastest wins everything", () => {
    const race = mean({ kind: "race" });
    expect([race.wasted, race.concentration]).to.deep.equal([9, 1]);
  });

  it("claims waste no proof, spread the batches evenly, and take 1.6 calls a slot", () => {
    const claims = mean({ kind: "claims", claimBlocks: 5 });
    expect(claims.wasted < 0.1).to.equal(true);
    // 1/10, and a hundredth more for the chance of 100 draws.
    expect(isNear(claims.concentration, 0.11, 0.01)).to.equal(true);
    expect(isNear(claims.claims, 1.57, 0.1)).to.equal(true);
    expect(isNear(claims.delay, 65, 15)).to.equal(true);
  });

  it("delays by the draw waste proofs for as long as a wrong one is not expensive in time", () => {
    const claims = mean({ kind: "claims", claimBlocks: 5 });
    const [short, long, longest] = [120, 600, 1_800].map((spread) => mean({ kind: "delays", spread })) as [
      DesignResult,
      DesignResult,
      DesignResult,
    ];
    // Two minutes for the draw: nearly a race. Ten: 1.5 wasted proofs a batch. Thirty: 0.4, and three minutes of delay.
    expect(short.wasted > 6).to.equal(true);
    expect(short.concentration > 2 * claims.concentration).to.equal(true);
    expect(isNear(long.wasted, 1.5, 0.3)).to.equal(true);
    expect(isNear(longest.wasted, 0.43, 0.15)).to.equal(true);
    expect(longest.delay > 2 * claims.delay).to.equal(true);
  });

  it("claims cost at most 66,000 gas a slot, which batches share; a draw is shown once for each batch", () => {
    const { claims } = mean({ kind: "claims", claimBlocks: 5 });
    expect(claims * CLAIM_GAS < 66_000).to.equal(true);
    // From two batches a slot on they cost less than draws that are shown with each proof.
    expect((claims * CLAIM_GAS) / 2 < mean({ kind: "delays", spread: 600 }).claims * CLAIM_GAS).to.equal(true);
  });
});
