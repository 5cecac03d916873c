// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { oneOf, runCommand, wholeNumber } from "../tools/commandLine.ts";
import type { Row } from "../tools/simulation/experiments.ts";
import { EXPERIMENT_NAMES } from "../tools/simulation/names.ts";

const USAGE = `
npm run simulate [-- experiment …] [options]

Simulates rounds of B52 between fifty nodes all over the world, without proofs: the network's own rules, budgets and
queues, and the roles' own decisions, by a clock of its own. Writes a table for each experiment to docs/simulation, and
draws the plots of docs/images. The same seed gives the same bytes. Then: npm run tables.

Experiments: tree, nodes, size, loss, drop, latency, cut, silent, speed, window. Default: all, some minutes.

  --seeds <n>      rounds for each point, with the seeds 1 … n; default: 3
  --out <path>     folder for the tables; default: docs/simulation. The plots are drawn for the default alone
`;

const options = { seeds: { type: "string", default: "3" }, out: { type: "string" } } as const;

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const seeds = wholeNumber("--seeds", values.seeds, 1);
  const names =
    positionals.length === 0
      ? EXPERIMENT_NAMES
      : positionals.map((word) => oneOf("experiment", word, EXPERIMENT_NAMES));
  const { EXPERIMENTS, runPoint, toCsv } = await import("../tools/simulation/experiments.ts");
  const folder = values.out ?? join(PROJECT_ROOT, "docs", "simulation");
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const points = EXPERIMENTS[name];
    const rows: Row[] = [];
    for (const point of points) {
      for (let seed = 1; seed <= seeds; seed++) {
        const start = performance.now();
        const row = runPoint(point, seed);
        rows.push(row);
        const took = ((performance.now() - start) / 1_000).toFixed(1);
        console.log(`${name}, ${point.label}, seed ${seed}: all proofs after ${row.proven || "–"} s (took ${took} s)`);
        // A round holds the loop: signals are heard between two.
        await setImmediate();
      }
    }
    const path = join(folder, `${name}.csv`);
    writeFileSync(path, toCsv(rows));
    console.log(path);
  }
  if (values.out !== undefined) return;
  const { simulationPlots } = await import("../tools/docs/plots/simulation.ts");
  for (const [path, content] of simulationPlots()) {
    writeFileSync(join(PROJECT_ROOT, path), content);
    console.log(path);
  }
});
