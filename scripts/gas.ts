// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { runCommand } from "../tools/commandLine.ts";
import { runTestJob } from "../tools/testing/testJob.ts";

const USAGE = `
npm run gas

After contracts have changed, writes everything that says what calls cost: the snapshots of gas and of new slots under
each of the rules, and with them docs/numbers.md, docs/deployment.md and docs/benchmarks.md.
`;

/** Tests that write a snapshot each. */
const FILES = [
  ...["gas", "migrationGas", "b52Gas", "b52", "builderGas", "newSlots"].map((name) => `test/e2e/${name}.test.ts`),
  "test/deployment/cost.test.ts",
];

await runCommand({ usage: USAGE }, async () => {
  const { default: hre } = await import("hardhat");
  const { prepareAll } = await import("../src/setup/index.ts");
  await prepareAll("development", console.log);
  await hre.tasks.getTask("build").run({ noTests: true, quiet: true });
  const { counts } = await runTestJob(
    { name: "gas", script: "mochaTests.ts", environment: { UPDATE_SNAPSHOTS: "1" }, files: FILES },
    true,
  );
  for (const [script, ...rest] of [["docs.ts", "tables"], ["bench.ts"]] as const) {
    execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...rest], { stdio: "inherit" });
  }
  return counts.failed > 0 ? 1 : 0;
});
