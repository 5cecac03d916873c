// SPDX-License-Identifier: MIT
import { ConsensusModel, type Moment } from "../../../test/model/elections/parts/index.ts";
import { MultiWinnerAuctionModel } from "../../../test/model/elections/multiWinnerAuction.ts";
import { SlotAuctionModel } from "../../../test/model/elections/slotAuction.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { mean } from "../maths.ts";
import { electionGasOf } from "../measured.ts";
import { decimal, whole, wholes, words, type Values } from "../settings.ts";
import { BIDDERS, type BidderName } from "../strategies/bidding.ts";

const RINGS = ["none", "half", "all"] as const;
type Ring = (typeof RINGS)[number];

const settings = {
  bidders: wholes([2, 3, 5, 10, 20], [2, 100], "bidders"),
  rings: words([...RINGS], RINGS, "bidders that are in a ring"),
  outsiders: words(["honest"], Object.keys(BIDDERS), "strategy of the bidders outside"),
  slots: whole(400, [10, 100_000], "slots of a run"),
  value: decimal(100, [2, 1_000_000], "greatest value of a slot; values are spread evenly up to it", "SEQ"),
  minBid: decimal(1, [0.001, 1_000], "least bid", "SEQ"),
  winners: whole(4, [1, 16], "winners of the multi-winner auction"),
  epochs: whole(200, [5, 10_000], "epochs of the multi-winner auction"),
  lengths: wholes([5, 25, 50, 100, 300, 1_800, 7_200], [1, 7_200], "lengths of a slot", "blocks"),
  valueMinute: decimal(10, [0.001, 100_000], "fees and MEV of a minute", "SEQ"),
  bidGas: whole(electionGasOf("SlotAuction", "bid, over another bid"), [21_000, 1_000_000], "gas of a bid"),
  bids: whole(4, [1, 100], "bids for a slot"),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  tokenPrice: decimal(0.001, [0.000_001, 10], "price of the native token", "ETH"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;
const BLOCK_TIME = 12;
const START: Moment = { block: 1_000n, time: 1_000_000n };
const at = (block: bigint): Moment => ({ block, time: START.time + (block - START.block) * BigInt(BLOCK_TIME) });
const SHARES = { aggregators: 5_000n, fund: 0n, fundAccount: "fund", poolLeaves: 64n };
const SLOTS = { clock: { slotBlocks: 50n, epochSlots: 32n }, silenceBlocks: 25n, opensAfter: 7_200n };

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `bidder ${i}`);
const membersOf = (ring: Ring, count: number): number =>
  ring === "none" ? 0 : ring === "half" ? Math.ceil(count / 2) : count;

// ─── Income ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const income = part({
  columns: {
    ring: { title: "in a ring" },
    bidders: { title: "bidders", digits: 0 },
    income: { title: "price of the greatest value", unit: "%", digits: 1 },
    theory: { title: "second price by theory", unit: "%", digits: 1 },
    best: { title: "slots that the highest value wins", unit: "%", digits: 1 },
    profit: { title: "profit of the winner, of the greatest value", unit: "%", digits: 1 },
  },
  meaning: "A row is an ascending auction of many slots.",
  points: (values, seed) =>
    values.rings.flatMap((ring) =>
      values.bidders.map((count) => ({
        label: `${ring}, ${count}`,
        run: () => [{ ring, bidders: count, ...playSlots(values, ring as Ring, count, seed) }],
      })),
    ),
});

/** Expected second highest of so many even values in percent, where a ring counts as its highest member. */
function theoryOf(ring: Ring, count: number, reserve: number): number {
  const members = membersOf(ring, count);
  if (members === count && count > 0) return reserve;
  if (members < 2) return (100 * (count - 1)) / (count + 1);
  // P(second highest ≤ x): all below, or one of the others above, or the ring's highest above.
  const others = count - members;
  const below = (x: number): number => {
    let [ofOthers, ofRing] = [1, 1];
    for (let i = 0; i < others; i++) ofOthers *= x;
    for (let i = 0; i < members; i++) ofRing *= x;
    const oneAbove = others === 0 ? 0 : others * (ofOthers / x) * (1 - x) * ofRing;
    return ofOthers * ofRing + oneAbove + ofOthers * (1 - ofRing);
  };
  const steps = 2_000;
  return (
    (100 * Array.from({ length: steps }, (_, i) => 1 - below((i + 0.5) / steps)).reduce((a, b) => a + b, 0)) / steps
  );
}

