// SPDX-License-Identifier: MIT
import { Chance } from "../chance.ts";
import { exp, normalBelow, sum } from "../maths.ts";
import { PROPOSERS } from "../strategies/proposing.ts";
import { b52Parameters, B52World, type Offer } from "./b52.ts";
import {
  CLOCK,
  ElectionWorld,
  FUND,
  inSeq,
  PLACES,
  PROVER,
  seq,
  SLOT_ELECTIONS,
  SLOT_HOURS,
  type SlotElectionName,
} from "./elections.ts";

/** The elections of slots, no election at all, and B52. */
export const MEV_SYSTEMS = [...SLOT_ELECTIONS, "none", "B52"] as const;
export type MevSystem = (typeof MEV_SYSTEMS)[number];

export interface MevOptions {
  readonly system: MevSystem;
  readonly epochs: number;
  /** Spread of the sequencers' skill: the part of the MEV that they find is exp(−spread · |normal|). */
  readonly spread: number;
  /** The same of what each one finds in one slot. */
  readonly luck: number;
  /** Priority fees and mean MEV of a slot, in SEQ. */
  readonly fees: number;
  readonly mev: number;
  readonly stake: number;
  /** Income of aggregators from batch fees, less their costs, of a slot. */
  readonly proving: number;
  /** Of an election's proceeds, in 1/10,000. */
  readonly toAggregators: bigint;
  readonly toFund: bigint;
}

/** Where the fees and the MEV of all slots go, in SEQ. */
export interface MevResult {
  readonly total: number;
  /** By sequencer. */
  readonly sequencers: readonly number[];
  readonly aggregators: number;
  readonly burned: number;
  readonly fund: number;
  /** MEV that nobody took. */
  readonly left: number;
  /** Tips for the first place in a block of L1. */
  readonly l1: number;
  /** Slots by sequencer. */
  readonly slots: readonly number[];
}

interface Market {
  readonly names: readonly string[];
  /** Mean part of the MEV that each one finds. */
  readonly skills: readonly number[];
  readonly mevOf: (slot: bigint) => number;
  /** MEV of a slot that a sequencer finds. */
  readonly foundBy: (i: number, slot: bigint) => number;
}

function marketOf({ spread, luck, mev }: MevOptions, seed: number): Market {
  const chance = new Chance(seed, `skill ${spread}`);
  const names = Array.from({ length: PLACES }, (_, i) => `sequencer ${i}`);
  const partOf = (deviation: number, source: Chance): number => exp(-deviation * Math.abs(source.normal()));
  const skills = names.map(() => partOf(spread, chance));
  const market = new Chance(seed, `mev ${spread} ${luck}`);
  const known: { readonly all: number; readonly found: readonly number[] }[] = [];
  const at = (slot: bigint) => {
    while (known.length <= Number(slot)) {
      const all = market.exponential(mev);
      known.push({ all, found: skills.map((skill) => all * skill * partOf(luck, market)) });
    }
    return known[Number(slot)]!;
  };
  return { names, skills, mevOf: (slot) => at(slot).all, foundBy: (i, slot) => at(slot).found[i]! };
}

export function runMev(options: MevOptions, seed: number): MevResult {
  const market = marketOf(options, seed);
  if (options.system === "none") return runRace(options, market);
  if (options.system === "B52") return runHeights(options, market, seed);
  return runElection(options, options.system, market, seed);
}

const slotsOf = (epochs: number): number => epochs * Number(CLOCK.epochSlots);

/** Everybody may post: the first place in a block of L1 is sold for the second highest worth, to L1. */
function runRace({ epochs, fees, proving }: MevOptions, { names, mevOf, foundBy }: Market): MevResult {
  const worth = (i: number, slot: bigint): number => fees + foundBy(i, slot);
  const [sequencers, slots] = [names.map(() => 0), names.map(() => 0)];
  let [left, l1, total] = [0, 0, 0];
  for (let slot = 0n; slot < BigInt(slotsOf(epochs)); slot++) {
    const order = [...names.keys()].sort((a, b) => worth(b, slot) - worth(a, slot));
    const [first, second] = [order[0]!, order[1]!];
    sequencers[first]! += worth(first, slot) - worth(second, slot);
    slots[first]!++;
    [l1, left] = [l1 + worth(second, slot) - proving, left + mevOf(slot) - foundBy(first, slot)];
    total += fees + mevOf(slot);
  }
  return { total, sequencers, aggregators: slotsOf(epochs) * proving, burned: 0, fund: 0, left, l1, slots };
}

