// SPDX-License-Identifier: MIT
import { PROOF_TIMES, USUAL } from "./defaults.ts";
import type { ExperimentName } from "./names.ts";
import { simulateRound, type BlockResult, type RoundResult, type Scenario } from "./round.ts";

/** One point of an experiment. */
export interface Point {
  readonly label: string;
  readonly scenario: Scenario;
}

const withWindow = (scenario: Scenario, proofWindow: number): Scenario => ({
  ...scenario,
  rules: { ...scenario.rules, proofWindow, proposalWindow: proofWindow },
});

/** Seconds: long enough for each of the profiles, as the experiment `window` shows. */
const [SHORT, LONG] = [600, 1_200];

/** Proofs of seconds, so that the network shows. */
const DEVELOPMENT: Scenario = withWindow(
  { ...USUAL, profile: "development", times: PROOF_TIMES.development, traffic: false },
  SHORT,
);
const PRODUCTION: Scenario = withWindow({ ...USUAL, traffic: false }, LONG);

const points = <T>(values: readonly T[], label: (value: T) => string, scenario: (value: T) => Scenario): Point[] =>
  values.map((value) => ({ label: label(value), scenario: scenario(value) }));

/** A tree that no vote can name on L1: four times the window, so nobody is short of time. */
const large = (leaves: number): Scenario => {
  const scenario = withWindow({ ...DEVELOPMENT, leaves }, 4 * SHORT);
  return { ...scenario, rules: { ...scenario.rules, maxLeaves: BigInt(leaves) } };
};

/** All experiments, by name. Each changes one thing of fifty hosts all over the world. */
export const EXPERIMENTS: Readonly<Record<ExperimentName, readonly Point[]>> = {
  /** Size of the tree: the three that L1 takes, and two beyond. */
  tree: [
    ...points(
      [2, 4, 8],
      (leaves) => `development ${leaves}`,
      (leaves) => ({ ...DEVELOPMENT, leaves }),
    ),
    ...points([16, 64], (leaves) => `development ${leaves}`, large),
    ...points(
      [2, 4, 8],
      (leaves) => `production ${leaves}`,
      (leaves) => ({ ...PRODUCTION, leaves }),
    ),
  ],
  /** Number of hosts: two proposers, and the rest provers. */
  nodes: points([10, 20, 30, 40, 50], String, (nodes) => ({
    ...{ ...PRODUCTION, traffic: true, provers: nodes - USUAL.proposers },
  })),
  /** Messages and bytes by the size of the block. */
  size: points([2, 4, 8], String, (leaves) => ({ ...PRODUCTION, traffic: true, leaves })),
  /** Packets that TCP sends again. */
  loss: points([0, 0.02, 0.05, 0.1, 0.2], percent, (loss) => ({ ...DEVELOPMENT, loss })),
  /** RPCs that are lost for good. */
  drop: points([0, 0.05, 0.1, 0.2], percent, (drop) => ({ ...DEVELOPMENT, drop })),
  /** Round trips. */
  latency: [
    ...points(["machine", "continent"] as const, String, (place) => ({ ...DEVELOPMENT, place })),
    ...points(
      [1, 4],
      (distance) => `world × ${distance}`,
      (distance) => ({ ...DEVELOPMENT, distance }),
    ),
  ],
  /** Half of the hosts cannot reach the others, from the begin of the proof window on. */
  cut: points([0, 10, 30, 120, 240], String, (length) => ({
    ...DEVELOPMENT,
    cuts: length === 0 ? [] : [{ after: 0, length, part: 0.5 }],
  })),
  /** Provers that vote and never prove, of 48. */
  silent: points([0, 8, 16, 24], String, (silent) => ({ ...DEVELOPMENT, silent })),
  /** The slowest prover against the fastest. */
  speed: [
    ...points(
      [1, 2, 3, 4],
      (spread) => `600 s × ${spread}`,
      (spread) => withWindow({ ...PRODUCTION, spread }, SHORT),
    ),
    ...points(
      [1, 2, 3, 4],
      (spread) => `1200 s × ${spread}`,
      (spread) => ({ ...PRODUCTION, spread }),
    ),
  ],
  /** Length of the proof window. */
  window: [
    ...points(
      [240, 300, 360, 480, 600],
      (window) => `development ${window}`,
      (window) => withWindow(DEVELOPMENT, window),
    ),
    ...points(
      [600, 750, 900, 1_050, 1_200],
      (window) => `production ${window}`,
      (window) => withWindow(PRODUCTION, window),
    ),
  ],
};

