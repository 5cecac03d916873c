import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { FIXED_START, fixTimestamps } from "../../src/bench/timestamps.ts";
import { runProofOfEfficiencyDemo } from "../../src/demo/poe.ts";
import type { ReportFile } from "../../src/demo/report.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";

describe("Proof of Efficiency, from deposit to withdrawal, with real proofs", () => {
  it("holds every check of the demo", async function () {
    this.timeout(600_000);
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const path = join(BUILD, "reports", "poe.test.json");
    const held = await runProofOfEfficiencyDemo(connection, await prepareAll("development"), path);
    const report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
    const failed = Object.entries(report.checks).flatMap(([name, holds]) => (holds ? [] : [name]));
    expect(failed).to.deep.equal([]);
    expect(held).to.equal(true);
    // The report is what it says: nothing was skipped.
    expect(Object.keys(report.checks).length).to.be.at.least(20);
    expect(report.proofs.length).to.be.at.least(8);
  });
});
