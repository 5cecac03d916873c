// SPDX-License-Identifier: MIT
import { AuthorityModel } from "../../../test/model/elections/authority.ts";
import { DelegatedStakeModel } from "../../../test/model/elections/delegatedStake.ts";
import { MultiWinnerAuctionModel } from "../../../test/model/elections/multiWinnerAuction.ts";
import {
  ConsensusModel,
  type Moment,
  type ProceedsModel,
  type Role,
  type SelectorModel,
  type Shares,
  type SlotModel,
} from "../../../test/model/elections/parts/index.ts";
import { PerformanceRotationModel } from "../../../test/model/elections/performanceRotation.ts";
import { ProposerSaleModel } from "../../../test/model/elections/proposerSale.ts";
import type { SeatModel } from "../../../test/model/elections/seats.ts";
import { SlotAuctionModel } from "../../../test/model/elections/slotAuction.ts";
import { StakeRotationModel } from "../../../test/model/elections/stakeRotation.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";
import type { Chance } from "../chance.ts";

/** Elections of sequencers whose slots have a holder. */
export const SLOT_ELECTIONS = [
  "Authority",
  "SlotAuction",
  "MultiWinnerAuction",
  "StakeRotation",
  "DelegatedStake",
  "PerformanceRotation",
  "ProposerSale",
] as const;
export type SlotElectionName = (typeof SLOT_ELECTIONS)[number];

/** Seconds of a block of L1. */
export const BLOCK_TIME = 12;
const START: Moment = { block: 1_000n, time: 1_000_000n };
export const momentOf = (block: bigint): Moment => ({
  ...{ block, time: START.time + (block - START.block) * BigInt(BLOCK_TIME) },
});

export const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
export const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;

/** Slots of ten minutes, epochs of 32 slots: defaults of the contracts. */
export const CLOCK = { slotBlocks: 50n, epochSlots: 32n };
export const SLOT_HOURS = (Number(CLOCK.slotBlocks) * BLOCK_TIME) / 3_600;
/** Seats of an authority and of a multi-winner auction, and ids of a set with stakes. */
export const PLACES = 16;
const OPENS_AFTER = 7_200n;
const SILENCE = { others: 25n, rotation: 16n };
export const FUND = "fund";
export const PROVER = "prover";
export const SHARES: Shares = { aggregators: 5_000n, fund: 0n, fundAccount: FUND, poolLeaves: 64n };

/** A consensus with forced operations: a batch after the deadline of an operation has to take it. */
export class ForcedConsensus extends ConsensusModel {
  readonly forcedDeadline: bigint;
  /** Times of the operations that no batch has taken. */
  waiting: bigint[] = [];

  constructor(startsAt: Moment, selector: (consensus: ConsensusModel) => SelectorModel) {
    const { poe } = readParameters("local");
    super(poe.integer("maxPendingLeaves"), startsAt, selector);
    this.forcedDeadline = poe.integer("forcedDeadline");
  }

  isOverdue({ time }: Moment): boolean {
    return this.waiting.length > 0 && time > this.waiting[0]! + this.forcedDeadline;
  }

  /** Also `opensAfter` after the deadline of the oldest operation. */
  override opensAt(role: Role): bigint | undefined {
    const opensAt = super.opensAt(role);
    if (role === "aggregator" || opensAt === undefined || this.waiting.length === 0) return opensAt;
    const overdue = this.waiting[0]! + this.forcedDeadline + this.selector.terms.sequencer.opensAfter;
    return overdue < opensAt ? overdue : opensAt;
  }

  /** Whether an account may post a leaf. */
  mayPost(account: string, moment: Moment): boolean {
    const [first, opensAt] = [this.sequenced + 1n, this.opensAt("sequencer")];
    if (opensAt !== undefined && moment.time >= opensAt) return true;
    return this.selector.decide({ account, role: "sequencer", first, last: first, leaves: 1n }, moment);
  }
}

