// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { ProposerSale } from "../../../typechain-types/index.ts";
import { keepBalances, openProposerSale, signOffer } from "../../helpers/proposerSaleRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import type { Offer } from "../../model/elections/proposerSale.ts";

/*
 * Cost, gain and end of each attack, in the default parameters of docs/elections/proposerSale.md.
 * "Trap n" is number n of the mistakes of other systems that the documents list.
 */

const UNIT = 10n ** 18n;
const SLOTS = { clock: { slotBlocks: 50n, epochSlots: 32n }, silenceBlocks: 24n, opensAfter: 2_592_000n };
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 200n };
const SHARES = { aggregators: 4_000n, fund: 2_000n, poolLeaves: 32n };
const SALE = { keepRate: 5_000n, minBond: UNIT, closeBlocks: 5n };
const STAKE = 1_000n * UNIT;
const MISS = 10n * UNIT;
const BALANCE = 10_000n * UNIT;
const MAX_PENDING = 40;

const ATTACKER = 1;
const HONEST = 2;
const ACCOMPLICE = 4;
const USER = 5;
const SLOT = 32;
const HOUR = 6;

describe("ProposerSale under attack", () => {
  let bench: SeatBench<ProposerSale>;
  let election: ProposerSale;
  let start: SnapshotRestorer;

  before(async () => {
    bench = await SeatBench.of(await openProposerSale(SLOTS, RULES, ROTATION, SHARES, SALE), SLOTS);
    ({ election } = bench);
    for (const id of [1, 2]) await mined(bench.by(id).join(id, STAKE));
    await keepBalances(bench, new Map([ATTACKER, ACCOMPLICE, USER].map((i) => [i, BALANCE])));
    await mined(bench.post(9));
    await bench.draw(1, [1, 2, 1, 2, 1, 2, 1, 2]);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const balance = (i: number): Promise<bigint> => election.balances(bench.address(i));
  const refuses = (sent: Promise<unknown>, error: string): Promise<void> =>
    expect(sent).to.be.revertedWithCustomError(election, error);
  const refusesBatch = (i: number): Promise<void> =>
    expect(bench.post(i)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");

  const sell = async (seller: number, buyer: number, slot: number, price: bigint, changes: Partial<Offer> = {}) => {
    const address = bench.address(buyer);
    const offer = { slot: BigInt(slot), buyer: address, price, bond: MISS, lastBlock: 100_000n, ...changes };
    return bench.by(seller).sell(offer, await signOffer(bench.world, election, buyer, offer));
  };

  // ─── Denial of service ─────────────────────────────────────────────────────────────────────────────────────────────

  it("a proposer takes the lower offer of a buyer that includes users, and the attacker cannot force the higher one", async () => {
    const price = 100n * UNIT;
    // The attacker's offer of ten times as much is signed, and lies on the table.
    const offer = {
      slot: BigInt(SLOT + 1),
      buyer: bench.address(ACCOMPLICE),
      price: 10n * price,
      bond: MISS,
      lastBlock: 100_000n,
    };
    const signature = await signOffer(bench.world, election, ACCOMPLICE, offer);
    await refuses(bench.by(ACCOMPLICE).sell(offer, signature), "NotSeller");
    await mined(sell(HONEST, USER, SLOT + 1, price));
    await refuses(bench.by(HONEST).sell(offer, signature), "AlreadySold");
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(bench.post(USER));
    await refusesBatch(ACCOMPLICE);
    // The honest proposer gave up half of the difference for it.
    await bench.at(bench.slotStart(SLOT + 2));
    await mined(election.settle(SLOT + 1));
    expect(await balance(HONEST)).to.equal(price / 2n);
  });

  it("an hour of empty blocks costs what six proposers ask, and ends where one does not sell", async () => {
    const price = 100n * UNIT;
    for (let slot = SLOT; slot < SLOT + HOUR; slot++) {
      if (slot !== SLOT + 5) await mined(sell(1 + (slot % 2), ACCOMPLICE, slot, price));
    }
    for (let slot = SLOT; slot < SLOT + HOUR - 1; slot++) {
      for (const block of [0n, 24n, 48n]) {
        await bench.at(bench.slotStart(slot) + block);
        await mined(bench.post(ACCOMPLICE));
      }
      await refusesBatch(USER);
      await mined(bench.world.consensus.prove(bench.address(7), 3));
    }
    await bench.at(bench.slotStart(SLOT + 5));
    await mined(bench.post(HONEST));
    for (let slot = SLOT; slot < SLOT + HOUR - 1; slot++) await mined(election.settle(slot));
    expect(BALANCE - (await balance(ACCOMPLICE))).to.equal(5n * price);
  });

  it("one early empty batch holds a sold slot for half of its length (trap 12: Hermez)", async () => {
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 0n));
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(ACCOMPLICE));
    await bench.at(bench.slotStart(SLOT) + 23n);
    await refusesBatch(USER);
    await bench.at(bench.slotStart(SLOT) + 24n);
    await mined(bench.post(USER));
  });

  // ─── Selling and not delivering ────────────────────────────────────────────────────────────────────────────────────

  it("a buyer that vanishes is replaced after 24 blocks of silence, and loses its bond (trap 25: Taiko)", async () => {
    await mined(sell(HONEST, ACCOMPLICE, SLOT + 1, 100n * UNIT));
    await bench.at(bench.slotStart(SLOT + 1) + 24n);
    await mined(bench.post(USER));
    await bench.at(bench.slotStart(SLOT + 2));
    await mined(bench.by(USER).settle(SLOT + 1));
    expect(BALANCE - (await balance(ACCOMPLICE))).to.equal(110n * UNIT);
    expect(await balance(HONEST)).to.equal(50n * UNIT);
    expect((await balance(USER)) - BALANCE).to.equal(UNIT);
  });

  it("a proposer that sells to a silent accomplice for nothing pays no less than for its own miss", async () => {
    // Its own miss.
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(election.reportMiss(SLOT));
    expect(STAKE - (await election.partyOf(1)).stake).to.equal(MISS);
    await start.restore();
    // Through a buyer whom it settles with itself: a tenth comes back.
    await refuses(sell(ATTACKER, ACCOMPLICE, SLOT, 0n, { bond: MISS - 1n }), "BondTooLow");
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 0n));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(bench.by(ATTACKER).settle(SLOT));
    const lost = 2n * BALANCE - (await balance(ATTACKER)) - (await balance(ACCOMPLICE));
    expect(lost).to.equal((9n * MISS) / 10n);
  });

  it("silent accomplices keep a party from being ejected, at the price of a bond for each slot", async () => {
    const slots = [SLOT, SLOT + 2, SLOT + 4, SLOT + 6];
    for (const slot of slots) await mined(sell(ATTACKER, ACCOMPLICE, slot, 0n));
    for (const slot of slots) {
      await bench.at(bench.slotStart(slot) + 23n);
      await refusesBatch(USER);
      await bench.at(bench.slotStart(slot) + 24n);
      await mined(bench.post(USER));
      await bench.at(bench.slotStart(slot + 1));
      await mined(bench.by(USER).settle(slot));
      await mined(bench.world.consensus.prove(bench.address(7), 1));
    }
    // Without the accomplice: two misses of each of four seats, and nobody waits any more.
    expect(BALANCE - (await balance(ACCOMPLICE))).to.equal(4n * MISS);
    expect((await bench.misses(1)).every((misses) => misses === 0)).to.equal(true);
  });

  it("a proposer that promises its slot to two buyers sells it to one, and the other keeps its money", async () => {
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 5n * UNIT));
    await refuses(sell(ATTACKER, USER, SLOT, 900n * UNIT), "AlreadySold");
    expect(await balance(USER)).to.equal(BALANCE);
    expect(await election.holderOf(SLOT)).to.equal(bench.address(ACCOMPLICE));
  });

  it("a proposer that leaves after the sale changes nothing for the buyer, and is paid (trap 4: Aztec)", async () => {
    await mined(sell(ATTACKER, USER, SLOT, 100n * UNIT));
    await mined(bench.by(ATTACKER).exit(1));
    await bench.at(bench.slotStart(SLOT));
    await refusesBatch(ATTACKER);
    await mined(bench.post(USER));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(election.settle(SLOT));
    expect((await balance(ATTACKER)) - BALANCE).to.equal(50n * UNIT);
  });

  it("misses of the seller after the sale take nothing from the buyer", async () => {
    await mined(sell(ATTACKER, USER, SLOT + 16, 100n * UNIT));
    // Two misses of the same seat: it is ejected.
    for (const slot of [SLOT, SLOT + 8]) {
      await bench.at(bench.slotStart(slot + 1));
      await mined(election.reportMiss(slot));
    }
    expect((await election.turnsOf(SLOT + 16)).isEjected).to.equal(true);
    await bench.at(bench.slotStart(SLOT + 16));
    await refusesBatch(HONEST);
    await mined(bench.post(USER));
    await bench.at(bench.slotStart(SLOT + 16) + 23n);
    await refusesBatch(HONEST);
  });

  it("a buyer that empties its balance before the sale buys nothing", async () => {
    await mined(bench.by(ACCOMPLICE).withdraw(BALANCE));
    await refuses(sell(ATTACKER, ACCOMPLICE, SLOT, 0n), "InsufficientBalance");
  });

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a price that is paid beside the contract evades the division, and saves the pair half of it", async () => {
    const price = 100n * UNIT;
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 0n));
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(ACCOMPLICE));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(election.settle(SLOT));
    expect(await election.undivided()).to.deep.equal([0n, 0n]);
    await start.restore();
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, price));
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(ACCOMPLICE));
    await bench.at(bench.slotStart(SLOT + 1));
    await mined(election.settle(SLOT));
    const inside = (await balance(ATTACKER)) + (await balance(ACCOMPLICE));
    expect(2n * BALANCE - inside).to.equal(price / 2n);
  });

  it("a miss that nobody settles for an epoch costs nothing, so a tenth of the bond waits for whoever settles", async () => {
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 0n));
    // The last block of the next epoch.
    await bench.at(bench.epochStart(3) - 1n);
    const last = await bench.world.connection.networkHelpers.takeSnapshot();
    await mined(bench.by(USER).settle(SLOT));
    expect((await balance(USER)) - BALANCE).to.equal(MISS / 10n);
    await last.restore();
    await bench.at(bench.epochStart(3));
    await mined(bench.by(USER).settle(SLOT));
    expect(await balance(ACCOMPLICE)).to.equal(BALANCE);
  });

  it("a full ring excuses a buyer, and nobody fills it in the slot before (trap 5: Aztec)", async () => {
    await mined(sell(ATTACKER, ACCOMPLICE, SLOT, 0n));
    await mined(sell(HONEST, USER, SLOT + 1, 100n * UNIT));
    await mined(bench.world.consensus.prove(bench.address(7), 1));
    // The first quarter of the ring does not count. Then its holder has a quarter in the slot, and all others another one.
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(ACCOMPLICE, MAX_PENDING / 4));
    await mined(bench.post(ACCOMPLICE, MAX_PENDING / 4));
    await refusesBatch(ACCOMPLICE);
    await bench.at(bench.slotStart(SLOT) + 24n);
    await mined(bench.post(ATTACKER, MAX_PENDING / 4));
    await refusesBatch(3);
    await bench.at(bench.slotStart(SLOT + 1));
    expect(MAX_PENDING - Number(await bench.world.consensus.pendingLeaves())).to.equal(MAX_PENDING / 4);
    await mined(bench.post(USER));
  });

  it("no tokens are made or lost, whatever happens to the sales (trap 11: Hermez)", async () => {
    const before = await bench.world.token.balanceOf(election);
    for (const [slot, price] of [
      [SLOT, 7n],
      [SLOT + 2, 123_456_789n],
      [SLOT + 4, 1n],
    ] as const) {
      await mined(sell(ATTACKER, ACCOMPLICE, slot, price));
    }
    await bench.at(bench.slotStart(SLOT));
    await mined(bench.post(ACCOMPLICE));
    await bench.at(bench.slotStart(SLOT + 5));
    for (const slot of [SLOT, SLOT + 2, SLOT + 4]) await mined(bench.by(USER).settle(slot));
    const [pool, toBurn] = await election.undivided();
    const balances = await Promise.all([ATTACKER, ACCOMPLICE, USER, 8, HONEST].map(balance));
    expect(await bench.world.token.balanceOf(election)).to.equal(before);
    const owed = balances.reduce((sum, amount) => sum + amount, 2n * STAKE + pool + toBurn);
    expect(owed).to.equal(before);
  });
});
