// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { fromCsv, type Column, type Row } from "../simulation/experiments.ts";
import type { ExperimentName } from "../simulation/names.ts";

/** The rounds of one point, with one seed each. */
export interface Measured {
  readonly label: string;
  readonly rows: readonly Row[];
}

/** The points of an experiment as `npm run simulate` wrote them, in their order. */
export function measuredOf(name: ExperimentName): Measured[] {
  const rows = fromCsv(readFileSync(join(PROJECT_ROOT, "docs", "simulation", `${name}.csv`), "utf8"));
  return [...new Set(rows.map(({ label }) => label))].map((label) => ({
    label,
    rows: rows.filter((row) => row.label === label),
  }));
}

/** Values of a column, in ascending order; without those that did not happen. */
export const valuesOf = ({ rows }: Measured, column: Column): number[] =>
  rows
    .map((row) => row[column])
    .filter((cell) => cell !== "")
    .map(Number)
    .sort((a, b) => a - b);

/** The value in the middle, the upper one of two; undefined if there is none. */
export const middleOf = (values: readonly number[]): number | undefined => values[Math.floor(values.length / 2)];

/** Number of rounds in which something happened, of all. */
export const shareOf = (measured: Measured, column: Column): string =>
  `${valuesOf(measured, column).length} of ${measured.rows.length}`;
