// SPDX-License-Identifier: MIT
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

import { existingFile, runCommand, UsageError } from "../tools/commandLine.ts";
import { testsLibraryCrypto } from "../tools/testing/libraryCrypto.ts";
import { forgetProofs, keepProofs, offerKeptProofs } from "../tools/testing/keptProofs.ts";
import { DURATIONS, RESULTS, runTestJob, type Counts, type TestJob, type Time } from "../tools/testing/testJob.ts";

const USAGE = `
npm test [-- <files>]

Circuits and development keys, contracts, Solidity tests, mocha tests; or only the test files that are named. Ends with
a line "N passed, N failed", and exit code 1 if anything failed.

Test files run in jobs of about three minutes by test/durations.json, each in a process of its own. Three run at a time,
the longest first: one of test/node, whose tests mostly wait, as long as there are any. Without names, it ends with the
slowest tests, and how long each file took is in build/test-results/durations.json.

Proofs of statements that the tests have always made are taken from test/proofs, and verified like others. With
UPDATE_PROOFS=1, a run without names makes all of them, and writes test/proofs again.
`;

/** Makes the proofs that are not kept, and that others use again. */
const FIRST = "e2e";

const updatesProofs = process.env["UPDATE_PROOFS"] === "1";

/** Job of the tests that must not compute by WebAssembly. */
const LIBRARY_CRYPTO = "crypto";

/** Folders whose tests use circuits, but no contracts: they need not wait for these. */
const WITHOUT_CONTRACTS = ["circuits", "codec", LIBRARY_CRYPTO, "ledger", "migration"];

/** Folder whose tests use the same circuits: in one process, none is compiled twice at the same time. */
const ONE_JOB = "circuits";

/**
 * Folder whose tests wait for blocks, peers and timers most of their time: its jobs run beside two that compute. After
 * them a third one that computes takes the time in which one of the others waits for a disk, a chain or a child.
 */
const WAITING = "node";

/** A process loads Hardhat, ethers and the circuits in two to four seconds of this time; shorter jobs do it more often. */
const JOB_SECONDS = 180;

/** Of a file that test/durations.json does not know. */
const UNKNOWN_SECONDS = 1;

const SLOWEST = 20;

interface MochaJob extends TestJob {
  readonly seconds: number;
  readonly needsContracts: boolean;
}

const counts = new Map<string, Counts>();
const times: Time[] = [];
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
  if (updatesProofs && named.length > 0) throw new UsageError("UPDATE_PROOFS: only for a run without names");
  if (updatesProofs) forgetProofs();
  else offerKeptProofs();
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
    let hasContracts = false;
    const isWaiting = ({ name }: MochaJob): boolean => name.startsWith(WAITING);
    const take = (isWanted: (job: MochaJob) => boolean): MochaJob | undefined => {
      const i = jobs.findIndex((job) => (hasContracts || !job.needsContracts) && isWanted(job));
      return i < 0 ? undefined : jobs.splice(i, 1)[0];
    };
    const next = (): MochaJob | undefined => take((job) => !isWaiting(job)) ?? take(isWaiting);
    const lane = async (of = next): Promise<void> => {
      for (let job = of(); job !== undefined; job = of()) await runAndShow(job, total);
    };
    const compiled = contracts.then(() => {
      hasContracts = true;
    });
    const laneOfKeys = async (): Promise<void> => {
      await keys;
      await lane();
      await compiled;
      await lane();
    };
    const laneOfContracts = async (): Promise<void> => {
      await compiled;
      await runAndShow(solidity, total);
      await keys;
      await lane();
    };
    const laneOfWaiting = async (): Promise<void> => {
      await Promise.all([keys, compiled]);
      await lane(() => take(isWaiting) ?? next());
    };
    await Promise.all([laneOfKeys(), laneOfContracts(), laneOfWaiting()]);
    showTimes();
    const isGood = [...counts.values()].every(({ failed }) => failed === 0);
    if (updatesProofs && isGood) say(`${keepProofs()} proofs are kept in test/proofs`);
  }
  return summarise();
});

async function prepareKeys(): Promise<void> {
  const { prepareAll } = await import("../src/setup/index.ts");
  for (const { name, constraints } of await prepareAll("development", say)) {
    say(`${name}: ${constraints} constraints, ready`);
  }
}

