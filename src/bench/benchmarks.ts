import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

import hre, { network } from "hardhat";

import { grouped, markdownTable } from "./markdown.ts";
import { measureMigrationGas, type MigrationGas } from "./migrationGas.ts";
import { peersOf } from "./peers.ts";
import { measurePlainVerifier } from "./plainGas.ts";
import { measurePoeGas } from "./poeGas.ts";
import { measureProofs, median, type ProofTime } from "./proofTimes.ts";
import { FIXED_START, fixTimestamps } from "./timestamps.ts";
import { createProver } from "../prover/index.ts";
import { circuitsFolder, compileCircuit, findCircuit, prepareAll } from "../setup/index.ts";

const RUNS = 3;

/**
 * Measures, and writes docs/benchmarks.md.
 *
 * @param withProduction Compiles the production leaf, too.
 */
export async function writeBenchmarks(withProduction: boolean): Promise<void> {
  const artifacts = await prepareAll("development", console.log);
  await hre.tasks.getTask("build").run({ noTests: true, quiet: true });

  console.log("gas of every call, with real proofs");
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  const prover = createProver(artifacts);
  const gas = await measurePoeGas(connection, prover, ({ seconds, cached }) => {
    console.log(`  proof of a leaf: ${cached ? "cached" : `${seconds.toFixed(1)} s`}`);
  });
  const plain = await measurePlainVerifier(await network.create(FIXED_START), artifacts, prover);
  await prover.dispose();
  const total = (call: string): number => gas[call]?.total ?? Number.NaN;
  const furtherLeaf = (total("verify 1 batch of 3 leaves") - total("verify 1 leaf")) / 2;
  const furtherBatch = (total("verify 3 batches of 1 leaf") - total("verify 1 leaf")) / 2;

  console.log(`time and memory of a proof of each circuit, ${RUNS} times`);
  const times = {
    leaf: measureProofs("leaf", RUNS),
    merge: measureProofs("merge", RUNS),
    escape: measureProofs("escape", RUNS),
    migration: measureProofs("migration", RUNS),
  };

  console.log("gas of migrations");
  const migrations = await measureMigrationGas(await network.create(FIXED_START), 4);
  const costOf = (users: number, steps: readonly (keyof MigrationGas)[]): number =>
    steps.reduce((sum, step) => sum + (migrations[users - 1]?.[step].total ?? Number.NaN), 0);
  const furtherUser = (steps: readonly (keyof MigrationGas)[]): number => (costOf(4, steps) - costOf(1, steps)) / 3;

  /** The gas of B52's calls, as the tests compare it. */
  const b52 = JSON.parse(readFileSync("snapshots/b52Gas.json", "utf8")) as Record<string, number>;
  const b52Demo = JSON.parse(readFileSync("snapshots/b52DemoGas.json", "utf8")) as Record<string, readonly number[]>;

  const constraints = JSON.parse(readFileSync("snapshots/constraints.json", "utf8")) as Record<string, number>;
  if (withProduction) {
    console.log("compiling the production leaf (takes minutes)");
    const leaf = findCircuit("leaf", "production");
    const { constraints: count } = await compileCircuit(leaf, circuitsFolder("production"), "O2", console.log);
    constraints[`Leaf(${leaf.params.join(", ")})`] = count;
  }

  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const target = (measured: number, limit: number): string => `${grouped(limit)} ${measured <= limit ? "✔" : "✘"}`;
  const row = (what: string, measured: number, limit: number | undefined, peer = ""): string[] => [
    what,
    grouped(measured),
    limit === undefined ? "" : target(measured, limit),
    peer,
  ];
  const timesRow = (template: string, measured: readonly ProofTime[]): string[] => [
    template,
    grouped(constraints[template] ?? Number.NaN),
    `${median(measured.map((time) => time.witnessSeconds)).toFixed(2)} s`,
    `${median(measured.map((time) => time.proofSeconds)).toFixed(1)} s`,
    `${grouped(Math.round(median(measured.map((time) => time.peakMegabytes))))} MB`,
  ];
  writeFileSync(
    "docs/benchmarks.md",
    `# Benchmarks

Written by \`npm run bench\` on ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}) with ${gib} GiB, Node ${process.version}. Gas and
constraints are exact and kept as snapshots that the tests compare; times are of this machine.

## Gas: targets

All in, calldata included.

${markdownTable(
  ["", "gas", "target", "peer"],
  [
    row(
      "each further leaf proof in one `verify` call",
      furtherLeaf,
      62_000,
      `${grouped(plain)}: snarkjs's verifier, same key, same run`,
    ),
    row("each further batch of one leaf: the leaf, its record, its bond", furtherBatch, undefined),
    row(
      "`sequence`, one full leaf of 372 bytes, steady state",
      total("sequence 1 leaf, steady"),
      65_000 + 16 * 372,
      peersOf("sequence"),
    ),
    row("a late proof, which reverts before any curve operation", total("verify too late (reverts)"), undefined),
    row("`forceExit`", total("forceExit"), 75_000, peersOf("force")),
    row("`deposit` of ETH", total("deposit ETH, further"), 75_000, peersOf("deposit")),
    row("`claim`, first of its batch", total("claim ETH, first of its batch"), 160_000, peersOf("claim")),
  ],
)}