export interface ElectionOptions {
  readonly parties: readonly string[];
  /** Stake or bond of each party, in SEQ. */
  readonly stake: number;
  /** Worth of a slot to a party that wants to buy it, in SEQ; 0 if it does not. Asked once a slot and party. */
  readonly worthOf: (party: string, slot: bigint) => number;
  /** Whether a party pays for the evidence of its service, where the election asks for it. */
  readonly provesService: (party: string) => boolean;
  readonly chance: Chance;
  /** Default: half of the proceeds is for aggregators, and half is burned. */
  readonly shares?: Shares;
  /** Winners of a multi-winner auction. Default: `PLACES`. */
  readonly winners?: number;
}

/** An election with all that its parties do for it, block by block. */
interface Course {
  readonly model: SlotModel;
  /** Proceeds that are divided, and balances of those that they are for, if there are any. */
  readonly proceeds?: ProceedsModel;
  balanceOf?(account: string): bigint;
  /** A party's money in the election once nothing is open. */
  worth(party: string): bigint;
  /** A party's money that it cannot take out, in a slot. Default: all that it has in the election. */
  locked?(party: string, slot: bigint): bigint;
  /** In the first block. */
  enter?(now: Moment): void;
  /** In the first block in which the set of an epoch may change. */
  change?(epoch: bigint, now: Moment): void;
  /** In the seed block of an epoch. */
  seed?(epoch: bigint, now: Moment): void;
  /** In the first block of a slot: about those that are over, and those to come. */
  turn?(slot: bigint, now: Moment): void;
  /** Brings what a newcomer needs for a share of the places, if capital elects. */
  enterAs?(party: string, share: number, now: Moment): Entry;
}

/** A newcomer with a share of the places. */
export interface Entry {
  /** Capital that it brought itself, and capital of others. */
  readonly own: bigint;
  readonly others: bigint;
  /** Leaves at once. Gives the first block in which its capital is back. */
  leave(now: Moment): bigint;
}

/** One of the elections of slots on its model, with a clock. */
export class ElectionWorld {
  readonly name: SlotElectionName;
  readonly consensus: ForcedConsensus;
  readonly course: Course;
  now = START;

  constructor(name: SlotElectionName, options: ElectionOptions) {
    this.name = name;
    let course: Course | undefined;
    this.consensus = new ForcedConsensus(START, (consensus) => (course ??= COURSES[name](consensus, options)).model);
    if (this.consensus.selector !== course?.model) throw new Error(`${name} has no model`);
    this.course = course;
    this.course.enter?.(this.now);
  }

  get model(): SlotModel {
    return this.course.model;
  }

  /** Goes to the next block, and lets the parties do what the election asks of them. */
  next(): void {
    this.now = momentOf(this.now.block + 1n);
    const { clock } = this.model;
    const { block } = this.now;
    const epoch = clock.epochAt(this.now) + 1n;
    if (block === clock.changesFrom(epoch)) this.course.change?.(epoch, this.now);
    if (block === clock.freezeBlock(epoch) + 64n) this.course.seed?.(epoch, this.now);
    const slot = clock.slotAt(this.now);
    if (block === clock.slotStart(slot)) this.course.turn?.(slot, this.now);
  }

  /** Money of some parties that they cannot take out now, in SEQ. */
  lockedBy(parties: readonly string[]): number {
    const slot = this.model.clock.slotAt(this.now);
    const { course } = this;
    return inSeq(parties.reduce((sum, party) => sum + (course.locked?.(party, slot) ?? course.worth(party)), 0n));
  }

  /** Proves all that waits: provers are no part of these elections. */
  proveAll(): void {
    const { sequenced, verified } = this.consensus;
    if (sequenced > verified) this.consensus.prove(PROVER, sequenced - verified, this.now);
  }
}

// ─── Elections ───────────────────────────────────────────────────────────────────────────────────────────────────────

