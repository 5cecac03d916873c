// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { SlotAuction } from "../../typechain-types/index.ts";
import type { Shares } from "../model/elections/proceeds.ts";
import { SlotAuctionModel, type AuctionTerms } from "../model/elections/slotAuction.ts";
import type { Moment } from "../model/elections/slotElection.ts";
import { AuctionRun, FUND, slotArguments } from "./auctionRun.ts";
import { BatchedViews } from "./batchedViews.ts";
import { ElectionWorld, GAS } from "./electionWorld.ts";
import type { Random } from "./random.ts";

/** Short, so that a random run meets many slots. */
const SLOTS = { slotBlocks: 10, epochSlots: 4, silenceBlocks: 4, opensAfter: 60 } as const;
const TERMS: AuctionTerms = {
  minBid: 5n,
  bondRate: 3_333n,
  reach: 4,
  closeBlocks: 12,
  finalBlocks: 3,
  extensionBlocks: 2,
};
const MAX_PENDING_LEAVES = 16;

export const ACTIONS = ["bid", "bidRange", "passSlot", "settle", "post", "prove", "deposit", "withdraw", "burn"];

export class SlotAuctionRun extends AuctionRun<SlotAuction, SlotAuctionModel> {
  static async start(random: Random): Promise<SlotAuctionRun> {
    const shares: Shares = { aggregators: 4_000n, fund: 2_001n, fundAccount: "", poolBatches: 7n };
    const world = await ElectionWorld.open<SlotAuction>(
      "SlotAuction",
      (token, signers) => [token, slotArguments(SLOTS), { ...shares, fundAccount: signers[FUND]! }, TERMS],
      MAX_PENDING_LEAVES,
    );
    const genesis = Number(await world.election.GENESIS_BLOCK());
    const { timestamp } = (await world.consensus.deploymentTransaction()!.getBlock())!;
    const model = new SlotAuctionModel(
      { ...SLOTS, genesis },
      { ...shares, fundAccount: world.address(FUND) },
      TERMS,
      MAX_PENDING_LEAVES,
      timestamp,
    );
    const views = await BatchedViews.open(world.network.connection);
    const run = new SlotAuctionRun(world, model, random, views, await world.network.next());
    await run.fund(3_000n);
    return run;
  }

  protected override async ofAuction(): Promise<void> {
    const kind = this.random.int(12);
    if (kind < 6) await this.#bid();
    else if (kind < 8) await this.#bidRange();
    else if (kind < 9) await this.#pass();
    else await this.#settle(this.#someSlot());
  }

  /** Slots at both ends of what bids are taken for, and mostly those between. */
  #openSlot(): number {
    const current = this.model.slotAt(this.now.block);
    if (this.random.chance(0.1)) return Math.max(0, current - 1 + this.random.int(TERMS.reach + 3));
    return current + 1 + this.random.int(TERMS.reach);
  }

  /** A slot that was or is sold, mostly one that is over. */
  #someSlot(): number {
    const current = this.model.slotAt(this.now.block);
    const over = [...this.model.sold].filter(([slot, { isSettled }]) => slot < current && !isSettled);
    if (over.length > 0 && this.random.chance(0.5)) return this.random.pick(over)[0];
    return Math.max(0, current - 3 + this.random.int(5));
  }

  async #bid(): Promise<void> {
    const [i, slot] = [this.anyBidder(), this.#openSlot()];
    const minimum = this.model.minimumFor(slot);
    const amount = this.random.pick([minimum, minimum, minimum + this.random.bigint(60n), minimum - 1n, 2_500n]);
    await this.both(
      `bid ${i} ${slot} ${amount}`,
      () => {
        this.model.bid(this.world.address(i), slot, amount, this.now);
      },
      () => this.world.as(i).bid(slot, amount, GAS),
    );
  }

  async #bidRange(): Promise<void> {
    const [i, first] = [this.anyBidder(), this.#openSlot()];
    const last = first - 1 + this.random.int(5);
    const highest = this.random.pick([0n, 6n, 20n, 60n, 1_000n]);
    await this.both(
      `bidRange ${i} ${first} ${last} ${highest}`,
      () => {
        this.model.bidRange(this.world.address(i), first, last, highest, this.now);
      },
      () => this.world.as(i).bidRange(first, Math.max(0, last), highest, GAS),
    );
  }

  async #pass(): Promise<void> {
    const current = this.model.slotAt(this.now.block);
    const slot = Math.max(0, current - 1 + this.random.int(4));
    const i = this.random.chance(0.8) ? this.bidderAt(this.model.holderOf(slot)) : this.anyBidder();
    const to = this.random.chance(0.2) ? ZeroAddress : this.world.address(this.anyBidder());
    await this.both(
      `passSlot ${i} ${slot} ${to}`,
      () => {
        this.model.passSlot(this.world.address(i), slot, to, this.now);
      },
      () => this.world.as(i).passSlot(slot, to, GAS),
    );
  }

  async #settle(slot: number): Promise<void> {
    await this.both(
      `settle ${slot}`,
      () => {
        this.model.settle(slot, this.now);
      },
      () => this.world.as(0).settle(slot, GAS),
    );
  }

  protected override async settleAll(): Promise<void> {
    for (const [slot, { isSettled }] of this.model.sold) if (!isSettled) await this.#settle(slot);
  }

  protected override moments(): readonly number[] {
    const current = this.model.slotAt(this.now.block);
    return Array.from({ length: TERMS.reach }, (_, i) => this.model.closesAt(current + 1 + i));
  }

  protected override knownSlots(current: number): readonly number[] {
    // Older ones may have lost their place to another slot.
    return [current - 1, current, current + 1].filter((slot) => slot >= 0);
  }

  protected override async compareBids({ block }: Moment): Promise<void> {
    const current = this.model.slotAt(block);
    const slots = Array.from({ length: TERMS.reach + 1 }, (_, i) => current + i);
    await Promise.all(
      slots.map(async (slot) => {
        const [entry, minimum, closesAt] = await Promise.all([
          this.read("entryOf", slot),
          this.read("minimumFor", slot),
          this.read("closesAt", slot),
        ]);
        const { holder, bid, bidAt } = entry as unknown as { holder: string; bid: bigint; bidAt: bigint };
        const sold = this.model.sold.get(slot);
        const expected = [sold?.holder ?? ZeroAddress, sold && !sold.isSettled ? sold.bid : 0n, BigInt(sold?.bidAt ?? 0)];
        expect([holder, bid, bidAt], `entry of ${slot}, ${this.story()}`).to.deep.equal(expected);
        expect(minimum, this.story()).to.equal(this.model.minimumFor(slot));
        expect(Number(closesAt), `close of ${slot}, ${this.story()}`).to.equal(this.model.closesAt(slot));
      }),
    );
  }
}
