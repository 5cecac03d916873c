import { writeFileSync } from "node:fs";

import hre from "hardhat";

/** Compiles and runs Solidity tests, and writes their counts to the file named first; for `scripts/test.ts`. */
const [result, ...testFiles] = process.argv.slice(2);
if (result === undefined) throw new Error("usage: solidityTests <result.json> [<test files>]");

interface TestRun {
  readonly suiteResults: readonly { readonly testResults: readonly { readonly status: string }[] }[];
}

// Hardhat's own summary stays empty when the task is run by a program: the results are counted here.
const run = (await hre.tasks.getTask(["test", "solidity"]).run({ testFiles })) as
  { success: true; value: TestRun } | { success: false; error: TestRun };
const statuses = (run.success ? run.value : run.error).suiteResults.flatMap(({ testResults }) =>
  testResults.map(({ status }) => status),
);
const count = (status: string): number => statuses.filter((candidate) => candidate === status).length;
const [passed, skipped] = [count("Success"), count("Skipped")];
// Whatever is neither has failed, and so has a run that says so without naming a test.
const failed = Math.max(statuses.length - passed - skipped, run.success ? 0 : 1);
writeFileSync(result, JSON.stringify({ passed, failed, skipped }));
process.exit(0);
