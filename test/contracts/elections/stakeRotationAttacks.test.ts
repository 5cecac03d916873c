// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { StakeRotation } from "../../../typechain-types/index.ts";
import { ConsensusModel } from "../../model/elections/parts/index.ts";
import { randomOfSeat } from "../../model/elections/seats.ts";
import { StakeRotationModel } from "../../model/elections/stakeRotation.ts";
import { Random } from "../../helpers/random.ts";
import { BLOCK_TIME } from "../../helpers/electionWorld.ts";
import { SeatBench, seedsOf } from "../../helpers/seatBench.ts";
import { openStakeRotation } from "../../helpers/stakeRotationRun.ts";

/*
 * Cost, gain and end of each attack, in the default parameters of docs/elections/stakeRotation.md.
 * "Trap n" is number n of the mistakes of other systems that the documents list.
 */

const UNIT = 10n ** 18n;
const MIN_STAKE = 16n * UNIT;
const SLOT_BLOCKS = 50;
const EPOCH_SLOTS = 32;
const SEATS = 8;
const SLOTS = { clock: { slotBlocks: 50n, epochSlots: 32n }, silenceBlocks: 16n, opensAfter: 3_900n };
const RULES = { minStake: MIN_STAKE, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const PARAMETERS = { floorRate: 2_000n, absenceRate: 200n };

/** Seats of an epoch drawn from shares of the weights, one seed after another. */
function* draws(random: Random, weights: readonly bigint[]): Generator<number[], never> {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  for (const seed of seedsOf(random)) {
    yield Array.from({ length: SEATS }, (_, seat) => {
      let point = randomOfSeat(seed, seat) % total;
      return weights.findIndex((weight) => {
        const isHere = point < weight;
        point -= weight;
        return isHere;
      });
    });
  }
  throw new Error("seeds never end");
}

/** Mean, and three standard deviations of it. */
function meanOf(values: readonly number[]): { mean: number; tolerance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, tolerance: 3 * Math.sqrt(variance / values.length) };
}

