// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { runProofOfEfficiencyDemo } from "../../demo/poe.ts";
import type { ReportFile } from "../../demo/report.ts";
import { L1_RULES } from "../../src/l1Rules.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { withArtifactsOfDemo } from "../helpers/artifactsOfDemo.ts";

describe("Proof of Efficiency, from deposit to withdrawal, with real proofs", () => {
  for (const rules of L1_RULES) {
    it(`holds every check of the demo under ${rules}`, async function () {
      this.timeout(600_000);
      const connection = await network.create(fixedStart(rules));
      fixTimestamps(connection);
      const path = join(BUILD, "reports", `poe.${rules}.test.json`);
      const prepared = await prepareAll("development");
      const held = await withArtifactsOfDemo(() => runProofOfEfficiencyDemo(connection, prepared, path));
      const report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
      const failed = Object.entries(report.checks).flatMap(([name, holds]) => (holds ? [] : [name]));
      expect(failed).to.deep.equal([]);
      expect(held).to.equal(true);
      // The report is what it says: nothing was skipped.
      expect(Object.keys(report.checks).length).to.be.at.least(20);
      expect(report.proofs.length).to.be.at.least(8);
    });
  }
});
