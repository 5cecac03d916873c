import { writeFileSync } from "node:fs";

import hre from "hardhat";

import { CountingReporter } from "./countingReporter.ts";

/** Runs TypeScript tests of compiled contracts, and writes their counts to the file named first; for `scripts/test.ts`. */
const [result, ...testFiles] = process.argv.slice(2);
if (result === undefined) throw new Error("usage: mochaTests <result.json> <test files>");

// Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
hre.config.test.mocha.reporter = CountingReporter;
await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true });
writeFileSync(result, JSON.stringify(CountingReporter.counts));
process.exit(0);