function playSlots({ slots, value, minBid, outsiders }: V, ring: Ring, count: number, seed: number) {
  const chance = new Chance(seed, `slots ${count}`);
  const order = new Chance(seed, `order ${ring} ${count}`);
  const names = namesOf(count);
  const consensus: ConsensusModel = new ConsensusModel(1_024n, START, () => model);
  const model: SlotAuctionModel = new SlotAuctionModel(SLOTS, START.block, consensus, SHARES, {
    ...{ minBid: seq(minBid), bondRate: 10_000n, reach: 200n, closeBlocks: 100n, finalBlocks: 50n },
    extensionBlocks: 10n,
  });
  for (const name of names) model.balances.credit(name, seq(value) * 1_000n);
  const members = membersOf(ring, count);
  const prices: number[] = [];
  const profits: number[] = [];
  let best = 0;
  // Three slots ahead, before the auction closes.
  for (let slot = 4n; slot < BigInt(slots) + 4n; slot++) {
    const now = at(model.clock.slotStart(slot - 4n));
    const worths = names.map(() => seq(value * chance.unit()));
    const leader = worths.slice(0, members).reduce((top, worth, i, all) => (worth > all[top]! ? i : top), 0);
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const i of order.shuffled(names.keys())) {
        const holder = model.holderOf(slot);
        const isMember = i < members;
        const bid = BIDDERS[isMember ? "ring" : (outsiders[0] as BidderName)]({
          ...{ value: worths[i]!, minimum: model.minimumFor(slot), isHolder: holder === names[i] },
          isFriendHolder: isMember && holder !== undefined && names.indexOf(holder) < members,
          isLeader: i === leader,
        });
        if (bid === undefined) continue;
        model.bid(names[i]!, slot, bid, now);
        isMoving = true;
      }
    }
    const sold = model.sold.get(slot);
    const price = sold?.bid ?? 0n;
    prices.push(inSeq(price));
    const winner = sold === undefined ? -1 : names.indexOf(sold.holder);
    if (winner >= 0) profits.push(inSeq(worths[winner]! - price));
    const highest = worths.reduce((most, worth) => (worth > most ? worth : most));
    if (winner >= 0 && worths[winner] === highest) best++;
    // The holder of the slot at hand serves it, and the one before is settled.
    const running = model.holderOf(slot - 4n);
    if (running !== undefined) {
      consensus.post(running, [1n], now);
      consensus.prove("aggregator", 1n, now);
    }
    if (model.sold.get(slot - 5n)?.isSettled === false) model.settle("anybody", slot - 5n, now);
  }
  return {
    ...{ income: (100 * mean(prices)) / value, theory: theoryOf(ring, count, (100 * minBid) / value) },
    ...{ best: (100 * best) / slots, profit: (100 * mean(profits)) / value },
  };
}

// ─── Several winners ─────────────────────────────────────────────────────────────────────────────────────────────────

const winners = part({
  columns: {
    bidders: { title: "bidders", digits: 0 },
    income: { title: "price of a seat, of the greatest value", unit: "%", digits: 1 },
    theory: { title: "the highest value without a seat by theory", unit: "%", digits: 1 },
  },
  meaning: "A row is a run of the multi-winner auction: each bidder wants one seat, and all winners pay the same.",
  points: (values, seed) =>
    values.bidders
      .filter((count) => count > values.winners)
      .map((count) => ({
        label: String(count),
        run: () => [{ bidders: count, ...playEpochs(values, count, seed) }],
      })),
});

