// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { runRecursionDemo } from "../../demo/recursion.ts";
import type { ReportFile } from "../../demo/report.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { withArtifactsOfDemo } from "../helpers/artifactsOfDemo.ts";

/** Eight minutes on two cores: both consensus protocols with real joint proofs, from the processes of their provers. */
describe("Joint proofs, from deposits to a settled state, with real proofs", () => {
  it("hold every check of the demo", async function () {
    this.timeout(3_600_000);
    const connection = await network.create();
    const path = join(BUILD, "reports", "recursion.test.json");
    const prepared = await prepareAll("development");
    const held = await withArtifactsOfDemo(() => runRecursionDemo(connection, prepared, path));
    const { checks, proofs } = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
    expect(Object.entries(checks).filter(([, holds]) => !holds)).to.deep.equal([]);
    expect(held).to.equal(true);
    expect(Object.keys(checks)).to.have.length.at.least(15);
    // Four leaves, two nodes and a root; four leaves, three merges, five nodes and a root; one foreign proof is refused.
    expect(proofs).to.have.length(20);
  });
});
