import { globSync } from "node:fs";

import hre from "hardhat";

import { prepareAll } from "../src/setup/index.ts";
import { CountingReporter } from "./countingReporter.ts";

/**
 * `npm test [-- <files>]`: circuits and development keys, contracts, Solidity tests, mocha tests; or only the test files
 * that are named. Ends with a line `N passed, N failed`, and exit code 1 if anything failed.
 */
const files = process.argv.slice(2);
const solidityFiles = files.filter((file) => file.endsWith(".sol"));
const runsAll = files.length === 0;
const mochaFiles = runsAll ? globSync("test/**/*.test.ts").sort() : files.filter((file) => !file.endsWith(".sol"));

const STEPS = 5;
let step = 0;
function announce(title: string): void {
  step += 1;
  console.log(`\n[${step}/${STEPS}] ${title}`);
}

announce("Circuits and development keys");
for (const { name, constraints } of await prepareAll("development", console.log)) {
  console.log(`${name}: ${constraints} constraints, ready`);
}

announce("Contracts");
await hre.tasks.getTask("build").run({});

announce("Solidity tests");
const solidity = { passed: 0, failed: 0, skipped: 0 };
if (runsAll || solidityFiles.length > 0) Object.assign(solidity, await runTests("solidity", solidityFiles));

announce("TypeScript tests");
const mocha = { passed: 0, failed: 0, skipped: 0 };
if (mochaFiles.length > 0) {
  // Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
  hre.config.test.mocha.reporter = CountingReporter;
  await runTests("mocha", mochaFiles);
  Object.assign(mocha, CountingReporter.counts);
}

announce("Summary");
const passed = solidity.passed + mocha.passed;
const failed = solidity.failed + mocha.failed;
const skipped = solidity.skipped + mocha.skipped;
console.log(`Solidity: ${solidity.passed} passed, ${solidity.failed} failed`);
console.log(`TypeScript: ${mocha.passed} passed, ${mocha.failed} failed`);
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
// A run in which nothing was run has not passed.
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function runTests(runner: "solidity" | "mocha", testFiles: readonly string[]): Promise<Counts> {
  const result = (await hre.tasks.getTask(["test", runner]).run({ testFiles, noCompile: true })) as
    { success: true; value: { summary: Counts } } | { success: false; error: { summary: Counts } };
  return result.success ? result.value.summary : result.error.summary;
}