function playEpochs({ epochs, value, minBid, winners: seats }: V, count: number, seed: number) {
  const chance = new Chance(seed, `epochs ${count}`);
  const names = namesOf(count);
  const consensus: ConsensusModel = new ConsensusModel(1_024n, START, () => model);
  const model: MultiWinnerAuctionModel = new MultiWinnerAuctionModel(SLOTS, START.block, consensus, SHARES, {
    ...{ minBid: seq(minBid), bond: seq(value), winners: seats, reserves: seats },
  });
  for (const name of names) model.balances.credit(name, seq(value) * 1_000n);
  const prices: number[] = [];
  for (let epoch = 2n; epoch < BigInt(epochs) + 2n; epoch++) {
    const now = at(model.clock.changesFrom(epoch));
    for (const name of chance.shuffled(names)) {
      const worth = seq(minBid + (value - minBid) * chance.unit());
      // With one price for all, its value is the best bid of a bidder that wants one seat.
      if (worth >= model.minimumBid(epoch)) model.bid(name, worth, now);
    }
    prices.push(inSeq(model.priceOf(epoch)));
  }
  return { income: (100 * mean(prices)) / value, theory: (100 * (count - seats)) / (count + 1) };
}

// ─── Length of a slot ────────────────────────────────────────────────────────────────────────────────────────────────

