// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

import hre, { network } from "hardhat";

import { grouped, numbersTable } from "../docs/markdown.ts";
import { FURTHER_USER, measureMigrationGas, type MigrationGas } from "./migrationGas.ts";
import { LARGE_POST, measureLargePost, savedPerTransfer, TRANSFERS } from "./oneCall.ts";
import { peersOf } from "./peers.ts";
import { measurePlainVerifier } from "./plainGas.ts";
import { measurePoeGas } from "./poeGas.ts";
import { measureProofs, median, type ProofTime } from "./proofTimes.ts";
import { joinCalls, RULE_COLUMNS, ruleCells, underEachRules, type RuleGas } from "./ruleGas.ts";
import { fixedStart, fixTimestamps } from "./timestamps.ts";
import { L1_RULES, type L1Rules } from "../../src/l1Rules.ts";
import { createProver } from "../../src/prover/index.ts";
import { circuitsFolder, compileCircuit, findCircuit, prepareAll } from "../../src/setup/index.ts";

const RUNS = 3;

/** A number for each of the rules. */
type PerRules = (rules: L1Rules) => number;

/**
 * Measures, and writes docs/benchmarks.md.
 *
 * @param withProduction Compiles the production leaf, too.
 */
export async function writeBenchmarks(withProduction: boolean): Promise<void> {
  const artifacts = await prepareAll("development", console.log);
  await hre.tasks.getTask("build").run({ noTests: true, quiet: true });

  const prover = createProver(artifacts);
  const gas = await underEachRules(async (rules) => {
    console.log(`gas of every call under ${rules}, with real proofs`);
    const connection = await network.create(fixedStart(rules));
    fixTimestamps(connection);
    const calls = await measurePoeGas(connection, prover, ({ seconds, cached }) => {
      console.log(`  proof of a leaf: ${cached ? "cached" : `${seconds.toFixed(1)} s`}`);
    });
    const large = await network.create(fixedStart(rules));
    fixTimestamps(large);
    return { ...calls, [LARGE_POST]: await measureLargePost(large) };
  });
  const calls = joinCalls(gas);
  const plain = await measurePlainVerifier(await network.create(fixedStart("osaka")), artifacts, prover);
  await prover.dispose();
  const total =
    (call: string): PerRules =>
    (rules) =>
      gas[rules][call]?.total ?? Number.NaN;
  const perFurther =
    (calls: string): PerRules =>
    (rules) =>
      (total(calls)(rules) - total("verify 1 leaf")(rules)) / 2;

  const sumOf =
    (...calls: string[]): PerRules =>
    (rules) =>
      calls.reduce((sum, call) => sum + total(call)(rules), 0);
  const saved: PerRules = (rules) =>
    savedPerTransfer((call) => total(call)(rules) - (gas[rules][call]?.state ?? Number.NaN));
  const perRules =
    (osaka: number, amsterdam: number): PerRules =>
    (rules) =>
      ({ osaka, amsterdam })[rules];

  console.log(`time and memory of a proof of each circuit, ${RUNS} times`);
  const times = {
    leaf: measureProofs("leaf", RUNS),
    merge: measureProofs("merge", RUNS),
    escape: measureProofs("escape", RUNS),
    migration: measureProofs("migration", RUNS),
  };

  console.log("gas of migrations");
  const migrations = await underEachRules(async (rules) =>
    measureMigrationGas(await network.create(fixedStart(rules)), 4),
  );
  const costOf = (rules: L1Rules, users: number, steps: readonly (keyof MigrationGas)[]): number =>
    steps.reduce((sum, step) => sum + (migrations[rules][users - 1]?.[step].total ?? Number.NaN), 0);
  const furtherUser =
    (...steps: (keyof MigrationGas)[]): PerRules =>
    (rules) =>
      (costOf(rules, 4, steps) - costOf(rules, 1, steps)) / 3;

  /** The gas of B52's calls, as the tests compare it. */
  const b52 = JSON.parse(readFileSync("snapshots/b52Gas.json", "utf8")) as Record<string, RuleGas>;
  const b52Demo = JSON.parse(readFileSync("snapshots/b52DemoGas.json", "utf8")) as Record<string, readonly RuleGas[]>;

  const ofB52 =
    (call: string): PerRules =>
    (rules) => {
      const used = b52[call]?.[rules];
      return used === undefined ? Number.NaN : used.execution + used.state;
    };

  const constraints = JSON.parse(readFileSync("snapshots/constraints.json", "utf8")) as Record<string, number>;
  if (withProduction) {
    console.log("compiling the production leaf (takes minutes)");
    const leaf = findCircuit("leaf", "production");
    const { constraints: count } = await compileCircuit(leaf, circuitsFolder("production"), "O2", console.log);
    constraints[`Leaf(${leaf.params.join(", ")})`] = count;
  }

  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const target = (measured: number, limit: number): string => `${grouped(limit)} ${measured <= limit ? "✔" : "✘"}`;
  const TARGET_COLUMNS = ["Osaka", "target", "Amsterdam", "target"];
  /** A measurement under each of the rules, beside its target, which is the same for both if only one is given. */
  const row = (what: string, measured: PerRules, limit?: number | PerRules, peer = ""): string[] => [
    what,
    ...L1_RULES.flatMap((rules) => {
      const least = typeof limit === "function" ? limit(rules) : limit;
      return [grouped(measured(rules)), least === undefined ? "" : target(measured(rules), least)];
    }),
    peer,
  ];
  const callRow = (call: string, used: RuleGas): string[] => [call, ...ruleCells(used).map(grouped)];
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

For operators and integrators who compare costs. After reading you know gas, constraints and times beside their targets and
peers. Written by \`npm run bench\` on ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}) with ${gib} GiB, Node ${process.version}. Gas and
constraints are exact and kept as snapshots that the tests compare; times are of this machine.

## Gas: targets

All in, calldata included.

${numbersTable(
  ["", ...TARGET_COLUMNS, "peer"],
  [
    row(
      "`sequence`, one full leaf of 372 bytes, steady",
      total("sequence 1 leaf, steady"),
      perRules(66_000, 73_000),
      peersOf("sequence"),
    ),
    row("`verify`, one leaf", total("verify 1 leaf"), 349_000, peersOf("verify")),
    row("`verify`, one leaf with exits", total("verify 1 leaf with exits"), 400_000),
    row("post and prove one full leaf, in one call", total("post and prove 1 leaf"), 400_000, peersOf("postAndProve")),
    row("the same in two calls", sumOf("sequence 1 leaf, steady", "verify 1 leaf")),
    row(
      "each further leaf proof in one `verify` call",
      perFurther("verify 1 batch of 3 leaves"),
      62_000,
      `${grouped(plain)}: snarkjs's verifier, same key, same run`,
    ),
    row("each further batch of one leaf: the leaf, its record, its bond", perFurther("verify 3 batches of 1 leaf")),
    row(
      "a late proof: reverts before any curve operation, and pays the floor of its bytes",
      total("verify too late (reverts)"),
    ),
    row("`forceExit`", total("forceExit"), 50_000, peersOf("force")),
    row("`deposit` of ETH, steady", total("deposit ETH, further"), 56_000, peersOf("deposit")),
    row("`claim`, first of 256", total("claim ETH, first of 256"), undefined, peersOf("claim")),
    row("`claim`, steady", total("claim ETH, further"), 92_000),
    row("`advanceState`, without its calldata", ofB52("advanceState"), 150_000),
    row("`commit`, storage reused, without its calldata of 3,000 (ADR 0047)", ofB52("commit"), 50_000),
  ],
)}