const SLOTS = { clock: CLOCK, silenceBlocks: SILENCE.others, opensAfter: OPENS_AFTER };
const ROTATION_SLOTS = { ...SLOTS, silenceBlocks: SILENCE.rotation };
/** Money for bids that nobody runs out of. */
const PURSE = 1_000_000_000;

const COURSES: Readonly<Record<SlotElectionName, (consensus: ConsensusModel, options: ElectionOptions) => Course>> = {
  Authority: authority,
  SlotAuction: slotAuction,
  MultiWinnerAuction: multiWinnerAuction,
  StakeRotation: (consensus, options) => {
    const model = new StakeRotationModel(ROTATION_SLOTS, seatsOf(options), ROTATION, surroundings(consensus, options));
    return rotation(model, options);
  },
  DelegatedStake: delegatedStake,
  PerformanceRotation: performanceRotation,
  ProposerSale: proposerSale,
};

function authority(consensus: ConsensusModel, { parties, stake }: ElectionOptions): Course {
  const bond = seq(stake);
  const model = new AuthorityModel(
    SLOTS,
    { bond, seats: BigInt(PLACES), notice: 172_800n, lifetime: 259_200n, detectionTime: 604_800n },
    { escapeDelay: 604_800n, council: "council", parties },
    START.block,
    consensus,
  );
  return {
    model,
    worth: (party) => model.balances.of(party) + (model.bonds.get(party)?.amount ?? 0n),
    enter: (now) =>
      parties.slice(0, PLACES).forEach((party, seat) => {
        model.balances.credit(party, bond);
        model.takeSeat(party, seat, now);
      }),
    // Only the council names parties: this is one gone bad.
    enterAs: (party, share, now) => {
      const seats = Array.from({ length: Math.round(share * PLACES) }, (_, seat) => seat);
      const names = seats.map((seat) => `${party} ${seat}`);
      const replacements = seats.map((seat) => ({ kind: "Replace", seat, account: names[seat] }) as const);
      const ready = momentOf(now.block + model.lockTime / BigInt(BLOCK_TIME) + 1n);
      replacements.forEach((operation, place) => model.enqueue("council", place, operation, now));
      replacements.forEach((operation, place) => model.execute(place, operation, ready));
      names.forEach((name, seat) => {
        model.balances.credit(name, bond);
        model.takeSeat(name, seat, ready);
      });
      return {
        ...{ own: bond * BigInt(seats.length), others: 0n },
        leave: (later) => {
          for (const name of names) model.resign(name, later);
          return later.block + model.bondTime / BigInt(BLOCK_TIME);
        },
      };
    },
  };
}

/** Lowest bid of the auctions, in SEQ. */
const MIN_BID = 1;

/** The bidders of a slot that want it, from the highest value on. */
function bidders({ parties, worthOf }: ElectionOptions, slot: bigint): { party: string; worth: number }[] {
  const wanting = parties
    .map((party) => ({ party, worth: worthOf(party, slot) }))
    .filter(({ worth }) => worth >= MIN_BID);
  return wanting.sort((a, b) => b.worth - a.worth || (a.party < b.party ? -1 : 1));
}

