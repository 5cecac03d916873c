// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { SlotAuction } from "../../typechain-types/index.ts";
import { ConsensusModel, type Moment } from "../model/elections/parts/index.ts";
import { SlotAuctionModel, type AuctionTerms } from "../model/elections/slotAuction.ts";
import { AuctionRun } from "./auctionRun.ts";
import { AuctionWorld, FUND, GAS } from "./auctionWorld.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";

/** Short, so that a random run meets many slots. */
const SLOTS = { clock: { slotBlocks: 10n, epochSlots: 4n }, silenceBlocks: 4n, opensAfter: 60n };
const TERMS: AuctionTerms = {
  minBid: 5n,
  bondRate: 3_333n,
  reach: 4n,
  closeBlocks: 12n,
  finalBlocks: 3n,
  extensionBlocks: 2n,
};
const SHARES = { aggregators: 4_000n, fund: 2_001n, poolLeaves: 7n };
const MAX_PENDING_LEAVES = 16n;

export const ACTIONS = ["bid", "bidRange", "passSlot", "settle", "post", "prove", "deposit", "withdraw", "burn"];

export class SlotAuctionRun extends AuctionRun<SlotAuction, SlotAuctionModel> {
  static async start(random: Random): Promise<SlotAuctionRun> {
    const world = await AuctionWorld.open<SlotAuction>(
      "SlotAuction",
      (token, signers) => [token, SLOTS, { ...SHARES, fundAccount: signers[FUND]! }, TERMS],
      MAX_PENDING_LEAVES,
    );
    const genesis = await world.election.GENESIS_BLOCK();
    const startsAt = { block: 0n, time: await world.world.consensus.timeOf(0) };
    const shares = { ...SHARES, fundAccount: world.address(FUND) };
    const consensus = new ConsensusModel(MAX_PENDING_LEAVES, startsAt, (): SlotAuctionModel => model);
    const model: SlotAuctionModel = new SlotAuctionModel(SLOTS, genesis, consensus, shares, TERMS);
    const views = await BatchedViews.open(world.world.connection);
    const run = new SlotAuctionRun(world, model, random, views, await world.world.next());
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

  /** The slot at hand, or one so many after it; slot 0 if there is none. */
  #slot(offset: number): bigint {
    const slot = this.model.clock.slotAt(this.now) + BigInt(offset);
    return slot > 0n ? slot : 0n;
  }

  /** Mostly a slot that bids are taken for; else one at the ends of those, or the next one. */
  #openSlot(): bigint {
    const reach = Number(TERMS.reach);
    return this.#slot(this.random.chance(0.1) ? this.random.int(reach + 3) - 1 : 1 + this.random.int(reach));
  }

  /** A slot that was or is sold, mostly one that is over. */
  #someSlot(): bigint {
    const current = this.#slot(0);
    const over = [...this.model.sold].filter(([slot, { isSettled }]) => slot < current && !isSettled);
    if (over.length > 0 && this.random.chance(0.5)) return this.random.pick(over)[0];
    return this.#slot(this.random.int(5) - 3);
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
    const [i, first] = [this.anyBidder(), this.#openSlot() + 1n];
    const last = first - 1n + this.random.bigint(5n);
    const highest = this.random.pick([0n, 6n, 20n, 60n, 1_000n]);
    await this.both(
      `bidRange ${i} ${first} ${last} ${highest}`,
      () => {
        this.model.bidRange(this.world.address(i), first, last, highest, this.now);
      },
      () => this.world.as(i).bidRange(first, last, highest, GAS),
    );
  }

  async #pass(): Promise<void> {
    const slot = this.#slot(this.random.int(4) - 1);
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

  async #settle(slot: bigint): Promise<void> {
    const i = this.anyBidder();
    await this.both(
      `settle ${i} ${slot}`,
      () => {
        this.model.settle(this.world.address(i), slot, this.now);
      },
      () => this.world.as(i).settle(slot, GAS),
    );
  }

  protected override async settleAll(): Promise<void> {
    for (const [slot, { isSettled }] of this.model.sold) if (!isSettled) await this.#settle(slot);
  }

  protected override moments(): readonly bigint[] {
    return [1, 2, 3, 4].map((offset) => this.model.closesAt(this.#slot(offset)));
  }

  protected override knownSlots(current: bigint): readonly bigint[] {
    // Older ones may have lost their place to another slot.
    return [current - 1n, current, current + 1n].filter((slot) => slot >= 0n);
  }

  protected override async compareBids(latest: Moment): Promise<void> {
    const current = this.model.clock.slotAt(latest);
    const slots = [0n, 1n, 2n, 3n, 4n].map((offset) => current + offset);
    await Promise.all(
      slots.map(async (slot) => {
        const [entry, minimum, closesAt] = await Promise.all([
          this.read("entryOf", slot),
          this.read("minimumFor", slot),
          this.read("closesAt", slot),
        ]);
        const { holder, bid, bidAt } = entry as { holder: string; bid: bigint; bidAt: bigint };
        const sold = this.model.sold.get(slot);
        const expected = [sold?.holder ?? ZeroAddress, sold && !sold.isSettled ? sold.bid : 0n, sold?.bidAt ?? 0n];
        expect([holder, bid, bidAt], `entry of ${slot}, ${this.story()}`).to.deep.equal(expected);
        expect(minimum, this.story()).to.equal(this.model.minimumFor(slot));
        expect(closesAt, `close of ${slot}, ${this.story()}`).to.equal(this.model.closesAt(slot));
      }),
    );
  }
}
