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

/** Amounts in the native token, spans in blocks of L1. The names are those of `ISlotAuction.AuctionTerms`. */
export interface AuctionTerms {
  readonly minBid: bigint;
  /** In 1/10,000 of the bid. */
  readonly bondRate: bigint;
  /** Slots after the one at hand that bids are taken for. */
  readonly reach: bigint;
  readonly closeBlocks: bigint;
  readonly finalBlocks: bigint;
  readonly extensionBlocks: bigint;
}

export interface SoldSlot {
  holder: string;
  readonly bid: bigint;
  /** Block of the bid. */
  readonly bidAt: bigint;
  isSettled: boolean;
}

/** `amount · numerator / denominator`, rounded up. */
export const mulDivUp = (amount: bigint, numerator: bigint, denominator: bigint): bigint =>
  (amount * numerator + denominator - 1n) / denominator;

const smallest = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The auction of docs/elections/slotAuction.md. A slot has an entry of its own for ever. */
export class SlotAuctionModel extends SlotModel {
  readonly auction: AuctionTerms;
  readonly balances = new BalancesModel();
  readonly proceeds: ProceedsModel;
  readonly sold = new Map<bigint, SoldSlot>();

  constructor(
    parameters: SlotParameters,
    genesisBlock: bigint,
    consensus: ConsensusModel,
    shares: Shares,
    auction: AuctionTerms,
  ) {
    super(parameters, genesisBlock, consensus);
    [this.auction, this.proceeds] = [auction, new ProceedsModel(shares, this.balances)];
  }

