// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ProposerSaleRun, SALE_ACTIONS } from "../../helpers/proposerSaleRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";
import { STAKE_ACTIONS } from "../../helpers/stakedRun.ts";

const SEED = seedFor("proposer sale");
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 700);

/** Every error of the election, parameters and those of stakes, which StakeRotation's run meets, aside. */
const ERRORS = [
  ...["NotSeller", "SaleClosed", "OfferExpired", "AlreadySold", "BondTooLow", "InvalidSignature", "NotSold"],
  ...["AlreadySettled", "SlotNotOver", "SlotWasSold", "InsufficientBalance", "SeatEjected", "NotMissed", "NotAllowed"],
];

describe(`ProposerSale against its model (seed ${SEED})`, () => {
  it(`ProposerSale does as its model in ${STEPS} random calls`, async () => {
    const run = await ProposerSaleRun.start(new Random(SEED));
    for (let step = 0; step < STEPS; step++) {
      if (step === STEPS - 30) await run.freeze();
      await run.step();
    }
    await run.compareEvents();
    if (!hasFixedSeed) return;
    // All ids are taken in StakeRotation's run only.
    const expected = [...STAKE_ACTIONS.filter((name) => name !== "outbid"), ...SALE_ACTIONS, ...ERRORS];
    expect(expected.filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