const lengths = part({
  columns: {
    blocks: { title: "slot", unit: "blocks", digits: 0 },
    minutes: { title: "slot", unit: "min", digits: 1 },
    price: { title: "price of a slot with 5 honest bidders", unit: "SEQ", digits: 2 },
    hour: { title: "price of an hour of bad slots, with what is forgone", unit: "SEQ", digits: 1 },
    overhead: { title: "gas of the bids, of the price", unit: "%", digits: 4 },
    slots: { title: "slots that a censor has to buy for an hour", digits: 2 },
  },
  meaning:
    "A row is a length of the slots. A censor pays the price, and forgoes the fees of the users that it leaves out.",
  points: ({ lengths: all, valueMinute, bidGas, bids, gasPrice, tokenPrice }) =>
    all.map((blocks) => ({
      label: String(blocks),
      run: () => {
        const minutes = (blocks * BLOCK_TIME) / 60;
        const worth = minutes * valueMinute;
        const price = (worth * 4) / 6;
        const gas = (bidGas * bids * gasPrice) / 1e9 / tokenPrice;
        return [
          {
            ...{ blocks, minutes, price, hour: ((price + worth) * 60) / minutes, overhead: (100 * gas) / price },
            slots: 60 / minutes,
          },
        ];
      },
    })),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

function findings(
  { income: incomes, winners: seats, lengths: table }: Tables,
  { bidders, slots, winners: count }: V,
): Finding[] {
  const rows = (ring: Ring): readonly Rows["rows"][number][] => incomes!.where({ ring }).rows;
  const list = (all: readonly Rows["rows"][number][], column: string): string =>
    all.map((row) => row.number(column).toFixed(0)).join(", ");
  const noise = (3 * 30) / Math.sqrt(slots) + 6;
  const [short, long] = [table!.rows[0]!, table!.rows.at(-1)!];
  const cheap = table!.rows.find((row) => row.number("overhead") < 1);
  const most = Math.max(...bidders);
  const of = (ring: Ring): number => incomes!.where({ ring, bidders: most }).only().number("income");
  return [
    {
      name: "income",
      text: `An ascending auction sells a slot for the second highest value: ${list(rows("none"), "income")}% of the greatest value with ${bidders.join(", ")} bidders; theory says ${list(rows("none"), "theory")}%. As a raise is a tenth, the highest value wins ${list(rows("none"), "best")}% of the slots; the others go to a value near it.`,
      holds: rows("none").every((row) => Math.abs(row.number("income") - row.number("theory")) < noise),
    },
    {
      name: "rings",
      text: `A ring of half the bidders lowers the price to ${list(rows("half"), "income")}% (theory: ${list(rows("half"), "theory")}%): with ${most} bidders it hardly matters, with few it does. A ring of all pays the least bid, ${of("all").toFixed(1)}%. No rule of the auction sees a ring; entry is the answer, and a least bid that is worth having.`,
      holds:
        rows("half").every((row) => Math.abs(row.number("income") - row.number("theory")) < noise) &&
        of("none") - of("half") < 8 &&
        of("all") < 5,
    },
    // Empty if no number of bidders is above that of the seats.
    ...(seats!.rows.length === 0
      ? []
      : [
          {
            name: "winners",
            text: `${count} winners that all pay the highest bid without a seat pay ${list(seats!.rows, "income")}% of the greatest value each, with ${seats!.values("bidders").join(", ")} bidders (theory: ${list(seats!.rows, "theory")}%): less than one winner, as the price is set lower in the order.`,
            holds: seats!.rows.every((row) => Math.abs(row.number("income") - row.number("theory")) < noise),
          },
        ]),
    {
      name: "length",
      text: `The length of a slot does not change the price of an hour of censorship (${short.number("hour").toFixed(0)} SEQ at all lengths), but how long one purchase lasts: ${short.number("minutes").toFixed(0)} min at ${short.number("blocks")} blocks, ${(long.number("minutes") / 60).toFixed(0)} h at ${long.number("blocks")}. A short slot costs gas: ${short.number("overhead").toFixed(0)}% of the price at ${short.number("blocks")} blocks, less than 1% from ${cheap?.number("blocks") ?? "no"} blocks on. So the shortest slot whose bids are cheap beside its price is the best one.`,
      holds:
        Math.abs(short.number("hour") - long.number("hour")) < 0.2 &&
        short.number("overhead") > long.number("overhead"),
    },
  ];
}

function plots({ income: incomes, winners: seats, lengths: table }: Tables, { rings }: V): Plot[] {
  const x = { title: "bidders", isLogarithmic: true };
  const panels = [
    {
      ...{ title: "one winner", x, y: { title: "price, % of the greatest value", range: [0, 100] as const } },
      curves: [
        ...rings.map((ring): Curve => ({
          name: `in a ring: ${ring}`,
          points: incomes!.where({ ring }).points("bidders", "income"),
        })),
        {
          ...{ name: "theory, without a ring", isDashed: true },
          points: incomes!.where({ ring: rings[0]! }).points("bidders", "theory"),
        },
      ],
    },
    ...(seats!.rows.length === 0
      ? []
      : [
          {
            ...{ title: "several winners", x, y: { title: "price of a seat, %", range: [0, 100] as const } },
            curves: [
              { name: "uniform price", points: seats!.points("bidders", "income") },
              { name: "theory", isDashed: true, points: seats!.points("bidders", "theory") },
            ],
          },
        ]),
  ];
  const length = [
    {
      ...{ title: "gas of the bids", x: { title: "slot, blocks", isLogarithmic: true } },
      y: { title: "% of the price", isLogarithmic: true },
      curves: [{ name: "overhead", points: table!.points("blocks", "overhead") }],
    },
    {
      ...{ title: "how long one purchase lasts", x: { title: "slot, blocks", isLogarithmic: true } },
      y: { title: "minutes", isLogarithmic: true },
      curves: [{ name: "minutes", points: table!.points("blocks", "minutes") }],
    },
  ];
  return [
    {
      name: "income",
      description: "The price grows with the number of bidders, is lower with a ring, and nothing with a ring of all",
      svg: chart({ title: "Income of auctions", panels }),
    },
    {
      name: "length",
      description: "Short slots cost gas, long ones last",
      svg: chart({ title: "Length of a slot", panels: length }),
    },
  ];
}

export const AUCTIONS = experimentOf({
  name: "auctions",
  title: "Auctions: income, rings, length of a slot",
  question:
    "How much of a slot's value does an auction bring with few and many bidders, honest or in a ring, and how long should a slot be?",
  sources: [
    {
      text: "there is a possibility for collusion between the sequencers during the auction process. This could lead to artificially low bids",
      place: "Decentralization, MEV Auction",
    },
    {
      text: "The time slot must be large enough to provide economic benefits to the sequencer but must also be low enough so that the health of the network is not compromised",
      place: "the same place",
    },
  ],
  model:
    "`SlotAuction` and `MultiWinnerAuction` as their models have them (`test/model/elections`): raises of a tenth, bonds, settlements, seats. Each bidder has an independent value for each slot. `honest` bidders raise up to their value; in a `ring` only the member with the highest value bids. The table of lengths is arithmetic: a slot is worth what its minutes bring, and is sold for the second of five values.",
  settings,
  small: { slots: 60, epochs: 30, bidders: [2, 5, 10] },
  parts: { income, winners, lengths },
  findings,
  plots,
});