function slotAuction(consensus: ConsensusModel, options: ElectionOptions): Course {
  const terms = { minBid: seq(MIN_BID), bondRate: 10_000n, reach: 200n, closeBlocks: 100n, finalBlocks: 50n };
  const model = new SlotAuctionModel(SLOTS, START.block, consensus, options.shares ?? SHARES, {
    ...terms,
    extensionBlocks: 10n,
  });
  for (const party of options.parties) model.balances.credit(party, seq(PURSE));
  return {
    model,
    proceeds: model.proceeds,
    balanceOf: (account) => model.balances.of(account),
    worth: (party) => model.balances.of(party) - seq(PURSE),
    locked: (party, slot) =>
      [-1n, 0n, 1n, 2n, 3n, 4n].reduce((sum, ahead) => {
        const sold = model.sold.get(slot + ahead);
        const isOpen = sold?.holder === party && !sold.isSettled;
        return isOpen ? sum + sold.bid + model.bondFor(sold.bid) : sum;
      }, 0n),
    turn: (slot, now) => {
      if (model.sold.get(slot - 1n)?.isSettled === false) model.settle(PROVER, slot - 1n, now);
      // An ascending auction: the second stops at its value, and the first one raises once more.
      const [first, second] = bidders(options, slot + 4n);
      if (first === undefined) return;
      if (second !== undefined) model.bid(second.party, slot + 4n, seq(second.worth), now);
      const raise = model.minimumFor(slot + 4n);
      if (raise <= seq(first.worth)) model.bid(first.party, slot + 4n, raise, now);
    },
  };
}

function multiWinnerAuction(consensus: ConsensusModel, options: ElectionOptions): Course {
  const winners = options.winners ?? PLACES;
  const terms = { minBid: seq(MIN_BID), bond: seq(100), winners, reserves: winners };
  const model = new MultiWinnerAuctionModel(SLOTS, START.block, consensus, options.shares ?? SHARES, terms);
  for (const party of options.parties) model.balances.credit(party, seq(PURSE));
  return {
    model,
    proceeds: model.proceeds,
    balanceOf: (account) => model.balances.of(account),
    worth: (party) => model.balances.of(party) - seq(PURSE),
    locked: (party) => {
      const open = [...model.epochs.values()].filter(({ isSettled }) => !isSettled).flatMap(({ bids }) => bids);
      const own = open.filter(({ bidder }) => bidder === party);
      return own.reduce((sum, { bid, misses }) => sum + bid + model.bondAfter(misses), 0n);
    },
    change: (epoch, now) => {
      if (model.epochs.get(epoch - 2n)?.isSettled === false) model.settleEpoch(epoch - 2n, now);
      const slots = Number(model.seatSlots);
      // With one price for all winners, a bidder that wants one seat bids its value.
      const wanting = bidders(options, epoch * CLOCK.epochSlots);
      for (const { party, worth } of options.chance.shuffled(wanting)) {
        if (seq(worth * slots) >= model.minimumBid(epoch)) model.bid(party, seq(worth * slots), now);
      }
    },
    turn: (slot, now) => {
      if (slot > 0n && model.serviceOf(slot - 1n, now) === "Missed") model.reportMiss(slot - 1n, now);
    },
  };
}

const ROTATION = { floorRate: 2_000n, absenceRate: 200n };
/** The lowest stake is a tenth of each party's. */
const seatsOf = ({ stake }: ElectionOptions) => ({
  ...{ minStake: seq(stake / 10), seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n },
});

/** The `mixHash` of each block. */
export function mixHashes(chance: Chance): (block: bigint) => bigint {
  const known = new Map<bigint, bigint>();
  const word = (): bigint => BigInt(chance.below(0x1_0000_0000));
  return (block) => {
    if (!known.has(block)) {
      const words = Array.from({ length: 8 }, word);
      known.set(
        block,
        words.reduce((all, next) => (all << 32n) | next, 0n),
      );
    }
    return known.get(block)!;
  };
}

const surroundings = (consensus: ConsensusModel, { chance }: ElectionOptions) => ({
  ...{ genesisBlock: START.block, consensus, randomOf: mixHashes(chance) },
});

/** Reports the miss of the slot that is over, if its seat still pays for it. */
function reportMiss(model: SeatModel, slot: bigint, now: Moment): void {
  if (slot < 0n || model.turnsOf(slot).isEjected) return;
  if (model.serviceOf(slot, now) === "Missed") model.reportMiss(slot, now);
}

function drawSeats(model: SeatModel, now: Moment): void {
  model.seeds.seal(now);
  model.drawSeats(now);
}

