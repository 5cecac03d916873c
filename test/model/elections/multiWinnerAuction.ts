// SPDX-License-Identifier: MIT
import { Refusal } from "../b52/refusal.ts";
import {
  BalancesModel,
  ProceedsModel,
  SlotModel,
  type Call,
  type ConsensusModel,
  type Moment,
  type Shares,
  type SlotParameters,
} from "./parts/index.ts";
import { mulDivUp } from "./slotAuction.ts";

/** Amounts in the native token. The names are those of `IMultiWinnerAuction.WinnerTerms`. */
export interface WinnerTerms {
  readonly minBid: bigint;
  readonly bond: bigint;
  readonly winners: number;
  readonly reserves: number;
}

export interface WinnerBid {
  readonly bidder: string;
  /** Of its entry: the next free one, or that of the bid which a full list dropped. */
  readonly index: number;
  bid: bigint;
  misses: number;
  /** Price of the part of the epoch in which it replaces another bidder. */
  due: bigint | undefined;
}

/** A bid that has a seat from a slot of the epoch on. */
interface Tenure {
  readonly from: bigint;
  readonly bid: WinnerBid;
}

export interface WinnerEpoch {
  /** By rank, as the auction left them. */
  readonly bids: WinnerBid[];
  /** For each seat, the bids that had it, in order. */
  seats: Tenure[][];
  /** Bids that wait for a seat, by rank. */
  line: WinnerBid[];
  isSettled: boolean;
}

const MAX_MISSES = 2;

/** The auction of docs/elections/multiWinnerAuction.md. An epoch has lists of its own for ever. */
export class MultiWinnerAuctionModel extends SlotModel {
  readonly auction: WinnerTerms;
  readonly balances = new BalancesModel();
  readonly proceeds: ProceedsModel;
  readonly epochs = new Map<bigint, WinnerEpoch>();

  constructor(
    parameters: SlotParameters,
    genesisBlock: bigint,
    consensus: ConsensusModel,
    shares: Shares,
    auction: WinnerTerms,
  ) {
    super(parameters, genesisBlock, consensus);
    [this.auction, this.proceeds] = [auction, new ProceedsModel(shares, this.balances)];
  }

  // ─── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Number of slots of a seat in an epoch. */
  get seatSlots(): bigint {
    return this.parameters.clock.epochSlots / BigInt(this.auction.winners);
  }

  /** Seat of a slot. */
  seatOf(slot: bigint): number {
    return Number((slot % this.parameters.clock.epochSlots) % BigInt(this.auction.winners));
  }

  bidsOf(epoch: bigint): readonly WinnerBid[] {
    return this.epochs.get(epoch)?.bids ?? [];
  }

  /** The highest bid that did not win, or the lowest bid; 0 without bids. */
  priceOf(epoch: bigint): bigint {
    const bids = this.bidsOf(epoch);
    if (bids.length === 0) return 0n;
    return bids[this.auction.winners]?.bid ?? this.auction.minBid;
  }

  minimumBid(epoch: bigint): bigint {
    const last = this.#lowestOfFull(epoch);
    return last === undefined ? this.auction.minBid : raised(last.bid);
  }

  bondAfter(misses: number): bigint {
    if (misses === 0) return this.auction.bond;
    return misses < MAX_MISSES ? this.auction.bond / 2n : 0n;
  }

  /** The bid that has the seat of a slot, if it is not out. */
  bidAt(slot: bigint): WinnerBid | undefined {
    const epoch = this.epochs.get(this.clock.epochOf(slot));
    const tenure = epoch?.seats[this.seatOf(slot)]?.at(-1);
    if (tenure === undefined || tenure.bid.misses >= MAX_MISSES) return undefined;
    return slot % this.parameters.clock.epochSlots >= tenure.from ? tenure.bid : undefined;
  }

  override holderOf(slot: bigint): string | undefined {
    return this.bidAt(slot)?.bidder;
  }

  override oldestClaimable(current: bigint, moment: Moment): bigint {
    return this.oldestOfFrozenSets(current, moment);
  }