  // ─── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  bondFor(bid: bigint): bigint {
    return mulDivUp(bid, this.auction.bondRate, 10_000n);
  }

  minimumFor(slot: bigint): bigint {
    const standing = this.#standing(slot);
    return standing === undefined ? this.auction.minBid : standing.bid + mulDivUp(standing.bid, 1n, 10n);
  }

  closesAt(slot: bigint): bigint {
    const { closeBlocks, finalBlocks, extensionBlocks } = this.auction;
    const start = this.clock.slotStart(slot);
    const bidAt = this.sold.get(slot)?.bidAt;
    const answered = bidAt === undefined ? 0n : bidAt + extensionBlocks + 1n;
    return largest(0n, smallest(largest(start - closeBlocks, answered), start - finalBlocks));
  }

  override holderOf(slot: bigint): string | undefined {
    return this.sold.get(slot)?.holder;
  }

  override record(call: Call, moment: Moment): void {
    if (call.role === "aggregator") this.proceeds.payFromPool(call.account, call.leaves);
    super.record(call, moment);
  }

  /** Money in slots that are not settled. */
  held(): bigint {
    let sum = 0n;
    for (const entry of this.sold.values()) if (!entry.isSettled) sum += this.#priceOf(entry);
    return sum;
  }

  // ─── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `AuctionNotOpen`, `AuctionClosed`, `BidBelowMinimum`, `InsufficientBalance` */
  bid(caller: string, slot: bigint, amount: bigint, moment: Moment): void {
    this.#requireBiddable(slot, moment);
    if (amount < this.minimumFor(slot)) throw new Refusal("BidBelowMinimum", `${amount}`);
    this.#takeAll(caller, new Map([[slot, amount]]), moment);
  }

  /**
   * Gives the number of bids.
   *
   * @throws {Refusal} `EmptyRange`, `AuctionNotOpen`, `AuctionClosed`, `InsufficientBalance`
   */
  bidRange(caller: string, first: bigint, last: bigint, highest: bigint, moment: Moment): number {
    if (first > last) throw new Refusal("EmptyRange", `${first} to ${last}`);
    const amounts = new Map<bigint, bigint>();
    let refusal: Refusal | undefined;
    for (let slot = first; slot <= last; slot++) {
      refusal = this.#refusalOf(slot, moment);
      if (refusal !== undefined) break;
      const minimum = this.minimumFor(slot);
      if (minimum <= highest && this.holderOf(slot) !== caller) amounts.set(slot, minimum);
    }
    // A slot that the money does not reach comes before one that is closed.
    this.#requireMoney(caller, amounts, moment);
    if (refusal !== undefined) throw refusal;
    this.#takeAll(caller, amounts, moment);
    return amounts.size;
  }

  /** @throws {Refusal} `NotSlotHolder`, `NoReceiver` */
  passSlot(caller: string, slot: bigint, to: string, moment: Moment): void {
    const standing = this.#standing(slot);
    if (standing?.holder !== caller || slot < this.clock.slotAt(moment)) throw new Refusal("NotSlotHolder", caller);
    if (BigInt(to) === 0n) throw new Refusal("NoReceiver", to);
    standing.holder = to;
  }

  /** @throws {Refusal} `NothingToSettle`, `SlotNotOver` */
  settle(caller: string, slot: bigint, moment: Moment): void {
    const standing = this.#standing(slot);
    if (standing === undefined) throw new Refusal("NothingToSettle", `slot ${slot}`);
    if (moment.block < this.clock.slotStart(slot + 1n) && !this.consensus.isFrozen) {
      throw new Refusal("SlotNotOver", `slot ${slot}`);
    }
    const returned = this.#returnedAtEnd(slot, standing, moment);
    const reward = this.#rewardFor(slot, standing, moment);
    if (this.serviceOf(slot, moment) === "Missed") this.countMiss(slot, moment);
    standing.isSettled = true;
    this.balances.credit(standing.holder, returned);
    this.balances.credit(caller, reward);
    this.proceeds.divide(this.#priceOf(standing) - returned - reward);
  }

  // ─── Private ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #standing(slot: bigint): SoldSlot | undefined {
    const entry = this.sold.get(slot);
    return entry?.isSettled === false ? entry : undefined;
  }

  /** Bid and bond. */
  #priceOf({ bid }: SoldSlot): bigint {
    return bid + this.bondFor(bid);
  }

  #returnedAtEnd(slot: bigint, entry: SoldSlot, moment: Moment): bigint {
    if (this.consensus.isFrozen) return this.#priceOf(entry);
    return this.serviceOf(slot, moment) === "Missed" ? 0n : this.bondFor(entry.bid);
  }

  /** A tenth of a lost bond, for whoever settles the slot. */
  #rewardFor(slot: bigint, entry: SoldSlot, moment: Moment): bigint {
    return this.serviceOf(slot, moment) === "Missed" ? this.bondFor(entry.bid) / 10n : 0n;
  }

  #refusalOf(slot: bigint, moment: Moment): Refusal | undefined {
    if (slot > this.clock.slotAt(moment) + this.auction.reach) return new Refusal("AuctionNotOpen", `slot ${slot}`);
    return moment.block >= this.closesAt(slot) ? new Refusal("AuctionClosed", `slot ${slot}`) : undefined;
  }

  #requireBiddable(slot: bigint, moment: Moment): void {
    const refusal = this.#refusalOf(slot, moment);
    if (refusal !== undefined) throw refusal;
  }

  /** Refuses bids that the caller cannot pay, with what each gives back to it, in their order. */
  #requireMoney(caller: string, amounts: ReadonlyMap<bigint, bigint>, moment: Moment): void {
    let usable = this.balances.of(caller);
    for (const [slot, amount] of amounts) {
      const standing = this.#standing(slot);
      const old = standing === undefined ? this.#inPlaceOf(slot) : undefined;
      if (standing?.holder === caller) usable += this.#priceOf(standing);
      if (old?.entry.holder === caller) usable += this.#returnedAtEnd(old.slot, old.entry, moment);
      if (old !== undefined) usable += this.#rewardFor(old.slot, old.entry, moment);
      usable -= amount + this.bondFor(amount);
      if (usable < 0n) throw new Refusal("InsufficientBalance", caller);
    }
  }

  #takeAll(caller: string, amounts: ReadonlyMap<bigint, bigint>, moment: Moment): void {
    this.#requireMoney(caller, amounts, moment);
    for (const [slot, bid] of amounts) {
      const standing = this.#standing(slot);
      const old = standing === undefined ? this.#inPlaceOf(slot) : undefined;
      if (standing !== undefined) this.balances.credit(standing.holder, this.#priceOf(standing));
      if (old !== undefined) this.settle(caller, old.slot, moment);
      this.balances.debit(caller, bid + this.bondFor(bid));
      this.sold.set(slot, { holder: caller, bid, bidAt: moment.block, isSettled: false });
    }
  }

  /** The slot that has the place of this one in the ring of entries, if it is not settled. */
  #inPlaceOf(slot: bigint): { readonly slot: bigint; readonly entry: SoldSlot } | undefined {
    const size = this.auction.reach + 2n;
    for (let old = slot - size; old >= 0n; old -= size) {
      const entry = this.#standing(old);
      if (entry !== undefined) return { slot: old, entry };
    }
    return undefined;
  }
}
