// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ACTIONS, PriorityRun } from "../../helpers/priorityRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";

const SEED = seedFor("random priority");
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 900);

/** Every error of the election and its parts, parameters, binding and headers aside. */
const ERRORS = [
  ...["AlreadyJoined", "NoTickets", "NoAnchor", "InsufficientBalance", "NotClaimable", "UnknownTicket", "LinkUsed"],
  ...["WrongLink", "NoSeed", "NotLowest", "SlotNotOver", "SlotTooOld", "NotClaimed", "SlotSettled", "RollupFrozen"],
  ...["NothingUnproven", "NotWaiting", "NotJoined", "DepositLocked", "NotSeedBlock", "NotAllowed", "NotSequenced"],
];

describe(`RandomPriority against its model (seed ${SEED})`, () => {
  it(`RandomPriority does as its model in ${STEPS} random calls`, async () => {
    const run = await PriorityRun.start(new Random(SEED));
    for (let step = 0; step < STEPS; step++) {
      if (step === STEPS - 120) await run.freeze();
      await run.step();
    }
    await run.close();
    if (!hasFixedSeed) return;
    expect([...ACTIONS, ...ERRORS].filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