Post and prove: of ${TRANSFERS} transfers, each costs ${L1_RULES.map((rules) => `${grouped(saved(rules))} gas less under ${rules}`).join(", ")} in one
call than in two (target: 1,500). The call that only posts them is measured as a whole, without what it pays for new state, since the floor of its
bytes decides. Verification is linear in leaves and batches, and follows from the calls with one and three full leaves and with further batches.

Why a further batch costs more than a further leaf: its record (192 bytes of calldata), the openings and the accumulator to
check it against, and the bond to return.

## Gas: every call

${numbersTable(
  ["call", ...L1_RULES.map((rules) => `all in, ${rules}`)],
  Object.keys(calls).map((call) => [call, ...L1_RULES.map((rules) => grouped(total(call)(rules)))]),
)}

Without the price of the calldata, and the part that pays for new state:

${numbersTable(
  ["call", ...RULE_COLUMNS],
  Object.entries(calls).map(([call, used]) => callRow(call, used)),
)}

A transaction pays at least 21,000 plus, for its calldata, 10 for each zero byte and 40 for each other byte (EIP-7623), under Amsterdam 64
for each byte (EIP-7976); for \`sequence\` that floor is above the price of execution from about 1,800 bytes of data on, or 900.

State: a new slot costs 17,100 and 97,920 gas, a byte of code 200 and 1,530 (EIP-8037). EDR measures the column Amsterdam; it
does not have the dearer access to state (EIP-8038) and the prices by resource (EIP-2780) yet.

## Gas: B52

Without the price of the calldata, from the snapshots. With it, where storage is reused: a commitment 51,110 gas (target 50,000, ADR 0047; the source's
estimate, without an escrowed bid: 26,000); \`advanceState\` 136,000 with 4 tickets and with 200 (150,000); a block of four leaves, seven proofs, 807,000
(900,000), of which a further node is about 63,000.

${numbersTable(
  ["call", ...RULE_COLUMNS],
  [
    ...Object.entries(b52).map(([call, used]) => callRow(call, used)),
    ...(b52Demo["submit"] ?? []).map((used, i) => callRow(`submit, block ${i + 1} of the demo`, used)),
  ],
)}

## Gas: migration

All in, calldata included, with a stand-in for the verifier, which costs about 250,000 in \`depart\` and in \`deliver\` whatever the number of users.

${numbersTable(
  ["", ...TARGET_COLUMNS],
  [
    row("each further user, through the queue", furtherUser("requestDeparture", "depart", "deliver"), FURTHER_USER),
    row("each further user, after a freeze", furtherUser("depart after a freeze", "deliver"), FURTHER_USER),
  ].map((cells) => cells.slice(0, -1)),
)}

${numbersTable(
  ["users", "rules", "requestDeparture", "depart", "depart after a freeze", "deliver"],
  migrations.osaka.flatMap((_, i) =>
    L1_RULES.map((rules) => [
      String(i + 1),
      rules,
      ...(["requestDeparture", "depart", "depart after a freeze", "deliver"] as const).map((step) =>
        grouped(migrations[rules][i]?.[step].total ?? Number.NaN),
      ),
    ]),
  ),
)}

## Constraints

At \`--O2\`. Hermez v1: 54,400 for each further transfer at 2^32 accounts. Target: 28,000 for a further slot at depth 16
(4^16 = 2^32 accounts), and 65,536 for the development leaf.

${numbersTable(
  ["template", "constraints"],
  Object.entries(constraints).map(([name, count]) => [name, grouped(count)]),
)}

## Proofs

Median of ${RUNS} runs of snarkjs, each in a fresh process.

${numbersTable(
  ["circuit", "constraints", "witness", "proof", "peak memory"],
  [
    timesRow("Leaf(5, 4, 1)", times.leaf),
    timesRow("Merge(8, 4, 0)", times.merge),
    timesRow("Escape(5)", times.escape),
    timesRow("Migration(5, 1)", times.migration),
  ],
)}
`,
  );
  console.log("docs/benchmarks.md written");
}
