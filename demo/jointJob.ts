// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import type { CircuitInput } from "../src/prover/index.ts";
import type { StatementKeys, StatementKind } from "../src/recursion/index.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";

const run = promisify(execFile);

/** Work for a prover in another process. */
export type JointTask =
  | { readonly task: "statement"; readonly kind: StatementKind; readonly input: CircuitInput }
  | {
      readonly task: "join" | "root";
      readonly keys: StatementKeys;
      readonly point: bigint;
      /** Files with the children's proofs. */
      readonly children: readonly string[];
    };

/** A task, and where things are. */
export type JointJob = JointTask & {
  /** The string of 2^power + 1 powers. */
  readonly crs: { readonly folder: string; readonly power: number };
  /** File for what is made. */
  readonly result: string;
};

/** Integers as decimal digits and an `n`. */
const toJobJson = (job: JointJob): string =>
  JSON.stringify(job, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

export const fromJobJson = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );

/**
 * Has another process do a job.
 *
 * @returns the seconds that it took
 * @throws {Error} with what the process wrote, if it fails
 */
export async function performJob(job: JointJob): Promise<number> {
  const path = `${job.result}.job`;
  writeFileSync(path, toJobJson(job));
  const start = performance.now();
  await run(process.execPath, [...process.execArgv, join(PROJECT_ROOT, "demo", "jointWorker.ts"), path]);
  return (performance.now() - start) / 1000;
}
