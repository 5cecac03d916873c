// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { formatEther, ZeroAddress } from "ethers";

import type { RuleGas } from "../bench/ruleGas.ts";
import { countedBid, score } from "../../test/model/b52/score.ts";
import { readParameters, type SystemParameters } from "../deployment/parameters.ts";
import { SCHEMA, type ParameterModule, type ParameterValue } from "../../src/deployment/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { grouped, table } from "./markdown.ts";

/** The files of parameters that docs/parameters.md explains, in the order of its columns. */
const FILES = ["local", "sepolia"] as const;
type File = (typeof FILES)[number];

/** Parameters of the core stand in both systems; those of staking in the module of B52. */
const STAKING = ["stake", "exitDelay", "slashRate", "maxSlashRate", "forgiveness", "electedTickets", "seedRounds"];
const CORE = ["tokenFee", "forcedDeadline", "escapeDelay", "forcedFeeBase", "forcedFeeStep"];

const parameters: Readonly<Record<File, SystemParameters>> = {
  local: readParameters("Pair", { parameters: "local" }),
  sepolia: readParameters("Pair", { parameters: "sepolia" }),
};

/** The tables of docs/parameters.md: the values of each parameter, and worked examples with the values for Sepolia. */
export function parameterBlocks(): Record<string, string> {
  const namesOf = (module: ParameterModule): string[] => Object.keys(SCHEMA[module]);
  const without = (names: readonly string[], ...others: readonly (readonly string[])[]): string[] =>
    names.filter((name) => !others.flat().includes(name));
  return {
    "values-token": values("Shared", namesOf("Shared")),
    "values-core": coreValues(),
    "values-poe": values("ProofOfEfficiency", without(namesOf("ProofOfEfficiency"), CORE)),
    "values-b52": values("B52", without(namesOf("B52"), CORE, STAKING)),
    "values-staking": values("B52", STAKING),
    "example-forced-fee": forcedFeeExample(),
    "example-leaf-share": leafShareExample(),
    "example-batch-fee": batchFeeExample(),
    "example-ring": ringExample(),
    "example-windows": windowsExample(),
    "example-rewards": rewardsExample(),
    "example-score": scoreExample(),
    "example-slash": slashExample(),
  };
}

// ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws {Error} if the two systems have other values: the table has one column for both */
function coreValues(): string {
  for (const file of FILES) {
    const { ProofOfEfficiency: poe, B52: b52 } = parameters[file];
    const other = CORE.find((name) => poe?.[name] !== b52?.[name]);
    if (other !== undefined) throw new Error(`${file}.json has two values of ${other}`);
  }
  return values("ProofOfEfficiency", CORE);
}

function values(module: ParameterModule, names: readonly string[]): string {
  const rows = names.map((name) => [
    `\`${name}\``,
    ...FILES.map((file) => inWords(module, name, parameters[file][module]?.[name])),
  ]);
  return table(["parameter", ...FILES], rows, [1, 2]);
}

