import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

import type { Mutant, Verdict } from "./mutant.ts";

export interface Options {
  /** Beginnings of paths; all if there are none. */
  readonly files: readonly string[];
  /** Of each hundred mutants. */
  readonly percent: number;
  readonly seed: number;
  /** At most as many tests for each mutant; what outlives these is open. */
  readonly tests: number;
  /** Only what survived earlier, after tests were added. */
  readonly onlySurvivors: boolean;
  readonly log: (line: string) => void;
  /** Not to begin another mutant after, in milliseconds since 1970. */
  readonly until: number;
}

/** In an order, and a part, that the seed and what they change decides: a run that ends early is a fair sample, too. */
export function choose<T extends Mutant>(
  mutants: readonly T[],
  keys: ReadonlyMap<number, string>,
  { files, percent, seed }: Options,
): T[] {
  const orderOf = ({ id }: Mutant): number => hash(`${seed}${keys.get(id)!}`);
  return mutants
    .filter(({ file }) => files.length === 0 || files.some((prefix) => file.startsWith(prefix)))
    .filter((mutant) => orderOf(mutant) % 100 < percent)
    .sort((a, b) => orderOf(a) - orderOf(b));
}

/** Those that were not tested yet, those that are open, and then those that survived, for which there may be a test now. */
export function unsettled<T extends Mutant>(
  mutants: readonly T[],
  keys: ReadonlyMap<number, string>,
  known: ReadonlyMap<string, Verdict>,
  { onlySurvivors }: Options,
): T[] {
  const outcomeOf = ({ id }: Mutant) => known.get(keys.get(id)!)?.outcome;
  const survivors = mutants.filter((mutant) => outcomeOf(mutant) === "survived");
  if (onlySurvivors) return survivors;
  const open = mutants.filter((mutant) => outcomeOf(mutant) === "open");
  return [...mutants.filter((mutant) => outcomeOf(mutant) === undefined), ...open, ...survivors];
}

const hash = (text: string): number => createHash("sha256").update(text).digest().readUIntBE(0, 6);

/** What earlier runs appended to a file; the last word on each mutant counts. */
export function readVerdicts(path: string): Map<string, Verdict> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as Verdict).map((verdict) => [verdict.key, verdict]));
}
