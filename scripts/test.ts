import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

import hre from "hardhat";

import { prepareAll } from "../src/setup/index.ts";
import { BUILD } from "../src/setup/paths.ts";

/**
 * `npm test [-- <files>]`: circuits and development keys, contracts, Solidity tests, mocha tests; or only the test
 * files that are named. Ends with a line `N passed, N failed`, and exit code 1 if anything failed.
 *
 * The tests of a folder are a job, in a process of its own. Two run at a time.
 */
interface Job {
  readonly name: string;
  readonly script: "solidityTests.ts" | "mochaTests.ts";
  readonly files: readonly string[];
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const RESULTS = join(BUILD, "test-results");
/** The longest come first; what uses others' proofs after them. */
const FIRST = ["e2e", "circuits", "b52", "consensus", "deployment"];

const named = process.argv.slice(2);
const solidity: Job = {
  name: "Solidity",
  script: "solidityTests.ts",
  files: named.filter((file) => file.endsWith(".sol")),
};
const counts = new Map<string, Counts>();
const start = Date.now();

const keys = prepareKeys();
const contracts = hre.tasks
  .getTask("build")
  .run({ noTests: true })
  .then(() => {
    say("contracts are compiled");
  });
say("Circuits and development keys, and contracts");

if (named.length > 0) {
  await Promise.all([keys, contracts]);
  const files = named.filter((file) => !file.endsWith(".sol"));
  if (solidity.files.length > 0) await run(solidity, true);
  if (files.length > 0) await run({ name: "TypeScript", script: "mochaTests.ts", files }, true);
} else {
  const jobs = mochaJobs();
  const total = jobs.length + 1;
  const lane = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await runAndShow(job, total);
  };
  const solidityLane = async (): Promise<void> => {
    // They need no keys.
    await contracts;
    await runAndShow(solidity, total);
    await keys;
    await lane();
  };
  await Promise.all([Promise.all([keys, contracts]).then(lane), solidityLane()]);
}
summarise();

async function prepareKeys(): Promise<void> {
  for (const { name, constraints } of await prepareAll("development", say)) {
    say(`${name}: ${constraints} constraints, ready`);
  }
}

/** A job for each folder of `test`, the first of `FIRST` first. */
function mochaJobs(): Job[] {
  const folders = new Map<string, string[]>();
  for (const file of globSync("test/**/*.test.ts").sort()) {
    const folder = file.split(sep)[1]!;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...folders]
    .map(([name, files]): Job => ({ name, script: "mochaTests.ts", files }))
    .sort((a, b) => rank(a.name) - rank(b.name));
}

async function runAndShow(job: Job, total: number): Promise<void> {
  say(`${job.name}: started`);
  const output = await run(job, false);
  console.log(output);
  say(`${job.name}: ${describe(counts.get(job.name)!)} (${counts.size} of ${total} jobs done)`);
}

/** Runs a job, which writes its counts to a file. A job that breaks counts as one failure. */
function run({ name, script, files }: Job, isLive: boolean): Promise<string> {
  const result = join(RESULTS, `${name}.json`);
  mkdirSync(RESULTS, { recursive: true });
  rmSync(result, { force: true });
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, result, ...files], { stdio: isLive ? "inherit" : "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const broken = { passed: 0, failed: 1, skipped: 0 };
      counts.set(name, code === 0 ? (JSON.parse(readFileSync(result, "utf8")) as Counts) : broken);
      resolve(output);
    });
  });
}

function summarise(): void {
  const of = (kind: keyof Counts): number => [...counts.values()].reduce((sum, count) => sum + count[kind], 0);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  console.log();
  for (const [name, count] of counts) console.log(`${name}: ${describe(count)}`);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  // A run in which nothing was run has not passed.
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

function describe({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}

function say(what: string): void {
  console.log(`[${Math.round((Date.now() - start) / 1000)} s] ${what}`);
}
