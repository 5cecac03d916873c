import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import hre from "hardhat";

import { prepareAll } from "../src/setup/index.ts";
import { runTestJob } from "./testJob.ts";

/**
 * `npm run gas`: after contracts have changed, writes everything that says what calls cost: the snapshots of gas and of
 * new slots under each of the rules, and with them docs/numbers.md and docs/benchmarks.md.
 */
const FILES = ["gas", "migrationGas", "b52Gas", "b52", "newSlots"].map((name) => `test/e2e/${name}.test.ts`);

await prepareAll("development", console.log);
await hre.tasks.getTask("build").run({ noTests: true, quiet: true });
const { counts } = await runTestJob(
  { name: "gas", script: "mochaTests.ts", environment: { UPDATE_SNAPSHOTS: "1" }, files: FILES },
  true,
);
for (const args of [["docs.ts", "tables"], ["bench.ts"]] as const) {
  const [script, ...rest] = args;
  execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...rest], { stdio: "inherit" });
}
process.exit(counts.failed > 0 ? 1 : 0);
