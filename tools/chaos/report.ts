// SPDX-License-Identifier: MIT
import type { NodeName } from "../devnet/topology.ts";
import type { RollupName } from "../devnet/rollupNames.ts";
import type { EraFact } from "./b52Checks.ts";
import type { Verdict } from "./checks.ts";

/** A fault that was done. */
export interface FaultRecord {
  /** Milliseconds from the beginning of the faults. */
  readonly at: number;
  readonly what: string;
  /** Its effect. */
  seen: string;
}

/** The faults of a run, and all that was seen. */
export interface ChaosReport {
  readonly seed: number;
  readonly minutes: number;
  /** ISO 8601. */
  readonly started: string;
  readonly healingSeconds: number;
  readonly nodes: readonly NodeName[];
  /** Whether there was a disk to fill. */
  readonly canFill: boolean;
  readonly faults: readonly FaultRecord[];
  /** By rollup. */
  readonly batches: Partial<Readonly<Record<RollupName, number>>>;
  readonly l1Transactions: number;
  /** Counts by what the users did and how it ended. */
  readonly traffic: Readonly<Record<string, number>>;
  /** Requests by what the proxy did with them. */
  readonly troubles: Readonly<Record<string, number>>;
  /** How often each node was started again. */
  readonly restarts: Readonly<Record<string, number>>;
  /** How often each node ended before it had started, as its endpoint had trouble. */
  readonly givenUp: Readonly<Record<string, number>>;
  /** Warnings and errors in the logs of each node, by their first words. */
  readonly warnings: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly verdicts: readonly Verdict[];
  /** Undefined if no B52 ran. */
  readonly b52: B52Report | undefined;
}

/** Facts of a B52 rollup that no verdict has. */
export interface B52Report {
  /** Of both windows. */
  readonly roundSeconds: number;
  /** Counts by what the hostile process did and heard. */
  readonly hostile: Readonly<Record<string, number>>;
  /** Honest commitments by their ends. */
  readonly bids: Readonly<Record<string, number>>;
  readonly slashes: readonly {
    readonly ticket: number;
    readonly isHonest: boolean;
    readonly round: string;
    readonly node: number;
    /** Longest time for a defence in which nothing was wrong with its prover. */
    readonly calmSeconds: number;
  }[];
  readonly eras: readonly EraFact[];
}

/** Whether all invariants held, and each had something to look at. */
export const isGreen = ({ verdicts }: ChaosReport): boolean =>
  verdicts.length > 0 && verdicts.every(({ violations, looked }) => violations.length === 0 && looked > 0);

/** pino's level of a warning. */
const WARNING = 40;

/** Counts the warnings of a log of pino by their text and the code of their reason. */
export function countWarnings(log: string): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    if (!line.startsWith("{")) continue;
    let entry: { readonly level?: number; readonly msg?: string; readonly reason?: string; readonly trouble?: string };
    try {
      entry = JSON.parse(line) as typeof entry;
    } catch {
      // A process was killed in the middle of a line.
      continue;
    }
    if ((entry.level ?? 0) < WARNING) continue;
    const [code] = /^[A-Z][A-Z_0-9]+(?=:)/u.exec(entry.reason ?? entry.trouble ?? "") ?? [];
    const name = `${entry.msg ?? ""}${code === undefined ? "" : `: ${code}`}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const table = (headings: readonly [string, string], counts: Readonly<Record<string, number>>): string[] => [
  `| ${headings[0]} | ${headings[1]} |`,
  "| --- | ---: |",
  ...Object.entries(counts).map(([name, count]) => `| ${name} | ${count} |`),
  "",
];

/** The report for readers. */
export function describeReport(report: ChaosReport): string {
  const { seed, minutes, started, healingSeconds, nodes, batches, l1Transactions, faults, verdicts } = report;
  const time = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(0)} s`;
  return [
    "# Chaos",
    "",
    "For operators and auditors: a run of `npm run chaos`, by itself. After reading you know what was done to the nodes,",
    "and what they did. The section on chaos in docs/node.md says how it works.",
    "",
    `Seed ${seed}, ${minutes} minutes of faults, begun ${started}; ${nodes.join(", ")}. After the last fault the nodes`,
    `had everything settled in ${healingSeconds} s. L1 has ${batchesOf(batches)}; the nodes signed ${l1Transactions} L1`,
    `transactions.${report.canFill ? "" : " No disk was filled: that needs an administrator on Linux."}`,
    "",
    `**${isGreen(report) ? "All invariants held." : "An invariant FAILED."}**`,
    "",
    "## Invariants",
    "",
    "| Invariant | Looked at | Violations |",
    "| --- | ---: | ---: |",
    ...verdicts.map(({ meaning, looked, violations }) => `| ${meaning} | ${looked} | ${violations.length} |`),
    "",
    ...verdicts.flatMap(({ violations }) => violations.map((violation) => `- ${violation}`)),
    ...(verdicts.some(({ violations }) => violations.length > 0) ? [""] : []),
    "## Users",
    "",
    ...table(["What they did", "Times"], report.traffic),
    "## Endpoint",
    "",
    ...table(["Trouble that a request met", "Requests"], report.troubles),
    "## Nodes",
    "",
    ...table(["Started again", "Times"], report.restarts),
    ...(Object.keys(report.givenUp).length === 0 ? [] : table(["Gave up a start: endpoint", "Times"], report.givenUp)),
    ...Object.entries(report.warnings).flatMap(([name, counts]) =>
      Object.keys(counts).length === 0 ? [] : table([`Warnings of ${name}`, "Times"], counts),
    ),
    ...(report.b52 === undefined ? [] : describeB52(report.b52)),
    "## Faults",
    "",
    ...faults.map(({ at, what, seen }) => `- ${time(at)}: ${what}. ${seen === "" ? "" : `Seen: ${seen}.`}`.trimEnd()),
    "",
  ].join("\n");
}

const batchesOf = ({ poe, b52 }: ChaosReport["batches"]): string =>
  [...(poe === undefined ? [] : [`${poe} batches`]), ...(b52 === undefined ? [] : [`${b52} blocks of B52`])].join(
    " and ",
  );

function describeB52({ roundSeconds, hostile, bids, slashes, eras }: B52Report): string[] {
  const honest = slashes.filter(({ isHonest }) => isHonest);
  return [
    "## B52",
    "",
    `A round has ${roundSeconds} s. Heights in the parts of the run in which a proposer and two provers were left alone:`,
    "",
    ...eras.map(({ spared, seconds, heights }) => `- ${spared.join(", ")}: ${heights} in ${seconds} s`),
    "",
    `${slashes.length} slashes, ${honest.length} of them of honest tickets.`,
    ...honest.map(
      ({ ticket, round, node, calmSeconds }) =>
        `Ticket ${ticket} missed node ${node} of round ${round}; its prover had ${calmSeconds} s without trouble.`,
    ),
    "",
    ...table(["Commitments of honest proposers", "Times"], bids),
    ...table(["The hostile process", "Times"], hostile),
  ];
}
