// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { MEV_SYSTEMS, runMev, type MevOptions } from "../../tools/lab/worlds/mev.ts";
import { sum } from "../../tools/lab/maths.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

/** All find all of the MEV. */
const EQUAL: MevOptions = {
  ...{ system: "SlotAuction", epochs: 2, spread: 0, luck: 0, fees: 40, mev: 60, stake: 10_000, proving: 1 },
  ...{ toAggregators: 5_000n, toFund: 2_000n },
};

describe("Lab: division of the MEV", () => {
  it("is the sequencer where stake elects, and not where slots are sold", async () => {
    const { tables } = await runSmall("mev");
    const rows = tables["parts"]!.where({ spread: 1 });
    expect(rows.where({ system: "StakeRotation" }).only().number("sequencers")).to.be.above(50);
    expect(rows.where({ system: "SlotAuction" }).only().number("sequencers")).to.be.below(10);
  });

  for (const system of MEV_SYSTEMS) {
    it(`leaves nothing uncounted: ${system === "none" ? "no election" : system}`, () => {
      const result = runMev({ ...EQUAL, system, spread: 0.5, luck: 0.3 }, 1);
      const { sequencers, aggregators, burned, fund, left, l1, total } = result;
      expectClose(sum(sequencers) + aggregators + burned + fund + left + l1, total, 1e-3);
      if (system === "B52") return;
      expect(sum(result.slots)).to.equal(64);
    });
  }

  it("goes to aggregators, the fund and burning as the shares say, if equal bidders leave each other nothing", () => {
    const { total, aggregators, burned, fund, sequencers } = runMev(EQUAL, 1);
    const proceeds = total - 64;
    expectClose(sum(sequencers), 0, 1e-3);
    expectClose(aggregators, 0.5 * proceeds + 64, 1e-3);
    expectClose(fund, 0.2 * proceeds, 1e-3);
    expectClose(burned, 0.3 * proceeds, 1e-3);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("mev", { parts: ["B52, 0.3"], shares: ["SlotAuction, 50"] });
  });
});