Why a further batch costs more than a further leaf: its record (192 bytes of calldata), the openings and the accumulator to
check it against, and the bond to return.

## Gas: every call

${markdownTable(
  ["call", "all in", "without calldata"],
  Object.entries(gas).map(([call, used]) => [call, grouped(used.total), grouped(used.execution)]),
)}

Since Prague a transaction pays at least 21,000 plus 40 for each non-zero byte of calldata (EIP-7623); for \`sequence\` that floor is
above the price of execution from about 1,800 bytes of data on.

## Gas: B52

Without the price of the calldata, from the snapshots. With it: a commitment 66,500 gas, or 49,400 where storage is reused (targets
85,000 and 50,000; the source's estimate, without an escrowed bid: 45,000 and 26,000); \`advanceState\` 127,800 with 4 tickets and with 200
(150,000); a block of four leaves, seven proofs, 899,000 (900,000), of which a further node is about 61,000.

${markdownTable(
  ["call", "without calldata"],
  [
    ...Object.entries(b52).map(([call, used]) => [call, grouped(used)]),
    ...(b52Demo["submit"] ?? []).map((used, i) => [`submit, block ${i + 1} of the demo`, grouped(used)]),
  ],
)}

## Gas: migration

All in, calldata included, with a stand-in for the verifier, which costs about 250,000 in \`depart\` and in \`deliver\` whatever the number of users.

${markdownTable(
  ["", "gas", "target"],
  [
    row(
      "each further user, through the queue",
      furtherUser(["requestDeparture", "depart", "deliver"]),
      total("claim ETH, first of its batch") / 10,
    ).slice(0, 3),
    row(
      "each further user, after a freeze",
      furtherUser(["depart after a freeze", "deliver"]),
      total("claim ETH, first of its batch") / 10,
    ).slice(0, 3),
  ],
)}

${markdownTable(
  ["users", "requestDeparture", "depart", "depart after a freeze", "deliver"],
  migrations.map((steps, i) => [
    String(i + 1),
    ...(["requestDeparture", "depart", "depart after a freeze", "deliver"] as const).map((step) =>
      grouped(steps[step].total),
    ),
  ]),
)}

## Constraints

At \`--O2\`. Hermez v1: 54,400 for each further transfer at 2^32 accounts. Target: 28,000 for a further slot at depth 16
(4^16 = 2^32 accounts), and 65,536 for the development leaf.

${markdownTable(
  ["template", "constraints"],
  Object.entries(constraints).map(([name, count]) => [name, grouped(count)]),
)}

## Proofs

Median of ${RUNS} runs of snarkjs, each in a fresh process.

${markdownTable(
  ["circuit", "constraints", "witness", "proof", "peak memory"],
  [
    timesRow("Leaf(5, 4, 1)", times.leaf),
    timesRow("Merge(8, 4)", times.merge),
    timesRow("Escape(5)", times.escape),
    timesRow("Migration(5, 1)", times.migration),
  ],
)}
`,
  );
  console.log("docs/benchmarks.md written");
}
