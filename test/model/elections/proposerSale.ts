// SPDX-License-Identifier: MIT
import { ProceedsModel, type Call, type Moment, type Shares, type SlotParameters } from "./parts/index.ts";
import { fail, RATE_UNIT, type SeatParameters, type SeatSurroundings } from "./seats.ts";
import { StakeRotationModel, type RotationParameters } from "./stakeRotation.ts";

/** Amounts in the native token, rates in 1/10,000. The names are those of `IProposerSale.SaleParameters`. */
export interface SaleParameters {
  readonly keepRate: bigint;
  readonly minBond: bigint;
  readonly closeBlocks: bigint;
}

export interface Offer {
  readonly slot: bigint;
  readonly buyer: string;
  readonly price: bigint;
  readonly bond: bigint;
  readonly lastBlock: bigint;
}

interface Sale extends Offer {
  readonly seller: string;
  isSettled: boolean;
}

const REWARD_DIVISOR = 10n;

/** Sales of slots as in docs/elections/proposerSale.md. The model takes a signature as given, and forgets no sale. */
export class ProposerSaleModel extends StakeRotationModel {
  readonly saleTerms: SaleParameters;
  readonly proceeds: ProceedsModel;
  readonly sales = new Map<bigint, Sale>();

  constructor(
    slots: SlotParameters,
    rules: SeatParameters,
    rotation: RotationParameters,
    shares: Shares,
    sale: SaleParameters,
    surroundings: SeatSurroundings,
  ) {
    super(slots, rules, rotation, surroundings);
    this.saleTerms = sale;
    this.proceeds = new ProceedsModel(shares, this.balances);
  }

  override owed(): bigint {
    const open = [...this.sales.values()].filter(({ isSettled }) => !isSettled);
    const inSales = open.reduce((sum, { price, bond }) => sum + price + bond, 0n);
    return super.owed() + this.proceeds.pool + this.proceeds.toBurn + inSales;
  }

  /** Lowest bond of a buyer. */
  bondFor(slot: bigint): bigint {
    const seat = this.seatOf(slot);
    const ofMiss = seat === undefined || !this.parties.has(seat.id) ? 0n : this.priceOfMiss(seat.id);
    return ofMiss > this.saleTerms.minBond ? ofMiss : this.saleTerms.minBond;
  }

  /**
   * @param isSigned whether the buyer signed exactly this
   * @throws {Refusal} `NotSeller`, `SeatEjected`, `SaleClosed`, `AlreadySold`, `OfferExpired`, `BondTooLow`,
   *   `InvalidSignature`, `InsufficientBalance`
   */
  sell(caller: string, offer: Offer, isSigned: boolean, moment: Moment): void {
    const { slot, buyer, price, bond } = offer;
    const { holder, isEjected } = this.turnsOf(slot);
    if (holder !== caller) fail("NotSeller");
    if (isEjected) fail("SeatEjected");
    if (moment.block > this.clock.slotStart(slot) - this.saleTerms.closeBlocks) fail("SaleClosed");
    if (this.sales.has(slot)) fail("AlreadySold");
    if (moment.block > offer.lastBlock) fail("OfferExpired");
    if (bond < this.bondFor(slot)) fail("BondTooLow");
    if (!isSigned) fail("InvalidSignature");
    this.balances.debit(buyer, price + bond);
    const older = this.sales.get(slot - this.#places);
    if (older !== undefined && !older.isSettled) this.#settle(older, caller, moment);
    this.sales.set(slot, { ...offer, seller: caller, isSettled: false });
  }

  /** @throws {Refusal} `NotSold`, `AlreadySettled`, `SlotNotOver` */
  settle(caller: string, slot: bigint, moment: Moment): void {
    const sale = this.saleOf(slot);
    if (sale === undefined) return fail("NotSold");
    if (sale.isSettled) fail("AlreadySettled");
    if (moment.block < this.clock.slotStart(slot + 1n) && !this.consensus.isFrozen) fail("SlotNotOver");
    this.#settle(sale, caller, moment);
  }

  /** A sale that the contract still knows. */
  saleOf(slot: bigint): Sale | undefined {
    return this.sales.has(slot + this.#places) ? undefined : this.sales.get(slot);
  }

  override holderOf(slot: bigint): string | undefined {
    return this.sales.get(slot)?.buyer ?? super.holderOf(slot);
  }

  override isOpenTo(account: string, slot: bigint, silence: bigint): boolean {
    if (this.sales.has(slot)) return silence >= this.parameters.silenceBlocks;
    return super.isOpenTo(account, slot, silence);
  }

  /** @throws {Refusal} `SlotWasSold`, `NotMissed`, `SeatEjected` */
  override reportMiss(slot: bigint, moment: Moment): void {
    if (this.saleOf(slot) !== undefined) fail("SlotWasSold");
    super.reportMiss(slot, moment);
  }

  override record(call: Call, moment: Moment): void {
    if (call.role === "aggregator") this.proceeds.payFromPool(call.account, call.leaves);
    super.record(call, moment);
  }

  /** Burns what is marked for it. */
  burn(): void {
    this.burned += this.proceeds.burn(this.consensus.isFrozen);
  }

  get #places(): bigint {
    return 4n * this.parameters.clock.epochSlots;
  }

  #settle(sale: Sale, caller: string, moment: Moment): void {
    const total = sale.price + sale.bond;
    let [toSeller, toBuyer, reward] = [0n, total, 0n];
    const isRefunded = this.consensus.isFrozen && this.recordOf(sale.slot).holderBatches === 0n;
    if (!isRefunded) {
      [toSeller, toBuyer] = [(sale.price * this.saleTerms.keepRate) / RATE_UNIT, sale.bond];
      if (this.serviceOf(sale.slot, moment) === "Missed") {
        this.countMiss(sale.slot, moment);
        [toBuyer, reward] = [0n, sale.bond / REWARD_DIVISOR];
      }
    }
    sale.isSettled = true;
    this.balances.credit(sale.seller, toSeller);
    this.balances.credit(sale.buyer, toBuyer);
    this.balances.credit(caller, reward);
    this.proceeds.divide(total - toSeller - toBuyer - reward);
  }
}
