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

/**
 * Lifecycles with the account numbers of their sequencers. The proofs name the time and the fee of their batch, so no two
 * elections have the same ones: `npm test` has mock proofs for all but one, and `npm run test:deep` has real ones for all.
 */
const LIFECYCLES = {
  poe: {
    run: runProofOfEfficiencyDemo,
    sequencers: [4, 5],
    elections: ELECTED_LIFECYCLES,
    real: ["Authority+OutsourcedProving"],
  },
  escape: {
    run: runEscapeDemo,
    sequencers: [6],
    // In `npm test` one of seats with a slasher, one of aggregators, and one of each.
    elections: ELECTED_LIFECYCLES.filter(
      ({ election }) => isDeep || /^(?:StakeRotation\/GovernedSlashing|RandomPriority|.*\+.*)$/u.test(election),
    ),
    real: [] as string[],
  },
} as const;

for (const [name, { run, sequencers, elections, real }] of Object.entries(LIFECYCLES)) {
  describe(`The lifecycle ${name} under elections`, () => {
    for (const { election, overrides } of elections) {
      const isReal = isDeep || (real as readonly string[]).includes(election);
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
