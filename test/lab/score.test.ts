// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { Tables } from "../../tools/lab/experiment.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

describe("Lab: the score of B52", () => {
  let tables: Tables;

  before(async () => {
    ({ tables } = await runSmall("score"));
  });

  it("gives the paper's break-even bids", () => {
    const factors = tables["splits"]!.numbers("model");
    expect(factors.map((factor) => factor.toFixed(3))).to.deep.equal(["1.062", "1.837", "2.893"]);
  });

  it("moves on a line of equal scores by db/b = −1.5 dN/N", () => {
    // Between 14 and 15 provers without a handicap, the middle of the step counts.
    const rows = tables["surface"]!.where({ slope: "least", bid: 10 }).rows;
    const [before, after] = rows.slice(-2).map((row) => row.number("sameScore"));
    const relative = (after! - before!) / ((after! + before!) / 2);
    expectClose(relative, -1.5 * (1 / 14.5), 0.01);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("score", { slope: ["target 15, set 7"], spans: ["100"], auctions: ["all pay, 20"] });
  });
});