function runElection(options: MevOptions, election: SlotElectionName, market: Market, seed: number): MevResult {
  const { epochs, fees, mev, stake, proving, toAggregators, toFund } = options;
  const { names, skills, mevOf, foundBy } = market;
  // Mean of exp(−luck · |normal|).
  const luck = 2 * exp((options.luck * options.luck) / 2) * normalBelow(-options.luck);
  const worth = (i: number, slot: bigint): number => fees + foundBy(i, slot);
  const [first, end] = [64n, 64n + BigInt(slotsOf(epochs))];
  const world = new ElectionWorld(election, {
    ...{ parties: names, stake, provesService: () => true, chance: new Chance(seed, `mev ${election}`), winners: 8 },
    shares: { aggregators: toAggregators, fund: toFund, fundAccount: FUND, poolLeaves: 64n },
    worthOf: (party, slot) => {
      if (slot < first || slot >= end) return 0;
      const i = names.indexOf(party);
      // Seats of an epoch are sold before anybody knows its MEV.
      const value = election === "MultiWinnerAuction" ? fees + mev * skills[i]! * luck : worth(i, slot);
      return Math.max(0, value - proving);
    },
  });
  const { model, consensus, course } = world;
  const before = names.map((name) => course.worth(name));
  const [earned, slots] = [names.map(() => 0), names.map(() => 0)];
  let [left, total, served] = [0, 0, 0];
  const last = model.clock.slotStart(end + 4n * CLOCK.epochSlots);
  while (world.now.block < last) {
    world.next();
    const slot = model.clock.slotAt(world.now);
    const holder = model.holderOf(slot);
    if (world.now.block % 10n === 0n && consensus.mayPost(holder ?? names[0]!, world.now)) {
      consensus.post(holder ?? names[0]!, [1n], world.now);
    }
    world.proveAll();
    if (world.now.block !== model.clock.slotStart(slot) || slot < first || slot >= end) continue;
    total += fees + mevOf(slot);
    const i = holder === undefined ? 0 : names.indexOf(holder);
    earned[i]! += worth(i, slot) - proving;
    [left, served] = [left + mevOf(slot) - foundBy(i, slot), served + 1];
    slots[i]!++;
  }
  const { proceeds } = course;
  const balanceOf = (account: string): bigint => course.balanceOf?.(account) ?? 0n;
  const toProvers = proceeds === undefined ? 0n : balanceOf(PROVER) + proceeds.pool;
  return {
    sequencers: earned.map((income, i) => income - inSeq(before[i]! - course.worth(names[i]!))),
    ...{ total, aggregators: served * proving + inSeq(toProvers), left, l1: 0, slots },
    ...{ burned: proceeds === undefined ? 0 : inSeq(proceeds.toBurn + proceeds.burned) },
    ...{ fund: inSeq(balanceOf(FUND)) },
  };
}

/** Tickets that vote for each proposer's block. */
const TICKETS = 6;

/** Proposers with as many tickets each, who raise in the network until only one is left, as `outbid`. */
function runHeights({ epochs, fees }: MevOptions, { names, mevOf, foundBy }: Market, seed: number): MevResult {
  const params = b52Parameters("local", {
    ...{ maxLeaves: 4, targetProvers: 1n, minBid: 1n, pipelined: false, fairPay: false, maxUncles: 0 },
  });
  const owners = names.flatMap((name) => Array.from({ length: TICKETS }, () => `prover of ${name}`));
  const world = new B52World(params, owners, `mev ${seed}`);
  const perHeight = Math.round((params.proposalWindow + params.proofWindow) / 3_600 / SLOT_HOURS);
  const heights = Math.floor(slotsOf(epochs) / perHeight);
  const [sequencers, slots] = [names.map(() => 0), names.map(() => 0)];
  let [left, total, burned] = [0, 0, 0];
  const toProposer = (params.blockReward * (10_000n - params.maxShare)) / 10_000n;
  for (let height = 0; height < heights; height++) {
    const covered = Array.from({ length: perHeight }, (_, i) => BigInt(perHeight * height + i));
    const found = sum(covered.map(mevOf));
    const worths = names.map((_, i) => fees * perHeight + sum(covered.map((slot) => foundBy(i, slot))));
    const order = [...names.keys()].sort((a, b) => worths[b]! - worths[a]!);
    const offers: Offer[] = [];
    const rivals: { bid: bigint; provers: bigint }[] = [];
    for (const i of order.slice(0, 2).reverse()) {
      const strategy = rivals.length === 0 ? PROPOSERS.truthful : PROPOSERS.outbid;
      const provers = BigInt(TICKETS);
      const bid = strategy({
        ...{ value: seq(worths[i]!) + toProposer, provers, rivals, rule: world.model.scoreRule, minBid: params.minBid },
        ...{ proposers: PLACES, most: 1_000_000_000_000_000_000_000_000_000_000n },
      });
      if (bid === undefined) continue;
      rivals.push({ bid, provers });
      const tickets = Array.from({ length: TICKETS }, (_, k) => i * TICKETS + k + 1);
      offers.push({ proposer: names[i]!, bid, share: params.maxShare, leaves: 4, tickets });
    }
    const { winner, change, burned: ofBids } = world.play(offers);
    const i = names.indexOf(winner);
    sequencers[i]! += worths[i]!;
    names.forEach((name, k) => (sequencers[k]! += inSeq(change.get(name) ?? 0n)));
    slots[i]!++;
    burned += inSeq(ofBids);
    total += fees * perHeight + found;
    left += found - (worths[i]! - fees * perHeight);
  }
  // The proposer's part of the block reward is issued, and bid: it is no fee and no MEV.
  burned -= heights * inSeq(toProposer);
  return { total, sequencers, aggregators: 0, burned, fund: 0, left, l1: 0, slots };
}
