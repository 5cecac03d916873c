// SPDX-License-Identifier: MIT
import { atomically, ProceedsModel, save, type Shares } from "./proceeds.ts";
import { mulDivUp } from "./slotAuction.ts";
import { fail, SlotElectionModel, type Moment, type SlotParameters } from "./slotElection.ts";

/** Amounts in the native token. The names are those of `IMultiWinnerAuction.WinnerTerms`. */
export interface WinnerTerms {
  readonly minBid: bigint;
  readonly bond: bigint;
  readonly winners: number;
  readonly reserves: number;
}

export interface WinnerBid {
  readonly bidder: string;
  bid: bigint;
  misses: number;
  /** What it pays for the part of the epoch in which it replaces another bidder. */
  due: bigint | undefined;
}

/** A seat from a slot of the epoch on. */
interface Tenure {
  readonly from: number;
  readonly bid: WinnerBid;
}

export interface WinnerEpoch {
  /** By rank, as the auction left them. */
  readonly bids: WinnerBid[];
  /** For each seat, those who had it, in order. Made with the first miss. */
  readonly seats: Tenure[][];
  /** Those that wait, by rank. */
  line: WinnerBid[];
  isSettled: boolean;
}

const MAX_MISSES = 2;

/** The auction of docs/elections/multiWinnerAuction.md. An epoch has lists of its own for ever. */
export class MultiWinnerAuctionModel extends SlotElectionModel {
  readonly terms: WinnerTerms;
  readonly money: ProceedsModel;
  readonly epochs = new Map<number, WinnerEpoch>();

  constructor(slots: SlotParameters, shares: Shares, terms: WinnerTerms, maxPendingLeaves: number, time: number) {
    super(slots, maxPendingLeaves, time);
    [this.terms, this.money] = [terms, new ProceedsModel(shares)];
  }

  // ─── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** First block in which bids for an epoch are taken, and in which the one two before it can be settled. */
  changesFrom(epoch: number): number {
    return this.slotStart((epoch - 1) * this.slots.epochSlots + this.slots.epochSlots / 4);
  }

  /** Slots of a seat in an epoch. */
  get seatSlots(): number {
    return this.slots.epochSlots / this.terms.winners;
  }

  /** Seat of a slot. */
  seatOf(slot: number): number {
    return (slot % this.slots.epochSlots) % this.terms.winners;
  }

  bidsOf(epoch: number): readonly WinnerBid[] {
    return this.epochs.get(epoch)?.bids ?? [];
  }

  /** The highest bid that did not win, or the lowest bid; 0 without bids. */
  priceOf(epoch: number): bigint {
    const bids = this.bidsOf(epoch);
    if (bids.length === 0) return 0n;
    return bids[this.terms.winners]?.bid ?? this.terms.minBid;
  }

  minimumBid(epoch: number): bigint {
    const bids = this.bidsOf(epoch);
    if (bids.length < this.terms.winners + this.terms.reserves) return this.terms.minBid;
    return raised(bids.at(-1)!.bid);
  }

  bondAfter(misses: number): bigint {
    if (misses === 0) return this.terms.bond;
    return misses === 1 ? this.terms.bond / 2n : 0n;
  }

  /** What an entry pays for an epoch that is over. */
  paidBy(epoch: number, bid: WinnerBid): bigint {
    if (bid.due !== undefined) return bid.due;
    return this.bidsOf(epoch).indexOf(bid) < this.terms.winners ? this.priceOf(epoch) : 0n;
  }

  /** Who has a seat in a slot, if it is not out. */
  bidAt(slot: number): WinnerBid | undefined {
    const epoch = this.epochs.get(this.epochOf(slot));
    const tenure = epoch?.seats[this.seatOf(slot)]?.at(-1);
    if (tenure === undefined || tenure.bid.misses >= MAX_MISSES) return undefined;
    return slot % this.slots.epochSlots >= tenure.from ? tenure.bid : undefined;
  }

  override holderOf(slot: number): string | undefined {
    return this.bidAt(slot)?.bidder;
  }

  protected override isOpenTo(_account: string, _slot: number, silence: number): boolean {
    return silence >= this.slots.silenceBlocks;
  }

  /** In the first quarter of an epoch, slots of the epoch before. */
  protected override oldestClaimable(current: number): number {
    const { epochSlots } = this.slots;
    return Math.max(0, this.epochOf(current - epochSlots / 4)) * epochSlots;
  }

  /** Bids and bonds of epochs that are not settled. */
  held(): bigint {
    let sum = 0n;
    for (const { bids, isSettled } of this.epochs.values()) {
      if (!isSettled) for (const { bid, misses } of bids) sum += bid + this.bondAfter(misses);
    }
    return sum;
  }