function rotation(model: StakeRotationModel, { parties, stake }: ElectionOptions): Course {
  return {
    model,
    worth: (party) =>
      [...model.parties.values()]
        .filter(({ owner }) => owner === party)
        .reduce((sum, entry) => sum + entry.stake, model.balances.of(party)),
    enter: (now) =>
      parties.slice(0, PLACES).forEach((party, i) => {
        model.balances.credit(party, seq(stake));
        model.join(party, i + 1, seq(stake), now);
      }),
    seed: (_epoch, now) => drawSeats(model, now),
    turn: (slot, now) => reportMiss(model, slot - 1n, now),
    enterAs: (party, share, now) => {
      const own = toHave(share, seq(stake * PLACES));
      enterWith(model, party, PLACES + 1, own, now);
      return { own, others: 0n, leave: (later) => leaveAll(model, party, later) };
    },
  };
}

/** Stake that has a share beside a pool. */
const toHave = (share: number, pool: bigint): bigint =>
  (pool * BigInt(Math.round(share * 10_000))) / BigInt(Math.round((1 - share) * 10_000));

function enterWith(model: StakeRotationModel, party: string, id: number, stake: bigint, now: Moment): void {
  model.balances.credit(party, stake);
  model.join(party, id, stake, now);
}

function leaveAll(model: StakeRotationModel, party: string, now: Moment): bigint {
  const own = [...model.parties].filter(([, { owner }]) => owner === party);
  for (const [id] of own) model.exit(party, id, now);
  return model.clock.epochStart(own[0]![1].exitEpoch!);
}

/** Part of an operator's vault that is its own. */
export const OWN_PART = 0.2;
export const delegatorOf = (party: string): string => `delegator of ${party}`;

function delegatedStake(consensus: ConsensusModel, options: ElectionOptions): Course {
  const { parties, stake } = options;
  const model = new DelegatedStakeModel(
    ROTATION_SLOTS,
    seatsOf(options),
    { maxRatio: 10n },
    surroundings(consensus, options),
  );
  return {
    model,
    worth: (account) =>
      [...model.vaults.values()].reduce((sum, vault) => {
        const shares = vault.holdings.get(account)?.shares ?? 0n;
        return shares === 0n ? sum : sum + (vault.assets * shares) / model.sharesOf(vault);
      }, model.balances.of(account)),
    enter: (now) =>
      parties.slice(0, PLACES).forEach((party, i) => {
        const own = seq(stake * OWN_PART);
        model.balances.credit(party, own);
        model.open(party, i + 1, own, 1_000n, now);
        model.balances.credit(delegatorOf(party), seq(stake) - own);
        model.delegate(delegatorOf(party), i + 1, seq(stake) - own, 0n, now);
      }),
    seed: (_epoch, now) => drawSeats(model, now),
    turn: (slot, now) => reportMiss(model, slot - 1n, now),
    enterAs: (party, share, now) => {
      const all = toHave(share, seq(stake * PLACES));
      const own = all / model.vaultRules.maxRatio + 1n;
      model.balances.credit(party, own);
      model.open(party, PLACES + 1, own, 0n, now);
      model.balances.credit(delegatorOf(party), all - own);
      model.delegate(delegatorOf(party), model.vaultAt(PLACES + 1)!, all - own, 0n, now);
      return {
        ...{ own, others: all - own },
        leave: (later) => {
          const number = model.vaultAt(PLACES + 1)!;
          model.close(party, number, later);
          return model.clock.epochStart(model.vaults.get(number)!.exitEpoch!);
        },
      };
    },
  };
}

