// SPDX-License-Identifier: MIT
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { fixTimestamps } from "../../tools/bench/timestamps.ts";
import { runB52Demo } from "../../demo/b52.ts";
import { runProofOfEfficiencyDemo } from "../../demo/poe.ts";
import type { ReportFile } from "../../demo/report.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { isDeep } from "../helpers/deep.ts";
import { startNode } from "../helpers/localNode.ts";

/**
 * Whole lifecycles with real proofs, on two clients that have nothing in common, each in a process of its own. Chain
 * id, accounts and clock are those of test/e2e, so proofs are the same and come from its cache. Hardhat, which the
 * tests of test/e2e use without HTTP, only in `npm run test:deep`.
 */
const CLIENTS = ["anvil", ...(isDeep ? ["hardhat" as const] : [])] as const;
const LIFECYCLES = { poe: runProofOfEfficiencyDemo, b52: runB52Demo } as const;

for (const client of CLIENTS) {
  describe(`Lifecycles on ${client}, over HTTP, with real proofs`, () => {
    for (const [name, run] of Object.entries(LIFECYCLES)) {
      it(`${name}: every check holds`, async function () {
        this.timeout(600_000);
        const artifacts = await prepareAll("development");
        const deploymentId = `test-${client}-${name}-${process.pid}`;
        const path = join(BUILD, "reports", `${name}.${client}.test.json`);
        const node = await startNode(client);
        try {
          const connection = await network.create({ network: "localhost", override: { url: node.url } });
          const version = (await connection.provider.request({ method: "web3_clientVersion" })) as string;
          expect(version.toLowerCase()).to.match(new RegExp(`^${client}`, "u"));
          fixTimestamps(connection);
          const held = await run(connection, artifacts, path, { deploymentId });
          const report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
          const failed = Object.entries(report.checks).flatMap(([check, holds]) => (holds ? [] : [check]));
          expect(failed).to.deep.equal([]);
          expect(held).to.equal(true);
          expect(Object.keys(report.checks).length).to.be.at.least(20);
          expect(report.proofs.length).to.be.at.least(8);
          await connection.close();
        } finally {
          await node.stop();
          rmSync(join(PROJECT_ROOT, "deploy", "deployments", deploymentId), { recursive: true, force: true });
        }
      });
    }
  });
}
