// SPDX-License-Identifier: MIT
import { ZeroAddress, type ContractTransactionReceipt } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { MultiWinnerAuction } from "../../typechain-types/index.ts";
import type { WinnerTerms } from "../model/elections/multiWinnerAuction.ts";
import { FUND, slotArguments } from "./auctionRun.ts";
import { ElectionWorld, GAS } from "./electionWorld.ts";
import { SHARES, SLOTS } from "./slotAuctionWorld.ts";

/** Terms with amounts that can be calculated with. */
export const TERMS: WinnerTerms = { minBid: 1_000n, bond: 2_001n, winners: 4, reserves: 2 };
export const MAX_PENDING_LEAVES = 64;

export interface MultiWinnerOptions {
  readonly slots?: Partial<Record<keyof typeof SLOTS, number>>;
  readonly terms?: Partial<WinnerTerms>;
  readonly rules?: L1Rules;
}

/** What the constructor takes. */
export function argumentsOf({ slots, terms }: MultiWinnerOptions, token: unknown, fund: unknown): unknown[] {
  const shares = { ...SHARES, fundAccount: fund ?? ZeroAddress };
  return [token, slotArguments({ ...SLOTS, ...slots }), shares, { ...TERMS, ...terms }];
}

/** A bid as the contract shows it. */
export interface ShownBid {
  readonly i: number;
  readonly bid: bigint;
}

/** An auction with several winners under a mock of Proof of Efficiency. */
export class MultiWinnerWorld {
  readonly world: ElectionWorld<MultiWinnerAuction>;
  readonly auction: MultiWinnerAuction;

  private constructor(world: ElectionWorld<MultiWinnerAuction>) {
    [this.world, this.auction] = [world, world.election];
  }

  /** Accounts 1 … 8 have a balance of 10^24 units. */
  static async open(options: MultiWinnerOptions = {}): Promise<MultiWinnerWorld> {
    const world = await ElectionWorld.open<MultiWinnerAuction>(
      "MultiWinnerAuction",
      (token, signers) => argumentsOf(options, token, signers[FUND]),
      MAX_PENDING_LEAVES,
      options.rules,
    );
    for (let i = 1; i <= 8; i++) await world.fund(i, 10n ** 24n);
    return new MultiWinnerWorld(world);
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  bid(i: number, amount: bigint, hint = 0): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(i).bid(amount, hint, GAS));
  }

  countMiss(slot: number): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).countMiss(slot, GAS));
  }

  settle(epoch: number): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).settleEpoch(epoch, GAS));
  }

  balance(i: number): Promise<bigint> {
    return this.auction.balances(this.world.address(i));
  }

  /** Bids of an epoch, by rank, with the numbers of their accounts. */
  async bids(epoch: number): Promise<ShownBid[]> {
    const accounts = this.world.signers.map(({ address }) => address);
    return (await this.auction.entriesOf(epoch)).map(({ bidder, bid }) => ({ i: accounts.indexOf(bidder), bid }));
  }

  /** Numbers of the holders of the slots of an epoch; −1 for nobody. */
  async holders(epoch: number, slots: readonly number[]): Promise<number[]> {
    const accounts = this.world.signers.map(({ address }) => address);
    const first = epoch * Number(await this.auction.EPOCH_SLOTS());
    return Promise.all(slots.map(async (slot) => accounts.indexOf(await this.auction.holderOf(first + slot))));
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves so that the next transaction is in this block; does nothing if it is. */
  async moveTo(block: bigint | number): Promise<void> {
    if (Number(block) !== (await this.world.network.next()).block) await this.world.network.moveTo(Number(block));
  }

  /** Moves to the first block in which bids for the next epoch are taken that are not taken yet, and gives its number. */
  async openBids(): Promise<number> {
    const next = Number(await this.auction.currentEpoch()) + 1;
    const { block } = await this.world.network.next();
    const epoch = block <= Number(await this.auction.changesFrom(next)) ? next : next + 1;
    await this.moveTo(await this.auction.changesFrom(epoch));
    return epoch;
  }

  /** Opens the auction of an epoch, makes bids of these accounts, and moves to the epoch's first block. */
  async enter(bids: readonly (readonly [number, bigint])[]): Promise<number> {
    const epoch = await this.openBids();
    for (const [i, amount] of bids) await this.bid(i, amount);
    await this.moveTo(await this.auction.epochStart(epoch));
    return epoch;
  }

  /** First block of a slot of an epoch, counted from its beginning. */
  async startOf(epoch: number, slot: number): Promise<number> {
    return Number(await this.auction.slotStart(epoch * Number(await this.auction.EPOCH_SLOTS()) + slot));
  }
}
