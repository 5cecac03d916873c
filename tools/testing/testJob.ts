// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";

/** Tests that run in a process of their own. */
export interface TestJob {
  readonly name: string;
  readonly script: "solidityTests.ts" | "mochaTests.ts";
  /** Of the script. */
  readonly options?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How long a test, or what is before or after tests, took. */
export interface Time {
  /** As `test/ledger/leaf.test.ts`. */
  readonly file: string;
  readonly title: string;
  readonly seconds: number;
}

/** Where jobs leave their results. */
export const RESULTS = join(BUILD, "test-results");

/** Seconds by test file, of those that take more than one: as a whole run measured them on a quiet machine. */
export const DURATIONS = join(PROJECT_ROOT, "test", "durations.json");

/**
 * Runs a job. One that breaks, or in which nothing was run, counts as one failure.
 *
 * @param isLive whether its output is shown as it comes; else it is returned
 */
export function runTestJob(
  { name, script, options = [], environment, files }: TestJob,
  isLive = false,
): Promise<{ readonly counts: Counts; readonly times: readonly Time[]; readonly output: string }> {
  const result = join(RESULTS, `${name}.json`);
  mkdirSync(RESULTS, { recursive: true });
  rmSync(result, { force: true });
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...options, result, ...files], {
    stdio: isLive ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const results =
        code === 0 && existsSync(result)
          ? (JSON.parse(readFileSync(result, "utf8")) as Counts & { times?: Time[] })
          : undefined;
      const { passed, failed, skipped, times = [] } = results ?? { passed: 0, failed: 0, skipped: 0 };
      const counts = passed + failed === 0 ? { passed: 0, failed: 1, skipped: 0 } : { passed, failed, skipped };
      resolve({ counts, times, output });
    });
  });
}