  override record(call: Call, moment: Moment): void {
    if (call.role === "aggregator") this.proceeds.payFromPool(call.account, call.leaves);
    super.record(call, moment);
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

  /** @throws {Refusal} `SetClosed`, `AlreadySettled`, `BidBelowMinimum`, `InsufficientBalance` */
  bid(caller: string, amount: bigint, moment: Moment): void {
    const epoch = this.#openForBids(moment);
    if (amount < this.minimumBid(epoch)) throw new Refusal("BidBelowMinimum", `${amount}`);
    const old = this.#inPlaceOf(epoch);
    const dropped = this.#lowestOfFull(epoch);
    let usable = this.balances.of(caller);
    if (old !== undefined) {
      for (const bid of this.bidsOf(old)) if (bid.bidder === caller) usable += this.#returnedAtEnd(old, bid);
    }
    if (dropped?.bidder === caller) usable += dropped.bid + this.auction.bond;
    if (usable < amount + this.auction.bond) throw new Refusal("InsufficientBalance", caller);

    if (old !== undefined) this.settleEpoch(old, moment);
    if (dropped !== undefined) {
      this.#epoch(epoch).bids.pop();
      this.balances.credit(dropped.bidder, dropped.bid + this.auction.bond);
    }
    this.balances.debit(caller, amount + this.auction.bond);
    const index = dropped?.index ?? this.bidsOf(epoch).length;
    this.#insert(epoch, { bidder: caller, index, bid: amount, misses: 0, due: undefined });
  }

  /** @throws {Refusal} `SetClosed`, `AlreadySettled`, `NotBidder`, `BidBelowMinimum`, `InsufficientBalance` */
  raise(caller: string, index: number, amount: bigint, moment: Moment): void {
    const epoch = this.#openForBids(moment);
    const rank = this.bidsOf(epoch).findIndex((bid) => bid.index === index);
    const own = this.bidsOf(epoch)[rank];
    if (own?.bidder !== caller) throw new Refusal("NotBidder", `entry ${index}`);
    if (amount < raised(own.bid)) throw new Refusal("BidBelowMinimum", `${amount}`);
    this.balances.debit(caller, amount - own.bid);
    this.#epoch(epoch).bids.splice(rank, 1);
    own.bid = amount;
    this.#insert(epoch, own);
  }

  /** @throws {Refusal} `NotMissed` */
  reportMiss(slot: bigint, moment: Moment): void {
    this.countMiss(slot, moment);
    const [epoch, seat] = [this.clock.epochOf(slot), this.seatOf(slot)];
    const entry = this.#epoch(epoch);
    const bid = entry.seats[seat]!.at(-1)!.bid;
    this.proceeds.divide(this.bondAfter(bid.misses) - this.bondAfter(bid.misses + 1));
    bid.misses++;
    if (bid.misses < MAX_MISSES) return;
    const from = this.clock.slotAt(moment) + 1n - epoch * this.parameters.clock.epochSlots;
    const left = this.#slotsFrom(seat, from);
    const [next, ...line] = entry.line;
    if (left === 0n || next === undefined) return;
    entry.line = line;
    next.due = mulDivUp(next.bid, left, this.seatSlots);
    entry.seats[seat]!.push({ from, bid: next });
  }

  /** @throws {Refusal} `NothingToSettle`, `StillLiable` */
  settleEpoch(epoch: bigint, { block }: Moment): void {
    const entry = this.epochs.get(epoch);
    if (entry === undefined || entry.isSettled) throw new Refusal("NothingToSettle", `epoch ${epoch}`);
    if (block < this.clock.changesFrom(epoch + 2n) && !this.consensus.isFrozen) {
      throw new Refusal("StillLiable", `epoch ${epoch}`);
    }
    let sum = 0n;
    for (const bid of entry.bids) {
      this.balances.credit(bid.bidder, this.#returnedAtEnd(epoch, bid));
      sum += this.#paidBy(epoch, bid);
    }
    this.proceeds.divide(sum);
    entry.isSettled = true;
  }

  // ─── Private ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next epoch, if bids for it are taken. */
  #openForBids(moment: Moment): bigint {
    const epoch = this.clock.openEpoch(moment);
    if (this.epochs.get(epoch)?.isSettled === true) throw new Refusal("AlreadySettled", `epoch ${epoch}`);
    return epoch;
  }

  #epoch(epoch: bigint): WinnerEpoch {
    const known = this.epochs.get(epoch) ?? { bids: [], seats: [], line: [], isSettled: false };
    this.epochs.set(epoch, known);
    return known;
  }

  /** The lowest bid of a list without room. */
  #lowestOfFull(epoch: bigint): WinnerBid | undefined {
    const bids = this.bidsOf(epoch);
    return bids.length === this.auction.winners + this.auction.reserves ? bids.at(-1) : undefined;
  }

  /** Puts a bid behind all that are not lower, and gives the seats to the first ones. */
  #insert(epoch: bigint, bid: WinnerBid): void {
    const entry = this.#epoch(epoch);
    const rank = entry.bids.findIndex((other) => other.bid < bid.bid);
    entry.bids.splice(rank < 0 ? entry.bids.length : rank, 0, bid);
    const { winners } = this.auction;
    entry.seats = entry.bids.slice(0, winners).map((each) => [{ from: 0n, bid: each }]);
    entry.line = entry.bids.slice(winners);
  }

  /** Number of slots of a seat from a slot of the epoch on. */
  #slotsFrom(seat: number, from: bigint): bigint {
    let count = 0n;
    for (let slot = BigInt(seat); slot < this.parameters.clock.epochSlots; slot += BigInt(this.auction.winners)) {
      if (slot >= from) count++;
    }
    return count;
  }

  #paidBy(epoch: bigint, bid: WinnerBid): bigint {
    if (this.consensus.isFrozen) return 0n;
    if (bid.due !== undefined) return bid.due;
    return this.bidsOf(epoch).indexOf(bid) < this.auction.winners ? this.priceOf(epoch) : 0n;
  }

  #returnedAtEnd(epoch: bigint, bid: WinnerBid): bigint {
    return bid.bid + this.bondAfter(bid.misses) - this.#paidBy(epoch, bid);
  }

  /** The epoch that has the place of this one, if it is not settled. */
  #inPlaceOf(epoch: bigint): bigint | undefined {
    return [...this.epochs].find(([old, { isSettled }]) => old < epoch && (epoch - old) % 2n === 0n && !isSettled)?.[0];
  }
}

const raised = (bid: bigint): bigint => bid + mulDivUp(bid, 1n, 10n);
