// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { PerformanceRun, SCORE_ACTIONS } from "../../helpers/performanceRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";
import { STAKE_ACTIONS } from "../../helpers/stakedRun.ts";

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
    console.log(JSON.stringify([...run.counts]));
    await run.compareEvents();
    if (!hasFixedSeed) return;
    // All ids are taken in StakeRotation's run only.
    const expected = [...STAKE_ACTIONS.filter((name) => name !== "outbid"), ...SCORE_ACTIONS, ...ERRORS];
    expect(expected.filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
