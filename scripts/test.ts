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

const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

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
// The tests of the circuits make no proofs: they use one core, as solc does, and so does most of the rest.
const isBeside = (file: string): boolean => runsAll && file.startsWith(join("test", "circuits"));
announce("TypeScript tests; beside them, and shown afterwards, Solidity tests and then those of the circuits");
const beside = runBeside();
const mocha = { ...NOTHING };
const own = mochaFiles.filter((file) => !isBeside(file));
if (own.length > 0) {
  // Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
  hre.config.test.mocha.reporter = CountingReporter;
  await hre.tasks.getTask(["test", "mocha"]).run({ testFiles: own, noCompile: true });
  Object.assign(mocha, CountingReporter.counts);
}

announce("Solidity tests, and tests of the circuits");
const { output, solidity, circuits } = await beside;
console.log(output);
for (const kind of ["passed", "failed", "skipped"] as const) mocha[kind] += circuits[kind];

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

/** What runs in processes of its own, one after the other. */
async function runBeside(): Promise<{ output: string; solidity: Counts; circuits: Counts }> {
  const circuitFiles = mochaFiles.filter(isBeside);
  const nothing = { output: "", counts: NOTHING };
  const solidity = runsSolidity ? await runScript("solidityTests.ts", solidityFiles) : nothing;
  const circuits = circuitFiles.length > 0 ? await runScript("mochaTests.ts", circuitFiles) : nothing;
  return { output: solidity.output + circuits.output, solidity: solidity.counts, circuits: circuits.counts };
}

/** Runs a script that writes its counts to the file named first. A run that breaks counts as one failure. */
function runScript(name: string, args: readonly string[]): Promise<{ output: string; counts: Counts }> {
  const result = join(BUILD, `${name}.json`);
  mkdirSync(dirname(result), { recursive: true });
  rmSync(result, { force: true });
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [script, result, ...args], { stdio: ["ignore", "pipe", "pipe"] });
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
