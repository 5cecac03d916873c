// SPDX-License-Identifier: MIT
import { chart, places, type Curve } from "../../docs/plots/chart.ts";
import { UsageError } from "../../commandLine.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { concentration, inequality, sum } from "../maths.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import { PLACES } from "../worlds/elections.ts";
import { MEV_SYSTEMS, runMev, type MevOptions, type MevSystem } from "../worlds/mev.ts";

const SELLING = ["SlotAuction", "MultiWinnerAuction", "ProposerSale"] as const;

const settings = {
  systems: words([...MEV_SYSTEMS], MEV_SYSTEMS, "elections, no election, B52"),
  epochs: whole(40, [4, 2_000], "epochs"),
  spreads: decimals([0, 0.3, 1], [0, 3], "spread of the skill of 16 sequencers"),
  luck: decimal(0.3, [0, 3], "the same of what each one finds in one slot"),
  fees: decimal(40, [0, 100_000], "priority fees of a slot", "SEQ"),
  mev: decimal(60, [0, 100_000], "mean MEV of a slot", "SEQ"),
  proving: decimal(1, [0, 100_000], "income of the aggregators from the batch fees of a slot, less their costs", "SEQ"),
  stake: decimal(10_000, [100, 1_000_000], "stake or bond of each of 16 places", "SEQ"),
  toAggregators: decimal(50, [0, 100], "part of an election's proceeds for aggregators", "%"),
  toFund: decimal(20, [0, 100], "part for a fund of the users; the rest is burned", "%"),
  sweep: decimals([0, 25, 50, 75, 100], [0, 100], "parts for aggregators that are compared", "%"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

function optionsOf(values: V, system: MevSystem, spread: number): MevOptions {
  const { epochs, luck, fees, mev, proving, stake } = values;
  return {
    ...{ system, epochs, spread, luck, fees, mev, proving, stake },
    ...{
      toAggregators: BigInt(Math.round(100 * values.toAggregators)),
      toFund: BigInt(Math.round(100 * values.toFund)),
    },
  };
}

/** As many aggregators as sequencers share the work evenly. */
const incomesOf = (sequencers: readonly number[], aggregators: number): number[] => [
  ...sequencers.map((income) => Math.max(0, income)),
  ...Array.from({ length: PLACES }, () => aggregators / PLACES),
];

// ─── Who gets it ─────────────────────────────────────────────────────────────────────────────────────────────────────

const PARTS = ["sequencers", "aggregators", "burned", "fund", "left", "l1"] as const;

const parts = part({
  columns: {
    system: { title: "election" },
    spread: { title: "spread of skill", digits: 2 },
    sequencers: { title: "sequencers", unit: "%", digits: 1 },
    aggregators: { title: "aggregators", unit: "%", digits: 1 },
    burned: { title: "burned", unit: "%", digits: 1 },
    fund: { title: "fund of the users", unit: "%", digits: 1 },
    left: { title: "left with the users", unit: "%", digits: 1 },
    l1: { title: "builders of L1", unit: "%", digits: 1 },
    slots: { title: "HHI of the slots", digits: 3 },
    gini: { title: "Gini of sequencers and aggregators", digits: 3 },
  },
  meaning: "A row is the division of all priority fees and all MEV of a run.",
  points: (values, seed) =>
    values.systems.flatMap((system) =>
      values.spreads.map((spread) => ({
        label: `${system}, ${spread}`,
        run: () => {
          const result = runMev(optionsOf(values, system as MevSystem, spread), seed);
          const of = (amount: number): number => (100 * amount) / result.total;
          return [
            {
              ...{ system, spread, sequencers: of(sum(result.sequencers)), aggregators: of(result.aggregators) },
              ...{ burned: of(result.burned), fund: of(result.fund), left: of(result.left), l1: of(result.l1) },
              slots: concentration(result.slots),
              gini: inequality(incomesOf(result.sequencers, result.aggregators)),
            },
          ];
        },
      })),
    ),
});

// ─── Shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const shares = part({
  columns: {
    system: { title: "election" },
    share: { title: "part for aggregators", unit: "%", digits: 0 },
    sequencers: { title: "sequencers", unit: "%", digits: 1 },
    aggregators: { title: "aggregators", unit: "%", digits: 1 },
    gini: { title: "Gini of sequencers and aggregators", digits: 3 },
  },
  meaning:
    "A row is an election that sells slots, with another part of the proceeds for aggregators; the rest is burned.",
  points: (values, seed) =>
    SELLING.filter((system) => values.systems.includes(system)).flatMap((system) =>
      values.sweep.map((share) => ({
        label: `${system}, ${share}`,
        run: () => {
          const options = optionsOf({ ...values, toAggregators: share, toFund: 0 }, system, middleOf(values));
          const result = runMev(options, seed);
          return [
            {
              ...{ system, share, sequencers: (100 * sum(result.sequencers)) / result.total },
              aggregators: (100 * result.aggregators) / result.total,
              gini: inequality(incomesOf(result.sequencers, result.aggregators)),
            },
          ];
        },
      })),
    ),
});

