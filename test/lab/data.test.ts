// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { SLOT_BYTES } from "../../src/codec/index.ts";
import { allInGasOf } from "../../tools/lab/measured.ts";
import { calldataBytes, sequenceGas } from "../../tools/lab/experiments/data.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

describe("Lab: data", () => {
  it("breaks even where a proof costs as much as the signatures that it replaces", async () => {
    const { tables } = await runSmall("data");
    const joint = tables["breakEven"]!.where({ proof: "with the leaves" }).numbers("transfers");
    expect(joint.map(Math.round)).to.deep.equal([63, 25, 16]);
  });

  it("counts the calldata of a post to the byte, and gives the measured gas", () => {
    const one = { transfers: 4, leaves: 1, batches: 1, bytesEach: SLOT_BYTES };
    const three = { transfers: 12, leaves: 3, batches: 1, bytesEach: SLOT_BYTES };
    expect([calldataBytes(one), calldataBytes(three)]).to.deep.equal([804, 1_604]);
    expect(sequenceGas("amsterdam", one)).to.equal(allInGasOf("sequence 1 leaf, steady", "amsterdam"));
    expect(sequenceGas("amsterdam", three)).to.equal(allInGasOf("sequence 3 full leaves, steady", "amsterdam"));
    // Zero bytes are those of another post.
    expectClose(sequenceGas("osaka", one), allInGasOf("sequence 1 leaf, steady"), 1_500);
  });

  it("refuses calls that were not measured", () => {
    expect(() => allInGasOf("fly")).to.throw(RangeError, "docs/benchmarks.md has no call fly");
  });

  it("has the lines of the report", async () => {
    await expectCommitted("data");
  });
});
