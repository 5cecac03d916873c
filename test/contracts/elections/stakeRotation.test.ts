// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { StakeRotation } from "../../../typechain-types/index.ts";
import { MAX_ID } from "../../model/elections/seats.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { seatArguments } from "../../helpers/seatRun.ts";
import { fillIds, openStakeRotation } from "../../helpers/stakeRotationRun.ts";

const UNIT = 10_000n;
const MIN_STAKE = 16n * UNIT;
/** The consensus does not open the role by itself. */
const SLOTS = { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 5n, opensAfter: 2_592_000n };
const RULES = { minStake: MIN_STAKE, seats: 2n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const PARAMETERS = { floorRate: 2_000n, absenceRate: 300n };

describe("StakeRotation", () => {
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

  /** Parties 1 … count with the same stake, in the set of epoch 1. */
  async function joined(count: number, stake = 100n * UNIT): Promise<void> {
    for (let id = 1; id <= count; id++) await mined(bench.by(id).join(id, stake));
  }

  /** As `joined`; the seats of epoch 1 are drawn, epoch 1 begins with a batch of its first holder. */
  async function begun(wanted: readonly number[], count = 3): Promise<void> {
    await joined(count);
    await mined(bench.post(9));
    await bench.draw(1, wanted);
    await bench.at(bench.epochStart(1));
  }

  /** Lets a slot pass and reports its miss. */
  async function missed(slot: number): Promise<void> {
    await bench.at(bench.slotStart(slot + 1));
    await mined(election.reportMiss(slot));
  }

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("parameters", () => {
    const deploy = (slots: object, seats: object, rotation: object) => {
      const { connection, token } = bench.world;
      return connection.ethers.deployContract("StakeRotation", [
        { ...SLOTS, ...slots },
        { ...seatArguments(token, ZeroAddress, RULES), ...seats },
        { ...PARAMETERS, ...rotation },
      ]);
    };

    it("StakeRotation shows its parameters", async () => {
      expect(await election.MIN_STAKE()).to.equal(MIN_STAKE);
      expect(await election.MAX_STAKE()).to.equal((2n ** 18n - 1n) * UNIT);
      expect(await election.MAX_ID()).to.equal(1_023n);
      expect([await election.SEATS(), await election.MAX_MISSES(), await election.LEAK_RATE()]).to.deep.equal([
        ...[2n, 2n, 100n],
      ]);
      expect([await election.EXIT_EPOCHS(), await election.FLOOR_RATE(), await election.ABSENCE_RATE()]).to.deep.equal([
        ...[2n, 2_000n, 300n],
      ]);
      expect(await election.TOKEN()).to.equal(bench.world.token.target);
    });

    const refused: Record<string, [slots: object, seats: object, rotation: object, value: bigint]> = {
      silenceBlocks: [{ silenceBlocks: 24 }, {}, {}, 24n],
      token: [{}, { token: "0x0000000000000000000000000000000000001234" }, {}, 0x1234n],
      "minStake: not a multiple of 16": [{}, { minStake: 160_001n }, {}, 160_001n],
      "minStake: too small": [{}, { minStake: 19_984n }, {}, 19_984n],
      "minStake: too large": [{}, { minStake: 2n ** 82n }, {}, 2n ** 82n],
      "seats: none": [{}, { seats: 0 }, {}, 0n],
      "seats: too many": [{}, { seats: 16 }, {}, 16n],
      "seats: no divisor": [{}, { seats: 3 }, {}, 3n],
      maxMisses: [{}, { maxMisses: 0 }, {}, 0n],
      "leakRate: none": [{}, { leakRate: 0 }, {}, 0n],
      "leakRate: more than all": [{}, { leakRate: 10_001 }, {}, 10_001n],
      exitEpochs: [{}, { exitEpochs: 1 }, {}, 1n],
      "floorRate: below the price of an epoch's misses": [{}, {}, { floorRate: 399 }, 399n],
      "floorRate: all": [{}, {}, { floorRate: 10_000 }, 10_000n],
      "absenceRate: none": [{}, {}, { absenceRate: 0 }, 0n],
      "absenceRate: more than all": [{}, {}, { absenceRate: 10_001 }, 10_001n],
    };
    for (const [name, [slots, seats, rotation, value]] of Object.entries(refused)) {
      it(`StakeRotation cannot be deployed with ${name}, ${value}`, async () => {
        await expect(deploy(slots, seats, rotation))
          .to.be.revertedWithCustomError(election, "InvalidParameter")
          .withArgs(name.split(":")[0], value);
      });
    }

    it("StakeRotation cannot be deployed with a token that cannot be burned", async () => {
      const { connection, consensus } = bench.world;
      await expect(deploy({}, { token: consensus }, {})).to.revert(connection.ethers);
    });

    it("StakeRotation can be deployed with the greatest and the smallest of its parameters", async () => {
      await deploy(
        { silenceBlocks: 23 },
        { minStake: 2n ** 82n - 16n, seats: 8, leakRate: 10, exitEpochs: 65_535 },
        {},
      );
      await deploy(
        {},
        { minStake: 20_000n, seats: 1, maxMisses: 1, leakRate: 1 },
        { floorRate: 1, absenceRate: 10_000 },
      );
    });
  });

  // ─── Sets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("sets", () => {
    it("a stake counts from the next epoch if it comes in the last block before the freeze", async () => {
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(1).join(7, MIN_STAKE))
        .to.emit(election, "Joined")
        .withArgs(7n, bench.address(1), MIN_STAKE, 1n);
      expect(await election.weightOf(7, 1)).to.equal(16n);
    });

    it("a stake counts one epoch later if it comes in the block of the freeze", async () => {
      await bench.at(bench.freezeBlock(1));
      await expect(bench.by(1).join(7, MIN_STAKE))
        .to.emit(election, "Joined")
        .withArgs(7n, bench.address(1), MIN_STAKE, 2n);
      expect(await election.weightOf(7, 1)).to.equal(0n);
      expect(await election.weightOf(7, 2)).to.equal(16n);
    });

    it("seats can be drawn in the last block of an epoch, and not in the first of the next one", async () => {
      await joined(2);
      await bench.seal(1, await bench.randomFor(1, [1, 2]));
      const late = await bench.world.connection.networkHelpers.takeSnapshot();
      await bench.at(bench.epochStart(1) - 1n);
      await expect(election.drawSeats()).to.emit(election, "SeatsDrawn");
      expect(await bench.ids(1)).to.deep.equal([1, 2]);
      await late.restore();
      await bench.at(bench.epochStart(1));
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NotSealed").withArgs(2n);
      expect(await bench.ids(1)).to.deep.equal([0, 0]);
    });

    it("seats are drawn once, after the seed, from stakes that are not zero", async () => {
      await bench.at(bench.seedBlock(1) - 1n);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NotSealed").withArgs(1n);
      await bench.seal(1, 1n << 40n);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NothingToDraw").withArgs(1n);
      await joined(1);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "NothingToDraw").withArgs(1n);
      await bench.draw(2, [1, 1]);
      await expect(election.drawSeats()).to.be.revertedWithCustomError(election, "AlreadyDrawn").withArgs(2n);
    });

    it("an epoch that nobody drew is open to everybody, and nobody misses its slots", async () => {
      await joined(2);
      await mined(bench.post(9));
      await bench.at(bench.epochStart(1));
      await mined(bench.post(9));
      expect(await election.turnsOf(8)).to.deep.equal([ZeroAddress, ZeroAddress, false]);
      await bench.at(bench.slotStart(10));
      await expect(election.reportMiss(9)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(9n, 2n);
    });
  });

  // ─── Turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("turns", () => {
    it("seats take turns, and the next seat of another party is the backup", async () => {
      await begun([2, 1]);
      for (let slot = 8; slot < 16; slot++) {
        const own = slot % 2 === 0 ? 2 : 1;
        expect(await election.turnsOf(slot)).to.deep.equal([bench.address(own), bench.address(3 - own), false]);
        expect(await election.holderOf(slot)).to.equal(bench.address(own));
      }
    });

    it("a party that has all seats has no backup", async () => {
      await begun([1, 1]);
      expect(await election.turnsOf(8)).to.deep.equal([bench.address(1), ZeroAddress, false]);
    });

    it("the backup may act after the silence, everybody after twice as long, and not a block earlier", async () => {
      await begun([2, 1]);
      const slot = bench.epochStart(1);
      const refuse = async (i: number): Promise<void> => {
        await expect(bench.post(i))
          .to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed")
          .withArgs(bench.address(i), 0n);
      };
      const last = await bench.world.connection.networkHelpers.takeSnapshot();
      await bench.at(slot + 4n);
      await refuse(1);
      await bench.at(slot + 5n);
      await mined(bench.post(1));
      await last.restore();
      await bench.at(slot + 9n);
      await refuse(3);
      await bench.at(slot + 10n);
      await mined(bench.post(3));
    });

    it("each batch of the holder starts the silence anew", async () => {
      await begun([2, 1]);
      const slot = bench.epochStart(1);
      await bench.at(slot + 4n);
      await mined(bench.post(2));
      await bench.at(slot + 8n);
      await expect(bench.post(1)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      await bench.at(slot + 9n);
      await mined(bench.post(1));
    });

    it("a batch of the backup does not start the silence anew", async () => {
      await begun([2, 1]);
      const slot = bench.epochStart(1);
      await bench.at(slot + 5n);
      await mined(bench.post(1));
      await bench.at(slot + 10n);
      await mined(bench.post(3));
    });

    it("the next slot has another holder in its first block", async () => {
      await begun([2, 1]);
      await mined(bench.post(2));
      await bench.at(bench.slotStart(9) - 1n);
      await mined(bench.post(2));
      await expect(bench.post(2)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      await mined(bench.post(1));
    });
  });

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("misses", () => {
    it("a miss can be reported in the first block after its slot, and not in the slot's last block", async () => {
      await begun([2, 1]);
      await bench.at(bench.slotStart(9) - 1n);
      await expect(election.reportMiss(8)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(8n, 0n);
      await bench.at(bench.slotStart(9));
      await expect(election.reportMiss(8))
        .to.emit(election, "MissReported")
        .withArgs(8n, 2n, 1n, UNIT)
        .and.to.emit(election, "SlotMissed")
        .withArgs(8n, bench.address(2));
    });

    it("a miss can be reported until the last block of the next epoch, and not a block later", async () => {
      await begun([2, 1]);
      await bench.at(bench.epochStart(3) - 1n);
      const last = await bench.world.connection.networkHelpers.takeSnapshot();
      await mined(election.reportMiss(8));
      await last.restore();
      await bench.at(bench.epochStart(3));
      await expect(election.reportMiss(8)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(8n, 1n);
    });

    it("a miss is counted once, and burned, rounded up", async () => {
      await mined(bench.by(1).join(1, MIN_STAKE + 1n));
      await mined(bench.post(9));
      await bench.draw(1, [1, 1]);
      await bench.at(bench.slotStart(9));
      const { token } = bench.world;
      const supply = await token.totalSupply();
      await mined(election.reportMiss(8));
      expect(await stakeOf(1)).to.equal(MIN_STAKE + 1n - 1_601n);
      expect(supply - (await token.totalSupply())).to.equal(1_601n);
      expect(await bench.held()).to.equal(await stakeOf(1));
      expect(await election.weightOf(1, 2)).to.equal(15n);
      expect(await election.weightOf(1, 1)).to.equal(16n);
      await expect(election.reportMiss(8)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(8n, 6n);
    });

    it("a slot in which the holder posted is no miss, also if it was silent for most of it", async () => {
      await begun([2, 1]);
      await bench.at(bench.slotStart(9) - 1n);
      await mined(bench.post(2));
      await expect(election.reportMiss(8)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(8n, 3n);
    });

    it("a batch of the backup does not serve the slot of the holder", async () => {
      await begun([2, 1]);
      await bench.at(bench.slotStart(9) - 1n);
      await mined(bench.post(1));
      await mined(election.reportMiss(8));
    });

    it("nobody misses a slot once the rollup is frozen", async () => {
      await begun([2, 1]);
      await bench.at(bench.slotStart(9));
      await mined(bench.world.consensus.freeze());
      await expect(election.reportMiss(8)).to.be.revertedWithCustomError(election, "NotMissed").withArgs(8n, 4n);
    });

    it("after two misses a seat is ejected: its backup acts from the first block on, and it leaks no more", async () => {
      await begun([2, 1]);
      await missed(8);
      await mined(bench.post(1));
      expect((await election.turnsOf(10)).isEjected).to.equal(false);
      await missed(10);
      expect(await bench.misses(1)).to.deep.equal([2, 0]);
      expect(await election.turnsOf(12)).to.deep.equal([bench.address(2), bench.address(1), true]);
      await bench.at(bench.slotStart(12));
      await mined(bench.post(1));
      await expect(bench.post(3)).to.be.revertedWithCustomError(bench.world.consensus, "NotAllowed");
      await bench.at(bench.slotStart(12) + 5n);
      await mined(bench.post(3));
      await bench.at(bench.slotStart(13));
      await expect(election.reportMiss(12)).to.be.revertedWithCustomError(election, "SeatEjected").withArgs(12n, 0n);
    });

    it("an ejected seat may still act in its slots, and is back in the next epoch", async () => {
      await begun([2, 1]);
      await missed(8);
      await missed(10);
      await bench.at(bench.slotStart(12));
      await mined(bench.post(2));
      await bench.draw(2, [2, 1]);
      expect((await election.turnsOf(16)).isEjected).to.equal(false);
    });

    it("an ejected seat is no backup", async () => {
      await begun([2, 1]);
      await missed(8);
      await missed(10);
      expect(await election.turnsOf(13)).to.deep.equal([bench.address(1), ZeroAddress, false]);
    });

    it("a party with less than half of the lowest stake leaves", async () => {
      const seats = { ...RULES, maxMisses: 4n, leakRate: 1_200n };
      bench = await SeatBench.of(await openStakeRotation(SLOTS, seats, { ...PARAMETERS, floorRate: 9_700n }), SLOTS);
      ({ election } = bench);
      await mined(bench.by(1).join(1, MIN_STAKE));
      await mined(bench.post(9));
      await bench.draw(1, [1, 1]);
      for (const slot of [8, 9, 10, 11, 12]) await missed(slot);
      expect((await election.partyOf(1)).exitEpoch).to.equal(0n);
      await bench.at(bench.slotStart(14));
      await expect(election.reportMiss(13)).to.emit(election, "ExitBegun").withArgs(1n, 4n);
      expect(await stakeOf(1)).to.be.below(MIN_STAKE / 2n);
      expect(await election.weightOf(1, 3)).to.equal(0n);
      bench = await SeatBench.of(await openStakeRotation(SLOTS, RULES, PARAMETERS), SLOTS);
      ({ election } = bench);
      start = await bench.world.connection.networkHelpers.takeSnapshot();
    });
  });

  // ─── Stakes ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("stakes", () => {
    it("a free id is taken with a stake in range", async () => {
      const range = [MIN_STAKE, await election.MAX_STAKE()] as const;
      for (const amount of [range[0] - 1n, range[1] + 1n]) {
        await expect(bench.by(1).join(1, amount))
          .to.be.revertedWithCustomError(election, "StakeOutOfRange")
          .withArgs(amount, ...range);
      }
      for (const id of [0, MAX_ID + 1]) {
        await expect(bench.by(1).join(id, MIN_STAKE))
          .to.be.revertedWithCustomError(election, "UnknownId")
          .withArgs(BigInt(id), 1_023n);
      }
      await mined(bench.by(1).join(1, range[0]));
      await mined(bench.by(1).join(MAX_ID, range[1]));
      expect(await election.totalWeight(1)).to.equal(16n + 2n ** 18n - 1n);
      await expect(bench.by(2).join(1, MIN_STAKE))
        .to.be.revertedWithCustomError(election, "IdTaken")
        .withArgs(1n, bench.address(1));
      expect(await election.takenIds()).to.equal(2n);
    });

    it("an addition counts like a new stake, up to the highest stake", async () => {
      await joined(1);
      await expect(bench.by(1).addStake(1, UNIT))
        .to.emit(election, "StakeAdded")
        .withArgs(1n, UNIT, 101n * UNIT, 1n);
      expect(await election.weightOf(1, 1)).to.equal(101n);
      await expect(bench.by(2).addStake(1, UNIT))
        .to.be.revertedWithCustomError(election, "NotOwner")
        .withArgs(1n, bench.address(2), bench.address(1));
      const maximum = await election.MAX_STAKE();
      await expect(bench.by(1).addStake(1, maximum - 101n * UNIT + 1n))
        .to.be.revertedWithCustomError(election, "StakeOutOfRange")
        .withArgs(maximum + 1n, MIN_STAKE, maximum);
      await mined(bench.by(1).addStake(1, maximum - 101n * UNIT));
    });
  });

  // ─── Out and back ──────────────────────────────────────────────────────────────────────────────────────────────────

  describe("parties that are not scheduled", () => {
    it("a party that is not drawn takes out all but the floor, rounded up, and counts for no set", async () => {
      await mined(bench.by(1).join(1, 100n * UNIT + 1n));
      await expect(bench.by(1).takeOut(1))
        .to.emit(election, "StakeTaken")
        .withArgs(1n, 80n * UNIT, 1n);
      const { stake, taken } = await election.partyOf(1);
      expect([stake, taken]).to.deep.equal([20n * UNIT + 1n, 80n * UNIT]);
      expect(await election.totalWeight(1)).to.equal(0n);
      expect(await bench.held()).to.equal(stake);
      for (const call of [bench.by(1).takeOut(1), bench.by(1).addStake(1, 1n)]) {
        await expect(call)
          .to.be.revertedWithCustomError(election, "IsOut")
          .withArgs(1n, 80n * UNIT);
      }
    });

    it("a party in the frozen set waits for the draw, and stays until the end of its epoch if it is drawn", async () => {
      await joined(3);
      await bench.at(bench.freezeBlock(1));
      await expect(bench.by(3).takeOut(3)).to.be.revertedWithCustomError(election, "NotDrawn").withArgs(1n);
      await bench.draw(1, [2, 1]);
      await mined(bench.by(3).takeOut(3));
      await expect(bench.by(2).takeOut(2)).to.be.revertedWithCustomError(election, "Scheduled").withArgs(2n, 1n);
      await bench.draw(2, [1, 1]);
      await bench.at(bench.epochStart(2) - 1n);
      await expect(bench.by(2).takeOut(2)).to.be.revertedWithCustomError(election, "Scheduled").withArgs(2n, 1n);
      await bench.at(bench.epochStart(2));
      await mined(bench.by(2).takeOut(2));
    });

    it("a draw that nobody made holds back nobody, once its epoch has begun", async () => {
      await joined(1);
      await bench.at(bench.epochStart(1) - 1n);
      await expect(bench.by(1).takeOut(1)).to.be.revertedWithCustomError(election, "NotDrawn").withArgs(1n);
      await bench.at(bench.epochStart(1));
      await mined(bench.by(1).takeOut(1));
    });

    it("a party that is back in the last block before the freeze counts, and has lost nothing", async () => {
      await joined(1);
      await mined(bench.by(1).takeOut(1));
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(1).bringBack(1))
        .to.emit(election, "StakeReturned")
        .withArgs(1n, 80n * UNIT, 1n)
        .and.not.to.emit(election, "AbsenceLeaked");
      expect(await election.weightOf(1, 1)).to.equal(100n);
      await expect(bench.by(1).bringBack(1)).to.be.revertedWithCustomError(election, "IsIn").withArgs(1n);
    });

    it("a party that is back in the block of the freeze leaks once, and counts one epoch later", async () => {
      await joined(1);
      await mined(bench.by(1).takeOut(1));
      await bench.at(bench.freezeBlock(1));
      const leaked = (80n * UNIT * 300n) / 10_000n;
      await expect(bench.by(1).bringBack(1))
        .to.emit(election, "AbsenceLeaked")
        .withArgs(1n, leaked, 1n)
        .and.to.emit(election, "StakeReturned")
        .withArgs(1n, 80n * UNIT, 2n);
      expect(await stakeOf(1)).to.equal(100n * UNIT - leaked);
      expect(await election.weightOf(1, 1)).to.equal(0n);
      expect(await election.weightOf(1, 2)).to.equal(97n);
    });

    it("the leak of many freezes is the same in one call and in many", async () => {
      await joined(2, 100n * UNIT + 7n);
      for (const id of [1, 2]) await mined(bench.by(id).takeOut(id));
      for (const epoch of [1, 2, 3]) {
        await bench.at(bench.freezeBlock(epoch));
        await mined(election.leakAbsence(1));
        await mined(election.leakAbsence(1));
      }
      await mined(election.leakAbsence(2));
      expect(await stakeOf(1)).to.equal(await stakeOf(2));
      const [, , taken] = await election.partyOf(1);
      const ofOne = (taken * 300n + 9_999n) / 10_000n;
      expect(await stakeOf(1)).to.equal(100n * UNIT + 7n - taken - 3n * ofOne);
    });

    it("a floor that has leaked away lets the party leave, and frees its id", async () => {
      await joined(1);
      await mined(bench.by(1).takeOut(1));
      // 20 of 80 at 3 % for each freeze: gone at the ninth one.
      await bench.at(bench.freezeBlock(8));
      await mined(election.leakAbsence(1));
      expect((await election.partyOf(1)).exitEpoch).to.equal(0n);
      await bench.at(bench.freezeBlock(9));
      await expect(election.leakAbsence(1)).to.emit(election, "ExitBegun").withArgs(1n, 11n);
      await expect(bench.by(1).bringBack(1)).to.be.revertedWithCustomError(election, "IsLeaving").withArgs(1n, 11n);
      await expect(election.leakAbsence(1)).to.be.revertedWithCustomError(election, "IsLeaving").withArgs(1n, 11n);
      await bench.at(bench.epochStart(11));
      await expect(election.withdrawStake(1)).to.emit(election, "StakeWithdrawn").withArgs(1n, bench.address(1), 0n);
      expect(await election.takenIds()).to.equal(0n);
    });

    it("only the owner takes out and brings back; the leak is for anybody to take, from a party that is out", async () => {
      await joined(1);
      await expect(bench.by(2).takeOut(1)).to.be.revertedWithCustomError(election, "NotOwner");
      await expect(election.leakAbsence(1)).to.be.revertedWithCustomError(election, "IsIn").withArgs(1n);
      await mined(bench.by(1).takeOut(1));
      await expect(bench.by(2).bringBack(1)).to.be.revertedWithCustomError(election, "NotOwner");
    });
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("leaving", () => {
    it("a party that leaves before the freeze is out of the next set, and paid two epochs later", async () => {
      await joined(2);
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(1).exit(1)).to.emit(election, "ExitBegun").withArgs(1n, 2n);
      expect(await election.weightOf(1, 1)).to.equal(0n);
      await bench.at(bench.epochStart(2) - 1n);
      await expect(election.withdrawStake(1))
        .to.be.revertedWithCustomError(election, "StakeLocked")
        .withArgs(1n, 2n, 1n);
      await bench.at(bench.epochStart(2));
      const before = await bench.balance(1);
      await expect(bench.by(2).withdrawStake(1))
        .to.emit(election, "StakeWithdrawn")
        .withArgs(1n, bench.address(1), 100n * UNIT);
      expect((await bench.balance(1)) - before).to.equal(100n * UNIT);
      await expect(election.withdrawStake(1))
        .to.be.revertedWithCustomError(election, "StakeLocked")
        .withArgs(1n, 0n, 2n);
    });

    it("a party that leaves in the block of the freeze may be drawn once more, and is paid an epoch later", async () => {
      await joined(2);
      await bench.at(bench.freezeBlock(1));
      await expect(bench.by(1).exit(1)).to.emit(election, "ExitBegun").withArgs(1n, 3n);
      expect(await election.weightOf(1, 1)).to.equal(100n);
      expect(await election.weightOf(1, 2)).to.equal(0n);
      for (const call of [bench.by(1).exit(1), bench.by(1).addStake(1, 1n), bench.by(1).takeOut(1)]) {
        await expect(call).to.be.revertedWithCustomError(election, "IsLeaving").withArgs(1n, 3n);
      }
    });

    it("only the owner lets a party leave", async () => {
      await joined(1);
      await expect(bench.by(2).exit(1)).to.be.revertedWithCustomError(election, "NotOwner");
    });

    it("an id is used again by another owner", async () => {
      await joined(1);
      await mined(bench.by(1).exit(1));
      await bench.at(bench.epochStart(2));
      await mined(election.withdrawStake(1));
      await mined(bench.by(5).join(1, MIN_STAKE));
      expect((await election.partyOf(1)).owner).to.equal(bench.address(5));
      expect(await election.weightOf(1, 3)).to.equal(16n);
    });

    it("a party that is out leaves with its floor, after the leak", async () => {
      await joined(1);
      await mined(bench.by(1).takeOut(1));
      await bench.at(bench.freezeBlock(1));
      await expect(bench.by(1).exit(1)).to.emit(election, "AbsenceLeaked");
      expect(await stakeOf(1)).to.equal(20n * UNIT - (80n * UNIT * 300n) / 10_000n);
      await expect(election.leakAbsence(1)).to.be.revertedWithCustomError(election, "IsLeaving");
    });
  });

  // ─── Slashes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("slashes by the slasher", () => {
    let slashed: SnapshotRestorer;
    before(async () => {
      bench = await SeatBench.of(await openStakeRotation(SLOTS, RULES, PARAMETERS, true), SLOTS);
      ({ election } = bench);
      slashed = await bench.world.connection.networkHelpers.takeSnapshot();
    });
    beforeEach(() => slashed.restore());

    it("only the slasher slashes, at most the stake, and the weight of the open set follows", async () => {
      await joined(2);
      await expect(bench.by(1).slash(1, 1n))
        .to.be.revertedWithCustomError(election, "NotSlasher")
        .withArgs(bench.address(1), await bench.slasher.getAddress());
      await expect(bench.slasher.slash(1, 30n * UNIT))
        .to.emit(election, "StakeSlashed")
        .withArgs(1n, 30n * UNIT);
      expect(await election.stakeOf(1)).to.deep.equal([bench.address(1), 70n * UNIT]);
      expect([await election.weightOf(1, 1), await election.totalWeight(1)]).to.deep.equal([70n, 170n]);
      await expect(bench.slasher.slash(1, 71n * UNIT))
        .to.emit(election, "StakeSlashed")
        .withArgs(1n, 70n * UNIT)
        .and.to.emit(election, "ExitBegun");
      expect(await bench.held()).to.equal(100n * UNIT);
      await expect(bench.slasher.slash(9, 1n)).to.emit(election, "StakeSlashed").withArgs(9n, 0n);
    });

    it("a stake that is leaving is slashed as well, and none can be taken out before", async () => {
      await joined(2);
      await mined(bench.by(1).exit(1));
      await expect(bench.by(2).takeOut(2))
        .to.be.revertedWithCustomError(election, "StakeBound")
        .withArgs(await bench.slasher.getAddress());
      for (const id of [1, 2]) await mined(bench.slasher.slash(id, 5n * UNIT));
      expect([await stakeOf(1), await stakeOf(2)]).to.deep.equal([95n * UNIT, 95n * UNIT]);
      expect(await election.totalWeight(1)).to.equal(95n);
    });

    it("parties have votes in the first half of an epoch, those of its frozen set", async () => {
      await joined(3);
      await bench.seen(bench.epochStart(1) - 1n);
      expect(await election.votesOf(1)).to.deep.equal([0n, 0n]);
      await bench.seen(bench.epochStart(1));
      expect(await election.votesOf(1)).to.deep.equal([100n, 300n]);
      expect(await election.totalStake()).to.equal(300n * UNIT);
      await mined(bench.by(1).exit(1));
      await bench.seen(bench.freezeBlock(2) - 1n);
      expect(await election.votesOf(1)).to.deep.equal([100n, 300n]);
      await bench.seen(bench.freezeBlock(2));
      expect(await election.votesOf(1)).to.deep.equal([0n, 0n]);
    });

    it("the exit time is the shortest time from a party's last slot to its withdrawal", async () => {
      expect(await election.exitTime()).to.equal(384n * 12n);
    });
  });

  // ─── A full registry ───────────────────────────────────────────────────────────────────────────────────────────────

  describe("bids for an id", () => {
    let full: SnapshotRestorer;
    before(async () => {
      bench = await SeatBench.of(await openStakeRotation(SLOTS, RULES, PARAMETERS), SLOTS);
      ({ election } = bench);
      await fillIds(bench);
      await bench.at(bench.epochStart(await currentEpoch()) + 96n);
      await joined(5);
      full = await bench.world.connection.networkHelpers.takeSnapshot();
    });
    beforeEach(() => full.restore());

    const currentEpoch = async (): Promise<number> => Number(await election.currentEpoch());

    it("an id can be bid for only when all ids are taken", async () => {
      await expect(bench.by(7).outbid(8, 200n * UNIT))
        .to.be.revertedWithCustomError(election, "IdsLeft")
        .withArgs(1_022n, 1_023n);
      await mined(bench.by(6).join(6, MIN_STAKE));
      await mined(bench.by(7).outbid(8, 200n * UNIT));
    });

    it("many small stakes push out no large one: only a party of at most twice the mean has to make room", async () => {
      // Five weights of 100, and 1,018 of 16: twice the mean is 32.8.
      await mined(bench.by(6).join(6, MIN_STAKE));
      for (const id of [1, 5]) {
        await expect(bench.by(7).outbid(id, 2_000n * UNIT))
          .to.be.revertedWithCustomError(election, "AboveMean")
          .withArgs(100n, 32n);
      }
      expect(await election.totalWeight(await election.openSet())).to.equal(500n + 1_018n * 16n);
    });

    it("a party that took most of its stake out is as large as before", async () => {
      await mined(bench.by(6).join(6, MIN_STAKE));
      await mined(bench.by(1).takeOut(1));
      await expect(bench.by(7).outbid(1, 2_000n * UNIT))
        .to.be.revertedWithCustomError(election, "AboveMean")
        .withArgs(100n, 32n);
    });

    it("a bid is at least 11/10 of the stake that it replaces, rounded up, also if most of it is out", async () => {
      await mined(bench.by(6).join(6, MIN_STAKE + 1n));
      const minimum = MIN_STAKE + 1n + 16_001n;
      const maximum = await election.MAX_STAKE();
      for (const takesOut of [false, true]) {
        if (takesOut) await mined(bench.by(6).takeOut(6));
        for (const amount of [minimum - 1n, maximum + 1n]) {
          await expect(bench.by(7).outbid(6, amount))
            .to.be.revertedWithCustomError(election, "StakeOutOfRange")
            .withArgs(amount, minimum, maximum);
        }
      }
      await expect(bench.by(7).outbid(6, minimum))
        .to.emit(election, "Outbid")
        .withArgs(6n, bench.address(7), minimum)
        .and.to.emit(election, "ExitBegun");
      await expect(bench.by(8).outbid(6, 2n * minimum)).to.be.revertedWithCustomError(election, "IsLeaving");
    });

    it("a party that is outbid is paid when its liability is over, and then the other one has the id", async () => {
      await mined(bench.by(6).join(6, MIN_STAKE));
      await mined(bench.by(7).outbid(6, 2n * MIN_STAKE));
      const { exitEpoch } = await election.partyOf(6);
      const open = await election.openSet();
      expect(await election.weightOf(6, open)).to.equal(0n);
      await bench.at(bench.epochStart(Number(exitEpoch)));
      await expect(election.withdrawStake(6))
        .to.emit(election, "StakeWithdrawn")
        .withArgs(6n, bench.address(6), MIN_STAKE)
        .and.to.emit(election, "Joined")
        .withArgs(6n, bench.address(7), 2n * MIN_STAKE, exitEpoch + 1n);
      expect(await election.weightOf(6, exitEpoch + 1n)).to.equal(32n);
      expect(await election.takenIds()).to.equal(1_023n);
      const [owner, stake] = await election.successorOf(6);
      expect([owner, stake]).to.deep.equal([ZeroAddress, 0n]);
    });
  });
});
