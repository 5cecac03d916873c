// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS, SLOTS } from "../../helpers/auctionWorld.ts";
import { Random, seedFor } from "../../helpers/random.ts";
import { MAX_PENDING_LEAVES, SHARES, SlotAuctionWorld, TERMS } from "../../helpers/slotAuctionWorld.ts";

const { minBid, closeBlocks, finalBlocks, reach } = TERMS;
const WHOLE = 10n ** 24n;
/** Slots of an hour. */
const HOUR = 6n;
const ATTACKER = 1;
const HONEST = 2;

describe("Attacks on SlotAuction", () => {
  let a: SlotAuctionWorld;
  let restore: () => Promise<void>;

  before(async () => {
    a = await SlotAuctionWorld.open();
    const snapshot = await a.world.world.connection.networkHelpers.takeSnapshot();
    restore = () => snapshot.restore();
  });

  beforeEach(() => restore());

  const refusedBatch = (i: number, leaves = 1n): Promise<void> =>
    expect(a.world.world.consensus.post(a.world.address(i), [leaves], GAS)).to.be.revertedWithCustomError(
      a.world.world.consensus,
      "NotAllowed",
    );

  /** Bidders with values raise by the minimum in turn, until no minimum is worth it to anybody. */
  const compete = async (slot: bigint, values: ReadonlyMap<number, bigint>): Promise<bigint> => {
    for (let isOver = false; !isOver;) {
      isOver = true;
      for (const [i, value] of values) {
        const minimum = await a.auction.minimumFor(slot);
        const { holder } = await a.auction.entryOf(slot);
        if (holder === a.world.address(i) || minimum > value) continue;
        await a.bid(i, slot, minimum);
        isOver = false;
      }
    }
    return (await a.auction.entryOf(slot)).bid;
  };

  // ─── Denial of service ─────────────────────────────────────────────────────────────────────────────────────────────

  it("empty batches keep others out for an hour at the price of six slots, a tenth above their value", async () => {
    await a.world.post(3, 1n);
    const first = (await a.slot()) + 4n;
    await mined(a.world.as(HONEST).bidRange(first, first + HOUR - 1n, 1_000n, GAS));
    await mined(a.world.as(ATTACKER).bidRange(first, first + HOUR - 1n, 1_100n, GAS));
    for (let slot = first; slot < first + HOUR; slot++) {
      for (const block of [0n, 24n, 48n]) {
        await a.moveTo(slot, block);
        await a.world.post(ATTACKER, 1n);
        await refusedBatch(HONEST);
      }
    }
    // It ends with a slot that nobody bid for, or for which somebody bids more.
    await a.moveTo(first + HOUR);
    await a.world.post(HONEST, 1n);
    for (let slot = first; slot < first + HOUR; slot++) await a.settle(slot);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(6_600n);
    expect(await a.balance(HONEST)).to.equal(WHOLE);
  });

  it("one early empty batch holds a slot for half of its length, and not to its end (trap 12: Hermez)", async () => {
    const slot = await a.enter(ATTACKER);
    await a.moveTo(slot, 1n);
    await a.world.post(ATTACKER, 1n);
    await a.moveTo(slot, SLOTS.silenceBlocks);
    await refusedBatch(HONEST);
    await a.moveTo(slot, 1n + SLOTS.silenceBlocks);
    await a.world.post(HONEST, 1n);
    await a.moveTo(slot, 49n);
    await a.world.post(3, 1n);
    await a.settle(slot);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(minBid);
  });

  it("a winner that posts nothing is replaced after half of its slot, and pays bid and bond (trap 25: Taiko)", async () => {
    const slot = (await a.slot()) + 4n;
    await a.bid(ATTACKER, slot, minBid);
    await a.moveTo(slot, -1n);
    await a.world.post(3, 1n);
    await a.moveTo(slot, SLOTS.silenceBlocks - 1n);
    await refusedBatch(HONEST);
    await a.world.post(HONEST, 1n);
    await a.moveTo(slot + 1n);
    await a.settle(slot);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(1_500n);
  });

  it("a slot cannot fill the ring: the next holder finds its quarter free, and the bond survives a full ring", async () => {
    const slot = (await a.slot()) + 4n;
    for (const [i, next] of [1, 1, 1, 1, 2].entries()) await a.bid(next, slot + BigInt(i), minBid);
    const quota = MAX_PENDING_LEAVES / 4n;
    await a.moveTo(slot);
    // No leaf counts while a quarter of the ring waits or less.
    await a.world.post(ATTACKER, quota);
    await a.world.post(ATTACKER, quota);
    await refusedBatch(ATTACKER);
    // Its second identity, once the holder is silent.
    await a.moveTo(slot, SLOTS.silenceBlocks + 1n);
    await refusedBatch(3, quota + 1n);
    await a.world.post(3, quota);
    await refusedBatch(4);
    await a.moveTo(slot + 1n);
    const free = MAX_PENDING_LEAVES - (await a.world.world.consensus.pendingLeaves());
    expect(free).to.equal(MAX_PENDING_LEAVES / 4n);
    // Only if nobody proves anything in two slots the ring is full, and then for the attacker, too.
    await a.world.post(ATTACKER, quota);
    await a.moveTo(slot + 4n);
    const full = a.world.world.consensus.post(a.world.address(HONEST), [1n], GAS);
    await expect(full).to.be.revertedWithCustomError(a.world.world.consensus, "TooManyPendingLeaves");
    await a.moveTo(slot + 5n);
    await a.settle(slot + 4n);
    expect(WHOLE - (await a.balance(HONEST))).to.equal(minBid);
  });

  it("a party that censors L1 has to censor a whole slot: one batch in its last block keeps the bond", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(HONEST);
    await a.moveTo(slot, SLOTS.clock.slotBlocks - 1n);
    await a.world.post(HONEST, 1n);
    await a.settle(slot);
    expect(WHOLE - (await a.balance(HONEST))).to.equal(minBid);
    // 50 blocks in a row, for a party that builds half, nine tenths of L1's blocks.
    expect(0.5 ** Number(SLOTS.clock.slotBlocks)).to.be.below(1e-15);
    expect(0.9 ** Number(SLOTS.clock.slotBlocks)).to.be.below(0.0052);
  });

  // ─── The auction ───────────────────────────────────────────────────────────────────────────────────────────────────

  it("a ring of all bidders pays the lowest bid; one outsider restores the price, and a member gains by leaving", async () => {
    const slot = (await a.slot()) + 10n;
    const values = new Map([5_000n, 4_000n, 3_000n, 2_000n].map((value, i) => [1 + i, value]));
    const honest = await compete(slot, values);
    expect(honest).to.equal(4_189n);
    expect(await a.auction.holderOf(slot)).to.equal(a.world.address(1));

    const ring = await compete(slot + 1n, new Map([[1, 5_000n]]));
    expect(ring).to.equal(minBid);
    const outsider = await compete(slot + 2n, new Map([1, 2].map((i) => [i, values.get(i)!])));
    // Less than one raise below the outsider's value.
    expect(outsider).to.equal(3_808n);

    // A member with value 4,000 breaks the agreement at the close.
    await a.bid(2, slot + 1n, await a.auction.minimumFor(slot + 1n));
    const { bid } = await a.auction.entryOf(slot + 1n);
    expect(4_000n - bid).to.equal(2_900n);
  });

  it("a late bid lets others answer; to be the last one costs 2.8 times the standing bid, and not 1.1 times", async () => {
    const slot = (await a.slot()) + 10n;
    await a.bid(HONEST, slot, 1_000n);
    const final = (await a.start(slot)) - finalBlocks;
    let bids = 0;
    for (let close = 0n; close < final; close = await a.auction.closesAt(slot)) {
      await a.before((await a.auction.closesAt(slot)) - 1n);
      await a.bid(ATTACKER, slot, await a.auction.minimumFor(slot));
      bids++;
    }
    await a.before(final - 1n);
    await a.bid(ATTACKER, slot, await a.auction.minimumFor(slot));
    expect(bids).to.equal(Number((closeBlocks - finalBlocks) / TERMS.extensionBlocks));
    expect((await a.auction.entryOf(slot)).bid).to.equal(2_860n);
    // If the honest bidder answers once, before the close that a late bid moved, the sniper has gained nothing.
    const other = slot + 10n;
    await a.bid(HONEST, other, 1_000n);
    await a.moveTo(other, -closeBlocks - 1n);
    await a.bid(ATTACKER, other, 1_100n);
    await a.bid(HONEST, other, 1_210n);
    await a.moveTo(other, -closeBlocks + 1n + TERMS.extensionBlocks);
    await expect(a.world.as(ATTACKER).bid(other, 9_000n, GAS)).to.be.revertedWithCustomError(
      a.auction,
      "AuctionClosed",
    );

    const hard = await SlotAuctionWorld.open({ terms: { extensionBlocks: 0n } });
    const sniped = (await hard.slot()) + 10n;
    await hard.bid(HONEST, sniped, 1_000n);
    await hard.moveTo(sniped, -closeBlocks - 1n);
    await hard.bid(ATTACKER, sniped, 1_100n);
    await expect(hard.world.as(HONEST).bid(sniped, 9_000n, GAS)).to.be.revertedWithCustomError(
      hard.auction,
      "AuctionClosed",
    );
  });

  it("nobody moves the close beyond its final block by raising for ever (trap 15: Taiko)", async () => {
    const slot = (await a.slot()) + 5n;
    const final = (await a.start(slot)) - finalBlocks;
    await a.moveTo(slot, -closeBlocks - 1n);
    let bid = 0n;
    while ((await a.world.world.next()).block < final) {
      bid = await a.auction.minimumFor(slot);
      await a.bid(ATTACKER, slot, bid);
    }
    await expect(a.world.as(ATTACKER).bid(slot, 2n * bid, GAS)).to.be.revertedWithCustomError(
      a.auction,
      "AuctionClosed",
    );
    // One raise in each of 51 blocks.
    expect(bid).to.equal(117_829n);
    await a.moveTo(slot);
    await a.world.post(ATTACKER, 1n);
  });

  it("many identities get nothing cheaper: each slot costs the same, and bids against oneself only raise it", async () => {
    const first = (await a.slot()) + 10n;
    await mined(a.world.as(1).bidRange(first, first + 4n, 1_000n));
    for (let i = 0; i < 5; i++) await a.bid(2 + i, first + 5n + BigInt(i), 1_000n);
    const costs = await Promise.all([1, 2, 3, 4, 5, 6].map(async (i) => WHOLE - (await a.balance(i))));
    expect(costs).to.deep.equal([7_500n, 1_500n, 1_500n, 1_500n, 1_500n, 1_500n]);
    await a.bid(3, first, 1_100n);
    expect(await a.auction.minimumFor(first)).to.equal(1_210n);
  });

  it("low bids for all slots in reach lock 150,000 and raise each price by a tenth of the lowest bid", async () => {
    const first = (await a.slot()) + 4n;
    const last = (await a.slot()) + reach;
    const count = last - first + 1n;
    for (let slot = first; slot <= last; slot += 25n) {
      await mined(a.world.as(ATTACKER).bidRange(slot, slot + 24n < last ? slot + 24n : last, minBid, GAS));
    }
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(1_500n * count);
    await mined(a.world.as(HONEST).bidRange(first, first + 9n, 2_000n, GAS));
    expect(WHOLE - (await a.balance(HONEST))).to.equal(10n * (1_100n + 550n));
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(1_500n * (count - 10n));
  });

  it("a takeover of each slot pays for each slot, and one higher bid ends it for that slot", async () => {
    await a.world.post(3, 1n);
    const first = (await a.slot()) + 4n;
    let paid = 0n;
    for (let slot = first; slot < first + HOUR; slot++) {
      const price = await compete(
        slot,
        new Map([
          [ATTACKER, 10n ** 9n],
          [HONEST, 2_000n],
        ]),
      );
      expect(await a.auction.holderOf(slot)).to.equal(a.world.address(ATTACKER));
      paid += price;
    }
    expect(paid).to.equal(6n * 2_148n);
    await a.bid(HONEST, first + 2n, await a.auction.minimumFor(first + 2n));
    await a.moveTo(first + 2n);
    await a.world.post(HONEST, 1n);
  });

  it("no bid is hidden, and a bid without money is no bid (trap 26: ENS)", async () => {
    const slot = (await a.slot()) + 10n;
    const poor = a.world.as(10).bid(slot, minBid);
    await expect(poor)
      .to.be.revertedWithCustomError(a.auction, "InsufficientBalance")
      .withArgs(a.world.address(10), 0n, 1_500n);
    await expect(a.world.as(ATTACKER).bid(slot, WHOLE)).to.be.revertedWithCustomError(a.auction, "InsufficientBalance");
  });

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a holder cannot leave before it is slashed: neither by a withdrawal nor by passing its slot on", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(ATTACKER);
    await mined(a.world.as(ATTACKER).withdraw(await a.balance(ATTACKER), GAS));
    await mined(a.world.as(ATTACKER).passSlot(slot, a.world.address(10), GAS));
    await a.moveTo(slot + 1n);
    await expect(a.world.as(0).settle(slot, GAS))
      .to.emit(a.auction, "SlotSettled")
      .withArgs(slot, a.world.address(10), 1_450n, 0n, a.world.address(0), 50n);
    expect([await a.balance(ATTACKER), await a.balance(10)]).to.deep.equal([0n, 0n]);
  });

  it("a miss is final once it is settled: a ring that is filled later does not excuse it", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(ATTACKER);
    await a.moveTo(slot + 1n);
    await a.settle(slot);
    for (let i = 1n; i <= 4n; i++) {
      await a.moveTo(slot + i, 1n);
      await a.world.post(ATTACKER, i === 4n ? 15n : 16n);
    }
    await a.world.prove(HONEST, 1n);
    expect(await a.auction.serviceOf(slot)).to.equal(6n);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(1_500n);
  });

  it("shares of any size and bids of any size add up to the unit (trap 8: Hermez 878cc2b)", async () => {
    const random = new Random(seedFor("shares of the auction"));
    for (let round = 0; round < 6; round++) {
      const aggregators = random.bigint(10_001n);
      const fund = random.bigint(10_001n - aggregators);
      const b = await SlotAuctionWorld.open({
        slotBlocks: 8n,
        terms: { minBid: 1n, bondRate: 0n, closeBlocks: 1n, finalBlocks: 1n },
        shares: { aggregators, fund },
      });
      let sum = 0n;
      for (let i = 1; i <= 4; i++) {
        const bid = random.bigint(10n ** BigInt(1 + random.int(24))) + 1n;
        const slot = (await b.slot()) + 2n;
        await b.bid(i, slot, bid);
        await b.moveTo(slot + 1n);
        await b.settle(slot);
        sum += bid;
        const { pool, toBurn } = await b.auction.undivided();
        expect(pool + toBurn + (await b.balance(9)), `${aggregators} ${fund} ${bid}`).to.equal(sum);
        const exact = (part: bigint): bigint => (sum * part) / 10_000n;
        expect(exact(aggregators) - pool).to.be.within(0n, 4n);
        expect(exact(fund) - (await b.balance(9))).to.be.within(0n, 4n);
      }
      await mined(b.world.as(0).burn(GAS));
      const owed = (await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => b.balance(i)))).reduce((x, y) => x + y);
      const { pool } = await b.auction.undivided();
      expect(await b.world.world.token.balanceOf(b.auction)).to.equal(owed + pool);
    }
  });

  it("a holder that proves its own empty batches takes one part of the aggregators' pool for each proof", async () => {
    const [rich, slot] = [(await a.slot()) + 4n, (await a.slot()) + 5n];
    await a.bid(HONEST, rich, 1_000_000n);
    await a.bid(ATTACKER, slot, minBid);
    await a.moveTo(rich);
    await a.world.post(HONEST, 1n);
    await a.moveTo(slot);
    await a.settle(rich);
    expect((await a.auction.undivided()).pool).to.equal(400_000n);
    await a.world.post(ATTACKER, ...Array.from({ length: 16 }, () => 1n));
    await refusedBatch(ATTACKER);
    await a.world.prove(HONEST, 1n);
    expect(await a.balance(HONEST)).to.equal(WHOLE - 1_000_000n + 400_000n / SHARES.poolLeaves);
    const before = await a.balance(ATTACKER);
    await a.world.prove(ATTACKER, 16n);
    // 1 − 0.99^16 = 14.9% of 396,000, for 16 proofs; parts are rounded down.
    expect((await a.balance(ATTACKER)) - before).to.equal(58_817n);
  });
});
