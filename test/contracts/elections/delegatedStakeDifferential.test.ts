// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { DelegatedStakeRun, VAULT_ACTIONS } from "../../helpers/delegatedStakeRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";

const SEED = seedFor("delegated stake");
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 520);

/** Every error of the election and its parts, parameters and binding aside. */
const ERRORS = [
  ...["UnknownId", "IdTaken", "AlreadyOutbid", "NotOperator", "StakeOutOfRange", "NotOpen", "IsWaiting", "NotOver"],
  ...["InvalidCommission", "VaultRuined", "TooFewShares", "SharesMissing", "StakeLocked", "IdsLeft", "AboveMean"],
  ...[
    "NotSealed",
    "AlreadyDrawn",
    "NothingToDraw",
    "NotSeedBlock",
    "NotMissed",
    "SeatEjected",
    "NotSlasher",
    "InsufficientBalance",
  ],
];

describe(`DelegatedStake against its model (seed ${SEED})`, () => {
  const counts = new Map<string, number>();

  for (const [name, isFull, steps] of [
    ["free ids", false, STEPS],
    ["1,019 ids taken for good", true, STEPS / 4],
  ] as const) {
    it(`DelegatedStake does as its model in ${steps} random calls: ${name}`, async () => {
      const run = await DelegatedStakeRun.start(new Random(`${SEED}/${name}`), isFull);
      if (!isFull) await run.drawNobody();
      for (let step = 0; step < steps; step++) {
        if (step === steps - 20) await run.freeze();
        await run.step();
      }
      await run.compareEvents();
      for (const [what, count] of run.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    });
  }

  it("DelegatedStake met every action and every error in the random calls", function () {
    if (!hasFixedSeed) this.skip();
    const expected = [...VAULT_ACTIONS, "seal", "drawSeats", "post", "prove", "reportMiss", "slash", ...ERRORS];
    expect(expected.filter((name) => !counts.has(name))).to.deep.equal([]);
  });
});