  // ─── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `SetClosed`, `BidBelowMinimum`, `InsufficientBalance` */
  bid(caller: string, amount: bigint, now: Moment): void {
    const epoch = this.#openEpoch(now);
    if (amount < this.minimumBid(epoch)) fail("BidBelowMinimum");
    const saved = [this.money.save(), save(this.epochs)];
    atomically(() => {
      this.#settleOld(epoch, now);
      const { bids } = this.#epoch(epoch);
      if (bids.length === this.terms.winners + this.terms.reserves) {
        const dropped = bids.pop()!;
        this.money.credit(dropped.bidder, dropped.bid + this.terms.bond);
      }
      this.money.debit(caller, amount + this.terms.bond);
      this.#insert(epoch, { bidder: caller, bid: amount, misses: 0, due: undefined });
    }, saved);
  }

  /** @throws {Refusal} `SetClosed`, `NotBidder`, `BidBelowMinimum`, `InsufficientBalance` */
  raise(caller: string, rank: number, amount: bigint, now: Moment): void {
    const epoch = this.#openEpoch(now);
    const own = this.bidsOf(epoch)[rank];
    if (own?.bidder !== caller) fail("NotBidder");
    if (amount < raised(own.bid)) fail("BidBelowMinimum");
    this.money.debit(caller, amount - own.bid);
    this.#epoch(epoch).bids.splice(rank, 1);
    own.bid = amount;
    this.#insert(epoch, own);
  }

  /** @throws {Refusal} `NotMissed` */
  reportMiss(slot: number, now: Moment): void {
    this.countMiss(slot, now);
    const [epoch, seat] = [this.epochOf(slot), this.seatOf(slot)];
    const entry = this.epochs.get(epoch)!;
    const { bid } = entry.seats[seat]!.at(-1)!;
    this.money.divide(this.bondAfter(bid.misses) - this.bondAfter(bid.misses + 1));
    bid.misses++;
    if (bid.misses < MAX_MISSES) return;
    const from = this.slotAt(now.block) + 1 - epoch * this.slots.epochSlots;
    const left = this.#slotsFrom(seat, from);
    const next = entry.line[0];
    if (left === 0 || next === undefined) return;
    entry.line = entry.line.slice(1);
    next.due = mulDivUp(next.bid, BigInt(left), BigInt(this.seatSlots));
    entry.seats[seat]!.push({ from, bid: next });
  }

  /** @throws {Refusal} `NothingToSettle`, `StillLiable` */
  settleEpoch(epoch: number, { block }: Moment): void {
    const entry = this.epochs.get(epoch);
    if (entry === undefined || entry.isSettled) fail("NothingToSettle");
    if (block < this.changesFrom(epoch + 2) && !this.isFrozen) fail("StillLiable");
    let sum = 0n;
    for (const bid of entry.bids) {
      const paid = this.isFrozen ? 0n : this.paidBy(epoch, bid);
      this.money.credit(bid.bidder, bid.bid + this.bondAfter(bid.misses) - paid);
      sum += paid;
    }
    this.money.divide(sum);
    entry.isSettled = true;
  }

  /** @throws {Refusal} `NotSequenced` */
  proveBy(aggregator: string, batches: number, now: Moment): void {
    this.prove(batches, now);
    this.money.payFromPool(aggregator, batches);
  }

  // ─── Private ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #openEpoch({ block }: Moment): number {
    const epoch = this.epochAt(block) + 1;
    if (block < this.changesFrom(epoch) || block >= this.freezeBlock(epoch)) fail("SetClosed");
    return epoch;
  }

  #epoch(epoch: number): WinnerEpoch {
    const known = this.epochs.get(epoch) ?? { bids: [], seats: [], line: [], isSettled: false };
    this.epochs.set(epoch, known);
    return known;
  }

  /** Puts a bid behind all that are not lower, and gives the seats to the first ones. */
  #insert(epoch: number, bid: WinnerBid): void {
    const entry = this.#epoch(epoch);
    const rank = entry.bids.findIndex((other) => other.bid < bid.bid);
    entry.bids.splice(rank < 0 ? entry.bids.length : rank, 0, bid);
    const { winners } = this.terms;
    entry.seats.splice(0, winners, ...entry.bids.slice(0, winners).map((each) => [{ from: 0, bid: each }]));
    entry.line = entry.bids.slice(winners);
  }

  #slotsFrom(seat: number, from: number): number {
    const slots = Array.from({ length: this.seatSlots }, (_, i) => seat + i * this.terms.winners);
    return slots.filter((slot) => slot >= from).length;
  }

  /** Settles the epochs whose place this one takes. */
  #settleOld(epoch: number, now: Moment): void {
    for (const [old, { isSettled }] of this.epochs) {
      if (old < epoch && (epoch - old) % 2 === 0 && !isSettled) this.settleEpoch(old, now);
    }
  }
}

const raised = (bid: bigint): bigint => bid + mulDivUp(bid, 1n, 10n);
