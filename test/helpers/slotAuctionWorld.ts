// SPDX-License-Identifier: MIT
import { ZeroAddress, type ContractTransactionReceipt } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { SlotAuction } from "../../typechain-types/index.ts";
import type { AuctionTerms } from "../model/elections/slotAuction.ts";
import { AuctionWorld, FUND, GAS, SLOTS } from "./auctionWorld.ts";

/** Terms as docs/elections/slotAuction.md proposes them, with amounts that can be calculated with. */
export const TERMS: AuctionTerms = {
  minBid: 1_000n,
  bondRate: 5_000n,
  reach: 100n,
  closeBlocks: 100n,
  finalBlocks: 50n,
  extensionBlocks: 5n,
};
export const SHARES = { aggregators: 4_000n, fund: 2_000n, poolLeaves: 100n } as const;
export const MAX_PENDING_LEAVES = 64n;

export interface SlotAuctionOptions {
  /** Blocks of a slot; silence is half of them. */
  readonly slotBlocks?: bigint;
  readonly terms?: Partial<AuctionTerms>;
  readonly shares?: Partial<Record<keyof typeof SHARES, bigint>>;
  readonly rules?: L1Rules;
  /** False if account 0 is the binder, and calls `admit`. */
  readonly isAsked?: boolean;
}

/** Arguments of the constructor. */
export function argumentsOf(
  { slotBlocks, terms, shares }: SlotAuctionOptions,
  token: unknown,
  fund: unknown,
): unknown[] {
  const all = { ...SHARES, ...shares };
  const clock = { ...SLOTS.clock, ...(slotBlocks !== undefined && { slotBlocks }) };
  const slots = { ...SLOTS, clock, silenceBlocks: clock.slotBlocks / 2n };
  return [token, slots, { ...all, fundAccount: all.fund === 0n ? ZeroAddress : fund }, { ...TERMS, ...terms }];
}

/** A slot auction under a mock of Proof of Efficiency. */
export class SlotAuctionWorld {
  readonly world: AuctionWorld<SlotAuction>;
  readonly auction: SlotAuction;

  private constructor(world: AuctionWorld<SlotAuction>) {
    [this.world, this.auction] = [world, world.election];
  }

  /** Accounts 1 … 8 have a balance of 10^24 units. */
  static async open(options: SlotAuctionOptions = {}): Promise<SlotAuctionWorld> {
    const world = await AuctionWorld.open<SlotAuction>(
      "SlotAuction",
      (token, signers) => argumentsOf(options, token, signers[FUND]),
      MAX_PENDING_LEAVES,
      options.rules,
      options.isAsked,
    );
    for (let i = 1; i <= 8; i++) await world.fund(i, 10n ** 24n);
    return new SlotAuctionWorld(world);
  }

  // ─── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  bid(i: number, slot: bigint, amount: bigint): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(i).bid(slot, amount, GAS));
  }

  settle(slot: bigint): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).settle(slot, GAS));
  }

  balance(i: number): Promise<bigint> {
    return this.auction.balances(this.world.address(i));
  }

  // ─── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Slot of the next transaction. */
  async slot(): Promise<bigint> {
    const { block } = await this.world.world.next();
    return (block - (await this.auction.GENESIS_BLOCK())) / (await this.auction.SLOT_BLOCKS());
  }

  start(slot: bigint): Promise<bigint> {
    return this.auction.slotStart(slot);
  }

  /** Mines blocks so that the next transaction is in this block. */
  async before(block: bigint): Promise<void> {
    const { block: next } = await this.world.world.next();
    if (block < next) throw new Error(`block ${block} is over: the next one is ${next}`);
    await this.world.world.mineBefore(block);
  }

  /** Mines blocks so that the next transaction is in this block of a slot, counted from its first one. */
  async moveTo(slot: bigint, block = 0n): Promise<void> {
    await this.before((await this.start(slot)) + block);
  }

  /** Sells a slot far enough ahead to an account, and moves to its first block. */
  async enter(i: number, amount: bigint = TERMS.minBid): Promise<bigint> {
    const slot = (await this.slot()) + 4n;
    await this.bid(i, slot, amount);
    await this.moveTo(slot);
    return slot;
  }
}