/** A parameter for people: with its unit, amounts in whole tokens. "–" if it was left out. */
export function inWords(module: ParameterModule, name: string, value: ParameterValue | undefined): string {
  const rule = SCHEMA[module][name];
  if (value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return value.length === 0 ? "nobody" : value.join(", ");
  if (typeof value === "string") return value === ZeroAddress ? "zero" : value;
  switch (rule?.kind === "integer" ? rule.unit : "") {
    case "token":
      return seq(value);
    case "wei":
      return eth(value);
    case "1e-18":
      return decimal(value);
    case "1/10,000":
      return `${Number(value) / 100} %`;
    case "s":
      return `${grouped(Number(value))} s`;
    default:
      return grouped(Number(value));
  }
}

/** An amount of 18 decimals, at most `digits` of them, with thousands separated. */
function decimal(value: bigint | number, digits = 18): string {
  const number = typeof value === "bigint" ? Number(formatEther(value)) : value;
  return number.toLocaleString("en", { maximumFractionDigits: digits });
}

const seq = (value: bigint | number, digits?: number): string => `${decimal(value, digits)} SEQ`;
const eth = (value: bigint | number, digits?: number): string => `${decimal(value, digits)} ETH`;

const integer = (file: File, module: ParameterModule, name: string): bigint =>
  parameters[file][module]?.[name] as bigint;
/** An amount in whole tokens. */
const amount = (file: File, module: ParameterModule, name: string): number =>
  Number(formatEther(integer(file, module, name)));
const seconds = (file: File, module: ParameterModule, name: string): number => Number(integer(file, module, name));

/** A table with a column for each file of parameters. */
const perFile = (rows: readonly (readonly [title: string, cell: (file: File) => string])[]): string =>
  table(
    ["", ...FILES],
    rows.map(([title, cell]) => [title, ...FILES.map(cell)]),
    [1, 2],
  );

// ── Examples ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `IForcedQueue.forcedFee`, and the sum of it over a queue that nobody executes. */
function forcedFeeExample(): string {
  const [base, step] = ["forcedFeeBase", "forcedFeeStep"].map((name) => integer("sepolia", "ProofOfEfficiency", name));
  const rows = [0n, 100n, 1_000n, 4_096n].map((waiting) => [
    grouped(Number(waiting)),
    eth(base! + step! * waiting),
    eth(base! * waiting + (step! * waiting * (waiting - 1n)) / 2n, 2),
  ]);
  return table(["operations that wait", "fee of the next one", "paid for those that wait"], rows, [0, 1, 2]);
}

const gasOf = (call: string): number => {
  const snapshot = JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", "gas.json"), "utf8")) as Record<
    string,
    RuleGas
  >;
  const { osaka } = snapshot[call]!;
  return osaka.execution + osaka.state;
};

/** Gas that a further leaf of a batch adds to `verify`, without its calldata. */
const leafGas = (): number => (gasOf("verify 1 batch of 3 leaves") - gasOf("verify 1 leaf")) / 2;

/** Gas of a forced operation, if it shares a leaf of the development profile with others. */
function leafShareExample(): string {
  const gas = gasOf("sequence 1 leaf, steady") + gasOf("verify 1 leaf");
  const share = gas / 4;
  return `\`sequence\` and \`verify\` of one leaf use ${grouped(gas)} gas without calldata. A quarter of it, for one of four slots, is ${grouped(share)} gas. At 5 gwei that costs ${eth((share * 5) / 1e9, 5)}.`;
}

/** The batch fee over time: `BatchFee.raise` and `BatchFee.lower`. */
function batchFeeExample(): string {
  const fee = (name: string): number => amount("sepolia", "ProofOfEfficiency", name);
  const time = (name: string): number => seconds("sepolia", "ProofOfEfficiency", name) / 3600;
  const rows: string[][] = [["0 h", "deployment", seq(fee("initialFee"))]];
  let now = fee("initialFee");
  let hours = 0;
  const pass = (span: number, state: string): void => {
    hours += span;
    now = state === "late" ? now * 2 ** (span / time("doublingTime")) : now / 2 ** (span / time("halvingTime"));
    now = Math.min(Math.max(now, fee("minFee")), fee("maxFee"));
    rows.push([`${hours} h`, `${span} h ${state}`, seq(now, 2)]);
  };
  pass(1, "late");
  pass(2, "late");
  pass(7, "late");
  pass(4, "not late");
  pass(24, "not late");
  pass(48, "not late");
  return table(["after", "since the line above", "fee of a leaf"], rows, [0, 2]);
}

/** A full ring: docs/parameters.md, "What a full ring costs"; the factor is that of `test_costOfABlockedHour`. */
function ringExample(): string {
  const poe = (file: File, name: string): number => amount(file, "ProofOfEfficiency", name);
  const leaves = (file: File): number => seconds(file, "ProofOfEfficiency", "maxPendingLeaves");
  const batches = (file: File): number =>
    Math.ceil(leaves(file) / seconds(file, "ProofOfEfficiency", "maxLeavesPerBatch"));
  const time = (file: File, name: string): number => seconds(file, "ProofOfEfficiency", name);
  /** How often in an hour the whole ring is proven, and filled again. */
  const steps = (file: File): number => Math.round(3600 / time(file, "targetTime"));
  const factor = (file: File): number =>
    Array.from(
      { length: steps(file) + 1 },
      (_, i) => 2 ** ((-i * time(file, "targetTime")) / time(file, "halvingTime")),
    ).reduce((a, b) => a + b);
  return perFile([
    ["R at `initialFee`", (file) => seq(leaves(file) * poe(file, "initialFee"), 0)],
    ["R at `minFee`", (file) => seq(leaves(file) * poe(file, "minFee"), 1)],
    ["first hour, in units of R, with provers in time", (file) => decimal(factor(file), 3)],
    ["first hour at `initialFee`", (file) => seq(factor(file) * leaves(file) * poe(file, "initialFee"), 0)],
    // The fee cannot fall further.
    [
      "the same at `minFee`, after a quiet time",
      (file) => seq((steps(file) + 1) * leaves(file) * poe(file, "minFee"), 0),
    ],
    ["batches that hold a ring of forced operations alone", (file) => grouped(batches(file))],
    ["their batch fees, at `minFee`", (file) => seq(batches(file) * poe(file, "minFee"), 2)],
    ["their batch fees, at `initialFee`", (file) => seq(batches(file) * poe(file, "initialFee"), 2)],
    ["bonds, which come back", (file) => seq(leaves(file) * poe(file, "leafBond"), 0)],
    ["gas of a leaf in `verify`", () => grouped(leafGas())],
    ["gas to verify the ring, paid by provers", (file) => `${decimal((leafGas() * leaves(file)) / 1e6, 0)} million`],
    [
      "hours between deadline and freeze",
      (file) =>
        decimal(
          (seconds(file, "ProofOfEfficiency", "escapeDelay") - seconds(file, "ProofOfEfficiency", "forcedDeadline")) /
            3600,
        ),
    ],
  ]);
}

/** Spans that follow from B52's windows; `B52Rounds._roundsKept` for the places. */
function windowsExample(): string {
  const windows = (file: File): { P: number; V: number; D: number } => {
    const [P, V, D] = ["proposalWindow", "proofWindow", "defenceWindow"].map((name) => seconds(file, "B52", name));
    return { P: P!, V: V!, D: D! };
  };
  const kept = ({ P, V, D }: { P: number; V: number; D: number }): number => 2 * Math.ceil((2 * (P + V + D)) / (P + V));
  const span = (value: number): string => `${grouped(value)} s`;
  const of =
    (rule: (windows: { P: number; V: number; D: number }, file: File) => number) =>
    (file: File): string =>
      span(rule(windows(file), file));
  return perFile([
    ["`P + V`: one round", of(({ P, V }) => P + V)],
    ["`ROUNDS_KEPT = 2 ⌈2 (P + V + D) / (P + V)⌉`", (file) => grouped(kept(windows(file)))],
    ["`2 (P + V + D)`: time to collect, least `exitDelay`", of(({ P, V, D }) => 2 * (P + V + D))],
    ["`D / 3`: time to demand votes, and to show them", of(({ D }) => D / 3)],
    ["`P + V`: least `forcedDeadline`", of(({ P, V }) => P + V)],
    [
      "`forcedDeadline + 3 (P + V)`: least `escapeDelay`",
      of(({ P, V }, file) => seconds(file, "B52", "forcedDeadline") + 3 * (P + V)),
    ],
    [
      "`forcedDeadline / (P + V)`: rounds until the deadline",
      (file) => {
        const { P, V } = windows(file);
        return decimal(seconds(file, "B52", "forcedDeadline") / (P + V));
      },
    ],
  ]);
}

/** Shares of one block's reward at the highest share, for a full tree. */
function rewardsExample(): string {
  const nodes = (file: File): number => 2 * seconds(file, "B52", "maxLeaves") - 1;
  const reward = (file: File): number => amount(file, "B52", "blockReward");
  const share = (file: File): number => Number(integer(file, "B52", "maxShare")) / 10_000;
  const toProposer = (file: File): number => reward(file) * (1 - share(file));
  return perFile([
    ["nodes of a full tree, `2 maxLeaves − 1`", (file) => grouped(nodes(file))],
    ["to the provers at `maxShare`", (file) => seq(reward(file) * share(file), 2)],
    ["of it for each node", (file) => seq((reward(file) * share(file)) / nodes(file), 2)],
    ["to the proposer", (file) => seq(toProposer(file), 2)],
    ["leaving out one node costs the proposer: most `bounty`", (file) => seq(toProposer(file) / nodes(file), 2)],
    ["to a node of an uncle", (file) => seq(amount(file, "B52", "uncleReward") / nodes(file), 2)],
    [
      "of `minBid`, burned if it is not proven",
      (file) => seq((amount(file, "B52", "minBid") * Number(integer(file, "B52", "unprovenBurnRate"))) / 10_000),
    ],
    ["51% of 247 tickets, 126 stakes", (file) => seq(126 * amount(file, "B52", "stake"), 0)],
  ]);
}

/** Scores of bids of 10 SEQ, at both limits of the slope. */
function scoreExample(): string {
  const target = integer("sepolia", "B52", "targetProvers");
  const bid = 10n * 10n ** 18n;
  const [low, high] = ["minSlope", "maxSlope"].map((name) => integer("sepolia", "B52", name));
  const rows = [15n, 12n, 5n, 1n].map((provers) => [
    String(provers),
    ...[low!, high!].flatMap((slope) => [
      seq(countedBid(provers, bid, { target, slope }), 2),
      decimal(Number(score(provers, bid, { target, slope })) / 1e36, 2),
    ]),
  ]);
  const [first, last] = [decimal(low!), decimal(high!)];
  return table(
    ["provers", `bid counts, slope ${first}`, "score / 10^36", `bid counts, slope ${last}`, "score / 10^36"],
    rows,
    [0, 1, 2, 3, 4],
  );
}

/** Stakes of a prover that misses round after round: `Slashing.rateOf` and `amountOf`. */
function slashExample(): string {
  const [first, most] = ["slashRate", "maxSlashRate"].map((name) => Number(integer("sepolia", "B52", name)) / 10_000);
  let left = amount("sepolia", "B52", "stake");
  const stake = left;
  const rows = Array.from({ length: 5 }, (_, misses) => {
    const rate = Math.min(first! * 2 ** misses, most!);
    const slash = left * rate;
    left -= slash;
    return [
      String(misses + 1),
      `${decimal(rate * 100)} %`,
      seq(slash, 0),
      seq(left, 0),
      `${decimal((left / stake) * 100, 1)} %`,
    ];
  });
  return table(["round missed", "rate", "slashed", "left", "of the stake"], rows, [0, 1, 2, 3, 4]);
}
