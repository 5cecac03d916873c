// SPDX-License-Identifier: MIT
import { PROOF_TIMES } from "../simulation/defaults.ts";
import type { Column } from "../simulation/experiments.ts";
import { safeProofWindow, levelByLevel, longestPath } from "../simulation/forms.ts";
import type { ExperimentName } from "../simulation/names.ts";
import { grouped, table } from "./markdown.ts";
import { measuredOf, middleOf, shareOf, valuesOf, type Measured } from "./simulationData.ts";

/** The value in the middle, and the greatest. */
function spreadOf(measured: Measured, column: Column, digits = 0): string {
  const values = valuesOf(measured, column);
  const [middle, most] = [middleOf(values), values.at(-1)];
  if (middle === undefined || most === undefined) return "–";
  return middle === most ? middle.toFixed(digits) : `${middle.toFixed(digits)} … ${most.toFixed(digits)}`;
}

const middle = (measured: Measured, column: Column): string => grouped(middleOf(valuesOf(measured, column)) ?? 0);

function tree(): string {
  const rows = measuredOf("tree").map((point) => [
    point.label,
    middle(point, "nodes"),
    spreadOf(point, "path"),
    spreadOf(point, "proven"),
    spreadOf(point, "everywhere"),
    spreadOf(point, "gap"),
  ]);
  const headings = ["leaves", "nodes", "longest path", "last proof", "root everywhere", "gaps filled"];
  return table(headings, rows, [1, 2, 3, 4, 5]);
}

/** Trees that L1 does not take: by the formulas alone. */
function large(): string {
  const rows = [8, 64, 256, 1_024].flatMap((leaves) =>
    (["development", "production"] as const).map((profile) => [
      `${profile} ${grouped(leaves)}`,
      grouped(longestPath(leaves, PROOF_TIMES[profile])),
      grouped(longestPath(leaves, PROOF_TIMES[profile], SLOWEST)),
      grouped(levelByLevel(leaves, PROVERS, PROOF_TIMES[profile])),
      grouped(levelByLevel(leaves, PROVERS, PROOF_TIMES[profile], SLOWEST)),
    ]),
  );
  const headings = ["leaves", "a prover a node", "all half as fast", `${PROVERS} provers`, "all half as fast"];
  return table(headings, rows, [1, 2, 3, 4]);
}

/** Provers of the experiments, and how much slower than the fastest the slowest is. */
const [PROVERS, SLOWEST] = [48, 2];

function troubles(): string {
  const names: readonly (readonly [ExperimentName, string])[] = [
    ["latency", ""],
    ["loss", "packets sent again: "],
    ["drop", "RPCs lost for good: "],
    ["cut", "half cut off, seconds: "],
    ["silent", "silent provers of 48: "],
  ];
  const rows = names.flatMap(([name, prefix]) =>
    measuredOf(name).map((point) => [
      `${prefix}${point.label}`,
      spreadOf(point, "spread", 1),
      spreadOf(point, "proven"),
      spreadOf(point, "delivered"),
      spreadOf(point, "gap"),
      spreadOf(point, "missing"),
    ]),
  );
  const headings = ["", "content everywhere", "last proof", "credited of 15", "gaps filled", "missing"];
  return table(headings, rows, [1, 2, 3, 4, 5]);
}

function traffic(): string {
  const rows = [
    ...measuredOf("nodes").map((point) => ({ name: `${point.label} nodes, 8 leaves`, point })),
    ...measuredOf("size").map((point) => ({ name: `50 nodes, ${point.label} leaves`, point })),
  ].map(({ name, point }) => [
    name,
    middle(point, "messages"),
    middle(point, "duplicates"),
    grouped(Number(middleOf(valuesOf(point, "sentBytes"))) / 1_000),
    grouped(Number(middleOf(valuesOf(point, "mostSentBytes"))) / 1_000),
  ]);
  const headings = ["", "messages received", "of them duplicates", "kB sent", "kB, host that sends most"];
  return table(headings, rows, [1, 2, 3, 4]);
}

function windows(): string {
  const rows = measuredOf("window").map((point) => [
    point.label,
    shareOf(point, "submitted"),
    spreadOf(point, "proven"),
    spreadOf(point, "delivered"),
    spreadOf(point, "gap"),
  ]);
  return table(["proof window", "blocks on L1", "last proof", "credited of 15", "gaps filled"], rows, [1, 2, 3, 4]);
}

function speeds(): string {
  const rows = measuredOf("speed").map((point) => [
    point.label,
    spreadOf(point, "promised"),
    spreadOf(point, "path"),
    spreadOf(point, "proven"),
    spreadOf(point, "gap"),
  ]);
  return table(
    ["window, slowest prover", "promised of 15", "longest path", "last proof", "gaps filled"],
    rows,
    [1, 2, 3, 4],
  );
}

/** Seconds from the begin of the window until all hosts have the content: the most of the experiments is below. */
const REVEALED = 10;

function safe(): string {
  const rows = (["development", "production"] as const).flatMap((profile) =>
    [1, 2, 3].map((slowest) => [
      `${profile}, × ${slowest}`,
      ...[1, 2].map((held) => grouped(safeProofWindow(8, PROOF_TIMES[profile], { slowest, held, revealed: REVEALED }))),
    ]),
  );
  return table(["slowest prover", "one leaf each", "two leaves each"], rows, [1, 2]);
}

/** Blocks of docs/network.md. */
export const networkBlocks = (): Record<string, string> => ({
  ...{ "simulated-tree": tree(), "simulated-large": large(), "simulated-troubles": troubles() },
  "simulated-traffic": traffic(),
});

/** Blocks of docs/parameters.md. */
export const windowBlocks = (): Record<string, string> => ({
  ...{ "simulated-windows": windows(), "simulated-speeds": speeds(), "safe-windows": safe() },
});
