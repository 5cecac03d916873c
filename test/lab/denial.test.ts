// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { RESTAKING } from "../../tools/lab/strategies/restaking.ts";
import { SPECULATORS, type PlanView } from "../../tools/lab/strategies/speculating.ts";
import { runMarket, type MarketOptions } from "../../tools/lab/worlds/tokenMarket.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

/** Nobody but the attacker trades, and nothing costs but the trades. */
const CALM: MarketOptions = {
  ...{ stakers: "holding", speculator: "long", staked: 1, depth: 1, fee: 0, reversion: 0, yearly: 0 },
  ...{ before: 10, attack: 10, after: 5, exit: 5, size: 0.1, stake: 0.2, isReal: true, lost: 0, scar: 0, hourly: 0 },
};

describe("Lab: fake denial of service", () => {
  it("lifts the price only where stakers chase the yield of the hour", async () => {
    const { tables } = await runSmall("denial");
    const rows = tables["attacks"]!.where({
      election: "StakeRotation",
      attack: "empty",
      plan: "long",
      size: 10,
      scar: 0,
    });
    expect(rows.where({ stakers: "chasing" }).only().number("price")).to.be.above(1);
    expect(rows.where({ stakers: "reckoning" }).only().number("price")).to.be.below(1);
  });

  it("is nothing in a market in which nobody else moves: all comes back, but fees and the attack's price", () => {
    expectClose(runMarket(CALM).profit, 0, 1e-12);
    expectClose(runMarket(CALM).hours.at(-1)!.price, 1, 1e-12);
    expect(runMarket({ ...CALM, fee: 0.01 }).profit).to.be.below(-0.005);
    const charged = runMarket({ ...CALM, size: 0, stake: 0, hourly: 0.01 });
    expectClose(charged.profit, -0.1, 1e-12);
    expectClose(runMarket({ ...CALM, size: 0, stake: 0, hourly: 0.01, isReal: false }).profit, 0, 1e-12);
  });

  it("has plans that buy or sell before the attack, and the other way round in its second half", () => {
    const view: PlanView = { hour: 0, before: 10, attack: 10, exit: 5, size: 1, stake: 2 };
    expectClose(SPECULATORS.long(view), 0.3, 1e-12);
    expectClose(SPECULATORS.short(view), 0.1, 1e-12);
    expect(SPECULATORS.long({ ...view, hour: 12 })).to.equal(0);
    expect(SPECULATORS.long({ ...view, hour: 15 })).to.equal(-0.2);
    expect(SPECULATORS.short({ ...view, hour: 15 })).to.equal(0.2);
    expect(SPECULATORS.long({ ...view, hour: 25 })).to.equal(-0.2);
  });

  it("has stakers that chase, reckon or hold", () => {
    const view = { stake: 1, wanted: 2, extraYield: 1e-6, expected: 24, tradingCost: 0.006 };
    expect(RESTAKING.chasing(view)).to.be.above(0);
    expect(RESTAKING.reckoning(view)).to.equal(0);
    expect(RESTAKING.reckoning({ ...view, expected: 10_000 })).to.equal(RESTAKING.chasing(view));
    expect(RESTAKING.reckoning({ ...view, wanted: 0 })).to.be.below(0);
    expect(RESTAKING.holding(view)).to.equal(0);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("denial", { attacks: ["StakeRotation, empty, short, reckoning, 2, 0.05, 0.01"] });
  });
});
