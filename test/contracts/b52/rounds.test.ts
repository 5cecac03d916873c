// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { freshB52, NO_RESULT, type B52Harness } from "../../helpers/b52Harness.ts";

describe("B52: rounds", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  it("a round in which nothing was committed is followed by another with the next commitment", async () => {
    const { proposalEnd } = await h.windows();
    await h.moveTo(proposalEnd - 1n);
    expect(await h.b52.openRound()).to.deep.equal([1n, 1n, true]);
    await h.moveTo(proposalEnd);
    expect(await h.b52.openRound()).to.deep.equal([2n, 1n, true]);
    const stale = h.draftFor({ round: 1n, height: 1n, parent: await h.b52.head() });
    await expect(h.sendCommit(stale)).to.be.revertedWithCustomError(h.b52, "WrongRound").withArgs(1n, 1n, 2n, 1n);

    await h.moveTo(proposalEnd + 1000n);
    const draft = await h.draft();
    await expect(h.sendCommit(draft))
      .to.emit(h.b52, "RoundOpened")
      .withArgs(2n, 1n, proposalEnd + 1000n, await h.registry.root())
      .and.not.to.emit(h.b52, "RoundEnded");
    expect(await h.resultOf(1n)).to.deep.equal(NO_RESULT);
    await h.advance(await h.submit(draft));
    expect(await h.b52.head()).to.equal(draft.id);
  });

  it("the first commitment of a window can be made in its last second", async () => {
    const { proposalEnd } = await h.windows();
    const draft = await h.draft();
    await h.at(proposalEnd - 1n).sendCommit(draft);
    expect((await h.b52.roundOf(1n)).id).to.equal(1n);
    await h.advance(await h.submit(draft));
  });

  it("a round in which nothing was proven is followed by another after the proof window", async () => {
    const head = await h.b52.head();
    await h.commit();
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proofEnd - 1n);
    expect((await h.b52.openRound()).slice(1)).to.deep.equal([2n, false]);
    const draft = h.draftFor({ proposer: 2, round: 2n, height: 1n, parent: head });
    await expect(h.sendCommit(draft))
      .to.be.revertedWithCustomError(h.b52, "ProposalWindowClosed")
      .withArgs(1n, proposalEnd, proofEnd - 1n);

    await h.moveTo(proofEnd);
    expect(await h.b52.openRound()).to.deep.equal([2n, 1n, true]);
    const failed = { ...NO_RESULT, round: 1n, parent: head };
    const commit = h.sendCommit(draft);
    await expect(commit).to.emit(h.b52, "RoundEnded").withArgs(1n, 1n, head, Object.values(failed));
    await expect(commit)
      .to.emit(h.b52, "RoundOpened")
      .withArgs(2n, 1n, proofEnd, await h.registry.root());
    expect(await h.resultOf(1n)).to.deep.equal(failed);
    await h.advance(await h.submit(draft));
    expect(await h.b52.height()).to.equal(1n);
  });

  it("many rounds may fail one after the other", async () => {
    for (let round = 1n; round <= 4n; round++) {
      const draft = await h.commit({ proposer: Number(round) });
      expect(draft.proposal.round).to.equal(round);
      await h.moveTo((await h.windows()).proofEnd);
    }
    const { winner } = await h.round({ proposer: 5 });
    expect(winner.proposal).to.include({ round: 5n, height: 1n });
    await h.expectSolvent();
  });

  it("a failed round's proposal cannot be proven in the next one", async () => {
    const old = await h.commit();
    await h.moveTo((await h.windows()).proofEnd);
    await h.commit({ proposer: 2 });
    await h.moveTo((await h.windows()).proposalEnd);
    await expect(h.sendSubmit(await h.prove(old)))
      .to.be.revertedWithCustomError(h.b52, "NotCurrentRound")
      .withArgs(1n, 2n);
  });

  it("settling closes a failed round, and the next commitment opens a new one", async () => {
    const old = await h.commit();
    await h.moveTo((await h.windows()).proofEnd);
    const failed = { ...NO_RESULT, round: 1n, parent: await h.b52.head() };
    await expect(h.sendSettle(old, failed))
      .to.emit(h.b52, "RoundEnded")
      .withArgs(1n, 1n, failed.parent, Object.values(failed));
    expect(await h.b52.openRound()).to.deep.equal([2n, 1n, true]);
    await expect(h.sendSettle(old, failed))
      .to.be.revertedWithCustomError(h.b52, "WrongStatus")
      .withArgs(h.address(1), 3n);
    await h.moveTo((await h.now()) + 500n);
    const draft = await h.draft();
    await expect(h.sendCommit(draft))
      .to.emit(h.b52, "RoundOpened")
      .withArgs(2n, 1n, await h.now(), await h.registry.root());
  });

  it("of a round that is closed nothing is shown", async () => {
    const old = await h.commit();
    await h.moveTo((await h.windows()).proofEnd);
    await h.b52.settle(old.proposal, { ...NO_RESULT, round: 1n, parent: await h.b52.head() });
    expect(await h.b52.roundOf(1n)).to.deep.equal([0n, 0n, 0n, false, 0n, false, false]);
  });

  it("shows the round of the next height only", async () => {
    await h.round({});
    expect(await h.b52.roundOf(2n)).to.deep.equal([2n, 2n, await h.now(), false, 0n, false, false]);
    for (const height of [0n, 1n, 3n, 4n, 1n << 200n]) {
      expect(await h.b52.roundOf(height)).to.deep.equal([0n, 0n, 0n, false, 0n, false, false]);
    }
  });

  it("takes the registry's root when it opens", async () => {
    const empty = await h.registry.root();
    await h.join(3);
    expect(await h.b52.registryRootOf(1n)).to.equal(empty);
    const joined = await h.registry.root();
    expect(joined).not.to.equal(empty);
    await h.round({});
    expect(await h.b52.registryRootOf(2n)).to.equal(joined);
    await h.registry.connect(h.owner(3)).leaveRegistry(3);
    expect(await h.b52.registryRootOf(2n)).to.equal(joined);
    await h.moveTo((await h.windows()).proposalEnd);
    await h.commit({ proposer: 2 });
    expect(await h.b52.registryRootOf(2n)).to.equal(empty);
  });

  it("goes on for many heights, with places used again, and one settled long after", async () => {
    const first = await h.round({ proposer: 1 }, { proposer: 2 });
    for (let height = 2n; height <= 6n; height++) {
      const { blocks, winner } = await h.round({ proposer: 3 + Number(height % 2n) }, { proposer: 5 });
      expect(winner.proposal.height).to.equal(height);
      await h.settle(...blocks);
    }
    await h.settle(...first.blocks);
    expect(await h.b52.height()).to.equal(6n);
    await h.expectSolvent();
  });

  it("nothing is advanced, settled or proven before there is something", async () => {
    await expect(h.b52.advanceState(await emptyRecord(), emptyTransition))
      .to.be.revertedWithCustomError(h.b52, "NothingProven")
      .withArgs(1n);
    const unknown = await h.draft();
    await expect(h.sendSettle(unknown, NO_RESULT))
      .to.be.revertedWithCustomError(h.b52, "UnknownCommitment")
      .withArgs(h.address(1), unknown.id, `0x${"00".repeat(26)}`);
  });

  const emptyTransition = { newStateRoot: 1n, forcedCount: 0n, exitsRoot: ZeroHash, exitCount: 0n, payments: [] };
  const emptyRecord = async () => (await h.prove(await h.draft({ proposer: 9 }))).record;
});
