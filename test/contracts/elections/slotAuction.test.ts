// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";
import { ACTIONS, SlotAuctionRun } from "../../helpers/slotAuctionRun.ts";

const STEPS = 700;
/** Steps after the freeze, the last ones. */
const FROZEN_STEPS = 60;

const ERRORS = [
  ...["AuctionClosed", "AuctionNotOpen", "BidBelowMinimum", "EmptyRange", "InsufficientBalance", "NoReceiver"],
  ...["NotAllowed", "NotSlotHolder", "NothingToSettle", "SlotNotOver"],
];

describe("SlotAuction against its model", () => {
  it(`agrees in ${STEPS} random steps that meet each call and each error`, async () => {
    const run = await SlotAuctionRun.start(new Random(seedFor("slot auction")));
    for (let left = STEPS; left > 0; left--) {
      if (left === FROZEN_STEPS) await run.freeze();
      await run.step();
    }
    await run.close();
    if (hasFixedSeed) expect([...ACTIONS, ...ERRORS].filter((name) => !run.counts.has(name))).to.deep.equal([]);
  });
});
