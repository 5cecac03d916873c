// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { folderOption, oneOf, runCommand, SIGNALS, UsageError, wholeNumber } from "../tools/commandLine.ts";
import { EXPERIMENT_NAMES, SEED } from "../tools/lab/names.ts";

const USAGE = `
npm run lab -- <experiment> [options]   runs one experiment, and prints its answer
npm run lab -- all                      runs all, and writes docs/lab.md with its tables and plots
npm run lab -- report                   writes docs/lab.md and the plots from the tables that are there
npm run lab -- list                     shows the experiments and their parameters

Compares elections, and the rules of both consensus protocols, by simulations on the models that the contracts are
tested against. The same seed and the same parameters give the same bytes.

Experiments: ${EXPERIMENT_NAMES.join(", ")}.

  --set <name>=<value>   another value of a parameter, as often as needed; a list has commas and ascends: bids=1,2,5
  --small                the values with which the tests run it, in seconds
  --seed <n>             default: ${SEED}, that of the report
  --out <path>           folder for tables and plots; default: docs/lab for the report's seed and values, else build/lab
`;

const options = {
  set: { type: "string", multiple: true },
  small: { type: "boolean", default: false },
  seed: { type: "string", default: String(SEED) },
  out: { type: "string" },
} as const;

/** Chance takes a seed of 32 bits. */
const MOST_SEED = 2 ** 32 - 1;

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const command = oneOf("experiment", positionals[0], [...EXPERIMENT_NAMES, "all", "report", "list"]);
  if (positionals.length > 1) throw new UsageError(`argument ${positionals[1]}: there can be one experiment only`);
  const seed = wholeNumber("--seed", values.seed, 0, MOST_SEED);
  const assignments = values.set ?? [];
  const isChanged = assignments.length > 0 || values.small || seed !== SEED;
  const isOne = command !== "all" && command !== "report" && command !== "list";
  if (!isOne && (isChanged || values.out !== undefined)) {
    throw new UsageError(`${command} takes no --set, --small, --seed and --out: the report is that of one seed`);
  }
  const out = values.out === undefined ? undefined : folderOption("--out", values.out);

  // In the place of the command's own answer, which comes after a computation: nothing has to be ended but that.
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  const { LOADERS } = await import("../tools/lab/experiments/index.ts");
  const { defaultsOf, limitsOf, textOf, withValues } = await import("../tools/lab/settings.ts");
  const { committedFiles, filesOf, outcomeOf, run, smallValues } = await import("../tools/lab/run.ts");
  const save = (folder: string, files: ReadonlyMap<string, string>): void => {
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    console.log(`${files.size} files in ${relative(PROJECT_ROOT, folder)}`);
  };
  const committed = join(PROJECT_ROOT, "docs", "lab");

  if (command === "list") {
    for (const name of EXPERIMENT_NAMES) {
      const { question, settings } = await LOADERS[name]();
      console.log(`${name}: ${question}`);
      for (const [parameter, setting] of Object.entries(settings)) {
        console.log(`  ${parameter}=${textOf(setting.value)}   ${setting.meaning} (${limitsOf(setting)})`);
      }
    }
    return;
  }
  if (isOne) {
    const experiment = await LOADERS[command]();
    const base = values.small ? smallValues(experiment) : defaultsOf(experiment.settings);
    const outcome = run(experiment, withValues(experiment.settings, base, assignments), seed);
    for (const { text, holds } of outcome.findings) console.log(`${holds ? "" : "Not so here: "}${text}`);
    save(out ?? (isChanged ? join(PROJECT_ROOT, "build", "lab") : committed), filesOf(outcome));
    return;
  }
  const outcomes = [];
  for (const name of EXPERIMENT_NAMES) {
    const start = performance.now();
    const experiment = await LOADERS[name]();
    const defaults = defaultsOf(experiment.settings);
    const outcome =
      command === "all"
        ? run(experiment, defaults, SEED)
        : outcomeOf(experiment, defaults, committedFiles(experiment, committed));
    outcomes.push(outcome);
    console.log(`${name}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    save(committed, filesOf(outcome));
  }
  const { reportOf } = await import("../tools/lab/report.ts");
  const { CLOSING } = await import("../tools/lab/closing.ts");
  writeFileSync(join(PROJECT_ROOT, "docs", "lab.md"), await reportOf(outcomes, CLOSING(outcomes)));
  console.log("docs/lab.md");
});