function performanceRotation(consensus: ConsensusModel, options: ElectionOptions): Course {
  const evidenceSlots = 4n;
  const model = new PerformanceRotationModel(
    ROTATION_SLOTS,
    seatsOf(options),
    ROTATION,
    { window: 16n, evidenceSlots, feeFloor: seq(0.1) },
    surroundings(consensus, options),
  );
  const base = rotation(model, options);
  const credit = (slot: bigint, now: Moment): void => {
    const [holder, posted] = [model.holderOf(slot), model.postedIn(slot)];
    if (holder === undefined || !options.provesService(holder) || posted === undefined) return;
    const proof = model.proofs.findLast(({ first, last }) => first <= posted.last && posted.last <= last);
    if (posted.isCounted || proof === undefined) return;
    const shown = { batch: posted.last, lastOfProof: proof.last, isRight: true, sequencer: holder, fee: seq(1) };
    model.creditSlot(slot, shown, now);
  };
  const count = (slot: bigint, now: Moment): void => {
    const isCountable = ["Served", "Missed", "Counted"].includes(model.serviceOf(slot, now));
    if (slot >= 0n && isCountable && model.postedIn(slot)?.isCounted !== true) model.countSlot(slot, now);
  };
  return {
    ...base,
    change: (_epoch, now) => {
      for (const [id, { exitEpoch }] of model.parties) if (exitEpoch === undefined) model.refresh(id, now);
    },
    turn: (slot, now) => {
      base.turn!(slot, now);
      if (slot === 0n) return;
      credit(slot - 1n, now);
      if (slot > evidenceSlots) count(slot - 1n - evidenceSlots, now);
    },
    // A place counts once, or twice with a full score, whatever its stake is.
    enterAs: (party, share, now) => {
      const places = Math.ceil(Number(toHave(share, BigInt(2 * PLACES) * 1_000_000n)) / 1_000_000);
      const { minStake } = model.rules;
      for (let i = 1; i <= places; i++) enterWith(model, party, PLACES + i, minStake, now);
      return { own: minStake * BigInt(places), others: 0n, leave: (later) => leaveAll(model, party, later) };
    },
  };
}

/** Bond of a buyer that covers the miss of any seat. */
const BUYER_BOND = 200;

function proposerSale(consensus: ConsensusModel, options: ElectionOptions): Course {
  const terms = { keepRate: 5_000n, minBond: seq(50), closeBlocks: 5n };
  const model = new ProposerSaleModel(
    ROTATION_SLOTS,
    seatsOf(options),
    ROTATION,
    options.shares ?? SHARES,
    terms,
    surroundings(consensus, options),
  );
  const base = rotation(model, options);
  for (const party of options.parties) model.balances.credit(party, seq(PURSE));
  const sell = (slot: bigint, now: Moment): void => {
    const { holder, isEjected } = model.turnsOf(slot);
    const [first, second] = bidders(options, slot);
    if (holder === undefined || isEjected || first === undefined) return;
    const own = options.worthOf(holder, slot);
    if (first.party === holder || first.worth <= own) return;
    // Offers are in the open: the first one outbids the second by a tenth, if the slot is worth it.
    const price = second === undefined ? MIN_BID : Math.min(first.worth, 1.1 * second.worth);
    const bond = model.bondFor(slot);
    const offer = {
      slot,
      buyer: first.party,
      price: seq(price),
      bond: bond > seq(BUYER_BOND) ? bond : seq(BUYER_BOND),
    };
    model.sell(holder, { ...offer, lastBlock: now.block }, true, now);
  };
  return {
    ...base,
    proceeds: model.proceeds,
    balanceOf: (account) => model.balances.of(account),
    worth: (party) => base.worth(party) - seq(PURSE),
    locked: (party, slot) =>
      [-1n, 0n, 1n].reduce((sum, ahead) => {
        const sale = model.saleOf(slot + ahead);
        return sale?.buyer === party && !sale.isSettled ? sum + sale.price + sale.bond : sum;
      }, 0n),
    turn: (slot, now) => {
      const over = slot - 1n;
      if (over >= 0n && model.saleOf(over)?.isSettled === false) model.settle(PROVER, over, now);
      else if (over < 0n || model.saleOf(over) === undefined) base.turn!(slot, now);
      sell(slot + 1n, now);
    },
  };
}