const middleOf = ({ spreads }: V): number => spreads[Math.floor(spreads.length / 2)]!;

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Cell = Tables[string]["rows"][number];

function findings({ parts: table, shares: swept }: Tables, values: V): Finding[] {
  const { systems, spreads, toAggregators, sweep } = values;
  const middle = middleOf(values);
  const at = (system: string, spread = middle): Cell => table!.where({ system, spread }).only();
  const list = (names: readonly string[], column: string, digits = 0): string =>
    names.map((name) => `${name} ${at(name).number(column).toFixed(digits)}`).join(", ");
  const sold = systems.filter((name) => (SELLING as readonly string[]).includes(name));
  const rest = systems.filter((name) => !sold.includes(name) && name !== "none" && name !== "B52");
  const wide = Math.max(...spreads);
  const drawn = rest.filter((name) => name !== "Authority");
  const best = (system: string): Cell =>
    swept!.where({ system }).rows.reduce((least, row) => (row.number("gini") < least.number("gini") ? row : least));
  const withoutShare = swept!.rows.filter((row) => row.number("share") === Math.min(...sweep));
  const isWhole = table!.rows.every((row) => Math.abs(sum(PARTS.map((name) => row.number(name))) - 100) < 0.5);
  const swings = [at("SlotAuction", wide), at("StakeRotation", wide)] as const;
  return [
    {
      name: "kept",
      text: `Where a seat or a stake elects, sequencers keep the MEV: ${list(rest, "sequencers")}% of all fees and MEV, and aggregators have their proving fees (${at("StakeRotation").number("aggregators").toFixed(0)}%). This is the inequality that the source names.`,
      holds: isWhole && rest.every((name) => at(name).number("sequencers") > 10 * at(name).number("aggregators")),
    },
    {
      name: "sold",
      text: `Where slots are sold, competition gives it away: sequencers keep ${list(sold, "sequencers")}%, and aggregators get ${list(sold, "aggregators")}% with a part of ${toAggregators}% of the proceeds. In ProposerSale the drawn seller keeps half of the price.`,
      holds: sold.every((name) => at(name).number("sequencers") < at("StakeRotation").number("sequencers") - 10),
    },
    {
      name: "race",
      text: `Without an election it leaves the rollup: sequencers outbid each other for the first place in a block of L1, and L1's builders get ${at("none").number("l1").toFixed(0)}%. B52 burns the same: ${at("B52").number("burned").toFixed(0)}%. So an election of sequencers is worth having for this alone.`,
      holds: at("none").number("l1") > 50 && at("B52").number("burned") > 50,
    },
    {
      name: "skill",
      text: `Auctions concentrate where skill differs. With a spread of ${wide} the HHI of the slots is ${swings[0].number("slots").toFixed(2)} in SlotAuction, ${at("MultiWinnerAuction", wide).number("slots").toFixed(2)} in MultiWinnerAuction, where a bidder has one seat here, and ${swings[1].number("slots").toFixed(2)} in the stake rotation; ${(1 / PLACES).toFixed(2)} is equal. In exchange less MEV is left unfound (${swings[0].number("left").toFixed(0)}% against ${swings[1].number("left").toFixed(0)}%), which a user may like or not.`,
      holds:
        swings[0].number("slots") > 2 * swings[1].number("slots") &&
        swings[0].number("left") < swings[1].number("left"),
    },
    {
      name: "drawn",
      text: `A draw does not look at skill: the HHI of the slots with spreads of ${spreads.join(", ")} is ${drawn.map((name) => `${spreads.map((spread) => at(name, spread).number("slots").toFixed(2)).join(", ")} (${name})`).join("; ")}.`,
      holds: drawn.every((name) => spreads.every((spread) => at(name, spread).number("slots") < 0.12)),
    },
    {
      name: "shares",
      text: `The part for aggregators is a dial between the two. Without it the Gini over ${PLACES} sequencers and ${PLACES} aggregators is ${withoutShare.map((row) => `${row.number("gini").toFixed(2)} (${row.word("system")})`).join(", ")}; it is lowest with ${sold.map((name) => `${best(name).number("share")}% (${best(name).number("gini").toFixed(2)}, ${name})`).join(", ")}. In an auction with close bids sequencers keep so little that any part makes the aggregators the richer side, so the dial should be set by what proving capacity the rollup needs, and not for equality.`,
      holds: withoutShare.every((row) => row.number("gini") >= best(row.word("system")).number("gini")),
    },
  ];
}