/** The files of each folder in jobs of about `JOB_SECONDS`, small folders together; in the order to run them. */
function mochaJobs(): MochaJob[] {
  const known = JSON.parse(readFileSync(DURATIONS, "utf8")) as Readonly<Record<string, number>>;
  const secondsOf = (files: readonly string[]): number =>
    files.reduce((sum, file) => sum + (known[file] ?? UNKNOWN_SECONDS), 0);
  const folders = new Map<string, string[]>();
  for (const file of globSync("test/**/*.test.ts").sort()) {
    if (file.startsWith(join("test", "deep"))) continue;
    const path = file.split(sep);
    // One such file would keep WebAssembly from all others of its job.
    const folder = testsLibraryCrypto(file) ? LIBRARY_CRYPTO : path[1]!;
    folders.set(folder, [...(folders.get(folder) ?? []), path.join("/")]);
  }
  const jobs: MochaJob[] = [];
  for (const needsContracts of [true, false]) {
    const small: [string, string[]][] = [];
    for (const [folder, files] of folders) {
      if (needsContracts === WITHOUT_CONTRACTS.includes(folder)) continue;
      const isAlone = folder === FIRST || folder === LIBRARY_CRYPTO;
      if (!isAlone && secondsOf(files) < JOB_SECONDS / 4) small.push([folder, files]);
      else jobs.push(...split(folder, files, secondsOf).map((job) => ({ ...job, needsContracts })));
    }
    const name = small.map(([folder]) => folder).join(", ");
    if (small.length === 0) continue;
    const files = small.flatMap(([, inFolder]) => inFolder);
    jobs.push(...split(name, files, secondsOf).map((job) => ({ ...job, needsContracts })));
  }
  const isFirst = ({ name }: MochaJob): number => Number(name.startsWith(FIRST));
  return jobs.sort((a, b) => isFirst(b) - isFirst(a) || b.seconds - a.seconds);
}

/** Jobs of about equal length: the longest files first, each to the job that is the shortest by then. */
function split(
  name: string,
  files: readonly string[],
  secondsOf: (files: readonly string[]) => number,
): Omit<MochaJob, "needsContracts">[] {
  const count = name === ONE_JOB ? 1 : Math.max(1, Math.round(secondsOf(files) / JOB_SECONDS));
  const bins = Array.from({ length: count }, (): string[] => []);
  for (const file of files.toSorted((a, b) => secondsOf([b]) - secondsOf([a]))) {
    bins.toSorted((a, b) => secondsOf(a) - secondsOf(b))[0]!.push(file);
  }
  const filled = bins.filter((bin) => bin.length > 0);
  return filled.map((bin, i) => ({
    name: filled.length === 1 ? name : `${name} ${i + 1} of ${filled.length}`,
    script: "mochaTests.ts",
    files: bin.sort(),
    seconds: secondsOf(bin),
  }));
}

/** Prints the slowest tests, and writes how long each file took. */
function showTimes(): void {
  const files = new Map<string, number>();
  for (const { file, seconds } of times) files.set(file, (files.get(file) ?? 0) + seconds);
  const rounded = [...files].map(([file, seconds]) => [file, Math.round(seconds)] as const);
  const slow = rounded.filter(([, seconds]) => seconds > UNKNOWN_SECONDS).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(join(RESULTS, "durations.json"), `${JSON.stringify(Object.fromEntries(slow), null, 2)}\n`);
  console.log("\nThe slowest:");
  for (const { file, title, seconds } of times.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)) {
    console.log(`${seconds.toFixed(0).padStart(5)} s  ${file}: ${title}`);
  }
}

async function runAndShow(job: TestJob, total: number): Promise<void> {
  say(`${job.name}: started`);
  console.log(await run(job, false));
  say(`${job.name}: ${describe(counts.get(job.name)!)} (${counts.size} of ${total} jobs done)`);
}

async function run(job: TestJob, isLive: boolean): Promise<string> {
  const { counts: ofJob, times: ofTests, output } = await runTestJob(job, isLive);
  counts.set(job.name, ofJob);
  times.push(...ofTests);
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
