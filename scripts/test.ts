import { globSync } from "node:fs";
import { sep } from "node:path";

import { existingFile, runCommand, UsageError } from "../tools/commandLine.ts";
import { runTestJob, type Counts, type TestJob } from "../tools/testing/testJob.ts";

const USAGE = `
npm test [-- <files>]

Circuits and development keys, contracts, Solidity tests, mocha tests; or only the test files that are named. Ends with
a line "N passed, N failed", and exit code 1 if anything failed.

The tests of a folder are a job, in a process of its own. Two run at a time.
`;

/** The longest come first; what uses others' proofs after them. */
const FIRST = ["e2e", "circuits", "contracts", "deployment", "b52"];

const counts = new Map<string, Counts>();
const start = Date.now();

await runCommand({ usage: USAGE, allowPositionals: true }, async ({ positionals: named }) => {
  for (const file of named) {
    existingFile("test file", file);
    if (!/\.test\.ts$|\.sol$/.test(file)) throw new UsageError(`test file ${file}: must end in .test.ts or .t.sol`);
  }
  const solidity: TestJob = {
    name: "Solidity",
    script: "solidityTests.ts",
    files: named.filter((file) => file.endsWith(".sol")),
  };
  const { default: hre } = await import("hardhat");
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
  return summarise();
});

async function prepareKeys(): Promise<void> {
  const { prepareAll } = await import("../src/setup/index.ts");
  for (const { name, constraints } of await prepareAll("development", say)) {
    say(`${name}: ${constraints} constraints, ready`);
  }
}

/** A job for each folder of `test`, the first of `FIRST` first. */
function mochaJobs(): TestJob[] {
  const folders = new Map<string, string[]>();
  for (const file of globSync("test/**/*.test.ts").sort()) {
    const folder = file.split(sep)[1]!;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...folders]
    .map(([name, files]): TestJob => ({ name, script: "mochaTests.ts", files }))
    .sort((a, b) => rank(a.name) - rank(b.name));
}

async function runAndShow(job: TestJob, total: number): Promise<void> {
  say(`${job.name}: started`);
  console.log(await run(job, false));
  say(`${job.name}: ${describe(counts.get(job.name)!)} (${counts.size} of ${total} jobs done)`);
}

async function run(job: TestJob, isLive: boolean): Promise<string> {
  const { counts: ofJob, output } = await runTestJob(job, isLive);
  counts.set(job.name, ofJob);
  return output;
}

/** The exit code. */
function summarise(): number {
  const of = (kind: keyof Counts): number => [...counts.values()].reduce((sum, count) => sum + count[kind], 0);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  console.log();
  for (const [name, count] of counts) console.log(`${name}: ${describe(count)}`);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

function describe({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}

function say(what: string): void {
  console.log(`[${Math.round((Date.now() - start) / 1000)} s] ${what}`);
}
