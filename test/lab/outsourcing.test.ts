// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { INVESTING } from "../../tools/lab/strategies/investing.ts";
import { runSmall } from "../helpers/lab.ts";

describe("Lab: outsourced proving", () => {
  it("is concentrated where the highest reputation has it, unequal where it is drawn, and nearly equal with a cap", async () => {
    const { tables } = await runSmall("outsourcing");
    const work = (rule: string): number => tables["courses"]!.where({ rule, spread: 1 }).rows.at(-1)!.number("work");
    expect(work("highest")).to.be.above(work("drawn"));
    expect(work("drawn")).to.be.above(work("drawn with a cap"));
  });

  it("has rollers that deposit all that they have earned, or nothing", () => {
    expect(INVESTING.compounding({ savings: 7, income: 3 })).to.equal(7);
    expect(INVESTING.steady({ savings: 7, income: 3 })).to.equal(0);
  });
});
