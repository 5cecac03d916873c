// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import {
  freshB52,
  NO_RESULT,
  type B52Harness,
  type B52Options,
  type Block,
  type Draft,
  type ProposalClaim,
  type RoundResult,
} from "../../helpers/b52Harness.ts";

/** Room of a block of two leaves. */
const ROOM = 2 * DEVELOPMENT.slots;

describe("B52: after a freeze", () => {
  let h: B52Harness;
  /** More operations than a block has room for: so one stays in the queue, however late, and blocks go on. */
  let forced: string[];
  /** When the core can be frozen. */
  let lateAt: bigint;

  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await freshB52(options);
    forced = (await h.force(ROOM + 1)).slice(0, ROOM);
    lateAt = (await h.now()) + h.core.escapeDelay + 1n;
  };
  beforeEach(async () => {
    await deploy();
  });

  /** A full block of one prover, so that the highest bid wins. */
  const bidding = (proposer: number, bid: number, claim: ProposalClaim = {}): ProposalClaim => ({
    proposer,
    bid: parseEther(`${bid}`),
    promised: { 1: 1 },
    forced,
    ...claim,
  });

  const freeze = async (): Promise<void> => {
    await h.moveTo(lateAt);
    await mined(h.rollup.connect(h.signer(19)).freeze());
  };

  /** Commits to blocks of a round that opens so long before the freeze. */
  const commitBefore = async (seconds: bigint, ...claims: ProposalClaim[]): Promise<Draft[]> => {
    await h.moveTo(lateAt - seconds);
    const drafts: Draft[] = [];
    for (const claim of claims) drafts.push(await h.commit(claim));
    expect((await h.windows()).opensAt).to.equal(lateAt - seconds);
    return drafts;
  };

  const settles = async (draft: Draft, burned = 0n, result: RoundResult = NO_RESULT): Promise<void> => {
    const { proposer, round, bid } = draft.proposal;
    const before = await h.b52.balances(proposer);
    await expect(h.sendSettle(draft, result))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(round, proposer, bid - burned, burned);
    expect(await h.b52.balances(proposer)).to.equal(before + bid - burned);
  };

  // ─── The chain stops ───────────────────────────────────────────────────────────────────────────────────────────────

  it("nothing is proven", async () => {
    const [draft] = (await commitBefore(170n, bidding(1, 10))) as [Draft];
    await freeze();
    expect(await h.now()).to.equal((await h.windows()).proposalEnd + 50n);
    await expect(h.sendSubmit(await h.prove(draft)))
      .to.be.revertedWithCustomError(h.rollup, "RollupFrozen")
      .withArgs();
  });

  it("no state advances, however well it was proven", async () => {
    const [draft] = (await commitBefore(170n, bidding(1, 10))) as [Draft];
    const block = await h.submit(draft);
    await freeze();
    const [head, root] = [await h.b52.head(), await h.rollup.stateRoot()];
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(block)).to.be.revertedWithCustomError(h.rollup, "RollupFrozen").withArgs();
    expect([await h.b52.head(), await h.rollup.stateRoot()]).to.deep.equal([head, root]);
  });

  // ─── Bids of rounds without a result ───────────────────────────────────────────────────────────────────────────────

  it("every bid of a round that is open returns in full and at once, proven or not", async () => {
    const drafts = await commitBefore(170n, bidding(1, 30), bidding(2, 20), bidding(3, 10));
    const [best, second] = drafts as [Draft, Draft, Draft];
    await h.submit(best);
    await h.submit(second);
    await h.moveTo(lateAt - 1n);
    const { proofEnd } = await h.windows();
    h.at(lateAt - 1n);
    await expect(h.sendSettle(best, NO_RESULT))
      .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
      .withArgs(2n, proofEnd, lateAt - 1n);
    await freeze();
    for (const draft of drafts) {
      await settles(draft);
      await expect(h.sendSettle(draft, NO_RESULT))
        .to.be.revertedWithCustomError(h.b52, "WrongStatus")
        .withArgs(draft.proposal.proposer, 3n);
    }
    await h.expectSolvent();
  });

  it("so does one in its proposal window", async () => {
    const [draft] = (await commitBefore(100n, bidding(1, 10))) as [Draft];
    await freeze();
    await settles(draft);
  });

  it("so does one of a block that waits for its round to end, for as long as it takes", async () => {
    const [draft] = (await commitBefore(300n, bidding(1, 10))) as [Draft];
    await h.submit(draft);
    await freeze();
    await h.moveTo(lateAt + 1_000_000n);
    await settles(draft);
  });

  it("so do those of the next height, committed ahead", async () => {
    await deploy({ params: { pipelined: true } });
    const drafts = await commitBefore(170n, bidding(1, 30), bidding(2, 20));
    const [parent] = drafts as [Draft, Draft];
    await h.moveTo((await h.windows()).proposalEnd);
    const child = h.draftFor({ ...bidding(3, 10), round: 3n, height: 2n, parent: parent.id });
    await h.sendCommit(child, parent.proposal.proposer);
    await h.submit(parent);
    await freeze();
    for (const draft of [child, ...drafts]) await settles(draft);
    await h.expectSolvent();
  });

  it("so do those of a round that had failed already, if nobody had closed it", async () => {
    const drafts = await commitBefore(500n, bidding(1, 30), bidding(2, 20));
    await freeze();
    expect((await h.windows()).proofEnd < lateAt).to.equal(true);
    for (const draft of drafts) await settles(draft);
    expect(await h.resultOf(2n)).to.deep.equal(NO_RESULT);
    await h.expectSolvent();
  });

  it("a third party who commits cannot give a failed round a result, by which bids would burn", async () => {
    const drafts = await commitBefore(500n, bidding(1, 30), bidding(2, 20));
    await freeze();
    const stranger = await h.draft({ proposer: 4 });
    await expect(h.sendCommit(stranger)).to.emit(h.b52, "RoundOpened").and.not.to.emit(h.b52, "RoundEnded");
    for (const draft of drafts) await settles(draft);
    await settles(stranger);
    await h.expectSolvent();
  });

  it("a bid that is committed after the freeze returns as well", async () => {
    await freeze();
    await settles(await h.commit({ proposer: 1, bid: parseEther("7") }));
    const late = await h.commit({ proposer: 2 });
    await h.moveTo((await h.windows()).proofEnd);
    await settles(late);
    await h.expectSolvent();
  });

  // ─── Rounds with a result ──────────────────────────────────────────────────────────────────────────────────────────

  interface Height {
    readonly winner: Block;
    readonly lost: Block;
    readonly unproven: Draft;
    readonly result: RoundResult;
  }

  /** A height that ends ten seconds before the freeze. Of the winner's three nodes two were not delivered. */
  const heightBefore = async (): Promise<Height> => {
    await h.join(1, 2, 3);
    const drafts = await commitBefore(
      230n,
      { proposer: 1, bid: parseEther("40"), promised: { 1: 1, 2: 2, 3: 3 }, workers: { 2: 3, 3: 1 }, forced },
      { proposer: 2, bid: parseEther("20"), promised: { 2: 2 }, forced },
      { proposer: 3, bid: parseEther("1") },
    );
    const [first, second, unproven] = drafts as [Draft, Draft, Draft];
    const [winner, lost] = [await h.submit(first), await h.submit(second)];
    return { winner, lost, unproven, result: await h.advance(winner) };
  };

  it("bids of rounds with a result stay what they were", async () => {
    const { winner, lost, unproven, result } = await heightBefore();
    await freeze();
    await settles(lost, parseEther("2"), result);
    await settles(unproven, parseEther("0.25"), result);
    await expect(h.sendSettle(winner, result))
      .to.be.revertedWithCustomError(h.b52, "WrongStatus")
      .withArgs(h.address(1), 3n);
    await h.expectSolvent();
  });

  it("so do those of a round that had been closed without a winner", async () => {
    const [draft] = (await commitBefore(500n, bidding(1, 8))) as [Draft];
    await h.moveTo((await h.windows()).proofEnd);
    await h.commit({ proposer: 2 });
    const result = await h.resultOf(2n);
    expect(result.winner).to.equal(ZeroAddress);
    await freeze();
    await settles(draft, parseEther("2"), result);
  });

  it("rewards are paid, and defaults are defended and slashed", async () => {
    const { winner, lost } = await heightBefore();
    await freeze();
    await h.pay(winner, lost);
    expect(await h.earned(1)).to.be.above(0n);
    expect(await h.earned(2)).to.be.above(0n);
    await expect(h.sendDefend(winner, 2, 2))
      .to.emit(h.b52, "Defended")
      .withArgs(2n, h.address(1), 2n, 2n);
    await h.moveTo(winner.record.defenceEnd);
    await expect(h.sendSlash(winner, 2)).to.be.revertedWithCustomError(h.b52, "NoDefault");
    const slashed = h.staking.stake / 20n;
    await expect(h.sendSlash(winner, 3))
      .to.emit(h.b52, "Slashed")
      .withArgs(2n, h.address(1), 3n, 3n, slashed / 2n, slashed / 2n - h.params.bounty, h.params.bounty);
    await h.expectSolvent();
  });

  // ─── What is destroyed, and what is left ───────────────────────────────────────────────────────────────────────────

  it("the pool is destroyed with what is to be burned, and not before", async () => {
    await heightBefore();
    const before = await h.b52.treasury();
    await expect(h.b52.burn()).to.emit(h.b52, "Burned").withArgs(parseEther("40"));
    expect((await h.b52.treasury()).pool).to.equal(before.pool);
    await freeze();
    const supply = await h.token.totalSupply();
    await expect(h.b52.burn()).to.emit(h.b52, "Burned").withArgs(before.pool);
    expect(await h.token.totalSupply()).to.equal(supply - before.pool);
    expect((await h.b52.treasury()).slice(0, 2)).to.deep.equal([0n, 0n]);
    await expect(h.b52.burn()).to.be.revertedWithCustomError(h.b52, "NothingToBurn").withArgs();
    await h.expectSolvent();
  });

  it("tokens that return to the pool later are destroyed, too", async () => {
    const { winner } = await heightBefore();
    await freeze();
    await mined(h.b52.burn());
    await h.pay(winner);
    const { pool } = await h.b52.treasury();
    expect(pool).to.be.above(0n);
    await expect(h.b52.burn()).to.emit(h.b52, "Burned").withArgs(pool);
    await mined(h.b52.fundPool(9n));
    await expect(h.b52.burn()).to.emit(h.b52, "Burned").withArgs(9n);
    await h.expectSolvent();
  });

  for (const fairPay of [false, true]) {
    it(`in the end nothing stays but what was sent without being asked for${fairPay ? " (fair pay)" : ""}`, async () => {
      // Amounts that nothing divides.
      await deploy({ params: { fairPay, blockReward: 10_007n, uncleReward: 1_001n, lostBurnRate: 3_333n } });
      const { winner, lost, unproven, result } = await heightBefore();
      const open = await h.commit({ proposer: 4, bid: h.params.minBid + 3n });
      await mined(h.token.transfer(h.b52, 5n));
      await freeze();
      for (const draft of [lost, unproven]) await mined(h.sendSettle(draft, result));
      await settles(open);
      await h.pay(winner, lost);
      await h.moveTo(winner.record.defenceEnd);
      for (const node of [2, 3]) await mined(h.sendSlash(winner, node));
      await mined(h.b52.burn());
      await h.withdrawAll();
      // With fair pay each block's part is rounded down: one unit is left of two blocks.
      expect(await h.token.balanceOf(h.b52)).to.equal(fairPay ? 6n : 5n);

      for (const ticket of [1, 2, 3]) await mined(h.registry.connect(h.owner(ticket)).leaveRegistry(ticket));
      await h.moveTo((await h.now()) + h.staking.exitDelay);
      for (const ticket of [1, 2, 3]) await mined(h.registry.withdrawStake(ticket));
      expect(await h.token.balanceOf(h.registry)).to.equal(0n);
    });
  }
});
