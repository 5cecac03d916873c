import { writeFileSync } from "node:fs";

import hre from "hardhat";

/** Compiles and runs Solidity tests, and writes their counts to the file named first; for `scripts/test.ts`. */
const [result, ...testFiles] = process.argv.slice(2);
if (result === undefined) throw new Error("usage: solidityTests <result.json> [<test files>]");

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const run = (await hre.tasks.getTask(["test", "solidity"]).run({ testFiles })) as
  { success: true; value: { summary: Counts } } | { success: false; error: { summary: Counts } };
const { passed, failed, skipped } = run.success ? run.value.summary : run.error.summary;
writeFileSync(result, JSON.stringify({ passed, failed, skipped }));
process.exit(0);