const SHORT: Readonly<Record<string, string>> = {
  ...{ SlotAuction: "Slot auction", MultiWinnerAuction: "MultiWinner", ProposerSale: "Sale", none: "no election" },
  ...{ StakeRotation: "Rotation", DelegatedStake: "Delegated", PerformanceRotation: "Performance" },
};
const NAMES: Readonly<Record<(typeof PARTS)[number], string>> = {
  ...{ sequencers: "sequencers", aggregators: "aggregators", burned: "burned", fund: "fund of the users" },
  ...{ left: "left with the users", l1: "builders of L1" },
};

function plots({ parts: table, shares: swept }: Tables, values: V): Plot[] {
  const { systems } = values;
  const middle = middleOf(values);
  const names = systems.map((system) => SHORT[system] ?? system);
  const rows = systems.map((system) => table!.where({ system, spread: middle }).only());
  const panels = [
    {
      ...{ title: `spread of skill: ${middle}`, x: { title: "election", ticks: places(names) } },
      y: { title: "% of fees and MEV", range: [0, 100] as const },
      curves: PARTS.map((name): Curve => ({
        ...{ name: NAMES[name], look: "stack" },
        points: rows.map((row, i) => [i, Math.max(0, row.number(name))] as const),
      })),
    },
  ];
  const x = { title: "part of the proceeds for aggregators, %" };
  const sold = SELLING.filter((system) => systems.includes(system));
  const curves = (column: string): Curve[] =>
    sold.map((system) => ({ name: system, points: swept!.where({ system }).points("share", column) }));
  const dial = [
    { title: "income of aggregators", x, y: { title: "% of fees and MEV" }, curves: curves("aggregators") },
    { title: "inequality", x, y: { title: "Gini", range: [0, 1] as const }, curves: curves("gini") },
  ];
  return [
    {
      name: "parts",
      description:
        "Sequencers keep the MEV in rotations, aggregators and burning get it in auctions, L1 gets it without an election",
      svg: chart({ title: "Who gets fees and MEV", panels }),
    },
    {
      name: "shares",
      description: "The aggregators' income grows with their part of the proceeds",
      svg: chart({ title: "Sharing the proceeds with aggregators", panels: dial }),
    },
  ];
}

export const MEV = experimentOf({
  name: "mev",
  title: "Who gets the MEV",
  question: "How are fees and MEV divided between users, sequencers, aggregators and burning under each election?",
  sources: [
    {
      text: "The problem is that this high revenue is solely enjoyed by the sequencer, and the aggregator does not get any information or access to this revenue.",
      place: "Decentralization, The MEV Inequality Problem",
    },
    {
      text: "they can submit another L1 transaction with the same L2 transactions in the call data but now with the desired order / inclusion of transactions and a higher gas tip",
      place: "Decentralization, on the race of sequencers",
    },
  ],
  model:
    "Each slot has priority fees and a random MEV, of which a sequencer finds a part: its skill times its luck in this slot. 16 honest sequencers serve the elections' models; the holder of a slot takes its fees and the MEV that it finds. `SlotAuction` and `ProposerSale` are ascending auctions among those who know what they find; seats of `MultiWinnerAuction` (8 winners) are sold for the mean before the epoch. Payments, shares and pools are those of the models. `none` sells the first place in L1's block for the second highest worth. B52 plays heights on its model with two bidders of equal tickets, and burns the bids. Elections of provers leave sequencers as in `none`. MEV that a sequencer does not find is left with the users. Delegators' parts are the operators' own decision, and are counted as sequencers'.",
  settings,
  small: { epochs: 6, spreads: [0.3, 1], sweep: [0, 50] },
  check: ({ toAggregators, toFund }) => {
    if (toAggregators + toFund > 100) {
      throw new UsageError(
        `--set toFund=${toFund}: must be at most ${100 - toAggregators}, as ${toAggregators}% of the proceeds are for aggregators`,
      );
    }
  },
  parts: { parts, shares },
  findings,
  plots,
});
