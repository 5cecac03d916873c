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
 * elections have the same ones. The real ones of a lifecycle take two to three minutes of a core, so only
 * `npm run test:deep` has them.
 */
const LIFECYCLES = {
  poe: {
    run: runProofOfEfficiencyDemo,
    sequencers: [4, 5],
    elections: ELECTED_LIFECYCLES,
  },
  escape: {
    run: runEscapeDemo,
    sequencers: [6],
    // In `npm test` one of seats with a slasher, one of aggregators, and one of each.
    elections: ELECTED_LIFECYCLES.filter(
      ({ election }) => isDeep || /^(?:StakeRotation\/GovernedSlashing|RandomPriority|.*\+.*)$/u.test(election),
    ),
  },
} as const;

for (const [name, { run, sequencers, elections }] of Object.entries(LIFECYCLES)) {
  describe(`The lifecycle ${name} under elections`, () => {
    for (const { election, overrides } of elections) {
      it(`holds every check under ${election}, with ${isDeep ? "real" : "mock"} proofs`, async function () {
        this.timeout(600_000);
        const artifacts = await prepareAll("development");
        const connection = await network.create(fixedStart("osaka"));
        fixTimestamps(connection);
        const prover = isDeep ? createProver(artifacts) : await mockProver();
        try {
          const signers = await connection.ethers.getSigners();
          const parties = sequencers.map((i) => signers[i]!.address);
          const elected = new ElectedRun(connection, election, prover, !isDeep);
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
