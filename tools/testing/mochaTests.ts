// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";

import { required, runCommand } from "../commandLine.ts";

/**
 * Runs TypeScript tests of compiled contracts, and writes their counts and times to the file named first; for `scripts/test.ts`
 * and `scripts/testDeep.ts`.
 */
const USAGE = "node tools/testing/mochaTests.ts [--grep <titles>] <result.json> <test files>";
const options = { grep: { type: "string" } } as const;

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const [given, ...testFiles] = positionals;
  const result = required("the file for the result", given);
  const { default: hre } = await import("hardhat");
  const { CountingReporter } = await import("./countingReporter.ts");
  // Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
  hre.config.test.mocha.reporter = CountingReporter;
  await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true, ...values });
  writeFileSync(result, JSON.stringify({ ...CountingReporter.counts, times: CountingReporter.times }));
});
