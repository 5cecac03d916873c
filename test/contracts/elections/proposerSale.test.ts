// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { ProposerSale } from "../../../typechain-types/index.ts";
import { FUND, keepBalances, openProposerSale, signOffer } from "../../helpers/proposerSaleRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { seatArguments } from "../../helpers/seatRun.ts";
import type { Offer } from "../../model/elections/proposerSale.ts";

const UNIT = 10_000n;
const MIN_STAKE = 16n * UNIT;
const STAKE = 100n * UNIT;
/** The consensus does not open the role by itself. */
const SLOTS = { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 5n, opensAfter: 2_592_000n };
const RULES = { minStake: MIN_STAKE, seats: 2n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 300n };
const SHARES = { aggregators: 4_000n, fund: 2_000n, poolLeaves: 10n };
const SALE = { keepRate: 3_000n, minBond: 8_000n, closeBlocks: 2n };
/** Price of a miss for a party with `STAKE`. */
const MISS = 10_000n;
const BALANCE = 10n ** 6n;

const SELLER = 1;
const OTHER = 2;
const BUYER = 4;
const STRANGER = 5;
/** First slot of epoch 1, which `SELLER` is drawn for. */
const SLOT = 8;

describe("ProposerSale", () => {
  let bench: SeatBench<ProposerSale>;
  let election: ProposerSale;
  let start: SnapshotRestorer;

  /** Parties 1 … 3 have stakes; 1 and 2 are drawn for epoch 1. Accounts 4 and 5 have balances. */
  before(async () => {
    bench = await SeatBench.of(await openProposerSale(SLOTS, RULES, ROTATION, SHARES, SALE), SLOTS);
    ({ election } = bench);
    for (const id of [1, 2]) await mined(bench.by(id).join(id, STAKE));
    await mined(bench.by(3).join(3, MIN_STAKE));
    await keepBalances(bench, new Map([BUYER, STRANGER].map((i) => [i, BALANCE])));
    await mined(bench.post(9));
    await bench.draw(1, [SELLER, OTHER]);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const balance = (i: number): Promise<bigint> => election.balances(bench.address(i));
  const refuses = (sent: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sent)
      .to.be.revertedWithCustomError(election, error)
      .withArgs(...args);
  const refusesBatch = (i: number): Promise<void> =>
    expect(bench.post(i)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");

  const offerFor = (changes: Partial<Offer> = {}): Offer => ({
    slot: BigInt(SLOT),
    buyer: bench.address(BUYER),
    price: 1_001n,
    bond: MISS,
    lastBlock: 10_000n,
    ...changes,
  });

  /** Sells an offer that its buyer signed. */
  const sell = async (changes: Partial<Offer> = {}, seller = SELLER, buyer = BUYER) => {
    const offer = offerFor(changes);
    return bench.by(seller).sell(offer, await signOffer(bench.world, election, buyer, offer));
  };

  const settled = (slot: number, by = STRANGER) => bench.by(by).settle(slot);

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("ProposerSale logs its rules and shows them", async () => {
    await expect(election.deploymentTransaction()).to.emit(election, "SaleDeployed").withArgs([3_000n, 8_000n, 2n]);
    expect([await election.KEEP_RATE(), await election.MIN_BOND(), await election.CLOSE_BLOCKS()]).to.deep.equal([
      ...[3_000n, 8_000n, 2n],
    ]);
    expect(await election.TOKEN()).to.equal(bench.world.token.target);
  });

  for (const [name, bad, good] of [
    ["keepRate", [10_001n], [0n, 10_000n]],
    ["closeBlocks", [0n, 49n], [1n, 48n]],
    ["minBond", [], [0n]],
  ] as const) {
    it(`ProposerSale refuses ${name} out of its range, and takes its bounds`, async () => {
      const { connection, token } = bench.world;
      const shares = { ...SHARES, fundAccount: bench.address(FUND) };
      const deploy = (value: bigint) =>
        connection.ethers.deployContract("ProposerSale", [
          ...[SLOTS, seatArguments(token, ZeroAddress, RULES), ROTATION, shares, { ...SALE, [name]: value }],
        ] as never);
      for (const value of bad) await refuses(deploy(value), "InvalidParameter", name, value);
      for (const value of good) await deploy(value);
    });
  }

  // ─── Sales ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a sale makes the buyer the holder, and takes price and bond from its balance", async () => {
    expect(await election.holderOf(SLOT)).to.equal(bench.address(SELLER));
    await expect(sell())
      .to.emit(election, "SlotSold")
      .withArgs(SLOT, bench.address(SELLER), bench.address(BUYER), 1_001n, MISS);
    expect(await election.holderOf(SLOT)).to.equal(bench.address(BUYER));
    expect(await balance(BUYER)).to.equal(BALANCE - 1_001n - MISS);
    const sale = await election.saleOf(SLOT);
    expect([sale.buyer, sale.seller, sale.price, sale.bond, sale.isSettled]).to.deep.equal([
      ...[bench.address(BUYER), bench.address(SELLER), 1_001n, MISS, false],
    ]);
    // The next slot is another party's.
    expect(await election.holderOf(SLOT + 1)).to.equal(bench.address(OTHER));
    expect((await election.saleOf(SLOT + 1)).buyer).to.equal(ZeroAddress);
  });

  it("only the party that is drawn for a slot sells it, and nobody before the draw", async () => {
    const args = [bench.address(OTHER), bench.address(SELLER)];
    await refuses(sell({}, OTHER), "NotSeller", SLOT, ...args);
    await refuses(sell({}, STRANGER), "NotSeller", SLOT, bench.address(STRANGER), bench.address(SELLER));
    await refuses(sell({ slot: 16n }), "NotSeller", 16n, bench.address(SELLER), ZeroAddress);
    await refuses(sell({ slot: 2n ** 255n }), "NotSeller", 2n ** 255n, bench.address(SELLER), ZeroAddress);
  });

  it("a slot is sold up to CLOSE_BLOCKS before it begins, and not a block later", async () => {
    const last = bench.slotStart(SLOT) - 2n;
    await bench.at(last + 1n);
    await refuses(sell(), "SaleClosed", SLOT, last, last + 1n);
    await start.restore();
    await bench.at(last);
    await mined(sell());
  });

  it("an offer is taken up to its last block, and not a block later", async () => {
    const { block } = await bench.world.next();
    await refuses(sell({ lastBlock: block - 1n }), "OfferExpired", block - 1n, block);
    await mined(sell({ lastBlock: block }));
  });

  it("a slot is sold once, also to another buyer", async () => {
    await mined(sell());
    await refuses(sell(), "AlreadySold", SLOT, bench.address(BUYER));
    const other = { buyer: bench.address(STRANGER), price: 900_000n };
    await refuses(sell(other, SELLER, STRANGER), "AlreadySold", SLOT, bench.address(BUYER));
  });

  it("the bond is at least the price of a miss of the seller, and at least minBond", async () => {
    expect(await election.bondFor(SLOT)).to.equal(MISS);
    await refuses(sell({ bond: MISS - 1n }), "BondTooLow", MISS - 1n, MISS);
    await mined(sell({ bond: MISS }));
    // A small party: its miss costs 1,600, and the bond is 8,000.
    await bench.draw(2, [3, OTHER]);
    expect(await election.bondFor(16)).to.equal(8_000n);
    await refuses(sell({ slot: 16n, bond: 7_999n }, 3), "BondTooLow", 7_999n, 8_000n);
    await mined(sell({ slot: 16n, bond: 8_000n }, 3));
  });

  it("refuses what the buyer did not sign", async () => {
    const offer = offerFor();
    const signature = await signOffer(bench.world, election, BUYER, offer);
    for (const changes of [{ price: 1_002n }, { bond: MISS + 1n }, { lastBlock: 9_999n }]) {
      const changed = { ...offer, ...changes };
      const digest = await election.digestOf(changed);
      await refuses(bench.by(SELLER).sell(changed, signature), "InvalidSignature", offer.buyer, digest);
    }
    // For another slot, and of another account.
    const later = { ...offer, slot: BigInt(SLOT + 2) };
    const digest = await election.digestOf(later);
    await refuses(bench.by(SELLER).sell(later, signature), "InvalidSignature", offer.buyer, digest);
    await refuses(sell({}, SELLER, STRANGER), "InvalidSignature", offer.buyer, await election.digestOf(offer));
    await refuses(
      sell({ buyer: ZeroAddress }),
      "InvalidSignature",
      ZeroAddress,
      await election.digestOf(offerFor({ buyer: ZeroAddress })),
    );
  });

  it("refuses an offer that the balance of the buyer does not cover", async () => {
    const price = BALANCE - MISS + 1n;
    await refuses(sell({ price }), "InsufficientBalance", bench.address(BUYER), BALANCE, BALANCE + 1n);
    await mined(sell({ price: BALANCE - MISS }));
  });

  it("a party that was ejected sells nothing", async () => {
    for (const slot of [SLOT, SLOT + 2]) {
      await bench.at(bench.slotStart(slot + 1));
      await mined(election.reportMiss(slot));
    }
    await refuses(sell({ slot: BigInt(SLOT + 4) }), "SeatEjected", SLOT + 4, 0);
  });

  // ─── The slot ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("the buyer alone posts in its slot, and everybody once it was silent for SILENCE_BLOCKS", async () => {
    await mined(sell());
    await bench.at(bench.slotStart(SLOT));
    for (const i of [SELLER, OTHER, STRANGER]) await refusesBatch(i);
    await mined(bench.post(BUYER));
    await bench.at(bench.slotStart(SLOT) + 4n);
    for (const i of [SELLER, OTHER, STRANGER]) await refusesBatch(i);
    await bench.at(bench.slotStart(SLOT) + 5n);
    await mined(bench.post(STRANGER));
    await mined(bench.post(OTHER));
  });

  it("a buyer that says nothing is replaced after SILENCE_BLOCKS, and no block earlier", async () => {
    await mined(sell());
    await bench.at(bench.slotStart(SLOT) + 4n);
    await refusesBatch(STRANGER);
    await bench.at(bench.slotStart(SLOT) + 5n);
    await mined(bench.post(STRANGER));
  });

  it("a slot that was not sold has its backup, as in a rotation", async () => {
    await bench.at(bench.slotStart(SLOT) + 5n);
    await refusesBatch(STRANGER);
    await mined(bench.post(OTHER));
  });

  // ─── Settlement ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a served slot gives the seller its part, the buyer its bond, and the rest is divided", async () => {
    await mined(sell());
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(BUYER));
    await bench.at(bench.slotStart(SLOT + 1) - 1n);
    await refuses(settled(SLOT), "SlotNotOver", SLOT, bench.slotStart(SLOT + 1), bench.slotStart(SLOT + 1) - 1n);
    await bench.at(bench.slotStart(SLOT + 1));
    await expect(settled(SLOT))
      .to.emit(election, "SaleSettled")
      .withArgs(SLOT, bench.address(STRANGER), 300n, MISS, 0n, 701n);
    expect(await balance(SELLER)).to.equal(300n);
    expect(await balance(BUYER)).to.equal(BALANCE - 1_001n);
    expect(await balance(FUND)).to.equal(140n);
    expect(await election.undivided()).to.deep.equal([280n, 281n]);
    await refuses(settled(SLOT), "AlreadySettled", SLOT);
  });

  it("a missed slot costs the buyer its bond, a tenth of which goes to the caller; the seller is paid", async () => {
    await mined(sell());
    await bench.at(bench.slotStart(SLOT + 1));
    await refuses(election.reportMiss(SLOT), "SlotWasSold", SLOT, bench.address(BUYER));
    await expect(settled(SLOT))
      .to.emit(election, "SlotMissed")
      .withArgs(SLOT, bench.address(BUYER))
      .and.to.emit(election, "SaleSettled")
      .withArgs(SLOT, bench.address(STRANGER), 300n, 0n, 1_000n, 9_701n);
    expect(await balance(STRANGER)).to.equal(BALANCE + 1_000n);
    expect(await balance(BUYER)).to.equal(BALANCE - 1_001n - MISS);
    // The seller lost nothing.
    expect((await election.partyOf(SELLER)).stake).to.equal(STAKE);
    expect(await bench.misses(1)).to.deep.equal([0, 0]);
  });

  it("a slot that was not sold is reported as in a rotation", async () => {
    await bench.at(bench.slotStart(SLOT + 1));
    await refuses(settled(SLOT), "NotSold", SLOT);
    await mined(election.reportMiss(SLOT));
    expect((await election.partyOf(SELLER)).stake).to.equal(STAKE - MISS);
  });

  it("0 is a price", async () => {
    await mined(sell({ price: 0n }));
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(BUYER));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(settled(SLOT));
    expect(await balance(BUYER)).to.equal(BALANCE);
    expect(await election.undivided()).to.deep.equal([0n, 0n]);
  });

  it("after a freeze a buyer that posted nothing gets price and bond back", async () => {
    await mined(sell());
    await mined(bench.world.consensus.freeze());
    await mined(settled(SLOT));
    expect(await balance(BUYER)).to.equal(BALANCE);
    expect(await balance(SELLER)).to.equal(0n);
  });

  it("after a freeze a sale that is settled too late is paid: nobody knows whether the buyer posted", async () => {
    const undo = await bench.world.connection.networkHelpers.takeSnapshot();
    for (const [block, toSeller, toBuyer] of [
      [bench.epochStart(3) - 1n, 0n, 1_001n + MISS],
      [bench.epochStart(3), 300n, MISS],
    ] as const) {
      await undo.restore();
      await mined(sell());
      await mined(bench.world.consensus.freeze());
      await bench.at(block);
      await mined(settled(SLOT));
      expect(await balance(SELLER)).to.equal(toSeller);
      expect(await balance(BUYER)).to.equal(BALANCE - 1_001n - MISS + toBuyer);
    }
  });

  it("after a freeze a buyer that posted pays", async () => {
    await mined(sell());
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(BUYER));
    await mined(bench.world.consensus.freeze());
    await mined(settled(SLOT));
    expect(await balance(BUYER)).to.equal(BALANCE - 1_001n);
    expect(await balance(SELLER)).to.equal(300n);
  });

  it("a sale that nobody settled is settled when its place in the ring is needed: price paid, bond back", async () => {
    await mined(sell());
    for (const epoch of [2, 3, 4, 5]) await bench.draw(epoch, [SELLER, OTHER]);
    const later = SLOT + 32;
    // The slot was missed, but that cannot be counted any more.
    await expect(sell({ slot: BigInt(later) }))
      .to.emit(election, "SaleSettled")
      .withArgs(SLOT, bench.address(SELLER), 300n, MISS, 0n, 701n);
    await refuses(settled(SLOT), "NotSold", SLOT);
    expect((await election.saleOf(later)).buyer).to.equal(bench.address(BUYER));
    expect(await balance(BUYER)).to.equal(BALANCE - 2n * 1_001n - MISS);
  });

  it("aggregators get a part of the pool for each batch that they prove", async () => {
    await mined(sell({ price: 100_000n }));
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(BUYER));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(settled(SLOT));
    // The pool has 28,000: two batches take a tenth of it each.
    await mined(bench.world.consensus.prove(bench.address(7), 2));
    expect(await balance(7)).to.equal(2_800n + 2_520n);
    await mined(election.burn());
    const held = await bench.world.token.balanceOf(election);
    expect(held).to.equal(2n * STAKE + MIN_STAKE + 2n * BALANCE - 100_000n + 30_000n + 28_000n + 14_000n);
  });
});
