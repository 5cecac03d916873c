// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Chance } from "../../tools/lab/chance.ts";
import { runLeaving, runSlashing, runTakeover, type LeavingOptions } from "../../tools/lab/worlds/takeover.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

/** Users that have all decided, and a call of each that takes the gas of one block. */
const CROWD: LeavingOptions = {
  ...{ users: 300, decide: 1e-9, group: 1, gas: 1_000, blockGas: 1_000, opens: 0, takes: 24 },
};

describe("Lab: takeover", () => {
  it("costs the stake that it faces, a tenth of it with delegators, or an hour's worth of slots each hour", async () => {
    const { tables } = await runSmall("takeover");
    const rows = tables["purchase"]!.where({ share: 50 });
    expect(rows.where({ election: "StakeRotation" }).only().number("capital")).to.equal(160_000);
    expect(rows.where({ election: "DelegatedStake" }).only().number("capital")).to.equal(16_000);
    expect(rows.where({ election: "SlotAuction" }).only().number("hourly")).to.equal(660);
  });

  it("by a council gone bad waits for the council's lock", () => {
    const options = { election: "Authority", share: 1, stake: 10_000, slotValue: 100, epochs: 2 } as const;
    const { warning, held } = runTakeover(options, 0, 1);
    expect(warning).to.be.within(9 * 24, 9 * 24 + 12);
    expect(held).to.equal(1);
  });

  it("ends as fast as the users' calls fit into L1, one after the other or in groups", () => {
    const one = runLeaving(CROWD, new Chance(1, "crowd"));
    expectClose(one[0]!, 24 + 12 / 3_600, 1e-6);
    expectClose(one.at(-1)!, 24 + 1, 1e-6);
    const grouped = runLeaving({ ...CROWD, group: 100 }, new Chance(1, "crowd"));
    expectClose(grouped.at(-1)!, 24 + 3 / 300, 1e-6);
    const frozen = runLeaving({ ...CROWD, opens: 168, takes: 0 }, new Chance(1, "crowd"));
    expectClose(frozen[0]!, 168 + 12 / 3_600, 1e-6);
  });

  it("by votes needs more than half of the stake, the lock's time, and is capped in each period", () => {
    const half = runSlashing(0.5, 10_000, 40);
    expect(half.at(-1)).to.deep.equal({ own: 80_000, others: 80_000 });
    const more = runSlashing(0.75, 10_000, 40).map(({ others }) => others);
    expect(more[8]).to.equal(40_000);
    // A tenth of each of four stakes, which is below a tenth of all.
    expect(more[12]).to.equal(36_000);
    expect(more[38]).to.equal(36_000);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("takeover", {
      leaving: ["migration, 0.5"],
      slashing: ["0.5625"],
      purchase: ["ProposerSale, 0.5"],
    });
  });
});
