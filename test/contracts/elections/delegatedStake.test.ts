// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { DelegatedStake } from "../../../typechain-types/index.ts";
import { fillVaults, openDelegatedStake } from "../../helpers/delegatedStakeRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { seatArguments } from "../../helpers/seatRun.ts";

const UNIT = 10_000n;
const MIN_STAKE = 16n * UNIT;
/** The consensus does not open the role by itself. */
const SLOTS = { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 5n, opensAfter: 2_592_000n };
const RULES = { minStake: MIN_STAKE, seats: 2n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const VAULTS = { maxRatio: 4n };
const VESTING_BLOCKS = 768n;

const OPERATOR = 1;
const ALICE = 2;
const BOB = 3;
const CAROL = 4;

describe("DelegatedStake", () => {
  let bench: SeatBench<DelegatedStake>;
  let election: DelegatedStake;
  let start: SnapshotRestorer;

  before(async () => {
    bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
    ({ election } = bench);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const sharesOf = async (vault: number, i: number): Promise<bigint> =>
    (await election.delegationOf(vault, bench.address(i))).shares;
  const weight = async (id: number): Promise<bigint> => election.weightOf(id, await election.openSet());

  /** Vault 1 has id 7, the stake of its operator, and a commission of 10 %. */
  const opened = (stake = 100n * UNIT): Promise<unknown> => mined(bench.by(OPERATOR).open(7, stake, 1_000));

  /** Vault 1 has both seats of epoch 1, which begins. */
  async function begun(): Promise<void> {
    await mined(bench.post(9));
    await bench.draw(1, [7, 7]);
    await bench.at(bench.epochStart(1));
  }

  async function missed(slot: number): Promise<void> {
    await bench.at(bench.slotStart(slot + 1));
    await mined(election.reportMiss(slot));
  }

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("DelegatedStake takes a ratio of 1 … 1,000", async () => {
    const deploy = (maxRatio: number) =>
      bench.world.connection.ethers.deployContract("DelegatedStake", [
        ...[SLOTS, seatArguments(bench.world.token, ZeroAddress, RULES), { maxRatio }],
      ]);
    for (const maxRatio of [0, 1_001]) {
      await expect(deploy(maxRatio))
        .to.be.revertedWithCustomError(election, "InvalidParameter")
        .withArgs("maxRatio", BigInt(maxRatio));
    }
    for (const maxRatio of [1, 1_000]) await deploy(maxRatio);
    expect(await election.MAX_RATIO()).to.equal(4n);
    expect(await election.VESTING_BLOCKS()).to.equal(VESTING_BLOCKS);
  });

  it("DelegatedStake refuses an exit of so many blocks that the end of a vesting has no room", async () => {
    const slots = { ...SLOTS, clock: { slotBlocks: 7_200n, epochSlots: 1_024n } };
    const deploy = (exitEpochs: bigint) =>
      bench.world.connection.ethers.deployContract("DelegatedStake", [
        ...[slots, seatArguments(bench.world.token, ZeroAddress, { ...RULES, exitEpochs }), VAULTS],
      ]);
    await expect(deploy(292n)).to.be.revertedWithCustomError(election, "InvalidParameter").withArgs("exitEpochs", 292n);
    await deploy(291n);
  });

  // ─── Vaults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("vaults", () => {
    it("a vault has a share for each token of its operator, and acts by its account", async () => {
      await expect(bench.by(OPERATOR).open(7, 100n * UNIT, 1_000))
        .to.emit(election, "VaultOpened")
        .withArgs(1n, 7n, bench.address(OPERATOR), 100n * UNIT, 1_000n)
        .and.to.emit(election, "VaultSeated")
        .withArgs(1n, 7n, 1n);
      expect(await sharesOf(1, OPERATOR)).to.equal(100n * UNIT);
      expect((await election.vaultOf(1)).kept).to.equal(2n ** 200n);
      expect(await election.weightOf(7, 1)).to.equal(100n);
      expect(await election.vaultsAt(7)).to.deep.equal([1n, 0n]);
      await begun();
      expect(await election.turnsOf(8)).to.deep.equal([bench.address(OPERATOR), ZeroAddress, false]);
    });

    it("a vault is opened with a free id, a stake in range, and a commission of at most all", async () => {
      await opened();
      const maximum = await election.MAX_STAKE();
      for (const amount of [MIN_STAKE - 1n, maximum + 1n]) {
        await expect(bench.by(ALICE).open(8, amount, 0))
          .to.be.revertedWithCustomError(election, "StakeOutOfRange")
          .withArgs(amount, MIN_STAKE, maximum);
      }
      await expect(bench.by(ALICE).open(8, MIN_STAKE, 10_001))
        .to.be.revertedWithCustomError(election, "InvalidCommission")
        .withArgs(10_001n);
      await expect(bench.by(ALICE).open(7, MIN_STAKE, 0))
        .to.be.revertedWithCustomError(election, "IdTaken")
        .withArgs(7n, 1n);
      await expect(bench.by(ALICE).open(0, MIN_STAKE, 0)).to.be.revertedWithCustomError(election, "UnknownId");
      await mined(bench.by(ALICE).open(8, maximum, 10_000));
      await mined(bench.by(ALICE).open(9, MIN_STAKE, 0));
      expect(await election.vaultCount()).to.equal(3n);
    });

    it("a closed vault leaves the next set, and frees its id in its exit epoch, not a block earlier", async () => {
      await opened();
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(ALICE).close(1))
        .to.be.revertedWithCustomError(election, "NotOperator")
        .withArgs(1n, bench.address(ALICE), bench.address(OPERATOR));
      await start.restore();
      await opened();
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(OPERATOR).close(1)).to.emit(election, "VaultClosed").withArgs(1n, 2n);
      expect(await election.weightOf(7, 1)).to.equal(0n);
      for (const call of [bench.by(OPERATOR).close(1), bench.by(ALICE).delegate(1, UNIT, 0), election.weigh(1)]) {
        await expect(call).to.be.revertedWithCustomError(election, "NotOpen").withArgs(1n);
      }
      await bench.at(bench.epochStart(2) - 1n);
      await expect(election.free(1)).to.be.revertedWithCustomError(election, "NotOver").withArgs(1n, 2n, 1n);
      await bench.at(bench.epochStart(2));
      await expect(election.free(1)).to.emit(election, "IdFreed").withArgs(1n, 7n);
      await expect(election.free(1)).to.be.revertedWithCustomError(election, "NotOver");
      expect(await election.takenIds()).to.equal(0n);
      await mined(bench.by(ALICE).open(7, MIN_STAKE, 0));
      expect(await election.vaultsAt(7)).to.deep.equal([2n, 0n]);
    });

    it("stakes of a closed vault can be taken out from its exit epoch on, also long after its id has another vault", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await mined(bench.by(OPERATOR).close(1));
      await mined(bench.by(OPERATOR).undelegate(1, 100n * UNIT));
      await bench.at(bench.epochStart(2));
      await mined(election.collect(1, bench.address(OPERATOR)));
      await mined(election.free(1));
      await mined(bench.by(CAROL).open(7, MIN_STAKE, 0));
      await bench.at(bench.epochStart(5));
      const before = await bench.balance(ALICE);
      await mined(bench.by(ALICE).undelegate(1, 50n * UNIT));
      await mined(election.collect(1, bench.address(ALICE)));
      expect((await bench.balance(ALICE)) - before).to.equal(50n * UNIT);
      expect((await election.vaultOf(1)).assets).to.equal(0n);
      expect(await weight(7)).to.equal(16n);
    });
  });

  // ─── Delegation ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("delegation", () => {
    it("delegated stake counts from the next epoch, up to a multiple of the operator's own", async () => {
      await opened();
      await expect(bench.by(ALICE).delegate(1, 200n * UNIT, 200n * UNIT))
        .to.emit(election, "Delegated")
        .withArgs(1n, bench.address(ALICE), 200n * UNIT, 200n * UNIT);
      expect(await election.weightOf(7, 1)).to.equal(300n);
      await mined(bench.by(BOB).delegate(1, 200n * UNIT, 0));
      expect(await election.weightOf(7, 1)).to.equal(400n);
      await bench.at(bench.freezeBlock(1));
      await mined(bench.by(OPERATOR).delegate(1, 10n * UNIT, 0));
      expect(await election.weightOf(7, 1)).to.equal(400n);
      expect(await election.weightOf(7, 2)).to.equal(440n);
    });

    it("a delegator gets the shares that it demands, or keeps its stake", async () => {
      await opened();
      await expect(bench.by(ALICE).delegate(1, 5n, 6n))
        .to.be.revertedWithCustomError(election, "TooFewShares")
        .withArgs(5n, 6n);
      await expect(bench.by(ALICE).delegate(1, 0n, 0n))
        .to.be.revertedWithCustomError(election, "TooFewShares")
        .withArgs(0n, 1n);
      await expect(bench.by(ALICE).delegate(9, 5n, 0n))
        .to.be.revertedWithCustomError(election, "NotOpen")
        .withArgs(9n);
      const room = (await election.MAX_STAKE()) - 100n * UNIT;
      await expect(bench.by(ALICE).delegate(1, room + 1n, 0n)).to.be.revertedWithCustomError(
        election,
        "StakeOutOfRange",
      );
      await mined(bench.by(ALICE).delegate(1, room, room));
    });

    it("stake that leaves counts for no open set, and is paid in its exit epoch, not a block earlier", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await bench.at(bench.freezeBlock(1) - 1n);
      await expect(bench.by(ALICE).undelegate(1, 20n * UNIT))
        .to.emit(election, "Undelegated")
        .withArgs(1n, bench.address(ALICE), 20n * UNIT, 20n * UNIT, 2n);
      expect(await election.weightOf(7, 1)).to.equal(130n);
      await bench.at(bench.epochStart(2) - 1n);
      await expect(election.collect(1, bench.address(ALICE)))
        .to.be.revertedWithCustomError(election, "StakeLocked")
        .withArgs(1n, bench.address(ALICE), 2n, 1n);
      await bench.at(bench.epochStart(2));
      await expect(bench.by(BOB).collect(1, bench.address(ALICE)))
        .to.emit(election, "StakeWithdrawn")
        .withArgs(1n, bench.address(ALICE), 20n * UNIT);
      expect(await weight(7)).to.equal(130n);
      await expect(election.collect(1, bench.address(ALICE))).to.be.revertedWithCustomError(election, "StakeLocked");
    });

    it("stake that leaves in the block of the freeze may be drawn once more, and wait an epoch longer", async () => {
      await opened();
      await bench.at(bench.freezeBlock(1));
      await expect(bench.by(OPERATOR).undelegate(1, 20n * UNIT))
        .to.emit(election, "Undelegated")
        .withArgs(1n, bench.address(OPERATOR), 20n * UNIT, 20n * UNIT, 3n);
      expect(await election.weightOf(7, 1)).to.equal(100n);
      expect(await election.weightOf(7, 2)).to.equal(80n);
    });

    it("new stake that leaves makes the older one wait as long", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await mined(bench.by(ALICE).undelegate(1, 20n * UNIT));
      await bench.at(bench.epochStart(1));
      await mined(bench.by(ALICE).undelegate(1, 1n));
      await bench.at(bench.epochStart(2));
      await expect(election.collect(1, bench.address(ALICE))).to.be.revertedWithCustomError(election, "StakeLocked");
      await bench.at(bench.epochStart(3));
      await mined(election.collect(1, bench.address(ALICE)));
    });

    it("the operator keeps shares of the lowest stake until it closes the vault", async () => {
      await opened();
      const spare = 84n * UNIT;
      for (const shares of [spare + 1n, 0n]) {
        await expect(bench.by(OPERATOR).undelegate(1, shares))
          .to.be.revertedWithCustomError(election, "SharesMissing")
          .withArgs(1n, bench.address(OPERATOR), spare, shares);
        await expect(bench.by(OPERATOR).transferShares(1, bench.address(ALICE), shares)).to.be.revertedWithCustomError(
          election,
          "SharesMissing",
        );
      }
      await mined(bench.by(OPERATOR).undelegate(1, spare));
      await expect(bench.by(ALICE).undelegate(1, 1n))
        .to.be.revertedWithCustomError(election, "SharesMissing")
        .withArgs(1n, bench.address(ALICE), 0n, 1n);
      await mined(bench.by(OPERATOR).close(1));
      await mined(bench.by(OPERATOR).undelegate(1, 16n * UNIT));
    });

    it("stake that left goes to another vault without being paid out, and counts there from the next epoch", async () => {
      await opened();
      await mined(bench.by(CAROL).open(8, 100n * UNIT, 0));
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await mined(bench.by(ALICE).undelegate(1, 50n * UNIT));
      await bench.at(bench.epochStart(2) - 1n);
      await expect(bench.by(ALICE).switchTo(1, 2, 0)).to.be.revertedWithCustomError(election, "StakeLocked");
      await bench.at(bench.epochStart(2));
      const held = await bench.held();
      await mined(bench.by(ALICE).switchTo(1, 2, 50n * UNIT));
      expect(await bench.held()).to.equal(held);
      expect([await election.weightOf(7, 3), await election.weightOf(8, 3)]).to.deep.equal([100n, 150n]);
      expect(await sharesOf(2, ALICE)).to.equal(50n * UNIT);
    });

    it("shares have another owner after a transfer; those of the operator change its ratio", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 300n * UNIT, 0));
      expect(await weight(7)).to.equal(400n);
      await expect(bench.by(OPERATOR).transferShares(1, bench.address(BOB), 50n * UNIT))
        .to.emit(election, "SharesTransferred")
        .withArgs(1n, bench.address(OPERATOR), bench.address(BOB), 50n * UNIT);
      expect(await weight(7)).to.equal(200n);
      await mined(bench.by(ALICE).transferShares(1, bench.address(OPERATOR), 50n * UNIT));
      expect(await weight(7)).to.equal(400n);
      expect([await sharesOf(1, OPERATOR), await sharesOf(1, ALICE), await sharesOf(1, BOB)]).to.deep.equal([
        ...[100n * UNIT, 250n * UNIT, 50n * UNIT],
      ]);
      await mined(bench.by(BOB).transferShares(1, bench.address(BOB), 50n * UNIT));
      expect(await sharesOf(1, BOB)).to.equal(50n * UNIT);
    });
  });

  // ─── Rewards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("rewards", () => {
    it("the commission becomes shares at once, and the rest is earned evenly", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      const { block } = await bench.world.next();
      await expect(bench.by(OPERATOR).reward(1, 40n * UNIT))
        .to.emit(election, "Rewarded")
        .withArgs(1n, 40n * UNIT, 4n * UNIT, 4n * UNIT, block + VESTING_BLOCKS);
      expect(await sharesOf(1, OPERATOR)).to.equal(104n * UNIT);
      expect(await election.worthOf(1)).to.equal(204n * UNIT);
      await bench.seen(block + VESTING_BLOCKS / 2n);
      expect(await election.worthOf(1)).to.equal(222n * UNIT);
      await bench.seen(block + VESTING_BLOCKS - 1n);
      expect(await election.worthOf(1)).to.equal(240n * UNIT - (36n * UNIT) / VESTING_BLOCKS - 1n);
      await bench.seen(block + VESTING_BLOCKS);
      expect(await election.worthOf(1)).to.equal(240n * UNIT);
    });

    it("earned rewards count when somebody weighs the vault", async () => {
      await opened();
      await mined(bench.by(OPERATOR).reward(1, 100n * UNIT));
      expect(await weight(7)).to.equal(110n);
      await bench.at(bench.epochStart(3));
      expect(await weight(7)).to.equal(110n);
      await mined(election.weigh(1));
      expect(await weight(7)).to.equal(200n);
    });

    it("a small reward does not delay a large one, and a later one is earned in its own time", async () => {
      await opened();
      await mined(bench.by(OPERATOR).announceCommission(1, 0));
      await bench.at(bench.epochStart(4));
      await mined(bench.by(OPERATOR).reward(1, 768n * UNIT));
      const { block } = await bench.world.now();
      await bench.at(block + 384n);
      await mined(bench.by(BOB).reward(1, 1n));
      const { vestUntil, unvested } = await election.vaultOf(1);
      expect(unvested).to.equal(384n * UNIT + 1n);
      expect(vestUntil).to.equal(block + VESTING_BLOCKS + 1n);
      await bench.at(block + 576n);
      await mined(bench.by(BOB).reward(1, 192n * UNIT));
      const later = await election.vaultOf(1);
      // 192 with 192 blocks left (and one for the rounding), and 192 with 768: the mean of both.
      expect(later.vestUntil - (block + 576n)).to.be.within(480n, 481n);
    });

    it("a reward of nothing changes nothing", async () => {
      await opened();
      await mined(bench.by(BOB).reward(1, 0n));
      expect(await election.worthOf(1)).to.equal(100n * UNIT);
    });

    it("a commission begins an epoch after a delegator can be out that leaves when it is announced", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await expect(bench.by(OPERATOR).announceCommission(1, 9_000))
        .to.emit(election, "CommissionAnnounced")
        .withArgs(1n, 9_000n, 3n);
      await expect(bench.by(ALICE).undelegate(1, 50n * UNIT))
        .to.emit(election, "Undelegated")
        .withArgs(1n, bench.address(ALICE), 50n * UNIT, 50n * UNIT, 2n);
      await bench.seen(bench.epochStart(3) - 1n);
      expect(await election.commissionOf(1)).to.equal(1_000n);
      await bench.seen(bench.epochStart(3));
      expect(await election.commissionOf(1)).to.equal(9_000n);
      await mined(bench.by(OPERATOR).announceCommission(1, 0));
      expect(await election.commissionOf(1)).to.equal(9_000n);
      await expect(bench.by(ALICE).announceCommission(1, 0)).to.be.revertedWithCustomError(election, "NotOperator");
      await expect(bench.by(OPERATOR).announceCommission(1, 10_001))
        .to.be.revertedWithCustomError(election, "InvalidCommission")
        .withArgs(10_001n);
    });
  });

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("misses", () => {
    it("a miss takes its part of all shares, and of the stake that leaves", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await begun();
      await mined(bench.by(ALICE).undelegate(1, 100n * UNIT));
      await bench.at(bench.slotStart(9));
      await expect(election.reportMiss(8))
        .to.emit(election, "MissReported")
        .withArgs(8n, 7n, 1n, 2n * UNIT);
      expect(await election.worthOf(1)).to.equal(99n * UNIT);
      expect(await election.leavingOf(1, bench.address(ALICE))).to.equal(99n * UNIT);
      expect(await weight(7)).to.equal(99n);
      await bench.at(bench.epochStart(3));
      const before = await bench.balance(ALICE);
      await mined(election.collect(1, bench.address(ALICE)));
      expect((await bench.balance(ALICE)) - before).to.equal(99n * UNIT);
      expect(await bench.held()).to.equal(99n * UNIT);
    });

    it("the holder is the operator, and the seats are those of the vault that was drawn", async () => {
      await opened();
      await begun();
      await mined(bench.by(OPERATOR).close(1));
      expect(await election.turnsOf(8)).to.deep.equal([bench.address(OPERATOR), ZeroAddress, false]);
      await mined(bench.post(OPERATOR));
      await missed(9);
      expect(await election.worthOf(1)).to.equal(99n * UNIT);
    });
  });

  // ─── Slashes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a slash by the slasher is divided between shares, unearned rewards, and stake that leaves", async () => {
    await opened();
    await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
    await mined(bench.by(ALICE).undelegate(1, 100n * UNIT));
    await mined(bench.by(OPERATOR).announceCommission(1, 0));
    await mined(bench.by(BOB).reward(1, 20n * UNIT));
    const { assets, unvested } = await election.vaultOf(1);
    expect([assets, unvested]).to.deep.equal([120n * UNIT, 18n * UNIT]);
    expect(await election.stakeOf(7)).to.deep.equal([bench.address(OPERATOR), 220n * UNIT]);
    await expect(bench.slasher.slash(7, 110n * UNIT))
      .to.emit(election, "StakeSlashed")
      .withArgs(7n, 110n * UNIT);
    const later = await election.vaultOf(1);
    expect([later.assets, later.unvested, later.leaving]).to.deep.equal([60n * UNIT, 9n * UNIT, 50n * UNIT]);
    expect(await election.leavingOf(1, bench.address(ALICE))).to.equal(50n * UNIT);
    await expect(bench.by(BOB).slash(7, 1n)).to.be.revertedWithCustomError(election, "NotSlasher");
  });

  // ─── A full registry ───────────────────────────────────────────────────────────────────────────────────────────────

  describe("bids for an id", () => {
    let full: SnapshotRestorer;
    before(async () => {
      bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
      ({ election } = bench);
      await fillVaults(bench);
      await bench.at(bench.epochStart(Number(await election.currentEpoch()) + 1));
      for (const id of [1, 2, 3]) await mined(bench.by(id).open(id, MIN_STAKE, 0));
      full = await bench.world.connection.networkHelpers.takeSnapshot();
    });
    beforeEach(() => full.restore());
    after(async () => {
      bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
      ({ election } = bench);
      start = await bench.world.connection.networkHelpers.takeSnapshot();
    });

    it("a bid closes the vault that it replaces, and its vault has the id when the other one is out", async () => {
      await expect(bench.by(5).outbid(1, 2n * MIN_STAKE, 0)).to.be.revertedWithCustomError(election, "IdsLeft");
      await mined(bench.by(4).open(4, MIN_STAKE, 0));
      const vault = await election.vaultCount();
      const minimum = (MIN_STAKE * 11n) / 10n;
      await expect(bench.by(5).outbid(4, minimum - 1n, 0))
        .to.be.revertedWithCustomError(election, "StakeOutOfRange")
        .withArgs(minimum - 1n, minimum, await election.MAX_STAKE());
      await expect(bench.by(5).outbid(4, minimum, 0)).to.emit(election, "VaultClosed");
      expect(await election.vaultsAt(4)).to.deep.equal([vault, vault + 1n]);
      await expect(bench.by(6).outbid(4, 2n * minimum, 0))
        .to.be.revertedWithCustomError(election, "AlreadyOutbid")
        .withArgs(4n, vault + 1n);
      await expect(bench.by(5).close(vault + 1n))
        .to.be.revertedWithCustomError(election, "IsWaiting")
        .withArgs(vault + 1n);
      await mined(bench.by(6).delegate(vault + 1n, MIN_STAKE, 0));
      expect(await weight(4)).to.equal(0n);
      const { exitEpoch } = await election.vaultOf(vault);
      await bench.at(bench.epochStart(Number(exitEpoch)));
      await expect(election.free(vault))
        .to.emit(election, "VaultSeated")
        .withArgs(vault + 1n, 4n, exitEpoch + 1n);
      expect(await weight(4)).to.equal(33n);
      expect(await election.takenIds()).to.equal(1_023n);
    });

    it("a bid is kept until its vault has the id: the operator takes out nothing before", async () => {
      await mined(bench.by(4).open(4, MIN_STAKE, 0));
      const vault = await election.vaultCount();
      await mined(bench.by(5).outbid(4, 3n * MIN_STAKE, 0));
      for (const call of [
        bench.by(5).undelegate(vault + 1n, 1),
        bench.by(5).transferShares(vault + 1n, ZeroAddress, 1),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(election, "SharesMissing")
          .withArgs(vault + 1n, bench.address(5), 0n, 1n);
      }
      const { exitEpoch } = await election.vaultOf(vault);
      await bench.at(bench.epochStart(Number(exitEpoch)));
      await mined(election.free(vault));
      await mined(bench.by(5).undelegate(vault + 1n, 2n * MIN_STAKE));
    });

    it("many small vaults push out no large one", async () => {
      await mined(bench.by(4).open(4, 100n * UNIT, 0));
      // One weight of 100, and 1,022 of 16: twice the mean is 32.2.
      await expect(bench.by(5).outbid(4, 200n * UNIT, 0))
        .to.be.revertedWithCustomError(election, "AboveMean")
        .withArgs(100n, 32n);
    });

    it("a vault that is closed cannot be outbid: its id will be free", async () => {
      await mined(bench.by(4).open(4, MIN_STAKE, 0));
      const vault = await election.vaultCount();
      await mined(bench.by(4).close(vault));
      await expect(bench.by(5).outbid(4, 2n * MIN_STAKE, 0))
        .to.be.revertedWithCustomError(election, "NotOpen")
        .withArgs(vault);
    });
  });
});
