// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroAddress, ZeroHash } from "ethers";

import { freshB52, NO_RESULT, type B52Harness, type Draft, type ProposalClaim } from "../../helpers/b52Harness.ts";

const BID = parseEther("4");

/** The answer of `roundOf` for a height without a round. */
const NO_ROUND = [0n, 0n, 0n, false, 0n, false, false];

describe("B52: pipelined", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52({ params: { pipelined: true } });
  });

  const word = (hash: string): string => `${hash.slice(0, 54)}${"00".repeat(6)}`;

  /** A proposal of round 2 on top of one of round 1. */
  const child = (parent: Draft, claim: ProposalClaim = {}): Draft =>
    h.draftFor({ proposer: 2, round: 2n, height: 2n, parent: parent.id, bid: BID, ...claim });
  const commitChild = (draft: Draft, parent: Draft) => h.sendCommit(draft, parent.proposal.proposer);

  it("the window of the next height opens with the proof window of this one", async () => {
    const parent = await h.commit();
    const { proposalEnd } = await h.windows();
    const early = child(parent);
    h.at(proposalEnd - 1n);
    await expect(commitChild(early, parent))
      .to.be.revertedWithCustomError(h.b52, "WrongRound")
      .withArgs(2n, 2n, 1n, 1n);
    await h.moveTo(proposalEnd);
    expect(await h.b52.openRound()).to.deep.equal([2n, 2n, true]);
    await expect(commitChild(early, parent))
      .to.emit(h.b52, "RoundOpened")
      .withArgs(2n, 2n, proposalEnd, await h.registry.root());
    expect((await h.b52.roundOf(2n)).opensAt).to.equal(proposalEnd);
    expect((await h.b52.roundOf(1n)).id).to.equal(1n);
    await h.expectSolvent();
  });

  it("it stays open for a whole proposal window, whenever its first proposal comes", async () => {
    const parent = await h.submit(await h.commit());
    const { proposalEnd } = await h.windows();
    const closedAt = proposalEnd + h.params.proposalWindow;
    await h.moveTo(closedAt - 1n);
    expect(await h.b52.openRound()).to.deep.equal([2n, 2n, true]);
    await commitChild(child(parent), parent);
    expect((await h.windows(2n)).proposalEnd).to.equal(closedAt);
    await h.moveTo(closedAt);
    expect(await h.b52.openRound()).to.deep.equal([2n, 2n, false]);
    await expect(commitChild(child(parent, { proposer: 3 }), parent))
      .to.be.revertedWithCustomError(h.b52, "ProposalWindowClosed")
      .withArgs(1n, closedAt, closedAt);
  });

  it("the parent is a commitment of the round that is being proven", async () => {
    const parent = await h.commit();
    const other = await h.commit({ proposer: 3 });
    await h.moveTo((await h.windows()).proposalEnd);
    const refused = async (shown: string, proposer: string, recorded: string): Promise<void> => {
      await expect(h.sendCommit(child(parent, { parent: shown }), proposer))
        .to.be.revertedWithCustomError(h.b52, "WrongParent")
        .withArgs(shown, recorded);
    };
    await refused(parent.id, other.proposal.proposer, word(other.id));
    await refused(parent.id, ZeroAddress, ZeroHash);
    await refused(await h.b52.head(), h.address(1), word(parent.id));
    await refused(ZeroHash, h.address(1), word(parent.id));
    await commitChild(child(parent), parent);
  });

  it("no parent of a round that failed before", async () => {
    const failed = await h.commit();
    await h.moveTo((await h.windows()).proofEnd);
    await h.commit({ proposer: 3 });
    await h.moveTo((await h.windows()).proposalEnd);
    const draft = h.draftFor({ proposer: 2, round: 3n, height: 2n, parent: failed.id });
    await expect(commitChild(draft, failed))
      .to.be.revertedWithCustomError(h.b52, "WrongParent")
      .withArgs(failed.id, word(failed.id));
  });

  it("one proposer may propose for both heights, once each", async () => {
    const parent = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    await commitChild(child(parent, { proposer: 1 }), parent);
    await expect(commitChild(child(parent, { proposer: 1 }), parent))
      .to.be.revertedWithCustomError(h.b52, "AlreadyCommitted")
      .withArgs(2n, h.address(1));
    expect((await h.b52.commitmentOf(h.address(1), 1n)).round).to.equal(1n);
    expect((await h.b52.commitmentOf(h.address(1), 0n)).round).to.equal(2n);
  });

  it("a child is proven right after its parent has become the head", async () => {
    const parent = await h.commit();
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    const draft = child(parent);
    await commitChild(draft, parent);
    await h.advance(await h.submit(parent));
    expect(await h.b52.openRound()).to.deep.equal([2n, 2n, true]);
    const { opensAt, proposalEnd: provableAt } = await h.windows();
    expect(opensAt).to.equal(proposalEnd);
    expect(await h.now()).to.equal(proofEnd);
    // The window is still open, now with the head as the parent.
    await h.commit({ proposer: 3, bid: BID });
    const block = await h.prove(draft);
    h.at(provableAt - 1n);
    await expect(h.sendSubmit(block))
      .to.be.revertedWithCustomError(h.b52, "ProofWindowClosed")
      .withArgs(2n, provableAt, provableAt + h.params.proofWindow, provableAt - 1n);
    await h.at(provableAt).sendSubmit(block);
    await h.advance(block);
    expect(await h.b52.height()).to.equal(2n);
    expect(await h.b52.head()).to.equal(draft.id);
    await h.expectSolvent();
  });

  it("a child cannot be proven while its parent is not the head", async () => {
    const parent = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    const draft = child(parent);
    await commitChild(draft, parent);
    await expect(h.sendSubmit(await h.prove(draft)))
      .to.be.revertedWithCustomError(h.b52, "NotCurrentRound")
      .withArgs(2n, 1n);
  });

  it("of the parent's hash as many bits count as L1 keeps, from the commitment to the bid's return", async () => {
    // The last 48 bits are not compared, here or there: else a commitment could be one that nobody can prove, and free.
    const parent = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    const shown = `${parent.id.slice(0, 54)}${"5".repeat(12)}`;
    expect(shown).not.to.equal(parent.id);
    const [proven, idle] = [child(parent, { parent: shown }), child(parent, { parent: shown, proposer: 3 })];
    await commitChild(proven, parent);
    await commitChild(idle, parent);
    await h.advance(await h.submit(parent));
    await h.advance(await h.submit(proven));
    // It could have been proven, so a part of the bid burns.
    await expect(h.sendSettle(idle, await h.resultOf(2n)))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(2n, h.address(3), BID - BID / 4n, BID / 4n);
    const head = await h.b52.head();
    const wrong = `${head.slice(0, 53)}${head[53] === "0" ? "1" : "0"}${head.slice(54)}`;
    await expect(h.sendCommit(await h.draft({ proposer: 4, parent: wrong })))
      .to.be.revertedWithCustomError(h.b52, "WrongParent")
      .withArgs(wrong, head);
    await h.commit({ proposer: 4, parent: `${head.slice(0, 54)}${"5".repeat(12)}` });
  });

  it("a child whose parent lost cannot be proven, and gets its whole bid back", async () => {
    const parent = await h.commit();
    const best = await h.commit({ proposer: 3, promised: { 1: 1 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const [orphan, heir] = [child(parent), child(best, { proposer: 4 })];
    await commitChild(orphan, parent);
    await commitChild(heir, best);
    await h.submit(parent);
    await h.advance(await h.submit(best));
    await h.moveTo((await h.windows()).proposalEnd);
    await expect(h.sendSubmit(await h.prove(orphan)))
      .to.be.revertedWithCustomError(h.b52, "WrongParent")
      .withArgs(parent.id, best.id);
    const result = await h.advance(await h.submit(heir));
    await expect(h.sendSettle(orphan, result)).to.emit(h.b52, "CommitmentSettled").withArgs(2n, h.address(2), BID, 0n);
    await h.expectSolvent();
  });

  it("a child whose parent won and that was not proven pays for it", async () => {
    const parent = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    const [lazy, good] = [child(parent), child(parent, { proposer: 3 })];
    await commitChild(lazy, parent);
    await commitChild(good, parent);
    await h.advance(await h.submit(parent));
    const result = await h.advance(await h.submit(good));
    await expect(h.sendSettle(lazy, result))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(2n, h.address(2), (BID * 3n) / 4n, BID / 4n);
  });

  it("if nothing is proven, the next round ends with this one, and its bids are returned", async () => {
    const parent = await h.commit();
    const head = await h.b52.head();
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    const draft = child(parent);
    await commitChild(draft, parent);
    h.at(proofEnd - 1n);
    await expect(h.sendSettle(draft, NO_RESULT))
      .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
      .withArgs(2n, proposalEnd + 220n, proofEnd - 1n);
    await h.moveTo(proofEnd);
    expect(await h.b52.openRound()).to.deep.equal([3n, 1n, true]);
    // Any result: there is none.
    await expect(h.sendSettle(draft, { ...NO_RESULT, round: 7n }))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(2n, h.address(2), BID, 0n);
    await expect(h.sendSettle(parent, { ...NO_RESULT, round: 1n, parent: head })).to.emit(h.b52, "CommitmentSettled");
    expect(await h.b52.roundOf(2n)).to.deep.equal(NO_ROUND);
    const again = await h.commit();
    expect(again.proposal).to.include({ round: 3n, height: 1n });
    await h.advance(await h.submit(again));
    const { winner } = await h.round({ proposer: 2 });
    expect(winner.proposal).to.include({ round: 4n, height: 2n });
    await h.expectSolvent();
  });

  it("the bids of a round that ended with its parent's are returned while later rounds are open", async () => {
    const failed = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    const orphan = child(failed);
    await commitChild(orphan, failed);
    await h.moveTo((await h.windows()).proofEnd);
    const parent = await h.commit({ proposer: 3 });
    await h.moveTo((await h.windows()).proposalEnd);
    const live = child(parent, { proposer: 4, round: 4n });
    await commitChild(live, parent);
    await expect(h.sendSettle(orphan, NO_RESULT))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(2n, h.address(2), BID, 0n);
    await expect(h.sendSettle(live, NO_RESULT)).to.be.revertedWithCustomError(h.b52, "RoundNotOver");
  });

  it("at an even height, too, a bid stays where it is, for this height and for the next", async () => {
    await h.round({});
    const parent = await h.commit({ proposer: 2 });
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    const draft = h.draftFor({ proposer: 3, round: 3n, height: 3n, parent: parent.id });
    expect(await h.b52.openRound()).to.deep.equal([3n, 3n, true]);
    await commitChild(draft, parent);
    expect(await h.b52.openRound()).to.deep.equal([3n, 3n, true]);
    h.at(proofEnd - 1n);
    await expect(h.sendSettle(draft, NO_RESULT))
      .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
      .withArgs(3n, proposalEnd + h.params.proposalWindow + h.params.proofWindow, proofEnd - 1n);
    h.at(proofEnd - 1n);
    await expect(h.sendSettle(parent, NO_RESULT))
      .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
      .withArgs(2n, proofEnd, proofEnd - 1n);
  });

  it("at an even height, too, a round that fails takes the next one with it", async () => {
    await h.round({});
    const parent = await h.commit({ proposer: 2 });
    await h.moveTo((await h.windows()).proposalEnd);
    const draft = h.draftFor({ proposer: 3, round: 3n, height: 3n, parent: parent.id, bid: BID });
    await commitChild(draft, parent);
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendSettle(draft, NO_RESULT))
      .to.emit(h.b52, "CommitmentSettled")
      .withArgs(3n, h.address(3), BID, 0n);
    for (const height of [2n, 3n]) expect(await h.b52.roundOf(height)).to.deep.equal(NO_ROUND);
    expect(await h.b52.registryRootOf(3n)).to.equal(0n);
  });

  it("if nothing was committed, there is no next round either", async () => {
    const { proposalEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    const draft = await h.draft();
    expect(draft.proposal).to.include({ round: 2n, height: 1n });
    await h.sendCommit(draft);
  });

  it("without a proposal for the next height, its round opens when the state advances", async () => {
    await h.round({});
    const { opensAt } = await h.windows();
    expect(opensAt).to.equal(await h.now());
    await h.round({ proposer: 2 });
  });

  it("a proposer settles the commitment of two heights ago before it proposes ahead", async () => {
    const { blocks, winner } = await h.round({}, {});
    const loser = blocks.find((block) => block !== winner)!;
    const parent = await h.commit({ proposer: 3 });
    await h.moveTo((await h.windows()).proposalEnd);
    const proposer = h.signers.indexOf(loser.proposer);
    const draft = h.draftFor({ proposer, round: 3n, height: 3n, parent: parent.id });
    await expect(commitChild(draft, parent))
      .to.be.revertedWithCustomError(h.b52, "UnsettledCommitment")
      .withArgs(1n, h.address(proposer));
    await h.settle(loser);
    await commitChild(draft, parent);
  });

  it("a chain of heights keeps its pace: a block each proposal window", async () => {
    let parent = await h.commit();
    const { opensAt } = await h.windows();
    for (let height = 2n; height <= 5n; height++) {
      await h.moveTo((await h.windows()).proposalEnd);
      const proposer = 1 + Number(height % 3n);
      const draft = h.draftFor({ proposer, round: height, height, parent: parent.id });
      await commitChild(draft, parent);
      await h.advance(await h.submit(parent));
      await h.settle(parent);
      parent = draft;
    }
    expect((await h.windows()).opensAt).to.equal(opensAt + 4n * h.params.proposalWindow);
    expect(await h.b52.height()).to.equal(4n);
    await h.expectSolvent();
  });

  it("not pipelined, there is no such window", async () => {
    h = await freshB52();
    const parent = await h.commit();
    const { proposalEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    expect((await h.b52.openRound()).isOpen).to.equal(false);
    await expect(commitChild(child(parent), parent))
      .to.be.revertedWithCustomError(h.b52, "ProposalWindowClosed")
      .withArgs(1n, proposalEnd, proposalEnd);
  });
});
