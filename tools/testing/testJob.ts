import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { BUILD } from "../../src/setup/paths.ts";

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

const RESULTS = join(BUILD, "test-results");

/**
 * Runs a job. One that breaks, or in which nothing was run, counts as one failure.
 *
 * @param isLive whether its output is shown as it comes; else it is returned
 */
export function runTestJob(
  { name, script, options = [], environment, files }: TestJob,
  isLive = false,
): Promise<{ readonly counts: Counts; readonly output: string }> {
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
      const counts = code === 0 ? (JSON.parse(readFileSync(result, "utf8")) as Counts) : undefined;
      const isBroken = counts === undefined || counts.passed + counts.failed === 0;
      resolve({ counts: isBroken ? { passed: 0, failed: 1, skipped: 0 } : counts, output });
    });
  });
}
