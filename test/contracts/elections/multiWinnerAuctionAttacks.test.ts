// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS, SLOTS } from "../../helpers/auctionWorld.ts";
import { outcomeOf } from "../../helpers/electionWorld.ts";
import { MAX_PENDING_LEAVES, MultiWinnerWorld, TERMS } from "../../helpers/multiWinnerWorld.ts";

const { minBid, bond } = TERMS;
const WHOLE = 10n ** 24n;
const EPOCH = Number(SLOTS.clock.epochSlots);
const ATTACKER = 7;

describe("Attacks on MultiWinnerAuction", () => {
  let a: MultiWinnerWorld;
  let restore: () => Promise<void>;

  before(async () => {
    a = await MultiWinnerWorld.open();
    const snapshot = await a.world.world.connection.networkHelpers.takeSnapshot();
    restore = () => snapshot.restore();
  });

  beforeEach(() => restore());

  const refusedBatch = (i: number, leaves = 1n): Promise<void> =>
    expect(a.world.world.consensus.post(a.world.address(i), [leaves], GAS)).to.be.revertedWithCustomError(
      a.world.world.consensus,
      "NotAllowed",
    );

  /** Price and seats of an auction with these bids, in this order. */
  const auction = async (...bids: readonly (readonly [number, bigint])[]) => {
    await restore();
    const epoch = await a.openBids();
    for (const [i, bid] of bids) await a.bid(i, bid);
    const seats = (await a.bids(epoch)).slice(0, TERMS.winners).map(({ i }) => i);
    return { epoch, price: await a.auction.priceOf(epoch), seats };
  };

  const seatsOf = (i: number, seats: readonly number[]): bigint => BigInt(seats.filter((each) => each === i).length);

  // ─── The auction ───────────────────────────────────────────────────────────────────────────────────────────────────

  it("demand reduction: a bidder of two seats gains by bidding for one, and the income falls from 7,500 to 4,000", async () => {
    // Account 1 values two seats at 10,000 each; the others value one seat.
    const others = [
      [2, 9_000n],
      [3, 8_000n],
      [4, 7_500n],
    ] as const;
    const honest = await auction([1, 10_000n], [1, 10_000n], ...others);
    expect([honest.price, honest.seats]).to.deep.equal([7_500n, [1, 1, 2, 3]]);
    const reduced = await auction([1, 10_000n], ...others);
    expect([reduced.price, reduced.seats]).to.deep.equal([minBid, [1, 2, 3, 4]]);
    const gain = (price: bigint, seats: readonly number[]): bigint => seatsOf(1, seats) * (10_000n - price);
    expect([gain(honest.price, honest.seats), gain(reduced.price, reduced.seats)]).to.deep.equal([5_000n, 9_000n]);
    expect([4n * honest.price, 4n * reduced.price]).to.deep.equal([30_000n, 4_000n]);
  });

  it("split identities buy nothing that one account cannot buy, and pay the same", async () => {
    const others = [
      [2, 9_000n],
      [3, 8_000n],
      [4, 7_500n],
    ] as const;
    const one = await auction([1, 10_000n], [1, 10_000n], ...others);
    const two = await auction([1, 10_000n], [8, 10_000n], ...others);
    expect(two.price).to.equal(one.price);
    expect(two.seats.map((i) => (i === 8 ? 1 : i))).to.deep.equal(one.seats);
  });

  it("a ring of all bidders pays the lowest bid; one outsider restores the price for all four seats", async () => {
    const honest = await auction([1, 3_000n], [2, 2_500n], [3, 2_000n], [4, 1_800n], [5, 1_500n]);
    expect(4n * honest.price).to.equal(6_000n);
    const ring = await auction([1, 3_000n], [2, 2_500n], [3, 2_000n], [4, 1_800n]);
    expect(4n * ring.price).to.equal(4n * minBid);
    // An outsider loses nothing: it pays nothing, or takes a seat below its value.
    const outsider = await auction([1, 3_000n], [2, 2_500n], [3, 2_000n], [4, 1_800n], [ATTACKER, 1_700n]);
    expect(4n * outsider.price).to.equal(6_800n);
  });

  it("a bid in the last block gains nothing against honest bids: the winner pays what the loser bid", async () => {
    const epoch = await a.openBids();
    for (const [i, bid] of [
      [1, 3_000n],
      [2, 2_500n],
      [3, 2_000n],
      [4, 1_800n],
    ] as const) {
      await a.bid(i, bid);
    }
    // A sniper with the value 1,700 has to outbid 1,800, and then pays 1,800 for a seat.
    await a.before((await a.auction.freezeBlock(epoch)) - 1n);
    await a.bid(ATTACKER, 1_801n);
    expect((await a.bids(epoch))[3]).to.deep.equal({ i: ATTACKER, bid: 1_801n });
    expect(await a.auction.priceOf(epoch)).to.equal(1_800n);
    // The bidder that it pushed out is the first of the line, and would pay its own bid at most.
    expect((await a.bids(epoch))[4]).to.deep.equal({ i: 4, bid: 1_800n });
  });

  it("raises and new bids do not move the close (trap 15: Taiko)", async () => {
    const epoch = await a.openBids();
    const close = await a.auction.freezeBlock(epoch);
    for (let rank = 0; rank < 3; rank++) await a.bid(ATTACKER, minBid);
    await a.before(close - 3n);
    await mined(a.world.as(ATTACKER).raise(0, 1_100n, 0, GAS));
    await mined(a.world.as(ATTACKER).raise(0, 1_210n, 0, GAS));
    await mined(a.world.as(ATTACKER).raise(0, 1_331n, 0, GAS));
    expect(await a.auction.freezeBlock(epoch)).to.equal(close);
    await expect(a.world.as(ATTACKER).raise(0, 1_465n, 0, GAS)).to.be.revertedWithCustomError(a.auction, "SetClosed");
  });

  it("a takeover of all seats pays the highest bid of an outsider for each, and ends with the epoch", async () => {
    const epoch = await a.openBids();
    for (const [i, bid] of [
      [1, 3_000n],
      [2, 2_500n],
    ] as const) {
      await a.bid(i, bid);
    }
    for (let seat = 0; seat < 4; seat++) await a.bid(ATTACKER, 3_001n);
    expect(await a.auction.priceOf(epoch)).to.equal(3_000n);
    const slots = Array.from({ length: EPOCH }, (_, slot) => slot);
    expect(new Set(await a.holders(epoch, slots))).to.deep.equal(new Set([ATTACKER]));
    // The next auction is decided before this epoch begins to matter to it: outsiders can bid more.
    await a.before(await a.auction.changesFrom(epoch + 1n));
    await a.bid(1, 3_500n);
    expect((await a.bids(epoch + 1n))[0]).to.deep.equal({ i: 1, bid: 3_500n });
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.world.post(8, 1n);
    await a.settle(epoch);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(12_000n);
  });

  it("a loser that bids just below the winners raises their price, and has to serve if one of them fails", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter([
      [1, 3_000n],
      [2, 3_000n],
      [3, 3_000n],
      [4, 3_000n],
      [ATTACKER, 2_999n],
    ]);
    expect(await a.auction.priceOf(epoch)).to.equal(2_999n);
    await a.before(await a.startOf(epoch, 5));
    await a.countMiss(a.slotOf(epoch, 0));
    await a.countMiss(a.slotOf(epoch, 4));
    expect(await a.holders(epoch, [8])).to.deep.equal([ATTACKER]);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal((2_999n * 6n + 7n) / 8n);
  });

  // ─── Denial of service ─────────────────────────────────────────────────────────────────────────────────────────────

  it("empty batches of one winner of four delay a user by one slot, and by three slots with three seats", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter([
      [ATTACKER, 3_000n],
      [ATTACKER, 3_000n],
      [ATTACKER, 3_000n],
      [1, 2_000n],
      [2, 1_500n],
    ]);
    for (const slot of [0, 1, 2]) {
      for (const block of [0n, 24n, 48n]) {
        await a.before((await a.startOf(epoch, slot)) + block);
        await a.world.post(ATTACKER, 1n);
        await refusedBatch(1);
      }
    }
    await a.before(await a.startOf(epoch, 3));
    await a.world.post(1, 1n);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    // Three of four seats for 32 slots, 5 hours and 20 minutes.
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(3n * 1_500n);
  });

  it("a winner that refuses all is replaced after its second slot, and pays price and bond (trap 25: Taiko)", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter([
      [ATTACKER, 3_000n],
      [1, 2_500n],
      [2, 2_000n],
      [3, 1_800n],
      [4, 1_500n],
    ]);
    // The rollup was silent before the epoch. The first batch ends that.
    await a.world.post(5, 1n);
    for (const slot of [0, 4]) {
      await a.before((await a.startOf(epoch, slot)) + SLOTS.silenceBlocks - 1n);
      await refusedBatch(5);
      await a.world.post(5, 1n);
      await a.before((await a.startOf(epoch, slot + 3)) + 1n);
      await a.world.post(3, 1n);
    }
    await a.countMiss(a.slotOf(epoch, 0));
    await a.countMiss(a.slotOf(epoch, 4));
    await a.before(await a.startOf(epoch, 8));
    await a.world.post(4, 1n);
    await refusedBatch(ATTACKER);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(1_500n + bond);
  });

  it("an attacker with all seats and the line is silent in twelve slots and pays 20,256; then all is open", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(Array.from({ length: 6 }, () => [ATTACKER, 1_500n] as const));
    const missed: number[] = [];
    for (let slot = 0; slot < EPOCH; slot++) {
      await a.before(await a.startOf(epoch, slot + 1));
      const outcome = await outcomeOf(() => a.world.as(0).countMiss(a.slotOf(epoch, slot), GAS));
      expect(outcome).to.be.oneOf([undefined, "NotMissed"]);
      if (outcome === undefined) missed.push(slot);
    }
    expect(missed).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13]);
    expect(await a.holders(epoch, [14, 15, 16, 17, 28, 29, 30, 31])).to.deep.equal(Array.from({ length: 8 }, () => -1));
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    // Four prices, two bids for six slots of eight, and six bonds.
    expect(WHOLE - (await a.balance(ATTACKER))).to.equal(4n * 1_500n + 2n * 1_125n + 6n * bond);
    expect(4n * 1_500n + 2n * 1_125n + 6n * bond).to.equal(20_256n);
  });

  it("a seat cannot fill the ring: a quarter of it is its quota, and a full ring is no miss", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter([
      [ATTACKER, 3_000n],
      [ATTACKER, 3_000n],
      [1, 2_000n],
      [2, 1_500n],
      [3, 1_200n],
    ]);
    const quota = MAX_PENDING_LEAVES / 4n;
    for (const slot of [0, 1]) {
      await a.before(await a.startOf(epoch, slot));
      await a.world.post(ATTACKER, quota);
      await refusedBatch(ATTACKER);
    }
    await a.before(await a.startOf(epoch, 2));
    expect(await a.world.world.consensus.pendingLeaves()).to.equal(1n + 2n * quota);
    await a.world.post(1, quota);
    await a.before(await a.startOf(epoch, 3));
    await a.world.post(2, quota - 1n);
    // The ring is full, and nobody proves anything.
    await a.before(await a.startOf(epoch, 7));
    const full = a.world.world.consensus.post(a.world.address(2), [1n], GAS);
    await expect(full).to.be.revertedWithCustomError(a.world.world.consensus, "TooManyPendingLeaves");
    const excused = a.world.as(0).countMiss(a.slotOf(epoch, 6), GAS);
    await expect(excused).to.be.revertedWithCustomError(a.auction, "NotMissed").withArgs(a.slotOf(epoch, 6), 4);
  });

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("nobody leaves with a bond that may be slashed: neither outbid nor by a withdrawal (trap 13: Taiko)", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter([
      [ATTACKER, 3_000n],
      [1, 2_500n],
      [2, 2_000n],
      [3, 1_800n],
    ]);
    await mined(a.world.as(ATTACKER).withdraw(await a.balance(ATTACKER), GAS));
    // After the freeze nobody can be outbid, and the settlement waits for the last miss.
    await expect(a.world.as(8).bid(9_000n, 0, GAS)).to.be.revertedWithCustomError(a.auction, "SetClosed");
    await a.before(await a.startOf(epoch, 31));
    await a.countMiss(a.slotOf(epoch, 28));
    await expect(a.world.as(0).settleEpoch(epoch, GAS)).to.be.revertedWithCustomError(a.auction, "StillLiable");
    await a.before((await a.auction.changesFrom(epoch + 2n)) - 1n);
    await a.countMiss(a.slotOf(epoch, 24));
    await a.settle(epoch);
    expect(await a.balance(ATTACKER)).to.equal(3_000n - minBid);
  });

  it("bids of any size are conserved to the unit (trap 8: Hermez 878cc2b)", async () => {
    await a.world.post(8, 1n);
    const sizes = [1_000n, 10n ** 23n + 7n, 999_999_999_999_999n, 3n * 10n ** 22n + 1n, 77_777n, 10n ** 18n];
    const epoch = await a.enter(sizes.map((bid, i) => [1 + i, bid] as const));
    await a.before(await a.startOf(epoch, 5));
    await a.countMiss(a.slotOf(epoch, 0));
    await a.countMiss(a.slotOf(epoch, 4));
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    const balances = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => a.balance(i)));
    const { pool, toBurn } = await a.auction.undivided();
    const sum = balances.reduce((x, y) => x + y, pool + toBurn);
    expect(sum).to.equal(8n * WHOLE);
    expect(await a.world.world.token.balanceOf(a.auction)).to.equal(sum);
  });
});