/** Hardhat's matchers take whole numbers only. */
function expectClose(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`).to.equal(true);
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

describe("StakeRotation under attack", () => {
  let bench: SeatBench<StakeRotation>;
  let election: StakeRotation;
  let start: SnapshotRestorer;

  before(async () => {
    bench = await SeatBench.of(await openStakeRotation(SLOTS, RULES, PARAMETERS), SLOTS);
    ({ election } = bench);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const stakeOf = async (id: number): Promise<bigint> => (await election.partyOf(id)).stake;
  const slotStart = (slot: number): bigint => bench.slotStart(slot);

  /** Parties stake; the seats of epoch 1 are drawn as wanted, and it begins. Batches keep the consensus from opening. */
  async function begun(wanted: readonly number[], stakes: readonly bigint[]): Promise<void> {
    for (const [i, stake] of stakes.entries()) await mined(bench.by(i + 1).join(i + 1, stake));
    await bench.draw(1, wanted);
    await bench.at(bench.epochStart(1) - 1n);
    await mined(bench.post(9));
  }

  /** First block of a slot in which an account may act, from its start on; the slot's length if there is none. */
  async function firstBlockOf(i: number, slot: number): Promise<number> {
    for (let block = 0; block < SLOT_BLOCKS; block++) {
      await bench.seen(slotStart(slot) + BigInt(block));
      if (await election.isAllowed(bench.address(i), 0, 0)) return block;
    }
    return SLOT_BLOCKS;
  }

  // ─── Empty blocks ──────────────────────────────────────────────────────────────────────────────────────────────────

  describe("empty blocks", () => {
    it("trap 12: after one early empty batch the backup is in 16 blocks later, and not at the end of the slot", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      await mined(bench.post(1));
      const { block } = await bench.world.now();
      await bench.at(block + 15n);
      await expect(bench.post(2)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      await bench.at(block + 16n);
      await mined(bench.post(2));
    });

    it("a holder needs four empty batches to keep its slot to itself, and pays four batch fees", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const slot = slotStart(8 * 4);
      for (const block of [slot, slot + 15n, slot + 30n, slot + 45n]) {
        await bench.at(block);
        await mined(bench.post(1));
        await expect(bench.post(2)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      }
      await bench.at(slotStart(8 * 4 + 1));
      await mined(bench.post(2));
    });

    it("a user waits as the formula says for 30 % of the stake, and a whole epoch once in 15,000", () => {
      const share = 0.3;
      const source = draws(new Random("empty blocks"), [30n, 70n]);
      const waits: number[] = [];
      let wholes = 0;
      const EPOCHS = 6_000;
      for (let epoch = 0; epoch < EPOCHS; epoch++) {
        const seats = source.next().value;
        if (seats.every((party) => party === 0)) wholes++;
        else for (let seat = 0; seat < 8; seat++) waits.push(seats.concat(seats).indexOf(1, seat) - seat);
      }
      // Slots of the attacker before the next honest one, if there is one: a geometric wait, cut at the seats.
      const whole = share ** 8;
      let expected = 0;
      for (let wait = 1; wait < 8; wait++) expected += share ** wait;
      expected = (expected - 7 * whole) / (1 - whole);
      const { mean, tolerance } = meanOf(waits);
      // Seats of an epoch are not independent of each other: eight waits come from one draw.
      expectClose(mean, expected, tolerance * Math.sqrt(8));
      expectClose(expected, 0.4285 - 7 * whole, 0.001);
      expectClose(1 / whole, 15_242, 1);
      expect(wholes).to.be.at.most(5);
    });
  });

  // ─── Silence ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("fake denial of service", () => {
    it("half of the seats are silent for an epoch: users wait 16 blocks in 8 slots, and the attacker loses 7.7 %", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const first = EPOCH_SLOTS;
      const supply = await bench.world.token.totalSupply();
      let [waited, slots] = [0, 0];
      for (let slot = first; slot < 2 * first; slot++) {
        const isSilent = slot % 2 === 0;
        if (isSilent && slot > first) await bench.at(slotStart(slot));
        if (isSilent) {
          const wait = await firstBlockOf(2, slot);
          waited += wait;
          if (wait > 0) slots++;
        }
        await mined(bench.post(2));
        await bench.at(slotStart(slot + 1));
        if (isSilent && wouldLeak(slot - first)) await mined(election.reportMiss(slot));
      }
      expect([waited, slots]).to.deep.equal([8 * 16, 8]);
      // Eight times one in a hundred.
      const left = (await stakeOf(1)) / 10n ** 15n;
      expect(left).to.equal(92_274n);
      expect(supply - (await bench.world.token.totalSupply())).to.equal(100n * UNIT - (await stakeOf(1)));
      expect(await bench.misses(1)).to.deep.equal([2, 0, 2, 0, 2, 0, 2, 0]);
      expect(await election.partyOf(2).then(({ stake }) => stake)).to.equal(100n * UNIT);
    });

    /** The first two slots of each seat. */
    const wouldLeak = (index: number): boolean => index < 2 * SEATS;

    it("a silent party with two ids is its own backup: everybody is in after 32 blocks, and both ids lose", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const slot = EPOCH_SLOTS;
      await bench.at(slotStart(slot) + 31n);
      await expect(bench.post(9)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      await bench.at(slotStart(slot) + 32n);
      await mined(bench.post(9));
      await bench.at(slotStart(slot + 1));
      await mined(election.reportMiss(slot));
      await bench.at(slotStart(slot + 2));
      await mined(election.reportMiss(slot + 1));
      expect([await stakeOf(1), await stakeOf(2)]).to.deep.equal([99n * UNIT, 99n * UNIT]);
    });

    it("all parties are silent for ever: each epoch costs them at most 16 %, and the chain goes on without them", async () => {
      await begun([1, 1, 1, 1, 1, 1, 1, 1], [100n * UNIT]);
      const first = EPOCH_SLOTS;
      for (let slot = first; slot < first + 16; slot++) {
        await bench.at(slotStart(slot + 1));
        await mined(election.reportMiss(slot));
      }
      await bench.at(slotStart(first + 17));
      await expect(election.reportMiss(first + 16)).to.be.revertedWithCustomError(election, "SeatEjected");
      const lost = 100n * UNIT - (await stakeOf(1));
      expect(Number((lost * 10_000n) / (100n * UNIT))).to.equal(1_485);
    });
  });

  // ─── The slashing attack ───────────────────────────────────────────────────────────────────────────────────────────

  describe("the slashing attack", () => {
    it("a party that builds 90 % of L1's blocks and refuses the victim's batch makes it miss 0.5 % of its slots", () => {
      const random = new Random("slashing attack");
      const SLOTS_TRIED = 20_000;
      for (const [builder, chance] of [
        [0.9, 0.00515],
        [0.5, 8.9e-16],
      ] as const) {
        expectClose(builder ** SLOT_BLOCKS, chance, chance / 100);
        let missed = 0;
        for (let i = 0; i < SLOTS_TRIED; i++) {
          let block = 0;
          while (block < SLOT_BLOCKS && random.chance(builder)) block++;
          if (block === SLOT_BLOCKS) missed++;
        }
        const deviation = Math.sqrt(SLOTS_TRIED * chance);
        expect(missed).to.be.within(SLOTS_TRIED * chance - 3 * deviation - 1, SLOTS_TRIED * chance + 3 * deviation);
      }
    }).timeout(120_000);

    it("a victim that is kept out of all its slots loses 16 % an epoch; nobody gets it, the attacker's share grows", async () => {
      await begun([1, 1, 1, 1, 1, 1, 1, 1], [100n * UNIT, 100n * UNIT]);
      const first = EPOCH_SLOTS;
      const attacker = await bench.balance(2);
      for (let slot = first; slot < first + 16; slot++) {
        await bench.at(slotStart(slot + 1));
        await mined(bench.by(2).reportMiss(slot));
      }
      expect(await bench.balance(2)).to.equal(attacker);
      expect(await bench.held()).to.equal((await stakeOf(1)) + (await stakeOf(2)));
      // The last report comes in the block of the freeze.
      const [own, total] = [await election.weightOf(2, 3), await election.totalWeight(3)];
      expect([own, total]).to.deep.equal([100n, 185n]);
    });
  });

  // ─── Takeover ──────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("takeover", () => {
    it("a share s of the seats costs s / (1 − s) of the other stakes, and begins 800 blocks after they are put in", async () => {
      const honest = 100n * UNIT;
      for (const [share, price] of [
        [50n, 100n],
        [67n, 203n],
        [90n, 900n],
      ] as const) {
        expect((share * 100n) / (100n - share)).to.equal(price);
        await mined(bench.by(1).join(1, honest));
        await bench.at(bench.freezeBlock(1) - 1n);
        await mined(bench.by(2).join(2, (honest * share) / (100n - share) + 1n));
        const [own, total] = [await election.weightOf(2, 1), await election.totalWeight(1)];
        expect(Number((own * 100n) / total)).to.be.within(Number(share) - 1, Number(share));
        await start.restore();
      }
      expect(bench.epochStart(1) - bench.freezeBlock(1)).to.equal(800n);
    });

    it("from 30 % to half of the stake by misses of seven others takes 63 epochs without one batch of theirs", () => {
      const source = seedsOf(new Random("takeover by slashing"));
      const at = (block: bigint) => ({ block, time: block * BLOCK_TIME });
      const consensus = new ConsensusModel(64n, at(0n), (bound) => {
        const surroundings = { genesisBlock: 0n, consensus: bound, randomOf: () => source.next().value << 40n };
        return new StakeRotationModel(SLOTS, RULES, PARAMETERS, surroundings);
      });
      const model = consensus.selector;
      for (const party of ["attacker", "victim"]) model.balances.credit(party, 70_000n * UNIT);
      model.join("attacker", 1, 30_000n * UNIT, at(0n));
      for (let id = 2; id <= 8; id++) model.join("victim", id, 10_000n * UNIT, at(0n));
      consensus.post("attacker", [1n], at(0n));
      let epochs = 0;
      for (let epoch = 1n; 2n * model.weights.weightOf(1, epoch) < model.weights.total(epoch); epoch++) {
        const sealed = model.seeds.seedBlock(epoch);
        model.seeds.seal(at(sealed));
        model.drawSeats(at(sealed + 1n));
        for (let slot = epoch * 32n; slot < (epoch + 1n) * 32n; slot++) {
          const [start, end] = [at(model.clock.slotStart(slot)), at(model.clock.slotStart(slot + 1n))];
          if (model.holderOf(slot) === "attacker") consensus.post("attacker", [1n], start);
          consensus.prove("attacker", consensus.sequenced - consensus.verified, start);
          const isMissed = model.serviceOf(slot, end) === "Missed" && !model.turnsOf(slot).isEjected;
          if (isMissed) model.reportMiss(slot, end);
        }
        epochs++;
      }
      expect(epochs).to.equal(63);
    });

    it("capital that is taken out whenever it is not scheduled is in from the freeze to the draw", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT));
      await mined(bench.by(2).join(2, 10_000n * UNIT));
      await bench.draw(1, [2, 2, 2, 2, 2, 2, 2, 2]);
      await mined(bench.by(1).takeOut(1));
      const out = (await bench.world.now()).block;
      // It can be out from the block after the draw, to the last block before the next freeze.
      expect(out - bench.freezeBlock(1)).to.equal((await election.SEED_DELAY()) + 2n);
      await bench.at(bench.freezeBlock(2) - 1n);
      await mined(bench.by(1).bringBack(1));
      expect(await election.weightOf(1, 2)).to.equal(100n);
      expect(bench.freezeBlock(2) - bench.freezeBlock(1)).to.equal(BigInt(SLOT_BLOCKS * EPOCH_SLOTS));
      // The floor, a fifth of it, never left.
      expect(await stakeOf(1)).to.equal(100n * UNIT);
    });
  });

  // ─── The seed ──────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("grinding the seed", () => {
    /** Chance of a seat with weight `w` if it may choose among 2^t seeds after t own blocks (`Seed`). */
    const biased = (alpha: number, w: number): number => {
      let sum = 0;
      for (let t = 0; t < 60; t++) sum += (1 - alpha) * alpha ** t * (1 - (1 - w) ** (2 ** t));
      return sum;
    };

    /** Mean of the most of n seats among `options` draws. */
    const mostOf = (n: number, w: number, options: number): number => {
      let sum = 0;
      for (let k = 1; k <= n; k++) {
        let below = 0;
        for (let i = 0; i < k; i++) below += choose(n, i) * w ** i * (1 - w) ** (n - i);
        sum += 1 - below ** options;
      }
      return sum;
    };

    const expectedSeats = (alpha: number, w: number): number => {
      let sum = 0;
      for (let t = 0; t < 40; t++) sum += (1 - alpha) * alpha ** t * mostOf(SEATS, w, 2 ** t);
      return sum;
    };

    it("with 20 % of L1 and 10 % of the stake a wanted seat comes in 12.6 % of the epochs, as the formula says", () => {
      const random = new Random("grinding");
      const source = draws(random, [10n, 90n]);
      const [alpha, w] = [0.2, 0.1];
      const first: number[] = [];
      const most: number[] = [];
      for (let trial = 0; trial < 3_000; trial++) {
        let tail = 0;
        while (tail < 12 && random.chance(alpha)) tail++;
        const options = Array.from({ length: 2 ** tail }, () => source.next().value);
        first.push(options.some(([seat]) => seat === 0) ? 1 : 0);
        most.push(Math.max(...options.map((seats) => seats.filter((party) => party === 0).length)));
      }
      const ofSeat = meanOf(first);
      expectClose(biased(alpha, w), 0.126, 0.0005);
      expectClose(ofSeat.mean, biased(alpha, w), ofSeat.tolerance);
      // Of eight seats it gets 0.91 in place of 0.8: it chooses a whole draw, and not each seat.
      const ofSeats = meanOf(most);
      expectClose(expectedSeats(alpha, w), 0.91, 0.001);
      expectClose(ofSeats.mean, expectedSeats(alpha, w), ofSeats.tolerance);
    }).timeout(120_000);

    it("the bias in other shares of L1 and of the stake", () => {
      expectClose(biased(0.1, 0.1), 0.111, 0.0005);
      expectClose(biased(0.3, 0.1), 0.149, 0.0005);
      expectClose(biased(0.3, 0.5), 0.59, 0.005);
    });

    it("trap 1: a party that joins in the last block of a set is there before the seed block, and the seed decides", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT));
      await bench.at(bench.freezeBlock(1) - 1n);
      await mined(bench.by(2).join(2, 100n * UNIT));
      expect(bench.seedBlock(1) - bench.freezeBlock(1)).to.equal(await election.SEED_DELAY());
      const joined = await bench.world.connection.networkHelpers.takeSnapshot();
      for (const wanted of [
        [1, 1, 2, 2, 1, 1, 2, 2],
        [2, 2, 2, 1, 2, 1, 1, 1],
      ]) {
        await bench.draw(1, wanted);
        expect(await bench.ids(1)).to.deep.equal(wanted);
        await joined.restore();
      }
    });

    it("trap 2: an epoch without a seal has no seats, and not those of an older seed", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      await bench.at(bench.epochStart(2) - 1n);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NotSealed").withArgs(2n);
      const slot = 2 * EPOCH_SLOTS;
      expect(await election.turnsOf(slot)).to.deep.equal([ZeroAddress, ZeroAddress, false]);
      await mined(bench.post(7));
      await bench.draw(3, [2, 2, 2, 2, 1, 1, 1, 1]);
      expect(await bench.ids(3)).to.deep.equal([2, 2, 2, 2, 1, 1, 1, 1]);
    });
  });

  // ─── Identities ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("many small identities", () => {
    it("a stake in ten parts weighs as much as in one", async () => {
      await mined(bench.by(1).join(1, 1_000n * UNIT));
      for (let id = 2; id <= 11; id++) await mined(bench.by(2).join(id, 100n * UNIT));
      let parts = 0n;
      for (let id = 2; id <= 11; id++) parts += await election.weightOf(id, 1);
      expect(parts).to.equal(await election.weightOf(1, 1));
      expect(await election.totalWeight(1)).to.equal(2n * parts);
    });

    it("parts that are not whole weigh less, and never more", async () => {
      await mined(bench.by(1).join(1, 34n * UNIT));
      await mined(bench.by(2).join(2, 17n * UNIT - 1n));
      await mined(bench.by(2).join(3, 17n * UNIT + 1n));
      expect(await election.weightOf(1, 1)).to.equal(34n);
      expect((await election.weightOf(2, 1)) + (await election.weightOf(3, 1))).to.equal(33n);
    });

    it("all ids cost 1,023 of the lowest stakes, and each can be taken for 11/10 of one", async () => {
      // The bids themselves: "bids for an id" in stakeRotation.test.ts.
      expect(((await election.MAX_ID()) * (await election.MIN_STAKE())) / UNIT).to.equal(16_368n);
      expect(MIN_STAKE + MIN_STAKE / 10n).to.equal((176n * UNIT) / 10n);
    });
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("leaving before the slash", () => {
    it("trap 21: a party that leaves in its missed slot pays when it is reported, up to the last block of its liability", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const last = 2 * EPOCH_SLOTS - 2;
      await bench.at(slotStart(last));
      await mined(bench.by(1).exit(1));
      const { exitEpoch } = await election.partyOf(1);
      // The slot is in epoch 1; in its second half the set of epoch 2 was frozen, and the party may be drawn once more.
      expect(exitEpoch).to.equal(4n);
      await bench.at(bench.epochStart(3) - 1n);
      await mined(bench.by(2).reportMiss(last));
      expect(await stakeOf(1)).to.equal(99n * UNIT);
      await bench.at(bench.epochStart(4) - 1n);
      await expect(election.withdrawStake(1)).to.be.revertedWithCustomError(election, "StakeLocked");
      await bench.at(bench.epochStart(4));
      await mined(election.withdrawStake(1));
    });

    it("trap 19: a party that leaves is drawn for at most one more epoch, and serves it", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT));
      await mined(bench.by(2).join(2, 100n * UNIT));
      await mined(bench.post(9));
      await bench.at(bench.freezeBlock(1));
      await mined(bench.by(1).exit(1));
      await bench.draw(1, [1, 1, 1, 1, 1, 1, 1, 1]);
      await bench.seal(2, 5n << 40n);
      await mined(election.drawSeats());
      expect(await bench.ids(2)).to.deep.equal([2, 2, 2, 2, 2, 2, 2, 2]);
      await bench.at(bench.epochStart(3) - 1n);
      await mined(election.reportMiss(EPOCH_SLOTS));
      expect(await stakeOf(1)).to.equal(99n * UNIT);
    });

    it("trap 24: a party that lets itself be slashed is not out sooner", async () => {
      const exits: bigint[] = [];
      for (const slashesItself of [false, true]) {
        await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
        await bench.at(slotStart(EPOCH_SLOTS + 1));
        if (slashesItself) await mined(bench.by(1).reportMiss(EPOCH_SLOTS));
        await bench.at(slotStart(EPOCH_SLOTS + 2));
        await mined(bench.by(1).exit(1));
        exits.push((await election.partyOf(1)).exitEpoch);
        await start.restore();
      }
      expect(exits).to.deep.equal([3n, 3n]);
    });

    it("trap 20: a party that adds stake in the block before the report pays for the addition too", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      await bench.at(slotStart(EPOCH_SLOTS + 1));
      await mined(bench.by(1).addStake(1, 900n * UNIT));
      await mined(election.reportMiss(EPOCH_SLOTS));
      expect(await stakeOf(1)).to.equal(990n * UNIT);
    });

    it("a party that is out pays for an earlier miss as if all of it was in", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const missed = 2 * EPOCH_SLOTS - 2;
      await bench.draw(2, [2, 2, 2, 2, 2, 2, 2, 2]);
      await bench.at(bench.epochStart(2));
      await mined(bench.by(1).takeOut(1));
      await mined(election.reportMiss(missed));
      expect(await stakeOf(1)).to.equal(19n * UNIT);
    });
  });

  // ─── Other mistakes ────────────────────────────────────────────────────────────────────────────────────────────────

  describe("mistakes of other systems", () => {
    it("trap 4: nothing that a party does in its epoch changes its turns", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      const turns = async () => Promise.all([32, 33, 34, 35, 62, 63].map((slot) => election.turnsOf(slot)));
      const before = await turns();
      await mined(bench.by(1).addStake(1, 50n * UNIT));
      await mined(bench.by(3).join(3, 500n * UNIT));
      await expect(bench.by(1).takeOut(1)).to.be.revertedWithCustomError(election, "Scheduled").withArgs(1n, 1n);
      await mined(bench.by(2).exit(2));
      expect(await turns()).to.deep.equal(before);
      await bench.at(bench.epochStart(2) - 1n);
      await mined(bench.post(2));
    });

    it("trap 5: a slot in which the ring of batches was full is no miss", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      // The ring has 40 places, of which one was taken before; a quota is 10.
      await mined(bench.post(1, 10));
      for (const slot of [33, 34, 35]) {
        await bench.at(slotStart(slot));
        await mined(bench.post(slot % 2 === 0 ? 1 : 2, slot === 35 ? 9 : 10));
      }
      await bench.at(slotStart(36));
      await expect(bench.post(1)).to.be.revertedWithCustomError(bench.world.consensus, "TooManyPendingLeaves");
      await bench.seen(slotStart(37));
      expect(await bench.service(36)).to.equal("Excused");
      await expect(election.reportMiss(36)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(36n, 4n);
      await mined(bench.world.consensus.prove(bench.address(0), 5));
      expect(await bench.service(36)).to.equal("Excused");
      await bench.at(slotStart(39));
      await mined(election.reportMiss(38));
    });

    it("trap 17: a set without any weight, and one without a draw, lock nobody in and nobody out", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT));
      await mined(bench.by(1).takeOut(1));
      await bench.seal(1, 1n << 40n);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NothingToDraw");
      await bench.at(bench.epochStart(1));
      await mined(bench.post(7));
      await mined(bench.by(1).bringBack(1));
      await mined(bench.by(1).exit(1));
      await bench.at(bench.epochStart(3));
      await mined(election.withdrawStake(1));
      expect(await bench.held()).to.equal(0n);
    });

    it("trap 18: a stake that was slashed is drawn by what is left of it", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      await bench.at(slotStart(EPOCH_SLOTS + 1));
      await mined(election.reportMiss(EPOCH_SLOTS));
      expect([await election.weightOf(1, 2), await election.totalWeight(2)]).to.deep.equal([99n, 199n]);
      await bench.draw(2, [1, 2, 2, 2, 2, 2, 2, 2]);
      expect(await bench.ids(2)).to.deep.equal([1, 2, 2, 2, 2, 2, 2, 2]);
    });

    it("trap 22: after ten epochs without any call everything can be read, and goes on", async () => {
      await begun([1, 2, 1, 2, 1, 2, 1, 2], [100n * UNIT, 100n * UNIT]);
      await bench.at(bench.epochStart(11));
      await mined(bench.by(3).join(3, 100n * UNIT));
      expect(await election.totalWeight(12)).to.equal(300n);
      expect(await bench.ids(11)).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 0]);
      expect(await election.turnsOf(11 * EPOCH_SLOTS)).to.deep.equal([ZeroAddress, ZeroAddress, false]);
      await bench.draw(12, [3, 1, 2, 3, 1, 2, 3, 1]);
      await mined(bench.by(2).exit(2));
    });

    it("trap 23: a party that lost everything gets its id back to stake again", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT));
      await mined(bench.by(1).takeOut(1));
      // 20 of 80 at 2 % for each freeze: gone at the thirteenth one.
      await bench.at(bench.freezeBlock(13));
      await mined(election.leakAbsence(1));
      expect(await stakeOf(1)).to.equal(0n);
      await bench.at(bench.epochStart(15));
      await mined(election.withdrawStake(1));
      await mined(bench.by(1).join(1, 100n * UNIT));
      expect(await election.weightOf(1, 16)).to.equal(100n);
    });
  });
});
