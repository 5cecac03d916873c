// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { longestPath } from "../../tools/simulation/forms.ts";
import { runTree, type Filling } from "../../tools/lab/worlds/proofTree.ts";
import { expectClose } from "../helpers/expectClose.ts";
import { expectCommitted, runSmall } from "../helpers/lab.ts";

const TIMES = { leaf: 96, merge: 5.6 };
const NOBODY: Filling = { slowness: Infinity, from: () => 0, patience: () => 0 };
const equal = (factor: number): number[] => Array.from({ length: 15 }, () => factor);

describe("Lab: the windows of B52", () => {
  it("adds both windows plain, takes the longer one pipelined, and kills rounds by the spread of speeds", async () => {
    const { tables } = await runSmall("windows");
    const row = tables["proofs"]!.where({ mode: "plain", filling: "others", spread: 0, window: 600 }).only();
    expect(row.number("blockTime")).to.equal(660);
  });

  it("takes the longest path for a tree if nobody waits for anything else", () => {
    for (const factor of [1, 2.5]) {
      const { done, credited } = runTree({ leaves: 8, times: TIMES, slowness: equal(factor), way: 0, filling: NOBODY });
      expectClose(done, longestPath(8, TIMES, factor), 1e-9);
      expect(credited.size).to.equal(15);
    }
  });

  it("fills a node that is late, and does not credit it; a promised proof that comes before its parent is begun counts", () => {
    const slowness = equal(1);
    slowness[14] = 4; // Node 15, a leaf: 384 s.
    const filling = (patience: number): Filling => ({ slowness: 1, from: () => 150, patience: () => patience });
    const run = (patience: number) =>
      runTree({ leaves: 8, times: TIMES, slowness, way: 0, filling: filling(patience) });
    const late = run(0);
    expectClose(late.done, 150 + 96 + 3 * 5.6, 1e-9);
    expect([...late.credited]).not.to.include(15);
    const patient = run(400);
    expectClose(patient.done, 384 + 3 * 5.6, 1e-9);
    expect(patient.credited.size).to.equal(15);
  });

  it("has the lines of the report", async () => {
    await expectCommitted("windows", {
      proofs: ["pipelined, nobody, 0.5, 240", "plain, others, 1, 450"],
      hired: ["fastest, 1, 300"],
      proposals: ["24"],
    });
  });
});
