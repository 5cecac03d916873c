// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { expectCommitted, runSmall } from "../helpers/lab.ts";

describe("Lab: 51% of the stake", () => {
  it("gives the majority all heights plain, about 57% with a threshold VRF, and no growth with fair pay", async () => {
    const { tables } = await runSmall("majority");
    const plain = tables["shares"]!.where({ staking: "steady", rule: "plain", spread: 0 });
    expect(new Set(plain.numbers("heights"))).to.deep.equal(new Set([100]));
    // Without chance in the values and in the draws all runs are the same.
    expect(new Set(plain.numbers("income")).size).to.equal(1);
    const vrf = tables["draws"]!.where({ tickets: 100, threshold: 0.5 }).only();
    expect(vrf.number("theory")).to.equal(57.9);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("majority", {
      shares: ["steady, plain, 0.3, 1", "compounding, threshold VRF, 0.1, 2"],
      draws: ["100, 0.5"],
    });
  });
});