function percent(part: number): string {
  return `${100 * part} %`;
}

// ─── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Columns of the files, in their order. Times in seconds; an empty cell means that it did not happen. */
export const COLUMNS = [
  "label",
  "seed",
  /** From the begin of the proof window until the content was shown. */
  "revealed",
  /** Since then: all hosts had the content; the proposer had all proofs; all those that were promised; all hosts the root's. */
  "spread",
  "proven",
  "credited",
  "everywhere",
  /** The longest path of proofs alone. */
  "path",
  "nodes",
  "promised",
  "delivered",
  /** Proofs that were begun. */
  "promise",
  "better",
  "gap",
  /** From the begin of the proof window until L1 had the block. */
  "submitted",
  /** From the opening until the proposers had all votes. */
  "voted",
  /** Messages of the round that a host does not have at the end, all hosts together. */
  "missing",
  /** For each host and block: messages received, duplicates among them, and bytes sent. */
  "messages",
  "duplicates",
  "sentBytes",
  /** Of the host that sends the most. */
  "mostSentBytes",
  /** Begin of the hash of all that happened. */
  "digest",
] as const;

export type Column = (typeof COLUMNS)[number];
export type Row = Readonly<Record<Column, string>>;

/** Runs one point with one seed. */
export function runPoint({ label, scenario }: Point, seed: number): Row {
  const result = simulateRound({ ...scenario, seed });
  const hosts = scenario.proposers + scenario.provers + scenario.followers;
  const block = bestOf(result);
  const { traffic } = result;
  const perHost = hosts * Math.max(1, result.blocks.length);
  const received = Object.values(traffic.received).reduce((sum, count) => sum + count, 0);
  const seconds = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(3));
  const count = (value: number | undefined): string => (value === undefined ? "" : String(Math.round(value)));
  return {
    ...{ label, seed: String(seed), revealed: seconds(block?.revealed), spread: seconds(block?.spread) },
    ...{ proven: seconds(block?.proven), credited: seconds(block?.credited), everywhere: seconds(block?.everywhere) },
    ...{ path: seconds(block?.path), nodes: count(block?.nodes), promised: count(block?.promised) },
    ...{ delivered: count(block?.delivered), promise: count(block?.begun.promise), better: count(block?.begun.better) },
    ...{ gap: count(block?.begun.gap), submitted: count(block?.submitted), voted: seconds(result.voted) },
    ...{ missing: count(result.missing), messages: count(received / perHost) },
    ...{ duplicates: count(traffic.duplicates / perHost), sentBytes: count((traffic.sent.mean * hosts) / perHost) },
    ...{ mostSentBytes: count((traffic.sent.most * hosts) / perHost), digest: result.digest.slice(0, 16) },
  };
}

/** The block with the most promised nodes; of equals the one that was committed first. */
export function bestOf({ blocks }: Pick<RoundResult, "blocks">): BlockResult | undefined {
  return [...blocks].sort((a, b) => b.promised - a.promised)[0];
}

/** No cell has a comma. */
export const toCsv = (rows: readonly Row[]): string =>
  [COLUMNS.join(), ...rows.map((row) => COLUMNS.map((column) => row[column]).join()), ""].join("\n");

/** Reads a file that `toCsv` has written. @throws {Error} for another one */
export function fromCsv(text: string): Row[] {
  const [head, ...lines] = text.trimEnd().split("\n");
  if (head !== COLUMNS.join()) throw new Error(`the columns are ${head}; expected: ${COLUMNS.join()}`);
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(COLUMNS.map((column, i) => [column, cells[i]])) as Row;
  });
}
