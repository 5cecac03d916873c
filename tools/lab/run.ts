// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Experiment, Finding, Plot, Tables } from "./experiment.ts";
import { defaultsOf, type Settings, type Values } from "./settings.ts";
import { headOf, MissingRows, readTable, toLine, type Table } from "./table.ts";

/** All that an experiment says with some values and a seed. */
export interface Outcome {
  readonly experiment: Experiment;
  readonly values: Values<Settings>;
  /** Contents of the tables' files, by the names of the parts. */
  readonly files: Readonly<Record<string, string>>;
  readonly tables: Tables;
  readonly findings: readonly Finding[];
  readonly plots: readonly Plot[];
}

/** The values with which an experiment takes seconds. */
export const smallValues = ({ settings, small }: Experiment): Values<Settings> => ({
  ...defaultsOf(settings),
  ...(small as Values<Settings>),
});

/** The content of a table's file: the rows of its points, one after the other. */
export function contentOf(experiment: Experiment, part: string, values: Values<Settings>, seed: number): string {
  const { columns, points } = experiment.parts[part]!;
  const lines = points(values, seed).flatMap((point) => point.run().map((row) => toLine(columns, row)));
  return `${[headOf(columns), ...lines].join("\n")}\n`;
}

/** Runs an experiment. The same values and the same seed give the same bytes. */
export function run(experiment: Experiment, values: Values<Settings>, seed: number): Outcome {
  experiment.check?.(values);
  const names = Object.keys(experiment.parts);
  return outcomeOf(
    experiment,
    values,
    Object.fromEntries(names.map((part) => [part, contentOf(experiment, part, values, seed)])),
  );
}

/**
 * The answer and the pictures follow from the tables' files alone. Values that leave out a row that the answer compares give
 * no answer.
 *
 * @throws {RangeError} as `readTable`
 */
export function outcomeOf(
  experiment: Experiment,
  values: Values<Settings>,
  files: Readonly<Record<string, string>>,
): Outcome {
  const tables: Record<string, Table> = Object.fromEntries(
    Object.entries(experiment.parts).map(([name, { columns }]) => [name, readTable(columns, files[name] ?? "")]),
  );
  try {
    const findings = experiment.findings(tables, values);
    return { experiment, values, files, tables, findings, plots: experiment.plots(tables, values) };
  } catch (error) {
    if (!(error instanceof MissingRows)) throw error;
    const text = `No answer: these values leave out rows that it compares (${error.message}). The tables have what there is.`;
    return { experiment, values, files, tables, findings: [{ name: "answer", text, holds: false }], plots: [] };
  }
}

/** Name of a table's file, or of a plot's. */
export const fileOf = ({ name }: Experiment, part: string, ending: "csv" | "svg"): string =>
  `${name === part ? name : `${name}-${part}`}.${ending}`;

/** The files of an outcome, by name. */
export function filesOf({ experiment, files, plots }: Outcome): Map<string, string> {
  return new Map([
    ...Object.entries(files).map(([part, content]) => [fileOf(experiment, part, "csv"), content] as const),
    ...plots.map(({ name, svg }) => [fileOf(experiment, name, "svg"), svg] as const),
  ]);
}

/** Contents of the tables' files in a folder, by the names of the parts. */
export const committedFiles = (experiment: Experiment, folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(experiment.parts).map((part) => [
      part,
      readFileSync(join(folder, fileOf(experiment, part, "csv")), "utf8"),
    ]),
  );

/** Begin of the SHA-256 of a file. */
export const digestOf = (content: string): string => createHash("sha256").update(content).digest("hex").slice(0, 16);
