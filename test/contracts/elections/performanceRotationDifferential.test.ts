// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { PerformanceRun, SCORE_ACTIONS } from "../../helpers/performanceRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";

const SEED = seedFor("performance rotation");
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 700);

/** Every error of the election, parameters and those of stakes, which StakeRotation's run meets, aside. */
const ERRORS = [
  ...["NothingPosted", "AlreadyCounted", "EvidenceTooLate", "NotOfSlot", "WrongRecord", "NotOfHolder", "FeeTooLow"],
  ...["UnknownProof", "OwnProof", "EvidenceOpen", "NotCountable", "NotWeighed", "NotMissed", "NotAllowed"],
];

describe(`PerformanceRotation against its model (seed ${SEED})`, () => {
  it(`PerformanceRotation does as its model in ${STEPS} random calls`, async () => {
    const run = await PerformanceRun.start(new Random(SEED));
    for (let step = 0; step < STEPS; step++) {
      if (step === STEPS - 30) await run.freeze();
      await run.step();
    }
    await run.compareEvents();
    if (!hasFixedSeed) return;
    // StakeRotation's run meets the other calls about stakes.
    const expected = ["join", "exit", "takeOut", "bringBack", ...SCORE_ACTIONS, ...ERRORS];
    expect(expected.filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
