// SPDX-License-Identifier: MIT
import type { ContractTransactionReceipt } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { MultiWinnerAuction } from "../../typechain-types/index.ts";
import type { WinnerTerms } from "../model/elections/multiWinnerAuction.ts";
import { AuctionWorld, FUND, GAS, SLOTS } from "./auctionWorld.ts";
import { SHARES } from "./slotAuctionWorld.ts";

/** Terms with amounts that can be calculated with. */
export const TERMS: WinnerTerms = { minBid: 1_000n, bond: 2_001n, winners: 4, reserves: 2 };
export const MAX_PENDING_LEAVES = 64n;

export interface MultiWinnerOptions {
  readonly terms?: Partial<WinnerTerms>;
  readonly rules?: L1Rules;
  /** False if account 0 is the binder, and calls `admit`. */
  readonly isAsked?: boolean;
}

/** Arguments of the constructor. */
export const argumentsOf = ({ terms }: MultiWinnerOptions, token: unknown, fund: unknown): unknown[] => [
  token,
  SLOTS,
  { ...SHARES, fundAccount: fund },
  { ...TERMS, ...terms },
];

/** A bid as the contract shows it. */
export interface ShownBid {
  readonly i: number;
  readonly bid: bigint;
}

/** An auction with several winners under a mock of Proof of Efficiency. */
export class MultiWinnerWorld {
  readonly world: AuctionWorld<MultiWinnerAuction>;
  readonly auction: MultiWinnerAuction;

  private constructor(world: AuctionWorld<MultiWinnerAuction>) {
    [this.world, this.auction] = [world, world.election];
  }

  /** Accounts 1 … 8 have a balance of 10^24 units. */
  static async open(options: MultiWinnerOptions = {}): Promise<MultiWinnerWorld> {
    const world = await AuctionWorld.open<MultiWinnerAuction>(
      "MultiWinnerAuction",
      (token, signers) => argumentsOf(options, token, signers[FUND]),
      MAX_PENDING_LEAVES,
      options.rules,
      options.isAsked,
    );
    for (let i = 1; i <= 8; i++) await world.fund(i, 10n ** 24n);
    return new MultiWinnerWorld(world);
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  bid(i: number, amount: bigint, hint = 0): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(i).bid(amount, hint, GAS));
  }

  countMiss(slot: bigint): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).countMiss(slot, GAS));
  }

  settle(epoch: bigint): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).settleEpoch(epoch, GAS));
  }

  balance(i: number): Promise<bigint> {
    return this.auction.balances(this.world.address(i));
  }

  /** Bids of an epoch, by rank, with the numbers of their accounts. */
  async bids(epoch: bigint): Promise<ShownBid[]> {
    const entries = await this.auction.entriesOf(epoch);
    return entries.map(({ bidder, bid }) => ({ i: this.world.numberOf(bidder), bid }));
  }

  /** Numbers of the holders of slots of an epoch; −1 for nobody. */
  async holders(epoch: bigint, slots: readonly number[]): Promise<number[]> {
    return Promise.all(
      slots.map(async (slot) => this.world.numberOf(await this.auction.holderOf(this.slotOf(epoch, slot)))),
    );
  }

  // ─── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A slot that is counted from the beginning of its epoch. */
  slotOf(epoch: bigint, slot: number): bigint {
    return epoch * SLOTS.clock.epochSlots + BigInt(slot);
  }

  /** First block of a slot that is counted from the beginning of its epoch. */
  startOf(epoch: bigint, slot: number): Promise<bigint> {
    return this.auction.slotStart(this.slotOf(epoch, slot));
  }

  /** Mines blocks so that the next transaction is in this block. */
  async before(block: bigint): Promise<void> {
    const { block: next } = await this.world.world.next();
    if (block < next) throw new Error(`block ${block} is over: the next one is ${next}`);
    await this.world.world.mineBefore(block);
  }

  /** Moves to the first block in which the next bids are taken, and gives their epoch. */
  async openBids(): Promise<bigint> {
    const next = (await this.auction.currentEpoch()) + 1n;
    const from = await this.auction.changesFrom(next);
    const epoch = (await this.world.world.next()).block <= from ? next : next + 1n;
    await this.before(await this.auction.changesFrom(epoch));
    return epoch;
  }

  /** Opens the auction of an epoch, makes these bids, and moves to the epoch's first block. */
  async enter(bids: readonly (readonly [number, bigint])[]): Promise<bigint> {
    const epoch = await this.openBids();
    for (const [i, amount] of bids) await this.bid(i, amount);
    await this.before(await this.auction.epochStart(epoch));
    return epoch;
  }
}
