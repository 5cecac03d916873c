// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, globSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { ToolError } from "../tools/errors.ts";
import { BUILD, PROJECT_ROOT } from "../src/setup/paths.ts";
import { POINTS } from "../tools/coverage/files.ts";
import { runCommand } from "../tools/commandLine.ts";
import { coverageOf, type Exclusion, passedTags, readPoints, shares } from "../tools/coverage/report.ts";

/** In percent. */
const TARGET = 98;

const USAGE = `
npm run coverage [-- --report]

Which lines and which outcomes of conditions of the contracts the tests pass (docs/adr/0027). Exit code 1 below ${TARGET} %,
and if a test fails. Writes build/reports/coverage.json.

  --report   shows the last run again
`;
const FOLDER = join(PROJECT_ROOT, "tools", "coverage");
/** Where Hardhat leaves what was passed. */
const DATA = join(PROJECT_ROOT, "coverage", "data");

const REPORTS = join(BUILD, "reports");
/** Folders with the tests of contracts in TypeScript. */
const FOLDERS = ["contracts", "verification"];

/** Tests of the contracts that need no real proof of a circuit; measuring gas makes no sense here. */
const RUNS = {
  solidity: ["test", "solidity", "--no-compile", "--grep-exclude", "_gas"],
  mocha: ["test", "mocha", "--no-compile", ...FOLDERS.flatMap(testsIn)],
};

const options = { report: { type: "boolean", default: false } } as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  mkdirSync(REPORTS, { recursive: true });
  if (!values.report) {
    for (const folder of [POINTS, DATA]) rmSync(folder, { recursive: true, force: true });
    await run("build", ["build"]);
    await Promise.all(Object.entries(RUNS).map(([name, args]) => run(name, args)));
  }

  const exclusions = JSON.parse(readFileSync(join(FOLDER, "exclusions.json"), "utf8")) as Exclusion[];
  const files = coverageOf(readPoints(), passedTags(DATA), exclusions);
  const percent = (value: number): string => value.toFixed(1).padStart(6);
  console.log(`\n${"file".padEnd(56)} lines branches  missed`);
  for (const file of files) {
    const { lines, branches } = shares([file]);
    const missed = file.missed.map(({ line, what }) => (what === "line" ? `${line}` : `${line} ${what}`)).join(", ");
    console.log(`${file.file.padEnd(55)}${percent(lines)}   ${percent(branches)}  ${missed}`);
  }
  const total = shares(files);
  console.log(`${"all".padEnd(55)}${percent(total.lines)}   ${percent(total.branches)}`);
  console.log(`excluded, each with a reason in tools/coverage/exclusions.json: ${exclusions.length}`);

  writeFileSync(join(REPORTS, "coverage.json"), `${JSON.stringify({ total, files, exclusions }, null, 2)}\n`);
  const isEnough = total.lines >= TARGET && total.branches >= TARGET;
  if (!isEnough) console.error(`below ${TARGET} %`);
  return isEnough ? 0 : 1;
});

/** A folder that was moved would only show as a smaller share. */
function testsIn(folder: string): string[] {
  const files = globSync(`test/${folder}/**/*.test.ts`, { cwd: PROJECT_ROOT }).sort();
  if (files.length === 0) throw new ToolError("NOT_MEASURED", { run: folder }, `test/${folder} has no tests`);
  return files;
}

/** Runs Hardhat on the instrumented contracts. Its output goes to a file, and is shown if it fails. */
async function run(name: string, args: readonly string[]): Promise<void> {
  const start = Date.now();
  const config = join("tools", "coverage", "hardhat.config.ts");
  const log = join(REPORTS, `coverage-${name}.log`);
  const output = openSync(log, "w");
  const child = spawn("hardhat", ["--config", config, "--coverage", "--no-typechain", ...args], {
    cwd: PROJECT_ROOT,
    stdio: ["ignore", output, output],
  });
  const [status] = (await once(child, "close")) as [number | null];
  closeSync(output);
  if (status !== 0) {
    console.error(readFileSync(log, "utf8"));
    throw new ToolError("NOT_MEASURED", { run: name }, `${name} failed`);
  }
  console.log(`${name}: ${Math.round((Date.now() - start) / 1000)} s, output in ${relative(PROJECT_ROOT, log)}`);
}
