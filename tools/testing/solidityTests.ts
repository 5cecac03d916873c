// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";

import { required, runCommand, wholeNumber } from "../commandLine.ts";

/**
 * Compiles and runs Solidity tests, and writes their counts to the file named first; for `scripts/test.ts` and
 * `scripts/testDeep.ts`. Seed, runs and depth are by default as in `hardhat.config.ts`.
 */
const USAGE =
  "node tools/testing/solidityTests.ts [--seed 0x…] [--fuzzRuns n] [--invariantRuns n] [--depth n] <result.json> [<test files>]";
const options = {
  seed: { type: "string" },
  fuzzRuns: { type: "string" },
  invariantRuns: { type: "string" },
  depth: { type: "string" },
} as const;

interface TestRun {
  readonly suiteResults: readonly { readonly testResults: readonly { readonly status: string }[] }[];
}

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const [given, ...testFiles] = positionals;
  const result = required("the file for the result", given);
  const { default: hre } = await import("hardhat");

  const { fuzz, invariant } = hre.config.test.solidity.profiles["default"]!;
  if (values.seed !== undefined) fuzz.seed = values.seed;
  if (values.fuzzRuns !== undefined) fuzz.runs = wholeNumber("--fuzzRuns", values.fuzzRuns, 1);
  if (values.invariantRuns !== undefined) invariant!.runs = wholeNumber("--invariantRuns", values.invariantRuns, 1);
  if (values.depth !== undefined) invariant!.depth = wholeNumber("--depth", values.depth, 1);

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
});
