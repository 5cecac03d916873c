import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import hre from "hardhat";

import { CountingReporter } from "./countingReporter.ts";

/**
 * Runs TypeScript tests of compiled contracts, and writes their counts to the file named first; for `scripts/test.ts`
 * and `scripts/testDeep.ts`.
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { grep: { type: "string" } } });
const [result, ...testFiles] = positionals;
if (result === undefined) throw new Error("usage: mochaTests [--grep <titles>] <result.json> <test files>");

// Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
hre.config.test.mocha.reporter = CountingReporter;
await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true, ...values });
writeFileSync(result, JSON.stringify(CountingReporter.counts));
process.exit(0);
