// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { newStateOf } from "../../../tools/bench/newState.ts";
import {
  deployB52,
  freshB52,
  NO_RESULT,
  type B52Harness,
  type B52Options,
  type Block,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

/** Windows of 120, 100 and 50 seconds: 2 · ⌈540 / 220⌉. */
const KEPT = 6n;
/** Of the mergers that prove, no one delivers the root, whose proof needs votes. */
const ROOT_MISSED: ProposalClaim = { promised: { 1: 1, 2: 2 }, workers: { 1: 2 } };

describe("B52: results and records are kept for a while", () => {
  let h: B52Harness;

  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await freshB52({ tickets: [1, 2], ...options });
    await h.moveTo((await h.windows()).proposalEnd);
  };

  /** Rounds of a proposer who is in no other, until the round `last` is over; their blocks. */
  const passUntil = async (last: bigint): Promise<Block[]> => {
    const blocks: Block[] = [];
    for (;;) {
      const { winner } = await h.round({ proposer: 9 });
      blocks.push(winner);
      if (winner.proposal.round === last) return blocks;
      expect(winner.proposal.round < last).to.equal(true);
    }
  };

  const pool = async (): Promise<bigint> => (await h.b52.treasury()).pool;
  const toBurn = async (): Promise<bigint> => (await h.b52.treasury()).toBurn;

  it("as many as no default outlives: two for each time that a proposal and a proof window fit", async () => {
    const cases = [
      [120n, 100n, 50n, 6n],
      [600n, 600n, 1_200n, 8n],
      [600n, 600n, 86_400n, 292n],
      // An exact multiple, and one second more.
      [100n, 100n, 100n, 6n],
      [100n, 100n, 101n, 8n],
      [1n, 100n, 3n, 6n],
    ] as const;
    for (const [proposalWindow, proofWindow, defenceWindow, kept] of cases) {
      const core = { forcedDeadline: 100_000n, escapeDelay: 1_000_000n };
      h = await deployB52({
        core,
        staking: { exitDelay: 1_000_000n },
        params: { proposalWindow, proofWindow, defenceWindow },
      });
      expect(await h.b52.ROUNDS_KEPT(), `${proposalWindow} ${proofWindow} ${defenceWindow}`).to.equal(kept);
    }
  });

  describe("rewards", () => {
    it("are paid until the place of the result is used again, and go back to the pool then", async () => {
      await deploy();
      const { winner, blocks, result } = await h.round({ promised: { 1: 1 } }, { promised: { 1: 2 } });
      const { round } = winner.proposal;
      await passUntil(round + KEPT - 1n);
      const loser = blocks.find((block) => block !== winner)!;
      await expect(h.sendPay(loser)).to.emit(h.b52, "RewardsPaid");
      const last = await h.submit(await h.commit({ proposer: 9 }));
      await h.expectSolvent();
      const before = await pool();
      const lapsed = result.proposerReward + result.proversReward;
      await h.moveTo((await h.windows()).proofEnd);
      await expect(h.sendAdvance(last)).to.emit(h.b52, "RewardsLapsed").withArgs(round, lapsed);
      expect(await pool()).to.equal(before + lapsed - h.params.blockReward - h.params.tip);
      await expect(h.sendPay(winner))
        .to.be.revertedWithCustomError(h.b52, "ResultLapsed")
        .withArgs(round, round + KEPT);
      await h.expectSolvent();
    });

    it("are paid to the last second of the round that takes the place", async () => {
      await deploy();
      const { winner } = await h.round({ promised: { 1: 1 } });
      await passUntil(winner.proposal.round + KEPT - 1n);
      const last = await h.submit(await h.commit({ proposer: 9 }));
      h.at((await h.windows()).proofEnd);
      await mined(h.sendPay(winner));
      await expect(h.sendAdvance(last)).not.to.emit(h.b52, "RewardsLapsed");
    });

    it("cannot be paid when the same proposer's later block has the place of the record", async () => {
      await deploy();
      const { winner, result } = await h.round({ promised: { 1: 1 } });
      await passUntil(winner.proposal.round + KEPT - 1n);
      const draft = await h.commit({ promised: { 1: 2 } });
      await h.moveTo((await h.windows()).proposalEnd - 1n);
      const later = await h.submit(draft);
      await expect(h.sendPay(winner))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs("record", h.recordHash(winner.record), `${h.recordHash(later.record).slice(0, 54)}${"00".repeat(6)}`);
      await h.moveTo((await h.windows()).proofEnd);
      await expect(h.sendAdvance(later))
        .to.emit(h.b52, "RewardsLapsed")
        .withArgs(winner.proposal.round, result.proposerReward + result.proversReward);
      await h.pay(later);
      await h.expectSolvent();
    });

    it("of a block whose round has no result yet are not those of the older round in its place", async () => {
      await deploy();
      const { winner, result } = await h.round({ promised: { 1: 1 } });
      await passUntil(winner.proposal.round + KEPT - 1n);
      const later = await h.submit(await h.commit(ROOT_MISSED));
      expect(later.proposal.proposer).to.equal(result.winner);
      const nothing = ["result", h.resultHash(result), ZeroHash] as const;
      await expect(h.b52.payRewards(result, later.record))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs(...nothing);
      await h.moveTo(later.record.defenceEnd);
      await expect(h.b52.slash(result, later.record, 1))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs(...nothing);
    });

    it("stay in the contract if the core is frozen after the record made room, and before the result did", async () => {
      await deploy();
      const { winner, result } = await h.round({ promised: { 1: 1 } });
      await h.pay(...(await passUntil(winner.proposal.round + KEPT - 1n)));
      const later = await h.submit(await h.commit({ promised: { 1: 2 } }));
      await h.force();
      await h.moveTo((await h.now()) + h.core.escapeDelay + 1n);
      await mined(h.rollup.freeze());
      await expect(h.sendPay(winner)).to.be.revertedWithCustomError(h.b52, "WrongPreimage");
      await expect(h.sendAdvance(later)).to.be.revertedWithCustomError(h.rollup, "RollupFrozen");
      await mined(h.sendSettle(later, NO_RESULT));
      await mined(h.b52.burn());
      await h.withdrawAll();
      expect(await h.token.balanceOf(h.b52)).to.equal(result.proposerReward + result.proversReward);
    });

    it("of fair pay: the remainders of divisions go back to the pool", async () => {
      // Three equal scores, and a reward that is not a multiple of three.
      await deploy({ params: { fairPay: true, blockReward: parseEther("1000") + 1n } });
      const claims = [1, 2, 3].map((proposer) => ({ proposer, promised: { 1: 1 } }));
      const { blocks, result } = await h.round(...claims);
      await h.pay(...blocks);
      const dust = result.proversReward - 3n * (result.proversReward / 3n);
      expect(dust > 0n).to.equal(true);
      await h.expectSolvent();
      await passUntil(result.round + KEPT - 1n);
      const last = await h.submit(await h.commit({ proposer: 9 }));
      await h.moveTo((await h.windows()).proofEnd);
      await expect(h.sendAdvance(last)).to.emit(h.b52, "RewardsLapsed").withArgs(result.round, dust);
      await h.expectSolvent();
    });

    it("lapse as well when the round that takes the place has failed", async () => {
      await deploy();
      const { winner, result } = await h.round({ promised: { 1: 1 } });
      const { round } = winner.proposal;
      await passUntil(round + KEPT - 1n);
      await h.commit({ proposer: 8 });
      await h.moveTo((await h.windows()).proofEnd);
      const before = await pool();
      const next = await h.draft({ proposer: 7 });
      const lapsed = result.proposerReward + result.proversReward;
      await expect(h.sendCommit(next)).to.emit(h.b52, "RewardsLapsed").withArgs(round, lapsed);
      expect(await pool()).to.equal(before + lapsed);
      await expect(h.sendPay(winner))
        .to.be.revertedWithCustomError(h.b52, "ResultLapsed")
        .withArgs(round, round + KEPT);
      await h.expectSolvent();
    });

    it("do not lapse when the round that would take the place has no result", async () => {
      await deploy();
      const { winner } = await h.round({ promised: { 1: 1 } });
      const { round } = winner.proposal;
      await passUntil(round + KEPT - 1n);
      // Nobody commits: round r + 6 fails without a trace.
      await h.moveTo((await h.windows()).proposalEnd);
      await h.round({ proposer: 9 });
      expect((await h.b52.openRound()).round).to.equal(round + KEPT + 2n);
      await expect(h.sendPay(winner)).to.emit(h.b52, "RewardsPaid");
    });
  });

  describe("bids", () => {
    it("the winner's commitment is settled when the state advances", async () => {
      await deploy();
      const block = await h.submit(await h.commit({ promised: { 1: 1 } }));
      await h.moveTo((await h.windows()).proofEnd);
      const { round, height, proposer } = block.proposal;
      await expect(h.sendAdvance(block)).to.emit(h.b52, "CommitmentSettled").withArgs(round, proposer, 0n, 0n);
      expect((await h.b52.commitmentOf(proposer, height & 1n)).status).to.equal(3n);
      await expect(h.sendSettle(block, await h.resultOf(round)))
        .to.be.revertedWithCustomError(h.b52, "WrongStatus")
        .withArgs(proposer, 3n);
      expect(await toBurn()).to.equal(block.proposal.bid);
      // Its place is free two heights later.
      await h.round({ proposer: 9 });
      await h.commit();
      await h.expectSolvent();
    });

    it("are burned by the rate when the result has lapsed, proven and not proven", async () => {
      await deploy();
      const drafts: Draft[] = [];
      for (const proposer of [1, 2, 3]) drafts.push(await h.commit({ proposer, promised: { 1: 1 } }));
      const first = [await h.submit(drafts[0]!), await h.submit(drafts[1]!)];
      const [ranked] = await h.b52.ranking();
      const winner = first.find(({ proposal }) => proposal.proposer === ranked[0])!;
      const loser = first.find((block) => block !== winner)!;
      const { round } = await h.advance(winner);
      await passUntil(round + KEPT);
      for (const [draft, rate] of [
        [loser, h.params.lostBurnRate],
        [drafts[2]!, h.params.unprovenBurnRate],
      ] as const) {
        const { bid, proposer } = draft.proposal;
        const burned = (bid * rate) / 10_000n;
        // It does not matter which result is shown.
        await expect(h.sendSettle(draft, NO_RESULT))
          .to.emit(h.b52, "CommitmentSettled")
          .withArgs(round, proposer, bid - burned, burned);
      }
      await h.expectSolvent();
    });

    it("that built on another block return whole until then, and are burned by the rate afterwards", async () => {
      for (const isLate of [false, true]) {
        await deploy({ params: { pipelined: true } });
        const [one, two] = [await h.commit({ proposer: 1, promised: { 1: 1 } }), await h.commit({ proposer: 2 })];
        await h.moveTo((await h.windows()).proposalEnd);
        // On the block that loses, and on the one that wins.
        const [round, height] = await h.b52.openRound();
        const orphan = h.draftFor({ proposer: 3, round, height, parent: two.id });
        const other = h.draftFor({ proposer: 4, round, height, parent: one.id });
        await mined(h.sendCommit(orphan, two.proposal.proposer));
        await mined(h.sendCommit(other, one.proposal.proposer));
        await h.advance(await h.submit(one));
        const result = await h.advance(await h.submit(other));
        await passUntil(isLate ? round + KEPT : round + KEPT - 1n);
        const { bid, proposer } = orphan.proposal;
        const burned = isLate ? (bid * h.params.unprovenBurnRate) / 10_000n : 0n;
        await expect(h.sendSettle(orphan, result))
          .to.emit(h.b52, "CommitmentSettled")
          .withArgs(round, proposer, bid - burned, burned);
        await h.expectSolvent();
      }
    });

    it("of a round without a result return whole, as long as no later round has the place", async () => {
      for (const isLate of [false, true]) {
        await deploy({ params: { pipelined: true } });
        const parent = await h.commit({ proposer: 1 });
        await h.moveTo((await h.windows()).proposalEnd);
        const draft = await h.draft({ proposer: 2, parent: parent.id });
        await mined(h.sendCommit(draft, parent.proposal.proposer));
        // Both fail.
        await h.moveTo((await h.windows()).proofEnd);
        await h.settle(parent);
        const { round, bid, proposer } = draft.proposal;
        await passUntil(isLate ? round + KEPT : round + KEPT - 1n);
        const burned = isLate ? (bid * h.params.unprovenBurnRate) / 10_000n : 0n;
        await expect(h.sendSettle(draft, NO_RESULT))
          .to.emit(h.b52, "CommitmentSettled")
          .withArgs(round, proposer, bid - burned, burned);
        await h.expectSolvent();
      }
    });

    it("after a freeze nothing makes room any more, however many rounds are opened", async () => {
      await deploy();
      const { winner, blocks, result } = await h.round({ promised: { 1: 1 } }, {});
      const open = await h.commit({ proposer: 5 });
      await h.force();
      await h.moveTo((await h.now()) + h.core.escapeDelay + 1n);
      await mined(h.rollup.freeze());
      for (let i = 0n; i <= KEPT; i++) {
        const draft = await h.commit({ proposer: 6 });
        await h.moveTo((await h.windows()).proofEnd);
        await mined(h.sendSettle(draft, NO_RESULT));
      }
      expect((await h.b52.openRound()).round > open.proposal.round + KEPT).to.equal(true);
      await expect(h.sendSettle(open, NO_RESULT))
        .to.emit(h.b52, "CommitmentSettled")
        .withArgs(open.proposal.round, h.address(5), open.proposal.bid, 0n);
      await h.pay(winner);
      await h.settle(...blocks);
      expect(result.round).to.equal(winner.proposal.round);
      await h.expectSolvent();
    });
  });

  describe("records", () => {
    /** A demand about a block of proposer 1, and the rounds until the one that takes its place. */
    const demanded = async (): Promise<Block> => {
      await deploy();
      const draft = await h.commit(ROOT_MISSED);
      const block = await h.submit(draft);
      await mined(h.sendDemand(block, 1, 2));
      await h.advance(block);
      await passUntil(block.proposal.round + KEPT - 1n);
      return block;
    };

    it("a block takes no place about which demands are open; anybody can close them", async () => {
      const block = await demanded();
      const draft = await h.commit(ROOT_MISSED);
      await h.moveTo((await h.windows()).proposalEnd);
      const later = await h.prove(draft);
      await expect(h.sendSubmit(later))
        .to.be.revertedWithCustomError(h.b52, "DemandsOpen")
        .withArgs(h.address(1), block.proposal.round % KEPT, 1n);
      const before = await h.balance(2);
      await mined(h.sendClose(block, 1));
      expect(await h.balance(2)).to.equal(before + h.params.voteDeposit);
      await mined(h.sendSubmit(later));
      await h.expectSolvent();
    });

    it("of another proposer, or in another place, are not in the way", async () => {
      const block = await demanded();
      await h.round({ proposer: 2 });
      // Round r + 7 has another place.
      await h.round({ proposer: 1 });
      await expect(h.sendClose(block, 1)).to.emit(h.b52, "DemandClosed");
      await h.expectSolvent();
    });

    it("a block begins anew in its place: not paid, nothing cleared, and tickets that were slashed can be again", async () => {
      await deploy();
      const { winner } = await h.round(ROOT_MISSED);
      await h.pay(winner);
      await mined(h.sendDefend(winner, 1, 1));
      const { round } = winner.proposal;
      await passUntil(round + KEPT - 1n);
      const { winner: later } = await h.round({ ...ROOT_MISSED, workers: { 1: 2, 2: 1 } });
      expect(later.proposal.round).to.equal(round + KEPT);
      await expect(h.sendPay(later)).to.emit(h.b52, "RewardsPaid");
      await h.moveTo(later.record.defenceEnd);
      await mined(h.sendSlash(later, 1));
      await mined(h.sendSlash(later, 2));
      await expect(h.sendSlash(later, 1))
        .to.be.revertedWithCustomError(h.b52, "AlreadySlashed")
        .withArgs(round + KEPT, 1n);
      await passUntil(round + 2n * KEPT - 1n);
      const { winner: third } = await h.round(ROOT_MISSED);
      expect(third.proposal.round).to.equal(round + 2n * KEPT);
      await h.moveTo(third.record.defenceEnd);
      await expect(h.sendSlash(third, 1)).to.emit(h.b52, "Slashed");
      await expect(h.sendSlash(third, 1))
        .to.be.revertedWithCustomError(h.b52, "AlreadySlashed")
        .withArgs(round + 2n * KEPT, 1n);
      await h.expectSolvent();
    });

    it("a round is slashed to its last second, as fast as rounds can follow one another; then its place is used", async () => {
      // Pipelined, with windows of one length: round r + 6 opens at the second at which round r's defaults lapse.
      const windows = { proposalWindow: 100n, proofWindow: 100n, defenceWindow: 100n };
      h = await deployB52({ params: { ...windows, pipelined: true } });
      await h.join(1, 2);
      await h.moveTo((await h.windows()).proposalEnd);
      let parent = await h.commit(ROOT_MISSED);
      const first = parent.proposal.round;
      const { opensAt } = await h.windows();
      const liabilityEnd = opensAt + 600n;
      let block: Block | undefined;
      for (let round = first; round < first + KEPT - 1n; round++) {
        await h.moveTo((await h.windows()).proposalEnd);
        const draft = await h.draft({ proposer: 2 + Number(round % 2n), parent: parent.id });
        expect(draft.proposal.round).to.equal(round + 1n);
        await mined(h.sendCommit(draft, parent.proposal.proposer));
        const proven = await h.submit(parent);
        block ??= proven;
        if (round === first + KEPT - 2n) {
          h.at(liabilityEnd - 1n);
          await mined(h.sendSlash(block, 1));
        }
        await h.advance(proven);
        parent = draft;
      }
      expect(await h.now()).to.equal(liabilityEnd);
      const next = await h.draft({ proposer: 1, parent: parent.id });
      expect(next.proposal.round).to.equal(first + KEPT);
      await expect(h.sendCommit(next, parent.proposal.proposer))
        .to.emit(h.b52, "RoundOpened")
        .withArgs(first + KEPT, next.proposal.height, liabilityEnd, await h.registry.root());
      await expect(h.sendSlash(block!, 1))
        .to.be.revertedWithCustomError(h.b52, "DefaultLapsed")
        .withArgs(liabilityEnd, liabilityEnd);
    });
  });

  describe("storage", () => {
    it("a balance that was withdrawn whole keeps its slot", async () => {
      await deploy();
      const { provider } = h.network.connection.ethers;
      const signer = h.signer(7);
      await mined(h.b52.connect(signer).withdraw(await h.balance(7)));
      expect(await h.balance(7)).to.equal(0n);
      await expect(h.b52.connect(signer).withdraw(1n))
        .to.be.revertedWithCustomError(h.b52, "InsufficientBalance")
        .withArgs(h.address(7), 0n, 1n);
      await mined(h.token.connect(signer).approve(h.b52, 10n));
      const { hash } = await mined(h.b52.connect(signer).deposit(10n));
      expect((await newStateOf(provider, hash)).slots).to.equal(0);
      expect(await h.balance(7)).to.equal(10n);
    });

    it("a balance of nothing takes no slot", async () => {
      await deploy();
      const { provider } = h.network.connection.ethers;
      const { hash } = await mined(h.b52.connect(h.signer(15)).deposit(0n));
      expect((await newStateOf(provider, hash)).slots).to.equal(0);
    });
  });
});
