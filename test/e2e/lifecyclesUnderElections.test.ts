// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { runEscapeDemo } from "../../demo/escape.ts";
import { runProofOfEfficiencyDemo } from "../../demo/poe.ts";
import type { ReportFile } from "../../demo/report.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { isDeep } from "../helpers/deep.ts";
import { ELECTED_LIFECYCLES, ElectedRun } from "../helpers/electedLifecycle.ts";
import { mockProver } from "../helpers/mockProofs.ts";

/** Account numbers of the sequencers of each lifecycle. */
const LIFECYCLES = {
  poe: { run: runProofOfEfficiencyDemo, sequencers: [4, 5] },
  escape: { run: runEscapeDemo, sequencers: [6] },
} as const;

/** The proofs name the time and the fee of their batch, so no two elections have the same ones. */
const REAL = isDeep ? ELECTED_LIFECYCLES.map(({ election }) => election) : ["Authority+OutsourcedProving"];

for (const [name, { run, sequencers }] of Object.entries(LIFECYCLES)) {
  describe(`The lifecycle ${name} under elections`, () => {
    for (const { election, overrides } of ELECTED_LIFECYCLES) {
      const isReal = REAL.includes(election) && (isDeep || name === "poe");
      it(`holds every check under ${election}, with ${isReal ? "real" : "mock"} proofs`, async function () {
        this.timeout(600_000);
        const artifacts = await prepareAll("development");
        const connection = await network.create(fixedStart("osaka"));
        fixTimestamps(connection);
        const prover = isReal ? createProver(artifacts) : await mockProver();
        try {
          const signers = await connection.ethers.getSigners();
          const parties = sequencers.map((i) => signers[i]!.address);
          const elected = new ElectedRun(connection, election, prover, !isReal);
          const path = join(BUILD, "reports", `${name}.${election.replaceAll(/[+/]/gu, "-")}.test.json`);
          const deployment = { election, overrides: overrides(parties) };
          const held = await run(connection, artifacts, path, deployment, elected.stage);
          const report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
          const failed = Object.entries(report.checks).flatMap(([check, holds]) => (holds ? [] : [check]));
          expect(failed).to.deep.equal([]);
          expect(held).to.equal(true);
          expect(Object.keys(report.checks).length).to.be.at.least(20);
          await elected.expectSound();
        } finally {
          await prover.dispose();
          await connection.close();
        }
      });
    }
  });
}
