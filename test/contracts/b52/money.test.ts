// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroAddress, ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { hashesOf, transcriptOf } from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  NO_RESULT,
  type B52Harness,
  type B52Options,
  type Block,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";
import { hasFixedSeed, Random } from "../../helpers/random.ts";

const UNIT = 10_000n;
const UNIT_ETHER = parseEther("1");
/** Random ones with each set of parameters; more in `npm run test:deep`. */
const HEIGHTS = hasFixedSeed ? 3 : 8;

describe("B52: money", () => {
  let h: B52Harness;
  const deploy = async (params: B52Options["params"] = {}, pool?: bigint): Promise<void> => {
    h = await freshB52({ params, ...(pool === undefined ? {} : { pool }) });
  };
  const pool = async (): Promise<bigint> => (await h.b52.treasury()).pool;
  const toBurn = async (): Promise<bigint> => (await h.b52.treasury()).toBurn;

  // ─── Bids ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("the winner's bid is burned, once", async () => {
    await deploy();
    const block = await h.submit(await h.commit({ bid: parseEther("77") }));
    const before = await h.balance(1);
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(block)).to.emit(h.b52, "CommitmentSettled").withArgs(1n, h.address(1), 0n, 0n);
    await expect(h.sendSettle(block, await h.resultOf(1n)))
      .to.be.revertedWithCustomError(h.b52, "WrongStatus")
      .withArgs(h.address(1), 3n);
    expect(await h.balance(1)).to.equal(before);
    expect(await toBurn()).to.equal(parseEther("77"));

    const supply = await h.token.totalSupply();
    expect(await h.b52.connect(h.signer(15)).burn.staticCall()).to.equal(parseEther("77"));
    await expect(h.b52.connect(h.signer(15)).burn())
      .to.emit(h.b52, "Burned")
      .withArgs(parseEther("77"));
    expect(await h.token.totalSupply()).to.equal(supply - parseEther("77"));
    await expect(h.b52.burn()).to.be.revertedWithCustomError(h.b52, "NothingToBurn").withArgs();
    await h.expectSolvent();
  });

  for (const rate of [0n, 1n, 2_500n, 3_333n, 9_999n, 10_000n]) {
    for (const bid of [1n, 9_999n, 10_000n, 10_001n, 123_456_789n]) {
      const burned = (bid * rate + UNIT - 1n) / UNIT;
      it(`${burned} of a bid of ${bid} are burned at a rate of ${rate}`, async () => {
        await deploy({ minBid: 1n, lostBurnRate: rate, unprovenBurnRate: UNIT - rate });
        const unproven = await h.commit({ proposer: 2, bid });
        const winner = await h.commit({ bid: parseEther("1"), promised: { 1: 1 } });
        const lost = await h.commit({ proposer: 3, bid, promised: { 1: 1 } });
        const [best] = [await h.submit(winner), await h.submit(lost)];
        const result = await h.advance(best);
        const before = [await h.balance(2), await h.balance(3)] as const;
        await expect(h.sendSettle(lost, result))
          .to.emit(h.b52, "CommitmentSettled")
          .withArgs(1n, h.address(3), bid - burned, burned);
        const other = (bid * (UNIT - rate) + UNIT - 1n) / UNIT;
        await expect(h.sendSettle(unproven, result))
          .to.emit(h.b52, "CommitmentSettled")
          .withArgs(1n, h.address(2), bid - other, other);
        expect(await h.balance(3)).to.equal(before[1] + bid - burned);
        expect(await h.balance(2)).to.equal(before[0] + bid - other);
        expect(await toBurn()).to.equal(parseEther("1") + burned + other);
        await h.expectSolvent();
      });
    }
  }

  it("an unproven block of a round in which nothing was proven pays the same", async () => {
    await deploy();
    const bid = parseEther("4");
    const draft = await h.commit({ bid });
    await h.moveTo((await h.windows()).proofEnd);
    const result = { ...NO_RESULT, round: 1n, parent: await h.b52.head() };
    await expect(h.sendSettle(draft, result))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(1n, h.address(1), parseEther("3"), parseEther("1"));
    await h.expectSolvent();
  });

  it("nothing is settled before the round is over and its winner the head", async () => {
    await deploy();
    const draft = await h.commit();
    const { proposalEnd, proofEnd } = await h.windows();
    const notOver = async (time: bigint): Promise<void> => {
      h.at(time);
      await expect(h.sendSettle(draft, NO_RESULT))
        .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
        .withArgs(1n, proofEnd, time);
    };
    await notOver(await h.now());
    await notOver(proposalEnd);
    const block = await h.submit(draft);
    await notOver(proofEnd - 1n);
    await h.moveTo(proofEnd);
    await notOver(proofEnd);
    await h.sendAdvance(block);
    await h.settle(draft);
  });

  it("settling takes the result of the round, and what was committed", async () => {
    await deploy();
    const { blocks, winner, result } = await h.round({}, {});
    const loser = blocks.find((block) => block !== winner)!;
    const kept = h.keptResult(result);
    const changes = [
      { round: 2n },
      { parent: ZeroHash },
      { winner: ZeroAddress },
      { uncles: [] },
      { proposerReward: 0n },
      { proversReward: 0n },
      { uncleNodeReward: 1n },
      { scores: 1n },
      { slope: 1n },
    ];
    for (const change of changes) {
      const changed = { ...result, ...change };
      await expect(h.sendSettle(loser, changed))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs("result", h.resultHash(changed), kept);
    }
    const proposal = { ...loser.proposal, bid: loser.proposal.bid * 2n };
    const [, id] = await h.b52.hashesOf(proposal);
    await expect(h.b52.settle(proposal, result))
      .to.be.revertedWithCustomError(h.b52, "UnknownCommitment")
      .withArgs(loser.proposal.proposer, id, loser.id.slice(0, 54));
    await h.settle(loser);
    // The winner's was settled when the state advanced.
    for (const draft of [loser, winner]) {
      await expect(h.sendSettle(draft, result))
        .to.be.revertedWithCustomError(h.b52, "WrongStatus")
        .withArgs(draft.proposal.proposer, 3n);
    }
  });

  // ─── Pool ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("anybody may add to the pool, and all tokens fit", async () => {
    const supply = (1n << 96n) - 1n;
    h = await deployB52({ supply, pool: 0n });
    await expect(h.b52.fundPool(5n)).to.emit(h.b52, "PoolFunded").withArgs(h.address(0), 5n);
    expect(await pool()).to.equal(5n);
    const rest = await h.token.balanceOf(h.address(0));
    await expect(h.b52.fundPool(rest + 1n))
      .to.be.revertedWithCustomError(h.token, "ERC20InsufficientBalance")
      .withArgs(h.address(0), rest, rest + 1n);
    // 2^96 more, of which 96 bits would be nothing.
    await expect(h.b52.fundPool(1n << 96n)).to.be.revertedWithCustomError(h.token, "ERC20InsufficientAllowance");
    await h.b52.fundPool(rest);
    expect(await pool()).to.equal(rest + 5n);
    await h.expectSolvent();
  });

  it("a token of which there are 2^96 is refused", async () => {
    await expect(deployB52({ supply: 1n << 96n }))
      .to.be.revertedWithCustomError(h.b52, "InvalidParameter")
      .withArgs("supply", 1n << 96n);
  });

  // Winner and tip: 7,000 + 3. Two uncles: 15 nodes of 100 each, for each of both.
  for (const [available, uncleNodeReward, left] of [
    [10_003n, 100n, 0n],
    [10_004n, 100n, 1n],
    [10_002n, 99n, 29n],
    [7_033n, 1n, 0n],
    [7_032n, 0n, 29n],
    [7_003n, 0n, 0n],
  ] as const) {
    it(`a pool of ${available} pays the winner and the tip first, and the uncles ${uncleNodeReward} a node`, async () => {
      await deploy({ blockReward: 7_000n, uncleReward: 1_500n, tip: 3n }, available);
      await h.join(1);
      const { provider } = h.network.connection.ethers;
      const { miner } = (await provider.getBlock("latest"))!;
      const before = await h.b52.balances(miner);
      const uncle = { promised: { 1: 1 } };
      const { blocks, result } = await h.round({ promised: { 1: 1, 2: 2, 3: 3 } }, uncle, uncle);
      const rewards = [result.proposerReward, result.proversReward, result.uncleNodeReward];
      expect(rewards).to.deep.equal([3_500n, 3_500n, uncleNodeReward]);
      expect(await pool()).to.equal(left);
      expect((await h.b52.balances(miner)) - before).to.equal(3n);
      await h.expectSolvent();
      await h.pay(...blocks);
      expect(await h.earned(1)).to.equal(1_166n + 2n * uncleNodeReward);
      await h.expectSolvent();
    });
  }

  it("a pool that is one short of reward and tip pays nothing, not even to uncles", async () => {
    await deploy({ blockReward: 7_000n, uncleReward: 1_500n, tip: 3n }, 7_002n);
    const { blocks, result } = await h.round({ promised: { 1: 1, 2: 2, 3: 3 } }, { promised: { 1: 1 } });
    const rewards = [result.proposerReward, result.proversReward, result.uncleNodeReward];
    expect(rewards).to.deep.equal([0n, 0n, 0n]);
    await h.pay(...blocks);
    expect(await pool()).to.equal(7_002n);
    await h.expectSolvent();
  });

  // ─── Rewards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a proposer that was promised nothing earns nothing", async () => {
    await deploy();
    const before = await pool();
    const { winner } = await h.round({});
    const balance = await h.balance(1);
    await expect(h.sendPay(winner)).to.emit(h.b52, "RewardsPaid").withArgs(1n, h.address(1), 0n);
    expect(await h.balance(1)).to.equal(balance);
    expect(await pool()).to.equal(before - h.params.tip);
    await h.expectSolvent();
  });

  it("a block that was delivered pays proposer and provers", async () => {
    await deploy({ blockReward: 10_000n });
    await h.join(1, 2, 3);
    const { winner } = await h.round({
      leaves: 4,
      share: 4_000n,
      promised: { 1: 1, 2: 2, 3: 2, 4: 3, 5: 1, 6: 2, 7: 3 },
    });
    const balance = await h.balance(1);
    const before = await pool();
    // 4,000 for 7 nodes: 571 each, and 3 return to the pool.
    await expect(h.sendPay(winner))
      .to.emit(h.b52, "RewardsPaid")
      .withArgs(1n, h.address(1), 6_000n + 7n * 571n);
    expect(await h.balance(1)).to.equal(balance + 6_000n);
    expect([await h.earned(1), await h.earned(2), await h.earned(3)]).to.deep.equal([1_142n, 1_713n, 1_142n]);
    expect(await pool()).to.equal(before + 3n);
    await h.expectSolvent();
  });

  it("the proposer earns for promised nodes that were delivered, and provers for their own", async () => {
    await deploy({ blockReward: 10_000n });
    await h.join(1, 2, 3, 4);
    // Promised: 5 nodes. Node 3 is delivered by somebody else, node 6 has no valid vote.
    const { winner } = await h.round({
      leaves: 4,
      promised: { 1: 1, 2: 2, 3: 3, 5: 4, 6: 1 },
      workers: { 3: 4 },
      invalidVotes: [6],
    });
    const balance = await h.balance(1);
    const before = await pool();
    await h.pay(winner);
    expect(await h.balance(1)).to.equal(balance + 3_000n);
    const earned = await Promise.all([1, 2, 3, 4].map((ticket) => h.earned(ticket)));
    expect(earned).to.deep.equal([714n, 714n, 0n, 714n]);
    expect(await pool()).to.equal(before + 2_000n + 5_000n - 3n * 714n);
    await h.expectSolvent();
  });

  it("one unit is paid like any other sum: to the proposer, for a node, as a tip", async () => {
    for (const { blockReward, share, proposers, provers } of [
      { blockReward: 1n, share: 0n, proposers: 1n, provers: 0n },
      { blockReward: 6n, share: 5_000n, proposers: 3n, provers: 3n },
    ]) {
      await deploy({ blockReward, tip: 1n });
      await h.join(1);
      const { winner } = await h.round({ share, promised: { 1: 1, 2: 1, 3: 1 } });
      const balance = await h.balance(1);
      await h.pay(winner);
      expect(await h.balance(1)).to.equal(balance + proposers);
      expect(await h.earned(1)).to.equal(provers);
      expect((await h.owed()).pool).to.equal(parseEther("1000000") - proposers - provers - 1n);
      await h.expectSolvent();
    }
  });

  it("a promise for a node beyond the tree counts for nothing", async () => {
    await deploy({ blockReward: 6_000n });
    await h.join(1, 2);
    const { winner } = await h.round({ promised: { 1: 1, 2: 1, 3: 1, 4: 2, 15: 2 } });
    const balance = await h.balance(1);
    await h.pay(winner);
    expect(await h.balance(1)).to.equal(balance + 3_000n);
    expect([await h.earned(1), await h.earned(2)]).to.deep.equal([3_000n, 0n]);
    await h.expectSolvent();
  });

  it("a ticket in the byte of node 0, which there is not, counts for nothing either", async () => {
    await deploy({ blockReward: 6_000n });
    await h.join(1);
    const draft = await h.draft({ promised: { 1: 1, 2: 1, 3: 1 } });
    const content = { ...draft.content, promised: draft.content.promised | 2n };
    const proposal = { ...draft.proposal, transcript: transcriptOf(content) };
    const altered = { ...draft, content, proposal, id: hashesOf(h.domain, proposal).id };
    await mined(h.sendCommit(altered));
    const winner = await h.submit(altered);
    await h.advance(winner);
    const balance = await h.balance(1);
    await h.pay(winner);
    expect(await h.balance(1)).to.equal(balance + 3_000n);
    await h.expectSolvent();
  });

  it("a ticket that is free by then leaves its part in the pool", async () => {
    await deploy({ blockReward: 6_000n });
    await h.join(1);
    const { winner } = await h.round({ promised: { 1: 1, 2: 2, 3: 2 } });
    const before = await pool();
    await h.pay(winner);
    expect(await h.earned(1)).to.equal(1_000n);
    expect(await pool()).to.equal(before + 2_000n);
    await h.expectSolvent();
  });

  it("an uncle's provers earn by node, its proposer nothing", async () => {
    await deploy({ uncleReward: 1_500n });
    await h.join(1, 2);
    const { blocks } = await h.round(
      { bid: parseEther("9"), promised: { 1: 1 } },
      { leaves: 4, promised: { 1: 1, 2: 2, 3: 2 }, workers: { 3: 1 } },
    );
    const uncle = blocks[1]!;
    const balance = await h.balance(2);
    const before = await pool();
    await expect(h.sendPay(uncle)).to.emit(h.b52, "RewardsPaid").withArgs(1n, h.address(2), 200n);
    expect([await h.earned(1), await h.earned(2)]).to.deep.equal([100n, 100n]);
    expect(await h.balance(2)).to.equal(balance);
    expect(await pool()).to.equal(before + 1_300n);
    await h.expectSolvent();
  });

  it("with fair pay every proven block's provers share by its score, and uncles' earn besides", async () => {
    await deploy({ fairPay: true, maxUncles: 1n, blockReward: 26_000n, uncleReward: 1_500n });
    await h.join(1, 2, 3);
    const { blocks, result } = await h.round(
      { bid: parseEther("3"), promised: { 1: 1, 2: 1, 3: 1 } },
      { bid: parseEther("2"), leaves: 4, promised: { 1: 2, 2: 2 } },
      { bid: parseEther("1"), promised: { 1: 3, 2: 3, 3: 3 }, workers: { 3: 1 } },
    );
    // One prover each: 9 : 4 : 1 of 13,000.
    const slope = h.params.minSlope;
    const scores = [3n, 2n, 1n].map(
      (bid) => ((bid * UNIT_ETHER * UNIT_ETHER * 3n) / (UNIT_ETHER * 3n + slope * 2n)) ** 2n,
    );
    expect(result).to.include({ slope, scores: scores.reduce((sum, score) => sum + score), proversReward: 13_000n });
    expect(result.uncles).to.deep.equal([h.address(2)]);
    const [a, b, c] = [await h.balance(1), await h.balance(2), await h.balance(3)];
    const before = await pool();
    await h.pay(...blocks);
    // 8,357 for 3 nodes, 3,714 for 7, and 928 for 3; of the uncle 100 more for each.
    expect([await h.earned(1), await h.earned(2), await h.earned(3)]).to.deep.equal([
      3n * 2_785n,
      2n * (530n + 100n),
      2n * 309n,
    ]);
    expect([await h.balance(1), await h.balance(2), await h.balance(3)]).to.deep.equal([a + 13_000n, b, c]);
    // One unit, which the three divisions left, stays reserved.
    expect(await pool()).to.equal(before + 13_000n - 1n + 1_500n - 3n * 2_785n - 2n * 630n - 2n * 309n);
    await h.expectSolvent();
  });

  it("with fair pay eight blocks at the least bid take next to nothing", async () => {
    await deploy({ fairPay: true, blockReward: parseEther("1000"), maxUncles: 0n });
    await h.join(1, 2);
    const cheap = { promised: { 1: 2, 2: 2, 3: 2 } };
    const { blocks } = await h.round(
      { bid: parseEther("50"), promised: { 1: 1, 2: 1, 3: 1 } },
      ...Array.from({ length: 8 }, () => cheap),
    );
    await h.pay(...blocks);
    // 2,500 : 8 of 500.
    expect(await h.earned(1)).to.be.above(parseEther("498.4"));
    expect(await h.earned(2)).to.be.below(parseEther("1.6"));
    await h.expectSolvent();
  });

  it("with fair pay a block that is proven again counts with its last score", async () => {
    await deploy({ fairPay: true, maxUncles: 0n, targetProvers: 1n });
    const drafts = [
      await h.commit({ bid: parseEther("1"), promised: { 1: 1, 2: 2, 3: 3 } }),
      await h.commit({ proposer: 2, bid: parseEther("2"), promised: { 1: 1 } }),
    ];
    await h.moveTo((await h.windows()).proposalEnd);
    const version = async (workers: Record<number, number>): Promise<Block> =>
      h.prove({ ...drafts[0]!, content: { ...drafts[0]!.content, claim: { ...drafts[0]!.content.claim, workers } } });
    // Proven alone, then better, then beside another, then better again.
    await h.sendSubmit(await version({ 1: 0, 2: 0, 3: 0 }));
    await h.sendSubmit(await version({ 2: 0, 3: 0 }));
    await h.submit(drafts[1]!);
    const best = await version({});
    await h.sendSubmit(best);
    const result = await h.advance(best);
    expect(result.scores).to.equal((27n + 4n) * UNIT_ETHER ** 2n);
    await h.expectSolvent();
  });

  it("with fair pay and no prover the provers' part stays in the pool", async () => {
    await deploy({ fairPay: true });
    const before = await pool();
    const { winner, result } = await h.round({}, {});
    expect([result.proversReward, result.scores]).to.deep.equal([0n, 0n]);
    await h.pay(winner);
    expect(await pool()).to.equal(before - h.params.tip - 15n * (h.params.uncleReward / 15n));
    await h.expectSolvent();
  });

  it("once for each block, with its record and result", async () => {
    await deploy();
    const { winner, blocks, result } = await h.round({ promised: { 1: 1 } }, {});
    await h.pay(...blocks);
    for (const block of blocks) {
      await expect(h.sendPay(block))
        .to.be.revertedWithCustomError(h.b52, "AlreadyPaid")
        .withArgs(1n, block.proposal.proposer);
    }
    const changed = { ...result, proversReward: result.proversReward + 1n };
    await expect(h.b52.payRewards(changed, winner.record))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("result", h.resultHash(changed), h.keptResult(result));
    const record = { ...winner.record, nodes: 14n };
    await expect(h.b52.payRewards(result, record))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("record", h.recordHash(record), `${h.recordHash(winner.record).slice(0, 54)}${"00".repeat(6)}`);
    const nobody = { ...winner.record, proposer: h.address(9) };
    await expect(h.b52.payRewards(result, nobody))
      .to.be.revertedWithCustomError(h.b52, "NotRewarded")
      .withArgs(1n, h.address(9));
  });

  it("not before the round is over, nor with the result of another", async () => {
    await deploy();
    const first = await h.round({});
    const block = await h.submit(await h.commit({ proposer: 2 }));
    await expect(h.b52.payRewards(first.result, block.record))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("result", h.resultHash(first.result), ZeroHash);
    const second = await h.advance(block);
    await expect(h.b52.payRewards(first.result, block.record))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs("result", h.resultHash(first.result), h.keptResult(second));
  });

  it("a proven block that is neither winner nor uncle earns nothing, unless there is fair pay", async () => {
    for (const fairPay of [false, true]) {
      await deploy({ maxUncles: 0n, fairPay });
      const { blocks, result } = await h.round({ promised: { 1: 1 } }, {});
      expect(result.winner).to.equal(h.address(1));
      if (fairPay) {
        await expect(h.sendPay(blocks[1]!)).to.emit(h.b52, "RewardsPaid");
      } else {
        await expect(h.sendPay(blocks[1]!))
          .to.be.revertedWithCustomError(h.b52, "NotRewarded")
          .withArgs(1n, h.address(2));
      }
    }
  });

  // ─── All together ──────────────────────────────────────────────────────────────────────────────────────────────────

  it("a proposer who leaves provers out harms itself at least as much as them, and its score", async () => {
    let rows = 0;
    for (const share of [0n, 1_000n, 2_500n, 5_000n]) {
      await deploy();
      for (const promised of [1, 2, 5, 7]) {
        for (let left = 1; left <= promised; left++) {
          const nodes = Array.from({ length: promised }, (_, i) => i + 1);
          const { winner, result } = await h.round({
            proposer: 1 + (rows++ % 9),
            leaves: 4,
            share,
            promised: Object.fromEntries(nodes.map((node) => [node, node])),
            workers: Object.fromEntries(nodes.slice(0, left).map((node) => [node, 0])),
          });
          const before = await h.b52.balances(winner.proposal.proposer);
          await h.pay(winner);
          const paid = (await h.b52.balances(winner.proposal.proposer)) - before;
          const own = result.proposerReward - paid;
          const theirs = (result.proversReward / 7n) * BigInt(left);
          expect(own, `share ${share}, ${left} of ${promised}`).to.be.at.least(theirs);
          if (share < 5_000n || promised < 7) expect(own).to.be.above(theirs);
          expect(winner.record.provers).to.equal(BigInt(promised - left));
          await h.settle(winner);
        }
      }
    }
    await h.expectSolvent();
  });

  it("the contract holds what it owes through random rounds", async () => {
    const random = new Random(process.env["SEED"] ?? "money");
    for (const params of [{}, { fairPay: true }, { maxUncles: 0n, lostBurnRate: 10_000n }, { pipelined: true }]) {
      h = await deployB52({ params, pool: parseEther("6000"), staking: { forgiveness: 1n } });
      await h.join(1, 2, 3, 4, 5);
      for (let height = 0; height < HEIGHTS; height++) {
        const claims: ProposalClaim[] = Array.from({ length: 1 + random.int(4) }, () => randomClaim(random));
        const { blocks, winner } = await h.round(...claims);
        await h.expectSolvent();
        for (const block of blocks) {
          if (random.chance(0.7) && (h.params.fairPay || (await isRewarded(block)))) await h.pay(block);
        }
        await h.settle(...blocks);
        await h.expectSolvent();
        await h.moveTo((await h.now()) + h.params.defenceWindow);
        const slashed = new Set<number | undefined>();
        for (let node = 1; node < 16; node++) {
          const ticket = winner.claim.promised?.[node];
          if (((winner.record.nodes >> BigInt(16 + node)) & 1n) === 0n || slashed.has(ticket)) continue;
          await h.sendSlash(winner, node);
          slashed.add(ticket);
        }
        if (random.chance(0.3)) await h.b52.burn();
        await h.expectSolvent();
      }
    }
  });

  const isRewarded = async ({ proposal }: Block): Promise<boolean> => {
    const { winner, uncles } = await h.resultOf(proposal.round);
    return [winner, ...uncles].includes(proposal.proposer);
  };

  const randomClaim = (random: Random): ProposalClaim => {
    const leaves = random.pick([2, 4, 8] as const);
    const promised: Record<number, number> = {};
    const workers: Record<number, number> = {};
    for (let node = 1; node < 2 * leaves; node++) {
      if (random.chance(0.6)) promised[node] = 1 + random.int(6);
      if (random.chance(0.2)) workers[node] = random.int(7);
    }
    const bid = parseEther("1") + random.bigint(parseEther("9"));
    return { leaves, promised, workers, bid, share: random.bigint(5_001n) };
  };
});
