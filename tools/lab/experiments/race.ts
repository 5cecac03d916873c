// SPDX-License-Identifier: MIT
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { concentration, mean, percentile } from "../maths.ts";
import { gasOf } from "../measured.ts";
import { decimal, decimals, whole, wholes, words, type Values } from "../settings.ts";
import { AGGREGATORS, type AggregatorName } from "../strategies/aggregating.ts";
import { runProving, type PayRule, type ProvingResult } from "../worlds/proving.ts";

const settings = {
  aggregators: whole(10, [2, 100], "aggregators"),
  spreads: decimals([0, 0.1, 0.2, 0.5, 1], [0, 2], "standard deviation of the logarithm of the aggregators' speeds"),
  strategies: words(
    ["eager", "learner"],
    Object.keys(AGGREGATORS),
    "strategies of all aggregators, one after the other",
  ),
  median: decimal(60, [1, 10_000], "median time of a proof", "s"),
  jitter: decimal(0.1, [0, 1], "standard deviation of the logarithm of one aggregator's times"),
  interval: decimal(300, [12, 100_000], "mean time between two batches", "s"),
  worlds: whole(5, [1, 100], "draws of the speeds, of which a row is the mean"),
  batches: whole(2_000, [100, 100_000], "batches of a run; the second half is measured"),
  fee: decimal(1, [0.01, 1_000], "fee of a batch", "0.001 ETH"),
  proofCost: decimal(0.1, [0, 1_000], "cost of a proof: electricity and machines", "0.001 ETH"),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  fees: decimals([1, 2, 4, 8], [0.01, 1_000], "fees of a batch that is shared", "0.001 ETH"),
  entrants: whole(40, [2, 100], "equal aggregators that may share"),
  sharedGas: whole(380_000, [45_000, 1_000_000], "gas of a further proof that is paid: it is verified, and recorded"),
  sharedBlocks: wholes([2, 5, 10], [1, 100], "blocks after the first proof in which further ones are paid"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

/** Wei of 0.001 ETH, and of a gwei. */
const [MILLI, GWEI] = [1e15, 1e9];

interface Case {
  readonly strategy: AggregatorName;
  readonly spread: number;
  readonly count: number;
  readonly fee: number;
  readonly pay: PayRule;
  readonly hasPriority?: boolean;
}

function play(values: V, chosen: Case, world: number, seed: number): ProvingResult {
  const { strategy, spread, count, fee, pay, hasPriority = false } = chosen;
  const speeds = new Chance(seed, `speeds ${spread} ${world}`);
  return runProving(
    {
      ...{ strategy, jitter: values.jitter, batches: values.batches, interval: values.interval, pay, hasPriority },
      seconds: Array.from({ length: count }, () => speeds.lognormal(values.median, spread)),
      ...{ fee: fee * MILLI, proofCost: values.proofCost * MILLI, gasPrice: values.gasPrice * GWEI },
      gas: {
        first: gasOf("gas", "verify 1 leaf"),
        shared: values.sharedGas,
        refused: gasOf("gas", "verify too late (reverts)"),
      },
    },
    new Chance(seed, `race ${strategy} ${spread} ${count} ${fee} ${pay.kind} ${world}`),
  );
}

/** Means over the worlds. */
function rowOf(results: readonly ProvingResult[]) {
  const meanOf = (of: (result: ProvingResult) => number): number => mean(results.map(of));
  return {
    ...{ concentration: meanOf(({ paid }) => concentration(paid)), work: meanOf(({ work }) => work) },
    ...{ delay: meanOf(({ delays }) => mean(delays)), slowest: meanOf(({ delays }) => percentile(delays, 99)) },
    ...{ gas: meanOf(({ gas }) => gas), profit: meanOf(({ profit }) => profit) / MILLI },
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const COMMON = {
  concentration: { title: "HHI of the paid proofs", digits: 3 },
  work: { title: "proofs begun for each that is used", digits: 2 },
  delay: { title: "mean delay of a batch", unit: "s", digits: 1 },
  slowest: { title: "delay of 99 in 100", unit: "s", digits: 1 },
  gas: { title: "gas of all proofs for each that advances the state", digits: 0 },
  profit: { title: "profit of all aggregators for each", unit: "0.001 ETH", digits: 3 },
} as const;

const race = part({
  columns: { strategy: { title: "aggregators" }, spread: { title: "spread of speeds", digits: 2 }, ...COMMON },
  meaning: "A row is the mean of some runs of the race: the first proof takes the fee.",
  points: (values, seed) =>
    values.strategies.flatMap((strategy) =>
      values.spreads.map((spread) => ({
        label: `${strategy}, ${spread}`,
        run: () => {
          const race = { strategy: strategy as AggregatorName, spread, count: values.aggregators, fee: values.fee };
          const results = upTo(values.worlds).map((world) =>
            play(values, { ...race, pay: { kind: "first" } }, world, seed),
          );
          return [{ strategy, spread, ...rowOf(results) }];
        },
      })),
    ),
});

const priority = part({
  columns: { strategy: { title: "aggregators" }, spread: { title: "spread of speeds", digits: 2 }, ...COMMON },
  meaning: "A row is the mean of some runs in which the holder of a slot of RandomPriority proves alone.",
  points: (values, seed) =>
    values.strategies.flatMap((strategy) =>
      values.spreads.map((spread) => ({
        label: `${strategy}, ${spread}`,
        run: () => {
          const chosen = { strategy: strategy as AggregatorName, spread, count: values.aggregators, fee: values.fee };
          const results = upTo(values.worlds).map((world) =>
            play(values, { ...chosen, pay: { kind: "first" }, hasPriority: true }, world, seed),
          );
          return [{ strategy, spread, ...rowOf(results) }];
        },
      })),
    ),
});

const shared = part({
  columns: {
    fee: { title: "fee", unit: "0.001 ETH", digits: 2 },
    blocks: { title: "blocks that share", digits: 0 },
    sharers: { title: "proofs that are paid", digits: 2 },
    bound: { title: "reward / (proof + gas)", digits: 2 },
    ...COMMON,
  },
  meaning: "A row is a run with a shared fee; all aggregators have the same speed and learn what pays.",
  points: (values, seed) =>
    values.fees.flatMap((fee) =>
      values.sharedBlocks.map((blocks) => ({
        label: `${fee}, ${blocks}`,
        run: () => {
          const pay = { kind: "shared", blocks } as const;
          const result = play(values, { strategy: "learner", spread: 0, count: values.entrants, fee, pay }, 0, seed);
          const latecomer = values.proofCost + (values.sharedGas * values.gasPrice * GWEI) / MILLI;
          return [{ fee, blocks, sharers: result.sharers, bound: fee / latecomer, ...rowOf([result]) }];
        },
      })),
    ),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

function findings({ race: races, priority: drawn, shared: shares }: Tables, values: V): Finding[] {
  const { spreads, strategies, aggregators, sharedBlocks } = values;
  const [narrow, wide] = [Math.min(...spreads), Math.max(...spreads)];
  const [first, last] = [strategies[0]!, strategies.at(-1)!];
  const at = (strategy: string, spread: number): Rows["rows"][number] => races!.where({ strategy, spread }).only();
  const series = (strategy: string, column: string, digits: number): string =>
    spreads.map((spread) => at(strategy, spread).number(column).toFixed(digits)).join(", ");
  const drawnAt = (spread: number): Rows["rows"][number] => drawn!.where({ strategy: first, spread }).only();
  const drawnSeries = (column: string, digits: number): string =>
    spreads.map((spread) => drawnAt(spread).number(column).toFixed(digits)).join(", ");
  const long = Math.max(...sharedBlocks);
  const rows = shares!.where({ blocks: long }).rows;
  const rents = rows.map((row) => row.number("profit") / row.number("fee"));
  const alone = at(last, narrow);
  const dear = rows.at(-1)!;
  return [
    {
      name: "winner",
      text: `The race is for the fastest: with a spread of speeds of ${spreads.join(", ")} the HHI of the paid proofs is ${series(first, "concentration", 2)} among ${aggregators} aggregators; ${(1 / aggregators).toFixed(2)} would be equal, and 0.18 counts as concentrated.`,
      holds:
        at(first, wide).number("concentration") > 0.18 && at(first, narrow).number("concentration") < 1.5 / aggregators,
    },
    {
      name: "waste",
      text: `If all prove everything that would pay alone (${first}), ${series(first, "work", 1)} proofs are begun for each that is used. If aggregators stop where they lose money (${last}), it is ${series(last, "work", 1)}, and the HHI ${series(last, "concentration", 2)}: competition ends the waste by ending the competition.`,
      holds: spreads.every((spread) => at(last, spread).number("work") <= at(first, spread).number("work") + 0.2),
    },
    {
      name: "delay",
      text: `The race is fast: the mean delay is ${series(first, "delay", 0)} s, as the fastest of ${aggregators} machines sets it. A proof that comes second reverts for ${gasOf("gas", "verify too late (reverts)").toLocaleString("en")} gas and its calldata, so gas is no part of the waste: ${series(first, "gas", 0)} for each proof that advances the state.`,
      holds: at(first, wide).number("delay") < at(first, narrow).number("delay"),
    },
    {
      name: "priority",
      text: `Random priority ends the concentration and most of the waste: the HHI is ${drawnSeries("concentration", 2)} in place of ${series(first, "concentration", 2)}, and ${drawnSeries("work", 1)} proofs are begun for each that is used, in place of ${series(first, "work", 1)}. Its price is delay, ${drawnSeries("delay", 0)} s in place of ${series(first, "delay", 0)}: the holder has the median speed, and a batch that comes too late in its slot waits for the next one. The waste that is left are proofs of others that are begun for the end of a slot. The widest spread keeps those out whose proofs do not fit into a slot.`,
      holds: spreads.every(
        (spread) =>
          drawnAt(spread).number("work") < at(first, spread).number("work") - 0.5 ||
          (spread === wide && drawnAt(spread).number("concentration") < at(first, spread).number("concentration")),
      ),
    },
    {
      name: "shared",
      text: `A shared reward is used up by entry: with fees of ${rows.map((row) => row.number("fee")).join(", ")} · 0.001 ETH and ${long} blocks to share, ${rows.map((row) => row.number("sharers").toFixed(1)).join(", ")} proofs are paid, where reward / (proof + gas) is ${rows.map((row) => row.number("bound").toFixed(1)).join(", ")}. Of the highest fee all aggregators together keep ${(100 * rents.at(-1)!).toFixed(0)}%.`,
      holds:
        // Learners try again: some are always there who should not be.
        rows.every((row) => row.number("sharers") <= 1.1 * row.number("bound") + values.entrants / 20) &&
        dear.number("sharers") > rows[0]!.number("sharers") &&
        rents.every((rent) => rent < 0.5),
    },
    {
      name: "sharedGas",
      text: `The sharers burn it as gas: ${Math.round(dear.number("gas")).toLocaleString("en")} gas for each step of the state at the highest fee, against ${Math.round(alone.number("gas")).toLocaleString("en")} in the race, and ${dear.number("work").toFixed(1)} proofs for one that is needed. It equals the shares (HHI ${dear.number("concentration").toFixed(2)}), at the price of all the reward. That is the "no" of ADR 0073.`,
      holds: dear.number("gas") > 2 * alone.number("gas") && dear.number("work") > 2,
    },
  ];
}

function plots({ race: races, priority: drawn, shared: shares }: Tables, { strategies, sharedBlocks }: V): Plot[] {
  const x = { title: "spread of the aggregators' speeds" };
  const curves = (column: string): Curve[] => [
    ...strategies.map((strategy) => ({ name: strategy, points: races!.where({ strategy }).points("spread", column) })),
    ...strategies.slice(0, 1).map((strategy) => ({
      ...{ name: `${strategy}, random priority`, points: drawn!.where({ strategy }).points("spread", column) },
    })),
  ];
  const panels = [
    { title: "concentration", x, y: { title: "HHI", range: [0, 1] as const }, curves: curves("concentration") },
    { title: "work", x, y: { title: "proofs begun for each used" }, curves: curves("work") },
    { title: "delay", x, y: { title: "mean seconds" }, curves: curves("delay") },
    { title: "delay, 99 in 100", x, y: { title: "seconds" }, curves: curves("slowest") },
  ];
  const fee = { title: "fee of a batch, 0.001 ETH", isLogarithmic: true };
  const long = Math.max(...sharedBlocks);
  const sharing = [
    {
      ...{ title: "proofs that are paid", x: fee, y: { title: "proofs" } },
      curves: [
        ...sharedBlocks.map((blocks): Curve => ({
          name: `${blocks} blocks to share`,
          points: shares!.where({ blocks }).points("fee", "sharers"),
        })),
        {
          name: "reward / (proof + gas)",
          isDashed: true,
          points: shares!.where({ blocks: long }).points("fee", "bound"),
        },
      ],
    },
    {
      ...{ title: "what is left of the fee", x: fee, y: { title: "profit of all, 0.001 ETH" } },
      curves: sharedBlocks.map((blocks): Curve => ({
        name: `${blocks} blocks to share`,
        points: shares!.where({ blocks }).points("fee", "profit"),
      })),
    },
  ];
  return [
    {
      name: "race",
      description:
        "The HHI grows with the spread of speeds; learners begin fewer proofs than eager aggregators, and random priority keeps both low",
      svg: chart({ title: "The race of aggregators", panels }),
    },
    {
      name: "shared",
      description: "The number of paid proofs grows with the fee, until the fee is used up",
      svg: chart({ title: "Shared rewards", panels: sharing }),
    },
  ];
}

export const RACE = experimentOf({
  name: "race",
  title: "PoE: the race of aggregators",
  question:
    "Does the race concentrate proving, how much work does it waste, and do random priority or shared rewards help?",
  sources: [
    {
      text: "The race may result in a waste of both computation power for generating the proof and the gas fee for validating the proof.",
      place: "PoE, reply of CryptoWhite",
    },
    {
      text: "We are also considering the option to introduce some randomness in the ZKP acceptance or even to distribute the reward between close proofs in time.",
      place: "PoE, reply of davidsrz",
    },
    { text: "performance games end up being highly centralized", place: "PoE, reply of bet3lgeuse" },
  ],
  model:
    "Batches come at random times. An aggregator looks at each block of L1, begins a proof of all that waits if its strategy says so, and breaks it off when it sees that it has lost; the part that was computed is lost. `eager` is `decideProving` of the node program. `learner` is the same, but stops where its own proofs have not paid, and tries again now and then. Proofs in one block of L1 come in a random order. Gas is that of the snapshots, without calldata; a further paid proof costs `sharedGas`. `RandomPriority` runs on its model: one ticket each for those whose proofs fit into four fifths of a slot, the lowest draw is claimed five blocks before a slot, and a holder that let a batch wait is fined.",
  settings,
  small: { batches: 300, worlds: 2, spreads: [0, 1], fees: [1, 8], sharedBlocks: [5] },
  parts: { race, priority, shared },
  findings,
  plots,
});
