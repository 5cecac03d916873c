// SPDX-License-Identifier: MIT
import { atomically, ProceedsModel, save, type Shares } from "./proceeds.ts";
import { fail, SlotElectionModel, type Moment, type SlotParameters } from "./slotElection.ts";

/** Amounts in the native token, spans in blocks of L1. The names are those of `ISlotAuction.AuctionTerms`. */
export interface AuctionTerms {
  readonly minBid: bigint;
  /** In 1/10,000 of the bid. */
  readonly bondRate: bigint;
  /** Slots after the one at hand that bids are taken for. */
  readonly reach: number;
  readonly closeBlocks: number;
  readonly finalBlocks: number;
  readonly extensionBlocks: number;
}

export interface SoldSlot {
  holder: string;
  bid: bigint;
  /** Block of the bid. */
  bidAt: number;
  isSettled: boolean;
}

/** `amount · numerator / denominator`, rounded up. */
export const mulDivUp = (amount: bigint, numerator: bigint, denominator: bigint): bigint =>
  (amount * numerator + denominator - 1n) / denominator;

/** The auction of docs/elections/slotAuction.md. A slot has an entry of its own for ever. */
export class SlotAuctionModel extends SlotElectionModel {
  readonly terms: AuctionTerms;
  readonly money: ProceedsModel;
  readonly sold = new Map<number, SoldSlot>();

  constructor(slots: SlotParameters, shares: Shares, terms: AuctionTerms, maxPendingLeaves: number, time: number) {
    super(slots, maxPendingLeaves, time);
    [this.terms, this.money] = [terms, new ProceedsModel(shares)];
  }

  // ─── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  bondFor(bid: bigint): bigint {
    return mulDivUp(bid, this.terms.bondRate, 10_000n);
  }

  minimumFor(slot: number): bigint {
    const standing = this.#standing(slot);
    return standing === undefined ? this.terms.minBid : standing.bid + mulDivUp(standing.bid, 1n, 10n);
  }

  closesAt(slot: number): number {
    const { closeBlocks, finalBlocks, extensionBlocks } = this.terms;
    const start = this.slotStart(slot);
    const bidAt = this.sold.get(slot)?.bidAt;
    const late = bidAt === undefined ? 0 : bidAt + extensionBlocks + 1;
    return Math.max(0, Math.min(Math.max(start - closeBlocks, late), start - finalBlocks));
  }

  override holderOf(slot: number): string | undefined {
    return this.sold.get(slot)?.holder;
  }

  protected override isOpenTo(_account: string, _slot: number, silence: number): boolean {
    return silence >= this.slots.silenceBlocks;
  }

  protected override oldestClaimable(current: number): number {
    return Math.max(0, current - (2 * this.slots.epochSlots - 1));
  }

  /** Money in slots that are not settled. */
  held(): bigint {
    let sum = 0n;
    for (const { bid, isSettled } of this.sold.values()) if (!isSettled) sum += bid + this.bondFor(bid);
    return sum;
  }

  // ─── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `AuctionNotOpen`, `AuctionClosed`, `BidBelowMinimum`, `InsufficientBalance` */
  bid(caller: string, slot: number, amount: bigint, now: Moment): void {
    this.#requireBiddable(slot, now);
    if (amount < this.minimumFor(slot)) fail("BidBelowMinimum");
    atomically(() => {
      this.#take(caller, slot, amount, now);
    }, this.#saved());
  }

  /** @throws {Refusal} `EmptyRange`, `AuctionNotOpen`, `AuctionClosed`, `InsufficientBalance` */
  bidRange(caller: string, first: number, last: number, highest: bigint, now: Moment): number {
    if (first > last) fail("EmptyRange");
    return atomically(() => {
      let count = 0;
      for (let slot = first; slot <= last; slot++) {
        this.#requireBiddable(slot, now);
        const minimum = this.minimumFor(slot);
        if (minimum > highest || this.holderOf(slot) === caller) continue;
        this.#take(caller, slot, minimum, now);
        count++;
      }
      return count;
    }, this.#saved());
  }

  /** @throws {Refusal} `NotSlotHolder`, `NoReceiver` */
  passSlot(caller: string, slot: number, to: string, now: Moment): void {
    const standing = this.#standing(slot);
    if (standing?.holder !== caller || slot < this.slotAt(now.block)) fail("NotSlotHolder");
    if (/^0x0+$/.test(to)) fail("NoReceiver");
    standing.holder = to;
  }

  /** @throws {Refusal} `NothingToSettle`, `SlotNotOver` */
  settle(slot: number, now: Moment): void {
    const standing = this.#standing(slot) ?? fail("NothingToSettle");
    if (now.block < this.slotStart(slot + 1) && !this.isFrozen) fail("SlotNotOver");
    const { bid, holder } = standing;
    const bond = this.bondFor(bid);
    standing.isSettled = true;
    if (this.isFrozen) {
      this.money.credit(holder, bid + bond);
    } else if (this.serviceOf(slot, now) === "Missed") {
      this.countMiss(slot, now);
      this.money.divide(bid + bond);
    } else {
      this.money.credit(holder, bond);
      this.money.divide(bid);
    }
  }

  /** @throws {Refusal} `NotSequenced` */
  proveBy(aggregator: string, batches: number, now: Moment): void {
    this.prove(batches, now);
    this.money.payFromPool(aggregator, batches);
  }

  // ─── Private ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #standing(slot: number): SoldSlot | undefined {
    const entry = this.sold.get(slot);
    return entry?.isSettled === false ? entry : undefined;
  }

  #requireBiddable(slot: number, { block }: Moment): void {
    if (slot > this.slotAt(block) + this.terms.reach) fail("AuctionNotOpen");
    if (block >= this.closesAt(slot)) fail("AuctionClosed");
  }

  #take(caller: string, slot: number, amount: bigint, now: Moment): void {
    const standing = this.#standing(slot);
    if (standing === undefined) this.#settleOld(slot, now);
    else this.money.credit(standing.holder, standing.bid + this.bondFor(standing.bid));
    this.money.debit(caller, amount + this.bondFor(amount));
    this.sold.set(slot, { holder: caller, bid: amount, bidAt: now.block, isSettled: false });
  }

  /** Settles the slot that had the place of this one in the ring. */
  #settleOld(slot: number, now: Moment): void {
    const size = this.terms.reach + 2;
    for (let old = slot - size; old >= 0; old -= size) {
      if (this.#standing(old) !== undefined) this.settle(old, now);
    }
  }

  #saved(): (() => void)[] {
    return [this.money.save(), save(this.sold), save(this.records)];
  }
}
