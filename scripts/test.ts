import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import hre from "hardhat";

import { prepareAll } from "../src/setup/index.ts";
import { BUILD } from "../src/setup/paths.ts";
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
await hre.tasks.getTask("build").run({ noTests: true });

const runsSolidity = runsAll || solidityFiles.length > 0;
announce("TypeScript tests; Solidity tests are compiled and run beside them, and shown afterwards");
const solidityRun = runsSolidity ? runSolidityTests() : undefined;
const mocha = { passed: 0, failed: 0, skipped: 0 };
if (mochaFiles.length > 0) {
  // Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
  hre.config.test.mocha.reporter = CountingReporter;
  await runMocha(mochaFiles);
  Object.assign(mocha, CountingReporter.counts);
}

announce("Solidity tests");
const solidity = { passed: 0, failed: 0, skipped: 0 };
if (solidityRun !== undefined) {
  const { output, counts } = await solidityRun;
  console.log(output);
  Object.assign(solidity, counts);
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

async function runMocha(testFiles: readonly string[]): Promise<void> {
  await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true });
}

/** In a process of their own: solc, which takes minutes, uses one core. A run that breaks counts as one failure. */
function runSolidityTests(): Promise<{ output: string; counts: Counts }> {
  const result = join(BUILD, "solidity-tests.json");
  mkdirSync(dirname(result), { recursive: true });
  rmSync(result, { force: true });
  const script = fileURLToPath(new URL("solidityTests.ts", import.meta.url));
  const child = spawn(process.execPath, [script, result, ...solidityFiles], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const broken = { passed: 0, failed: 1, skipped: 0 };
      const counts = code === 0 ? (JSON.parse(readFileSync(result, "utf8")) as Counts) : broken;
      resolve({ output, counts });
    });
  });
}
