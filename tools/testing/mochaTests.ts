// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { required, runCommand } from "../commandLine.ts";
import { testsLibraryCrypto } from "./libraryCrypto.ts";

/** A rejection is reported after the microtasks that could still have handled it. */
const REJECTION_DELAY_MS = 50;

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
  if (!testFiles.some(testsLibraryCrypto)) {
    const { useFastCrypto } = await import("../../src/node/crypto/index.ts");
    await useFastCrypto();
  }
  const { CountingReporter } = await import("./countingReporter.ts");
  // Hardhat's own summary counts a skipped test as passed, and a failed hook as one passed test less.
  hre.config.test.mocha.reporter = CountingReporter;
  // A promise that a test does not await may fail after the test has passed: mocha counts such failures nowhere.
  const rejections = new Map<Promise<unknown>, unknown>();
  // Mocha emits the event again.
  process.on("unhandledRejection", (reason, promise) => rejections.set(promise, reason));
  await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true, ...values });
  await sleep(REJECTION_DELAY_MS);
  for (const reason of rejections.values()) console.error("\nA promise was rejected, and nothing awaited it:", reason);

  const { counts, times } = CountingReporter;
  const silent = values.grep === undefined ? CountingReporter.filesWithoutTests(testFiles) : [];
  for (const file of silent) console.error(`\n${file}: no test of it was run`);
  const failed = counts.failed + rejections.size + silent.length;
  writeFileSync(result, JSON.stringify({ ...counts, failed, times }));
});
