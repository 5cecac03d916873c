// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { Mutant, Outcome, Verdict } from "./mutant.ts";

export interface Options {
  /** Beginnings of paths; all if there are none. */
  readonly files: readonly string[];
  /** Beginnings of operators; all if there are none. */
  readonly operators: readonly string[];
  /** Of each hundred mutants. */
  readonly percent: number;
  readonly seed: number;
  /** Limit of tests for each mutant; a mutant that survives so many is open. */
  readonly tests: number;
  /** Also the TypeScript tests that are too slow for each mutant. */
  readonly slow: boolean;
  /** Only what survived earlier, after tests were added. */
  readonly onlySurvivors: boolean;
  /** How many verdicts there were when the run began, which may be going on in another process. */
  readonly verdictsBefore: number;
  readonly log: (line: string) => void;
  /** Not to begin another mutant after, in milliseconds since 1970. */
  readonly until: number;
}

/** In an order, and a part, that the seed and what they change decides: a run that ends early is a fair sample, too. */
export function choose<T extends Mutant>(
  mutants: readonly T[],
  keys: ReadonlyMap<number, string>,
  { files, operators, percent, seed }: Options,
): T[] {
  const begins = (text: string, prefixes: readonly string[]): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => text.startsWith(prefix));
  const orderOf = ({ id }: Mutant): number => hash(`${seed}${keys.get(id)!}`);
  return mutants
    .filter(({ file, operator }) => begins(file, files) && begins(operator, operators))
    .filter((mutant) => orderOf(mutant) % 100 < percent)
    .sort((a, b) => orderOf(a) - orderOf(b));
}

/** Mutants that behave like the original for every input, by what they change, with the reason. */
export const readEquivalents = (): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(PROJECT_ROOT, "test", "mutation", "equivalent.json"), "utf8")) as Record<string, string>;

/**
 * Those that were not tested yet, those that are open, and then those that survived, for which there may be a test now;
 * without those of which this run has spoken, and those that no test can kill.
 */
export function unsettled<T extends Mutant>(
  mutants: readonly T[],
  keys: ReadonlyMap<number, string>,
  verdicts: readonly Verdict[],
  { onlySurvivors, verdictsBefore }: Options,
  equivalents: Readonly<Record<string, string>>,
): T[] {
  const known = latest(verdicts);
  const spoken = verdicts.slice(verdictsBefore).map(({ key }) => key);
  const settled = new Set([...spoken, ...Object.keys(equivalents).filter((key) => known.has(key))]);
  const withOutcome = (wanted: Outcome | undefined): T[] =>
    mutants.filter(({ id }) => {
      const key = keys.get(id)!;
      return known.get(key)?.outcome === wanted && !settled.has(key);
    });
  const survivors = withOutcome("survived");
  return onlySurvivors ? survivors : [...withOutcome(undefined), ...withOutcome("open"), ...survivors];
}

const hash = (text: string): number => createHash("sha256").update(text).digest().readUIntBE(0, 6);

/** The last word on each mutant counts. */
export const latest = (verdicts: readonly Verdict[]): Map<string, Verdict> =>
  new Map(verdicts.map((verdict) => [verdict.key, verdict]));

/** Of a file with a value in each line; none if there is no such file. */
export function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T);
}
