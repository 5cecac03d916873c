// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { DelegatedStake } from "../../../typechain-types/index.ts";
import { openDelegatedStake } from "../../helpers/delegatedStakeRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";

/*
 * Cost, gain and end of each attack on vaults, in the default parameters of
 * docs/elections/delegatedStake.md. The attacks on seats, seeds and slots are those of stakeRotationAttacks.test.ts: the
 * code is the same. "Trap n" is number n of the mistakes of other systems that the documents list.
 */

const UNIT = 10n ** 18n;
const MIN_STAKE = 16n * UNIT;
const EPOCH_SLOTS = 32;
const EPOCH_BLOCKS = 1_600n;
const SLOTS = { clock: { slotBlocks: 50n, epochSlots: 32n }, silenceBlocks: 16n, opensAfter: 3_900n };
const RULES = { minStake: MIN_STAKE, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const VAULTS = { maxRatio: 10n };

const OPERATOR = 1;
const ALICE = 2;
const WHALE = 3;

describe("DelegatedStake under attack", () => {
  let bench: SeatBench<DelegatedStake>;
  let election: DelegatedStake;
  let start: SnapshotRestorer;

  before(async () => {
    bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
    ({ election } = bench);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const shares = async (i: number): Promise<bigint> => (await election.delegationOf(1, bench.address(i))).shares;

  /** Tokens that an account would get for its shares now. */
  const worth = async (i: number): Promise<bigint> =>
    ((await shares(i)) * (await election.valueOf(1))) / (await election.vaultOf(1)).shares;

  /** Vault 1 with 100 tokens of its operator; the commission is 0. */
  const opened = (commission = 0): Promise<unknown> => mined(bench.by(OPERATOR).open(1, 100n * UNIT, commission));

  /** All seats of epoch 1 are the vault's; it begins. */
  async function begun(): Promise<void> {
    await mined(bench.post(9));
    await bench.draw(1, [1, 1, 1, 1, 1, 1, 1, 1]);
    await bench.at(bench.epochStart(1));
  }

  async function missed(...slots: readonly number[]): Promise<void> {
    for (const slot of slots) {
      await bench.at(bench.slotStart(slot + 1));
      await mined(election.reportMiss(slot));
    }
  }

  // ─── Shares ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("shares", () => {
    it("inflation: to take one token from the next delegator, an operator has to burn or give 16 · 10^18 of them", async () => {
      await mined(bench.by(OPERATOR).open(1, MIN_STAKE, 0));
      // The operator cannot make its shares few, and then dear.
      await expect(bench.by(OPERATOR).undelegate(1, 1n)).to.be.revertedWithCustomError(election, "SharesMissing");
      const gift = 1_000_000n * UNIT;
      await mined(bench.by(OPERATOR).reward(1, gift));
      await bench.at(bench.epochStart(3));
      const stake = 3n * UNIT + 1n;
      await mined(bench.by(ALICE).delegate(1, stake, 0));
      const lost = stake - (await worth(ALICE));
      // One share is worth the value of all, over at least 16 · 10^18 of them.
      expect(lost).to.be.at.most((MIN_STAKE + gift) / MIN_STAKE + 1n);
      expect(lost).to.be.below(100_000n);
    });

    it("donation: tokens that are sent to the contract change no price", async () => {
      await opened();
      await mined(bench.world.token.connect(bench.signer(WHALE)).transfer(election, 1_000n * UNIT));
      expect(await election.valueOf(1)).to.equal(100n * UNIT);
      await mined(bench.by(ALICE).delegate(1, UNIT, UNIT));
      expect(await shares(ALICE)).to.equal(UNIT);
    });

    it("a front-run reward or miss cannot make a delegator buy dearer than it accepts", async () => {
      await opened(10_000);
      await mined(bench.by(OPERATOR).reward(1, 50n * UNIT));
      await mined(bench.by(ALICE).delegate(1, UNIT, UNIT));
      await start.restore();
      await opened();
      await mined(bench.by(OPERATOR).reward(1, 50n * UNIT));
      await bench.at(bench.epochStart(3));
      await expect(bench.by(ALICE).delegate(1, UNIT, UNIT)).to.be.revertedWithCustomError(election, "TooFewShares");
    });

    it("rounding: small delegations and exits, again and again, take nothing from the others", async () => {
      await opened();
      await begun();
      await missed(32);
      const before = await worth(OPERATOR);
      for (let i = 0; i < 25; i++) {
        await mined(bench.by(ALICE).delegate(1, BigInt(1 + i), 0));
        await mined(bench.by(ALICE).undelegate(1, await shares(ALICE)));
      }
      expect(await worth(OPERATOR)).to.be.at.least(before);
    });

    it("trap 23: after a full slash shares are worth nothing, nothing reverts, and the id can be used again", async () => {
      bench = await SeatBench.of(await openDelegatedStake(SLOTS, { ...RULES, leakRate: 10_000n }, VAULTS), SLOTS);
      ({ election } = bench);
      try {
        await opened();
        await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
        await begun();
        await mined(bench.by(ALICE).undelegate(1, 20n * UNIT));
        await bench.at(bench.slotStart(33));
        await expect(election.reportMiss(32)).to.emit(election, "VaultClosed").withArgs(1n, 3n);
        expect(await election.valueOf(1)).to.equal(0n);
        expect(await bench.held()).to.equal(0n);
        for (const call of [bench.by(ALICE).delegate(1, UNIT, 0), bench.by(ALICE).reward(1, UNIT), election.weigh(1)]) {
          await expect(call).to.be.revertedWithCustomError(election, "NotOpen");
        }
        await missed(33);
        await mined(bench.by(ALICE).undelegate(1, 30n * UNIT));
        await mined(bench.by(OPERATOR).undelegate(1, 100n * UNIT));
        await bench.at(bench.epochStart(3));
        for (const i of [ALICE, OPERATOR]) {
          await expect(election.withdraw(1, bench.address(i)))
            .to.be.revertedWithCustomError(election, "StakeLocked")
            .withArgs(1n, bench.address(i), 3n, 3n);
        }
        await mined(election.free(1));
        await mined(bench.by(OPERATOR).open(1, 100n * UNIT, 0));
        await mined(bench.by(ALICE).delegate(2, 50n * UNIT, 50n * UNIT));
        expect(await election.weightOf(1, 4)).to.equal(150n);
      } finally {
        bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
        ({ election } = bench);
        start = await bench.world.connection.networkHelpers.takeSnapshot();
      }
    });

    it("trap 23: a slash of all takes unearned rewards too, so that nothing is left to divide", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 50n * UNIT, 0));
      await mined(bench.by(ALICE).undelegate(1, 20n * UNIT));
      await mined(bench.by(ALICE).reward(1, 10n * UNIT));
      await expect(bench.slasher.slash(1, 1_000n * UNIT)).to.emit(election, "StakeSlashed").withArgs(1n, 160n * UNIT);
      const { assets, unvested, leaving, kept, exitEpoch } = await election.vaultOf(1);
      expect([assets, unvested, leaving, kept]).to.deep.equal([0n, 0n, 0n, 0n]);
      await mined(bench.by(ALICE).undelegate(1, await shares(ALICE)));
      await mined(bench.by(OPERATOR).undelegate(1, 100n * UNIT));
      await mined(bench.slasher.slash(1, UNIT));
      await bench.at(bench.epochStart(Number(exitEpoch)));
      await mined(election.free(1));
      await mined(bench.by(OPERATOR).open(1, 100n * UNIT, 0));
    });

    it("a vault that lost nine tenths takes no new stake, so that the number of shares stays bounded", async () => {
      bench = await SeatBench.of(await openDelegatedStake(SLOTS, { ...RULES, leakRate: 9_000n }, VAULTS), SLOTS);
      ({ election } = bench);
      try {
        await mined(bench.by(OPERATOR).open(1, 10_000n * UNIT, 0));
        await begun();
        await missed(32);
        await mined(bench.by(ALICE).delegate(1, UNIT, 0));
        expect(await shares(ALICE)).to.equal(10n * UNIT);
        await missed(33);
        await expect(bench.by(ALICE).delegate(1, UNIT, 0)).to.be.revertedWithCustomError(election, "VaultRuined");
        await expect(bench.by(ALICE).reward(1, UNIT)).to.be.revertedWithCustomError(election, "VaultRuined");
        await mined(bench.by(ALICE).undelegate(1, await shares(ALICE)));
      } finally {
        bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, VAULTS), SLOTS);
        ({ election } = bench);
        start = await bench.world.connection.networkHelpers.takeSnapshot();
      }
    });
  });

  // ─── Rewards and commission ────────────────────────────────────────────────────────────────────────────────────────

  describe("rewards", () => {
    it("a whale that comes for one reward and leaves in the next block gets nothing of it", async () => {
      await opened();
      await mined(bench.by(WHALE).delegate(1, 900n * UNIT, 0));
      await mined(bench.by(OPERATOR).reward(1, 32n * UNIT));
      await mined(bench.by(WHALE).undelegate(1, 900n * UNIT));
      // One of the 3,200 blocks in which the reward is earned, in proportion to its share of nine tenths.
      const { leaving } = await election.delegationOf(1, bench.address(WHALE));
      expect(leaving - 900n * UNIT).to.be.within((9n * UNIT) / 1_000n - 1n, (9n * UNIT) / 1_000n);
      // It earns nothing while it waits for two epochs.
      await bench.at(bench.epochStart(4));
      expect(await election.leavingOf(1, bench.address(WHALE))).to.equal(leaving);
      expect(await worth(OPERATOR)).to.be.at.least(100n * UNIT + (3_199n * UNIT) / 100n - 1n);
    });

    it("an operator that raises its commission to all tells it an epoch before the last delegator that leaves is out", async () => {
      await opened(500);
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await mined(bench.by(OPERATOR).announceCommission(1, 10_000));
      await bench.at(bench.freezeBlock(1) - 1n);
      await mined(bench.by(ALICE).undelegate(1, 100n * UNIT));
      await bench.at(bench.epochStart(2));
      const before = await bench.balance(ALICE);
      await mined(election.withdraw(1, bench.address(ALICE)));
      expect((await bench.balance(ALICE)) - before).to.equal(100n * UNIT);
      expect(await election.commissionOf(1)).to.equal(500n);
      await bench.seen(bench.epochStart(3));
      expect(await election.commissionOf(1)).to.equal(10_000n);
    });
  });

  // ─── Leaving and switching ─────────────────────────────────────────────────────────────────────────────────────────

  describe("leaving before the slash", () => {
    it("trap 21: a delegator that leaves or switches in the missed slot pays its part when the miss is reported", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await mined(bench.by(WHALE).open(2, 100n * UNIT, 0));
      await mined(bench.post(9));
      await bench.draw(1, [1, 1, 1, 1, 1, 1, 1, 1]);
      const last = 2 * EPOCH_SLOTS - 1;
      await bench.at(bench.slotStart(last));
      await mined(bench.by(ALICE).undelegate(1, 100n * UNIT));
      const { exitEpoch } = await election.delegationOf(1, bench.address(ALICE));
      expect(exitEpoch).to.equal(4n);
      await bench.at(bench.epochStart(3) - 1n);
      await mined(election.reportMiss(last));
      await bench.at(bench.epochStart(4) - 1n);
      await expect(bench.by(ALICE).switchTo(1, 2, 0)).to.be.revertedWithCustomError(election, "StakeLocked");
      await bench.at(bench.epochStart(4));
      await mined(bench.by(ALICE).switchTo(1, 2, 0));
      expect((await election.delegationOf(2, bench.address(ALICE))).shares).to.equal(99n * UNIT);
    });

    it("an operator that closes its vault in the missed slot pays, and so do all others", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await begun();
      await mined(bench.by(OPERATOR).close(1));
      await missed(32);
      expect(await election.valueOf(1)).to.equal(198n * UNIT);
      await mined(bench.by(OPERATOR).undelegate(1, 100n * UNIT));
      expect(await election.leavingOf(1, bench.address(OPERATOR))).to.equal(99n * UNIT);
    });

    it("trap 24: a slash makes nobody's exit sooner", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await begun();
      await mined(bench.by(ALICE).undelegate(1, 50n * UNIT));
      const before = (await election.delegationOf(1, bench.address(ALICE))).exitEpoch;
      await missed(32, 33, 34);
      expect((await election.delegationOf(1, bench.address(ALICE))).exitEpoch).to.equal(before);
      await mined(bench.by(OPERATOR).close(1));
      const { exitEpoch } = await election.vaultOf(1);
      await missed(35);
      expect((await election.vaultOf(1)).exitEpoch).to.equal(exitEpoch);
    });

    it("trap 20: stake that comes in the block before the report pays its part", async () => {
      await opened();
      await begun();
      await bench.at(bench.slotStart(33));
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await mined(election.reportMiss(32));
      expect(await worth(ALICE)).to.equal(99n * UNIT);
    });

    it("many misses take from a stake that left as much as from one that stayed, up to rounding", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT + 1n, 0));
      await mined(bench.by(WHALE).delegate(1, 100n * UNIT + 1n, 0));
      await begun();
      await mined(bench.by(ALICE).undelegate(1, 100n * UNIT + 1n));
      await missed(...Array.from({ length: 16 }, (_, i) => 32 + i));
      const left = await election.leavingOf(1, bench.address(ALICE));
      const stayed = await worth(WHALE);
      expect(left - stayed < 20n && stayed - left < 20n, `${left} and ${stayed}`).to.equal(true);
      expect((left * 10_000n) / (100n * UNIT)).to.equal(8_514n);
    });
  });

  // ─── Takeover ──────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("takeover", () => {
    it("an operator cannot act with the stake of others alone: it needs a tenth of its own", async () => {
      await mined(bench.by(OPERATOR).open(1, MIN_STAKE, 0));
      await mined(bench.by(WHALE).delegate(1, 10_000n * UNIT, 0));
      expect(await election.weightOf(1, 1)).to.equal(160n);
      await mined(bench.by(OPERATOR).delegate(1, 84n * UNIT, 0));
      expect(await election.weightOf(1, 1)).to.equal(1_000n);
    });

    it("the operator cannot sell its own shares and keep the weight", async () => {
      await opened();
      await mined(bench.by(WHALE).delegate(1, 10_000n * UNIT, 0));
      expect(await election.weightOf(1, 1)).to.equal(1_000n);
      await mined(bench.by(OPERATOR).transferShares(1, bench.address(ALICE), 84n * UNIT));
      expect(await election.weightOf(1, 1)).to.equal(160n);
    });

    it("stake counts for one vault at a time: it is in the exit of the old one for two epochs", async () => {
      await opened();
      await mined(bench.by(ALICE).open(2, 100n * UNIT, 0));
      await mined(bench.by(WHALE).delegate(1, 100n * UNIT, 0));
      await bench.at(bench.freezeBlock(1));
      await mined(bench.by(WHALE).undelegate(1, 100n * UNIT));
      const { exitEpoch } = await election.delegationOf(1, bench.address(WHALE));
      expect(bench.epochStart(Number(exitEpoch)) - bench.freezeBlock(1)).to.equal((5n * EPOCH_BLOCKS) / 2n);
      expect([await election.weightOf(1, 2), await election.weightOf(2, 2)]).to.deep.equal([100n, 100n]);
    });
  });

  // ─── Other mistakes ────────────────────────────────────────────────────────────────────────────────────────────────

  describe("mistakes of other systems", () => {
    it("trap 22: a vault that nobody touched for ten epochs can be read, weighed and left", async () => {
      await opened();
      await mined(bench.by(ALICE).delegate(1, 100n * UNIT, 0));
      await mined(bench.by(WHALE).reward(1, 100n * UNIT));
      await bench.at(bench.epochStart(10));
      expect(await election.valueOf(1)).to.equal(300n * UNIT);
      await mined(election.weigh(1));
      expect(await election.weightOf(1, 11)).to.equal(300n);
      await mined(bench.by(ALICE).undelegate(1, 100n * UNIT));
      expect(await election.leavingOf(1, bench.address(ALICE))).to.equal(150n * UNIT);
    });

    it("trap 18: the weight of a slashed vault is what is left of it", async () => {
      await opened();
      await begun();
      await missed(32);
      expect(await election.weightOf(1, 2)).to.equal(99n);
    });

    it("nobody can hold up a vault: no call loops over its delegators", async () => {
      await opened();
      const gas: bigint[] = [];
      for (let i = 2; i < 10; i++) {
        await mined(bench.by(i).delegate(1, UNIT, 0));
        gas.push((await mined(election.weigh(1))).gasUsed);
      }
      expect(new Set(gas.slice(1)).size).to.equal(1);
    });
  });
});
