// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS } from "../../helpers/auctionWorld.ts";
import {
  argumentsOf,
  SHARES,
  SlotAuctionWorld,
  TERMS,
  type SlotAuctionOptions,
} from "../../helpers/slotAuctionWorld.ts";

const { closeBlocks, finalBlocks, extensionBlocks, minBid, reach } = TERMS;
const bondOf = (bid: bigint): bigint => (bid * TERMS.bondRate + 9_999n) / 10_000n;
const WHOLE = 10n ** 24n;

describe("SlotAuction", () => {
  let a: SlotAuctionWorld;
  let restore: () => Promise<void>;

  before(async () => {
    a = await SlotAuctionWorld.open();
    const snapshot = await a.world.world.connection.networkHelpers.takeSnapshot();
    restore = () => snapshot.restore();
  });

  beforeEach(() => restore());

  const refuses = (sent: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sent)
      .to.be.revertedWithCustomError(a.auction, error)
      .withArgs(...args);

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  const deploy = (options: SlotAuctionOptions) =>
    a.world.world.connection.ethers.deployContract(
      "SlotAuction",
      argumentsOf(options, a.world.world.token, a.world.address(9)),
    );

  it("logs its terms and shows them", async () => {
    const { auction } = a;
    await expect(auction.deploymentTransaction())
      .to.emit(auction, "AuctionDeployed")
      .withArgs([minBid, TERMS.bondRate, reach, closeBlocks, finalBlocks, extensionBlocks]);
    const shown = [auction.MIN_BID(), auction.BOND_RATE(), auction.REACH(), auction.CLOSE_BLOCKS()];
    expect(await Promise.all(shown)).to.deep.equal([minBid, TERMS.bondRate, reach, closeBlocks]);
    expect(await auction.FINAL_BLOCKS()).to.equal(finalBlocks);
    expect(await auction.EXTENSION_BLOCKS()).to.equal(extensionBlocks);
  });

  for (const [name, bad, good] of [
    ["minBid", [{ minBid: 0n }], [{ minBid: 1n }]],
    ["bondRate", [{ bondRate: 100_001n }], [{ bondRate: 0n }, { bondRate: 100_000n }]],
    ["reach", [{ reach: 0n }, { reach: 10_001n }], [{ reach: 10_000n }]],
    ["closeBlocks", [{ reach: 2n, closeBlocks: 100n }], [{ reach: 2n, closeBlocks: 99n }]],
    ["finalBlocks", [{ finalBlocks: 0n }, { finalBlocks: 101n }], [{ finalBlocks: 1n }, { finalBlocks: 100n }]],
    ["extensionBlocks", [{ extensionBlocks: 10_001n }], [{ extensionBlocks: 0n }, { extensionBlocks: 10_000n }]],
  ] as const) {
    it(`refuses ${name} out of its range, and takes its bounds`, async () => {
      for (const terms of bad as readonly SlotAuctionOptions["terms"][]) {
        const value = { ...TERMS, ...terms }[name];
        await refuses(deploy({ terms: terms! }), "InvalidParameter", name, value);
      }
      for (const terms of good) await deploy({ terms });
    });
  }

  // ─── Bids ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("takes bid and bond from the balance, and gives both back when another bid is higher", async () => {
    const slot = (await a.slot()) + 10n;
    await expect(a.world.as(1).bid(slot, 1_001n))
      .to.emit(a.auction, "SlotBid")
      .withArgs(slot, a.world.address(1), 1_001n, 501n);
    expect(await a.balance(1)).to.equal(WHOLE - 1_502n);
    await a.bid(2, slot, 2_000n);
    expect(await a.balance(1)).to.equal(WHOLE);
    expect(await a.balance(2)).to.equal(WHOLE - 3_000n);
    expect(await a.auction.holderOf(slot)).to.equal(a.world.address(2));
  });

  it("takes only the difference from an account that raises its own bid", async () => {
    const slot = (await a.slot()) + 10n;
    await a.bid(1, slot, 1_000n);
    await mined(a.world.as(1).withdraw(WHOLE - 1_500n - 150n));
    await refuses(
      a.world.as(1).bid(slot, 1_102n),
      "InsufficientBalance",
      a.world.address(1),
      1_500n + 150n,
      1_102n + 551n,
    );
    await a.bid(1, slot, 1_100n);
    expect(await a.balance(1)).to.equal(0n);
  });

  it("has a minimum of one tenth more, rounded up, and never takes an equal bid (trap 9: Hermez d713622)", async () => {
    const small = await SlotAuctionWorld.open({ terms: { minBid: 1n } });
    const slot = (await small.slot()) + 10n;
    const zero = small.world.as(1).bid(slot, 0n);
    await expect(zero).to.be.revertedWithCustomError(small.auction, "BidBelowMinimum").withArgs(0n, 1n);
    const raises: bigint[] = [];
    for (let bid = 1n; bid <= 9n; bid++) {
      await small.bid(1, slot, bid);
      await expect(small.world.as(2).bid(slot, bid))
        .to.be.revertedWithCustomError(small.auction, "BidBelowMinimum")
        .withArgs(bid, bid + 1n);
      raises.push((await small.auction.minimumFor(slot)) - bid);
    }
    expect(raises).to.deep.equal(Array.from({ length: 9 }, () => 1n));
    for (const [bid, minimum] of [
      [10n, 11n],
      [11n, 13n],
      [20n, 22n],
      [22n, 25n],
      [100n, 110n],
      [111n, 123n],
    ] as const) {
      await small.bid(1, slot, bid);
      expect(await small.auction.minimumFor(slot)).to.equal(minimum);
    }
  });

  it("takes bids from the block in which the slot is in reach, and not one block earlier", async () => {
    const slot = (await a.slot()) + reach + 1n;
    await a.moveTo(slot - reach, -1n);
    await refuses(a.world.as(1).bid(slot, minBid, GAS), "AuctionNotOpen", slot, slot - 1n);
    await a.bid(1, slot, minBid);
  });

  it("takes no bid for a slot whose number has more bits than a slot", async () => {
    const last = (await a.slot()) + reach;
    for (const slot of [2n ** 40n, 2n ** 255n]) {
      await refuses(a.world.as(1).bid(slot, minBid, GAS), "AuctionNotOpen", slot, last);
    }
  });

  it("closes so many blocks before the slot if no bid comes late, to the block", async () => {
    const slot = (await a.slot()) + 5n;
    const close = (await a.start(slot)) - closeBlocks;
    expect(await a.auction.closesAt(slot)).to.equal(close);
    await a.moveTo(slot, -closeBlocks - 1n - extensionBlocks);
    await a.bid(1, slot, minBid);
    expect(await a.auction.closesAt(slot)).to.equal(close);
    await a.moveTo(slot, -closeBlocks);
    await refuses(a.world.as(2).bid(slot, 2_000n, GAS), "AuctionClosed", slot, close, close);
    const other = slot + 1n;
    await a.moveTo(other, -closeBlocks - 1n);
    await a.bid(2, other, minBid);
  });

  it("gives others so many blocks to answer a late bid, to the block", async () => {
    const slot = (await a.slot()) + 5n;
    await a.moveTo(slot, -closeBlocks - 1n);
    await a.bid(1, slot, 1_000n);
    const close = (await a.start(slot)) - closeBlocks + extensionBlocks;
    expect(await a.auction.closesAt(slot)).to.equal(close);
    await a.before(close - 1n);
    await a.bid(2, slot, 1_100n);
    await a.before(close + extensionBlocks);
    await refuses(
      a.world.as(1).bid(slot, 2_000n, GAS),
      "AuctionClosed",
      slot,
      close + extensionBlocks,
      close + extensionBlocks,
    );
    expect(await a.auction.holderOf(slot)).to.equal(a.world.address(2));
  });

  it("closes in the final block, whatever bids come", async () => {
    const slot = (await a.slot()) + 5n;
    const final = (await a.start(slot)) - finalBlocks;
    let bid = minBid;
    await a.moveTo(slot, -closeBlocks - 1n);
    await a.bid(1, slot, bid);
    while ((await a.auction.closesAt(slot)) < final) {
      await a.before((await a.auction.closesAt(slot)) - 1n);
      bid = await a.auction.minimumFor(slot);
      await a.bid(1, slot, bid);
    }
    await a.before(final - 1n);
    bid = await a.auction.minimumFor(slot);
    await a.bid(2, slot, bid);
    await refuses(a.world.as(1).bid(slot, 10n * bid, GAS), "AuctionClosed", slot, final, final);
  });

  it("keeps the minimum of a closed auction (trap 10: Hermez bf4f364)", async () => {
    const slot = (await a.slot()) + 5n;
    await a.bid(1, slot, 1_234n);
    expect(await a.auction.minimumFor(slot)).to.equal(1_358n);
    for (const block of [-closeBlocks, -1n, 0n, 49n, 50n]) {
      await a.moveTo(slot, block);
      expect(await a.auction.minimumFor(slot)).to.equal(1_358n);
      await expect(a.world.as(2).bid(slot, 5_000n)).to.be.revertedWithCustomError(a.auction, "AuctionClosed");
    }
    expect((await a.auction.entryOf(slot)).bid).to.equal(1_234n);
  });

  // ─── Ranges ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("bids the minimum for each slot of a range, but not above the limit, nor over the caller's own bid", async () => {
    const first = (await a.slot()) + 10n;
    await a.bid(2, first + 1n, 1_500n);
    await a.bid(3, first + 2n, 4_000n);
    await a.bid(1, first + 3n, 1_200n);
    expect(await a.world.as(1).bidRange.staticCall(first, first + 4n, 2_000n)).to.equal(3n);
    await mined(a.world.as(1).bidRange(first, first + 4n, 2_000n));
    const entries = await Promise.all([0n, 1n, 2n, 3n, 4n].map((i) => a.auction.entryOf(first + i)));
    expect(entries.map(({ bid }) => bid)).to.deep.equal([1_000n, 1_650n, 4_000n, 1_200n, 1_000n]);
    expect(await a.auction.holderOf(first + 2n)).to.equal(a.world.address(3));
    const paid = [1_000n, 1_650n, 1_200n, 1_000n].reduce((sum, bid) => sum + bid + bondOf(bid), 0n);
    expect(await a.balance(1)).to.equal(WHOLE - paid);
    expect(await a.balance(2)).to.equal(WHOLE);
  });

  it("refuses a range that is empty, closed or out of reach", async () => {
    const current = await a.slot();
    await refuses(
      a.world.as(1).bidRange(current + 11n, current + 10n, 2_000n),
      "EmptyRange",
      current + 11n,
      current + 10n,
    );
    await expect(a.world.as(1).bidRange(current, current + 10n, 2_000n)).to.be.revertedWithCustomError(
      a.auction,
      "AuctionClosed",
    );
    await refuses(
      a.world.as(1).bidRange(current + reach, current + reach + 1n, 2_000n),
      "AuctionNotOpen",
      current + reach + 1n,
      current + reach,
    );
  });

  // ─── Slots ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const allowed = async (...accounts: number[]): Promise<boolean[]> =>
    Promise.all(accounts.map((i) => a.auction.isAllowed(a.world.address(i), 0, 1)));

  it("lets only the holder post from the first block of its slot to the last one", async () => {
    const slot = (await a.slot()) + 4n;
    await a.bid(1, slot, minBid);
    await a.bid(2, slot + 1n, minBid);
    await a.moveTo(slot, -1n);
    await a.world.post(3, 1n);
    const other = a.world.world.consensus.post(a.world.address(2), [1n], GAS);
    await expect(other)
      .to.be.revertedWithCustomError(a.world.world.consensus, "NotAllowed")
      .withArgs(a.world.address(2), 0);
    for (const block of [2n, 26n, 49n]) {
      await a.moveTo(slot, block);
      await a.world.post(1, 1n);
    }
    expect(await a.slot()).to.equal(slot + 1n);
    await expect(a.world.world.consensus.post(a.world.address(1), [1n], GAS)).to.be.revertedWithCustomError(
      a.world.world.consensus,
      "NotAllowed",
    );
    await a.world.post(2, 1n);
  });

  it("lets everybody post in a slot without a bid", async () => {
    await a.enter(1);
    await a.world.post(1, 1n);
    await a.moveTo((await a.slot()) + 1n);
    await a.world.post(3, 1n);
    expect(await allowed(1, 2, 3)).to.deep.equal([true, true, true]);
  });

  it("passes a slot on until its last block, to an account and not to nobody", async () => {
    const slot = (await a.slot()) + 4n;
    await a.bid(1, slot, minBid);
    await refuses(a.world.as(1).passSlot(slot, ZeroAddress), "NoReceiver");
    await refuses(
      a.world.as(2).passSlot(slot, a.world.address(2)),
      "NotSlotHolder",
      slot,
      a.world.address(2),
      a.world.address(1),
    );
    await expect(a.world.as(1).passSlot(slot, a.world.address(6)))
      .to.emit(a.auction, "SlotPassed")
      .withArgs(slot, a.world.address(1), a.world.address(6));
    await a.moveTo(slot, 49n);
    await mined(a.world.as(6).passSlot(slot, a.world.address(7), GAS));
    await refuses(
      a.world.as(7).passSlot(slot, a.world.address(1), GAS),
      "NotSlotHolder",
      slot,
      a.world.address(7),
      a.world.address(7),
    );
    await refuses(
      a.world.as(7).passSlot(slot + 1n, a.world.address(1)),
      "NotSlotHolder",
      slot + 1n,
      a.world.address(7),
      ZeroAddress,
    );
  });

  it("pays a higher bid back to the account that a slot was passed on to", async () => {
    const slot = (await a.slot()) + 10n;
    await a.bid(1, slot, 1_000n);
    await mined(a.world.as(1).passSlot(slot, a.world.address(6)));
    await a.bid(2, slot, 1_100n);
    expect([await a.balance(1), await a.balance(6)]).to.deep.equal([WHOLE - 1_500n, WHOLE + 1_500n]);
  });

  // ─── Settlement ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Shares of an amount: aggregators, fund, burned. */
  const shared = (amount: bigint): [bigint, bigint, bigint] => {
    const toAggregators = (amount * SHARES.aggregators) / 10_000n;
    const toFund = (amount * SHARES.fund) / 10_000n;
    return [toAggregators, toFund, amount - toAggregators - toFund];
  };

  const divided = async (): Promise<[bigint, bigint, bigint]> => {
    const { pool, toBurn } = await a.auction.undivided();
    return [pool, await a.balance(9), toBurn];
  };

  it("divides the bid and gives the bond back after a slot that was served, from its end on", async () => {
    const slot = await a.enter(1, 1_003n);
    await a.world.post(1, 1n);
    await a.moveTo(slot, 49n);
    const end = await a.start(slot + 1n);
    await refuses(a.world.as(0).settle(slot, GAS), "SlotNotOver", slot, end, end - 1n);
    await expect(a.world.as(0).settle(slot, GAS))
      .to.emit(a.auction, "SlotSettled")
      .withArgs(slot, a.world.address(1), 1_003n, 502n, a.world.address(0), 0n);
    expect(await divided()).to.deep.equal(shared(1_003n));
    expect(await a.balance(1)).to.equal(WHOLE - 1_003n);
    await refuses(a.world.as(0).settle(slot), "NothingToSettle", slot);
  });

  it("divides bid and bond after a miss, a tenth of the bond to whoever says so, and loses nothing (trap 11: Hermez, nobody forges)", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(1, 1_003n);
    await a.moveTo(slot + 1n);
    expect(await a.auction.serviceOf(slot)).to.equal(0n, "the last block is in the slot");
    await expect(a.world.as(0).settle(slot, GAS))
      .to.emit(a.auction, "SlotMissed")
      .withArgs(slot, a.world.address(1))
      .and.to.emit(a.auction, "SlotSettled")
      .withArgs(slot, a.world.address(1), 1_455n, 0n, a.world.address(0), 50n);
    expect(await divided()).to.deep.equal(shared(1_455n));
    expect(await a.balance(0)).to.equal(50n);
    const balances = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => a.balance(i)));
    const owed = balances.reduce((sum, each) => sum + each, 1_455n);
    expect(await a.world.world.token.balanceOf(a.auction)).to.equal(owed);
  });

  it("takes nine tenths of the bond from a holder that settles its own missed slot", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(1, 1_000n);
    await a.moveTo(slot + 1n);
    await mined(a.world.as(1).settle(slot, GAS));
    expect(await a.balance(1)).to.equal(WHOLE - 1_000n - 450n);
  });

  it("gives the bond back if the ring of batches was full in the slot", async () => {
    await a.world.post(3, 16n);
    for (let i = 0; i < 3; i++) {
      await a.moveTo((await a.slot()) + 1n);
      await a.world.post(3, 16n);
    }
    const slot = await a.enter(1, 1_000n);
    await a.moveTo(slot + 1n);
    await a.settle(slot);
    expect(await a.balance(1)).to.equal(WHOLE - 1_000n);
  });

  it("settles the slot of the past whose place a new one takes", async () => {
    const slot = await a.enter(1, 1_000n);
    await a.world.post(1, 1n);
    await a.moveTo(slot + 2n);
    await expect(a.world.as(2).bid(slot + reach + 2n, minBid, GAS))
      .to.emit(a.auction, "SlotSettled")
      .withArgs(slot, a.world.address(1), 1_000n, 500n, a.world.address(2), 0n);
    expect(await a.balance(1)).to.equal(WHOLE - 1_000n);
    await refuses(a.world.as(0).settle(slot), "NothingToSettle", slot);
    expect(await a.auction.holderOf(slot)).to.equal(ZeroAddress);
  });

  it("gives everything back after a freeze, also for slots to come", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(1, 1_000n);
    await a.bid(2, slot + 20n, 3_000n);
    await a.moveTo(slot + 1n);
    await mined(a.world.world.consensus.freeze());
    await a.settle(slot);
    await a.settle(slot + 20n);
    expect([await a.balance(1), await a.balance(2)]).to.deep.equal([WHOLE, WHOLE]);
    expect(await divided()).to.deep.equal([0n, 0n, 0n]);
  });

  it("burns the aggregators' pool once nothing can be proven any more, and not before", async () => {
    await a.world.post(3, 1n);
    const slot = await a.enter(1, 1_003n);
    await a.moveTo(slot + 1n);
    await a.settle(slot);
    const [pool, , toBurn] = await divided();
    expect([pool, toBurn]).to.deep.equal([shared(1_455n)[0], shared(1_455n)[2]]);
    await expect(a.world.as(2).burn(GAS)).to.emit(a.auction, "ProceedsBurned").withArgs(toBurn);
    expect((await divided())[0]).to.equal(pool);
    await mined(a.world.world.consensus.freeze());
    await expect(a.world.as(2).burn(GAS)).to.emit(a.auction, "ProceedsBurned").withArgs(pool);
    expect(await divided()).to.deep.equal([0n, shared(1_455n)[1], 0n]);
  });

  it("settles nothing that nobody bid for", async () => {
    for (const slot of [0n, 3n, 2n ** 200n]) await refuses(a.world.as(0).settle(slot), "NothingToSettle", slot);
  });
});
