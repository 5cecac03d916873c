// SPDX-License-Identifier: MIT
import { ZeroAddress, type ContractTransactionReceipt } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { SlotAuction } from "../../typechain-types/index.ts";
import type { AuctionTerms } from "../model/elections/slotAuction.ts";
import { FUND, slotArguments } from "./auctionRun.ts";
import { ElectionWorld, GAS } from "./electionWorld.ts";

/** Slots as docs/elections/slotAuction.md proposes them; silence is half a slot. */
export const SLOTS = { slotBlocks: 50, epochSlots: 32, silenceBlocks: 25, opensAfter: 600 } as const;
/** Terms as the document proposes them, with amounts that can be calculated with. */
export const TERMS: AuctionTerms = {
  minBid: 1_000n,
  bondRate: 5_000n,
  reach: 100,
  closeBlocks: 100,
  finalBlocks: 50,
  extensionBlocks: 5,
};
export const SHARES = { aggregators: 4_000, fund: 2_000, poolBatches: 100 } as const;
export const MAX_PENDING_LEAVES = 64;

export interface SlotAuctionOptions {
  readonly slots?: Partial<Record<keyof typeof SLOTS, number>>;
  readonly terms?: Partial<AuctionTerms>;
  readonly shares?: Partial<Record<keyof typeof SHARES, number>>;
  readonly maxPendingLeaves?: number;
  readonly rules?: L1Rules;
}

/** What the constructor takes. */
export function argumentsOf({ slots, terms, shares }: SlotAuctionOptions, token: unknown, fund: unknown): unknown[] {
  const allShares = { ...SHARES, ...shares };
  const fundAccount = allShares.fund === 0 ? ZeroAddress : fund;
  return [token, slotArguments({ ...SLOTS, ...slots }), { ...allShares, fundAccount }, { ...TERMS, ...terms }];
}

/** A slot auction under a mock of Proof of Efficiency. */
export class SlotAuctionWorld {
  readonly world: ElectionWorld<SlotAuction>;
  readonly auction: SlotAuction;

  private constructor(world: ElectionWorld<SlotAuction>) {
    [this.world, this.auction] = [world, world.election];
  }

  /** Accounts 1 … 8 have a balance of 10^24 units. */
  static async open(options: SlotAuctionOptions = {}): Promise<SlotAuctionWorld> {
    const { maxPendingLeaves = MAX_PENDING_LEAVES, rules } = options;
    const world = await ElectionWorld.open<SlotAuction>(
      "SlotAuction",
      (token, signers) => argumentsOf(options, token, signers[FUND]),
      maxPendingLeaves,
      rules,
    );
    for (let i = 1; i <= 8; i++) await world.fund(i, 10n ** 24n);
    return new SlotAuctionWorld(world);
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  bid(i: number, slot: number, amount: bigint): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(i).bid(slot, amount, GAS));
  }

  settle(slot: number): Promise<ContractTransactionReceipt> {
    return mined(this.world.as(0).settle(slot, GAS));
  }

  balance(i: number): Promise<bigint> {
    return this.auction.balances(this.world.address(i));
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Slot of the next transaction. */
  async slot(): Promise<number> {
    const { block } = await this.world.network.next();
    return Math.floor((block - Number(await this.auction.GENESIS_BLOCK())) / Number(await this.auction.SLOT_BLOCKS()));
  }

  async start(slot: number): Promise<number> {
    return Number(await this.auction.slotStart(slot));
  }

  /** Mines blocks so that the next transaction is in this block of a slot; does nothing if it is. */
  async moveTo(slot: number, block = 0): Promise<void> {
    const target = (await this.start(slot)) + block;
    if (target !== (await this.world.network.next()).block) await this.world.network.moveTo(target);
  }

  /** Sells a slot far enough ahead to an account, and moves to its first block. */
  async enter(i: number, amount: bigint = TERMS.minBid): Promise<number> {
    const slot = (await this.slot()) + 4;
    await this.bid(i, slot, amount);
    await this.moveTo(slot);
    return slot;
  }
}
