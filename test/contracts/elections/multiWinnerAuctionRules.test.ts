// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS, SLOTS } from "../../helpers/auctionWorld.ts";
import { argumentsOf, MultiWinnerWorld, TERMS, type MultiWinnerOptions } from "../../helpers/multiWinnerWorld.ts";
import { SHARES } from "../../helpers/slotAuctionWorld.ts";

const { minBid, bond, winners, reserves } = TERMS;
const WHOLE = 10n ** 24n;
const EPOCH = Number(SLOTS.clock.epochSlots);
/** Six bids of six accounts: the list is full, the price is 1,500. */
const FULL = [
  [1, 3_000n],
  [2, 2_500n],
  [3, 2_000n],
  [4, 1_800n],
  [5, 1_500n],
  [6, 1_200n],
] as const;

describe("MultiWinnerAuction", () => {
  let a: MultiWinnerWorld;
  let restore: () => Promise<void>;

  before(async () => {
    a = await MultiWinnerWorld.open();
    const snapshot = await a.world.world.connection.networkHelpers.takeSnapshot();
    restore = () => snapshot.restore();
  });

  beforeEach(() => restore());

  const refuses = (sent: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sent)
      .to.be.revertedWithCustomError(a.auction, error)
      .withArgs(...args);

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  const deploy = (options: MultiWinnerOptions) =>
    a.world.world.connection.ethers.deployContract(
      "MultiWinnerAuction",
      argumentsOf(options, a.world.world.token, a.world.address(9)),
    );

  it("logs its terms and shows them", async () => {
    await expect(a.auction.deploymentTransaction())
      .to.emit(a.auction, "WinnerAuctionDeployed")
      .withArgs([minBid, bond, winners, reserves]);
    const shown = [a.auction.MIN_BID(), a.auction.BOND(), a.auction.WINNERS(), a.auction.RESERVES()];
    expect(await Promise.all(shown)).to.deep.equal([minBid, bond, BigInt(winners), BigInt(reserves)]);
  });

  for (const [name, bad, good] of [
    ["minBid", [{ minBid: 0n }], [{ minBid: 1n }]],
    ["bond", [{ bond: 0n }], [{ bond: 1n }]],
    ["winners", [{ winners: 0 }, { winners: 5 }, { winners: 32 }], [{ winners: 1 }, { winners: 16 }]],
    ["reserves", [{ reserves: 0 }, { reserves: 17 }], [{ reserves: 1 }, { reserves: 16 }]],
  ] as const) {
    it(`refuses ${name} out of its range, and takes its bounds`, async () => {
      for (const terms of bad) {
        await refuses(deploy({ terms }), "InvalidParameter", name, { ...TERMS, ...terms }[name]);
      }
      for (const terms of good) await deploy({ terms });
    });
  }

  // ─── Bids ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("takes bids for the next epoch in the second quarter of an epoch, to the block", async () => {
    const epoch = (await a.auction.currentEpoch()) + 1n;
    const [from, until] = await Promise.all([a.auction.changesFrom(epoch), a.auction.freezeBlock(epoch)]);
    expect(until - from).to.equal((SLOTS.clock.epochSlots / 4n) * SLOTS.clock.slotBlocks);
    await a.before(from - 1n);
    await refuses(a.world.as(1).bid(minBid, 0, GAS), "SetClosed", epoch, from, until);
    await a.bid(1, minBid);
    await a.before(until - 2n);
    await a.bid(2, minBid);
    await mined(a.world.as(1).raise(0, 1_100n, 0, GAS));
    await refuses(a.world.as(3).bid(9_000n, 0, GAS), "SetClosed", epoch, from, until);
    await refuses(a.world.as(1).raise(0, 9_000n, 0, GAS), "SetClosed", epoch, from, until);
    expect((await a.bids(epoch)).map(({ i }) => i)).to.deep.equal([1, 2]);
  });

  it("takes bid and bond from the balance, and ranks by bid, the first of equal ones first", async () => {
    const epoch = await a.openBids();
    await expect(a.world.as(1).bid(2_000n, 0))
      .to.emit(a.auction, "BidPlaced")
      .withArgs(epoch, 0, a.world.address(1), 2_000n, 0);
    await a.bid(2, 3_000n);
    await a.bid(3, 2_000n);
    await a.bid(4, 2_000n);
    await a.bid(5, 2_001n);
    expect(await a.balance(1)).to.equal(WHOLE - 2_000n - bond);
    expect((await a.bids(epoch)).map(({ i }) => i)).to.deep.equal([2, 5, 1, 3, 4]);
    await refuses(a.world.as(10).bid(2_000n, 0), "InsufficientBalance", a.world.address(10), 0n, 2_000n + bond);
  });

  it("ranks the same with any hint", async () => {
    const orders = new Set<string>();
    for (const hint of [0, 1, 3, 6, 31, 2n ** 255n]) {
      await restore();
      const epoch = await a.openBids();
      for (const [i, amount] of [...FULL].reverse()) await mined(a.world.as(i).bid(amount, hint, GAS));
      await mined(a.world.as(7).bid(1_500n, hint, GAS));
      orders.add((await a.bids(epoch)).map(({ i }) => i).join());
    }
    expect([...orders]).to.deep.equal(["1,2,3,4,5,7"]);
  });

  it("a full list takes a tenth more than its lowest bid, rounded up, and pays the lowest bidder back", async () => {
    const epoch = await a.openBids();
    for (const [i, amount] of FULL) await a.bid(i, amount + 1n);
    expect(await a.auction.minimumBid()).to.equal(1_322n);
    await refuses(a.world.as(7).bid(1_321n, 0), "BidBelowMinimum", 1_321n, 1_322n);
    await expect(a.world.as(7).bid(1_322n, 0))
      .to.emit(a.auction, "BidDropped")
      .withArgs(epoch, 5, a.world.address(6), 1_201n);
    expect(await a.balance(6)).to.equal(WHOLE);
    expect((await a.bids(epoch)).map(({ i }) => i)).to.deep.equal([1, 2, 3, 4, 5, 7]);
  });

  it("a raise is at least a tenth, rounded up, and only of the caller's bid", async () => {
    const epoch = await a.openBids();
    await a.bid(1, 1_001n);
    await a.bid(2, 1_050n);
    await refuses(a.world.as(1).raise(1, 5_000n, 0), "NotBidder", 1, a.world.address(1), a.world.address(2));
    await refuses(a.world.as(1).raise(2, 5_000n, 0), "NotBidder", 2, a.world.address(1), ZeroAddress);
    await refuses(a.world.as(1).raise(2n ** 255n, 5_000n, 0), "NotBidder", 2n ** 255n, a.world.address(1), ZeroAddress);
    await refuses(a.world.as(1).raise(0, 1_101n, 0), "BidBelowMinimum", 1_101n, 1_102n);
    await expect(a.world.as(1).raise(0, 1_102n, 0))
      .to.emit(a.auction, "BidRaised")
      .withArgs(epoch, 0, 1_102n, 0);
    expect(await a.balance(1)).to.equal(WHOLE - 1_102n - bond);
    expect((await a.bids(epoch)).map(({ i }) => i)).to.deep.equal([1, 2]);
  });

  it("bids from 1 to 9 units cannot be raised by nothing (trap 9: Hermez d713622)", async () => {
    const small = await MultiWinnerWorld.open({ terms: { minBid: 1n, winners: 1, reserves: 1 } });
    await small.openBids();
    await expect(small.world.as(1).bid(0n, 0)).to.be.revertedWithCustomError(small.auction, "BidBelowMinimum");
    await small.bid(1, 1n);
    await small.bid(2, 1n);
    for (let lowest = 1n; lowest <= 9n; lowest++) {
      expect(await small.auction.minimumBid()).to.equal(lowest + 1n);
      const equal = small.world.as(3).bid(lowest, 0);
      await expect(equal)
        .to.be.revertedWithCustomError(small.auction, "BidBelowMinimum")
        .withArgs(lowest, lowest + 1n);
      // Two bids replace both: the lowest bid is one unit higher then.
      await small.bid(3, lowest + 1n);
      await small.bid(4, lowest + 1n);
    }
  });

  // ─── Prices and turns ──────────────────────────────────────────────────────────────────────────────────────────────

  it("all winners pay the highest bid that did not win, or the lowest bid if all bids win", async () => {
    const epoch = await a.openBids();
    const prices: bigint[] = [await a.auction.priceOf(epoch)];
    for (const [i, amount] of FULL) {
      await a.bid(i, amount);
      prices.push(await a.auction.priceOf(epoch));
    }
    expect(prices).to.deep.equal([0n, minBid, minBid, minBid, minBid, 1_500n, 1_500n]);
  });

  it("the order of equal and other bids does not change price and winners (trap 7: nitro 4742)", async () => {
    const bids = [2_000n, 2_000n, 1_700n, 1_700n, 1_700n, 1_500n];
    const outcomes = new Set<string>();
    for (let turn = 0; turn < bids.length; turn++) {
      await restore();
      const epoch = await a.openBids();
      const permuted = [...bids.slice(turn), ...bids.slice(0, turn)];
      for (const [i, amount] of permuted.entries()) await a.bid(1 + i, amount);
      const list = await a.bids(epoch);
      outcomes.add([...list.map(({ bid }) => bid), await a.auction.priceOf(epoch)].join());
      // Of equal bids, those that came first have the seats.
      const seats = list.slice(0, winners).filter(({ bid }) => bid === 1_700n);
      const first = permuted.flatMap((bid, i) => (bid === 1_700n ? [1 + i] : [])).slice(0, 2);
      expect(seats.map(({ i }) => i)).to.deep.equal(first);
    }
    expect([...outcomes]).to.deep.equal(["2000,2000,1700,1700,1700,1500,1700"]);
  });

  it("seat i has the slots i, i + 4, i + 8 and so on, by rank; a seat without a bidder is open", async () => {
    const epoch = await a.enter(FULL.slice(0, 3));
    const slots = Array.from({ length: EPOCH }, (_, slot) => slot);
    const holders = await a.holders(epoch, slots);
    expect(holders).to.deep.equal(slots.map((slot) => [1, 2, 3, -1][slot % 4]));
    expect(await a.holders(epoch + 1n, slots)).to.deep.equal(slots.map(() => -1));
    await a.world.post(1, 1n);
    const others = a.world.world.consensus.post(a.world.address(2), [1n], GAS);
    await expect(others).to.be.revertedWithCustomError(a.world.world.consensus, "NotAllowed");
    await a.before(await a.startOf(epoch, 1));
    await a.world.post(2, 1n);
    await a.before(await a.startOf(epoch, 3));
    await a.world.post(8, 1n);
  });

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a first miss costs half of the bond, a second one the rest and the seat, as in the worked example", async () => {
    await a.world.post(8, 1n);
    // Price 100 as in the interface, times 15.
    const epoch = await a.enter(FULL);
    const first = a.slotOf(epoch, 0);
    await a.before(await a.startOf(epoch, 2));
    await expect(a.world.as(0).countMiss(first + 1n, GAS))
      .to.emit(a.auction, "BondReduced")
      .withArgs(epoch, 1, a.world.address(2), 1, 1_001n);
    expect(await a.holders(epoch, [1, 5])).to.deep.equal([2, 2]);
    await refuses(a.world.as(0).countMiss(first + 1n), "NotMissed", first + 1n, 6);
    await a.before(await a.startOf(epoch, 6));
    const second = a.world.as(0).countMiss(first + 5n, GAS);
    await expect(second).to.emit(a.auction, "BondReduced").withArgs(epoch, 1, a.world.address(2), 2, 1_000n);
    await expect(second)
      .to.emit(a.auction, "SeatPassed")
      .withArgs(epoch, 1, 1, 4, first + 7n, (1_500n * 6n) / 8n);
    expect(await a.holders(epoch, [1, 5, 6, 9, 13, 29])).to.deep.equal([-1, -1, 3, 5, 5, 5]);
    expect(await a.auction.priceOf(epoch)).to.equal(1_500n);
  });

  it("counts a miss from the block after its slot until the last quarter's end of liability, to the block", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(FULL);
    const first = a.slotOf(epoch, 0);
    await a.before((await a.startOf(epoch, 1)) - 1n);
    await refuses(a.world.as(0).countMiss(first, GAS), "NotMissed", first, 0);
    await a.countMiss(first);
    const end = await a.auction.changesFrom(epoch + 2n);
    await a.before(end - 2n);
    await refuses(a.world.as(0).settleEpoch(epoch, GAS), "StillLiable", epoch, end, end - 2n);
    await a.countMiss(first + 1n);
    await refuses(a.world.as(0).countMiss(first + 2n, GAS), "NotMissed", first + 2n, 1);
    await a.settle(epoch);
    const balances = await Promise.all([1, 2, 3, 4, 5, 6].map(async (i) => WHOLE - (await a.balance(i))));
    expect(balances).to.deep.equal([1_500n + 1_001n, 1_500n + 1_001n, 1_500n, 1_500n, 0n, 0n]);
  });

  it("vacates a seat if the line is empty, or if no slot of the seat is left", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(FULL.slice(0, 4));
    const first = a.slotOf(epoch, 0);
    await a.before(await a.startOf(epoch, 5));
    await a.countMiss(first);
    await expect(a.world.as(0).countMiss(first + 4n, GAS))
      .to.emit(a.auction, "SeatVacated")
      .withArgs(epoch, 0, 0);
    expect(await a.holders(epoch, [4, 8, 28])).to.deep.equal([-1, -1, -1]);
    await a.before(await a.startOf(epoch, 8));
    await a.world.post(8, 1n);

    await restore();
    await a.world.post(8, 1n);
    const other = await a.enter(FULL);
    await a.before(await a.startOf(other, 28));
    await a.countMiss(a.slotOf(other, 0));
    await expect(a.world.as(0).countMiss(a.slotOf(other, 4), GAS)).to.emit(a.auction, "SeatVacated");
    expect((await a.auction.listOf(other)).promoted).to.equal(0n);
    // One slot earlier the seat has a slot left.
    await restore();
    await a.world.post(8, 1n);
    const third = await a.enter(FULL);
    await a.before((await a.startOf(third, 28)) - 2n);
    await a.countMiss(a.slotOf(third, 0));
    const passed = a.world.as(0).countMiss(a.slotOf(third, 4), GAS);
    await expect(passed).to.emit(a.auction, "SeatPassed").withArgs(third, 0, 0, 4, a.slotOf(third, 28), 188n);
  });

  it("a newcomer is liable from its first slot on, and pays nothing for the misses before (trap 14: Taiko)", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(FULL);
    const first = a.slotOf(epoch, 0);
    // Bidder 1 misses slots 0, 4 and 8; two of them are counted in slot 9.
    await a.before(await a.startOf(epoch, 9));
    await a.countMiss(first);
    await a.countMiss(first + 4n);
    await refuses(a.world.as(0).countMiss(first + 8n), "NotMissed", first + 8n, 2);
    expect(await a.holders(epoch, [12])).to.deep.equal([5]);
    await a.before(await a.startOf(epoch, 12));
    await a.world.post(5, 1n);
    await a.before(await a.startOf(epoch, 17));
    await a.countMiss(first + 16n);
    const [, , , , last] = [...(await a.auction.entriesOf(epoch))];
    expect(last!.bidder).to.equal(a.world.address(1));
    expect((await a.auction.entriesOf(epoch))[0]!.misses).to.equal(1n);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    // Slots 12, 16, 20, 24, 28: five of eight, 937.5 rounded up, and half a bond.
    expect(WHOLE - (await a.balance(5))).to.equal(938n + 1_001n);
    expect(WHOLE - (await a.balance(1))).to.equal(1_500n + bond);
  });

  it("a replacement that is out is replaced by the next one of the line, at its own bid", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(FULL);
    const first = a.slotOf(epoch, 0);
    await a.before(await a.startOf(epoch, 5));
    await a.countMiss(first);
    await a.countMiss(first + 4n);
    await a.before(await a.startOf(epoch, 13));
    await a.countMiss(first + 8n);
    const passed = a.world.as(0).countMiss(first + 12n, GAS);
    await expect(passed)
      .to.emit(a.auction, "SeatPassed")
      .withArgs(epoch, 0, 4, 5, first + 14n, 600n);
    expect(await a.holders(epoch, [12, 16, 28])).to.deep.equal([-1, 6, 6]);
    expect(await a.auction.priceOf(epoch)).to.equal(1_500n);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await a.settle(epoch);
    const paid = await Promise.all([1, 2, 3, 4, 5, 6].map(async (i) => WHOLE - (await a.balance(i))));
    // Bidder 5 had slots 8 to 28, six of eight, and lost its bond.
    expect(paid).to.deep.equal([1_500n + bond, 1_500n, 1_500n, 1_500n, 1_125n + bond, 600n]);
  });

  // ─── Settlement ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("divides the sum of the prices, and is settled once", async () => {
    await a.world.post(8, 1n);
    const epoch = await a.enter(FULL);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await expect(a.world.as(0).settleEpoch(epoch, GAS))
      .to.emit(a.auction, "EpochSettled")
      .withArgs(epoch, 1_500n, 6_000n);
    const { pool, toBurn } = await a.auction.undivided();
    const toFund = (6_000n * SHARES.fund) / 10_000n;
    expect([pool, await a.balance(9), toBurn]).to.deep.equal([2_400n, toFund, 2_400n]);
    await refuses(a.world.as(0).settleEpoch(epoch), "NothingToSettle", epoch);
    for (const none of [0n, epoch + 1n, 2n ** 200n]) {
      await refuses(a.world.as(0).settleEpoch(none), "NothingToSettle", none);
    }
  });

  it("the first bid for an epoch settles the one two before it", async () => {
    const epoch = await a.enter(FULL);
    await a.before(await a.auction.changesFrom(epoch + 2n));
    await expect(a.world.as(7).bid(minBid, 0, GAS))
      .to.emit(a.auction, "EpochSettled")
      .withArgs(epoch, 1_500n, 6_000n);
    expect(await a.balance(6)).to.equal(WHOLE);
    expect((await a.bids(epoch + 2n)).map(({ i }) => i)).to.deep.equal([7]);
    await refuses(a.world.as(0).settleEpoch(epoch), "NothingToSettle", epoch);
  });

  it("gives everything back after a freeze", async () => {
    const epoch = await a.openBids();
    for (const [i, amount] of FULL) await a.bid(i, amount);
    await mined(a.world.world.consensus.freeze());
    await a.settle(epoch);
    const paid = await Promise.all([1, 2, 3, 4, 5, 6].map(async (i) => WHOLE - (await a.balance(i))));
    expect(paid).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n]);
    expect((await a.auction.undivided()).toBurn).to.equal(0n);
    // The epoch is settled while bids for it are still taken: one that came now would be in nobody's books.
    await refuses(a.world.as(7).bid(9_000n, 0, GAS), "AlreadySettled", epoch);
    await refuses(a.world.as(1).raise(0, 90_000n, 0, GAS), "AlreadySettled", epoch);
  });
});
