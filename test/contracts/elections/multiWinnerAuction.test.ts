// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ACTIONS, MultiWinnerRun } from "../../helpers/multiWinnerRun.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";

const STEPS = 800;
/** Steps after the freeze, the last ones. */
const FROZEN_STEPS = 40;

const ERRORS = [
  ...["BidBelowMinimum", "InsufficientBalance", "NotAllowed", "NotBidder", "NotMissed", "NothingToSettle"],
  ...["SetClosed", "StillLiable"],
];

describe("MultiWinnerAuction against its model", () => {
  it(`agrees in ${STEPS} random steps that meet each call and each error`, async () => {
    const run = await MultiWinnerRun.start(new Random(seedFor("multi-winner auction")));
    for (let left = STEPS; left > 0; left--) {
      if (left === FROZEN_STEPS) await run.freeze();
      await run.step();
    }
    await run.close();
    if (hasFixedSeed) expect([...ACTIONS, ...ERRORS].filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
