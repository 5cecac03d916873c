// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";
import { STAKE_ACTIONS } from "../../helpers/stakedRun.ts";
import { StakeRotationRun } from "../../helpers/stakeRotationRun.ts";

const SEED = seedFor("stake rotation");
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 520);

/** Every error of the election and its parts, parameters and binding aside. */
const ERRORS = [
  ...["UnknownId", "IdTaken", "NotOwner", "StakeOutOfRange", "IsLeaving", "IsOut", "IsIn", "StakeLocked", "IdsLeft"],
  ...["AboveMean", "StakeBound"],
  ...["NotDrawn", "Scheduled", "NotSealed", "AlreadyDrawn", "NothingToDraw", "NotSeedBlock"],
  ...[
    "NotMissed",
    "SeatEjected",
    "NotSlasher",
    "InsufficientBalance",
    "NotAllowed",
    "TooManyPendingLeaves",
    "NotSequenced",
  ],
];

describe(`StakeRotation against its model (seed ${SEED})`, () => {
  const counts = new Map<string, number>();

  for (const [name, isFull, steps] of [
    ["free ids", false, STEPS],
    ["1,017 ids taken for good, and a slasher", true, STEPS / 4],
  ] as const) {
    it(`StakeRotation does as its model in ${steps} random calls: ${name}`, async () => {
      const run = await StakeRotationRun.start(new Random(`${SEED}/${name}`), isFull);
      if (!isFull) await run.drawNobody();
      for (let step = 0; step < steps; step++) {
        if (step === steps - 20) await run.freeze();
        await run.step();
      }
      await run.compareEvents();
      for (const [what, count] of run.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    });
  }

  it("StakeRotation met every action and every error in the random calls", function () {
    if (!hasFixedSeed) this.skip();
    const expected = [...STAKE_ACTIONS, "seal", "drawSeats", "post", "prove", "reportMiss", "slash", ...ERRORS];
    expect(expected.filter((name) => !counts.has(name))).to.deep.equal([]);
  });
});
