// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { Experiment } from "../../tools/lab/experiment.ts";
import { LOADERS } from "../../tools/lab/experiments/index.ts";
import { SEED, type ExperimentName } from "../../tools/lab/names.ts";
import { committedFiles, fileOf, outcomeOf, run, smallValues, type Outcome } from "../../tools/lab/run.ts";
import { defaultsOf } from "../../tools/lab/settings.ts";
import { toLine } from "../../tools/lab/table.ts";

const FOLDER = join(PROJECT_ROOT, "docs", "lab");

/** A file of the lab in the repository. */
export const readLab = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

/** Runs the small version of an experiment: each sentence of its answer has to hold. */
export async function runSmall(name: ExperimentName, seed = SEED): Promise<Outcome> {
  const experiment = await LOADERS[name]();
  const outcome = run(experiment, smallValues(experiment), seed);
  expectToHold(outcome);
  return outcome;
}

export function expectToHold({ findings }: Outcome): void {
  expect(findings).not.to.be.empty;
  for (const { name, text, holds } of findings) expect(holds, `${name}: ${text}`).to.equal(true);
}

/** The answers of the tables in the repository. */
export async function committed(name: ExperimentName): Promise<Outcome> {
  const experiment = await LOADERS[name]();
  return outcomeOf(experiment, defaultsOf(experiment.settings), committedFiles(experiment, FOLDER));
}

/**
 * Runs points of the committed tables again, with all values as in the report, and expects their lines: of each table
 * the points that are named, by default the first one.
 */
export async function expectCommitted(
  name: ExperimentName,
  labels: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  const experiment: Experiment = await LOADERS[name]();
  for (const [part, { columns, points }] of Object.entries(experiment.parts)) {
    const all = points(defaultsOf(experiment.settings), SEED);
    expect(new Set(all.map(({ label }) => label)).size, `labels of ${part}`).to.equal(all.length);
    const wanted = labels[part] ?? [all[0]!.label];
    const content = readLab(fileOf(experiment, part, "csv"));
    for (const label of wanted) {
      const point = all.find((candidate) => candidate.label === label);
      const lines = point?.run().map((row) => toLine(columns, row)) ?? [];
      expect(lines, `${part}, ${label}`).not.to.be.empty;
      const isThere = content.includes(`\n${lines.join("\n")}\n`);
      expect(isThere, `${part}, ${label}: npm run lab -- all would write other lines`).to.equal(true);
    }
  }
}
