// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroAddress, ZeroHash } from "ethers";

import type { Proposal } from "../../helpers/b52Block.ts";
import { hashesOf } from "../../helpers/b52Block.ts";
import { deployB52, freshB52, type B52Harness } from "../../helpers/b52Harness.ts";

const COMMITTED = 1n;

describe("B52: commit", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  const send = (proposal: Proposal, from = 1) => h.b52.connect(h.signer(from)).commit(proposal, ZeroAddress);

  it("takes the bid, keeps the hash, and says what was committed", async () => {
    const draft = await h.draft({ bid: parseEther("12.5"), promised: { 1: 7, 2: 7, 3: 9 } });
    const before = await h.balance(1);
    await expect(h.sendCommit(draft))
      .to.emit(h.b52, "ProposalCommitted")
      .withArgs(1n, h.address(1), draft.id, Object.values(draft.proposal));
    expect(await h.balance(1)).to.equal(before - parseEther("12.5"));
    expect(await h.b52.commitmentOf(h.address(1), 1n)).to.deep.equal([draft.id.slice(0, 54), 1n, COMMITTED]);
    expect(await h.b52.commitmentOf(h.address(1), 0n)).to.deep.equal([`0x${"00".repeat(26)}`, 0n, 0n]);
    expect((await h.b52.roundOf(1n)).hasCommitments).to.equal(true);
    await h.expectSolvent();
  });

  it("hashes every field of the proposal, the promised provers and the transcript only for the commitment", async () => {
    const { proposal } = await h.draft({ promised: { 1: 7 } });
    const base = await h.b52.hashesOf(proposal);
    const expected = hashesOf(h.domain, proposal);
    expect(base).to.deep.equal([expected.proposal, expected.id]);
    const changes: Proposal[] = [
      { ...proposal, proposer: h.address(2) },
      { ...proposal, round: 2n },
      { ...proposal, height: 2n },
      { ...proposal, parent: ZeroHash },
      { ...proposal, contentHash: ZeroHash },
      { ...proposal, bid: proposal.bid + 1n },
      { ...proposal, share: proposal.share - 1n },
      { ...proposal, leaves: 4n },
      { ...proposal, promisedProvers: 2n },
      { ...proposal, transcript: ZeroHash },
    ];
    for (const [i, changed] of changes.entries()) {
      const [proposalHash, id] = await h.b52.hashesOf(changed);
      expect(id).not.to.equal(base.id);
      if (i < 8) expect(proposalHash).not.to.equal(base.proposalHash);
      else expect(proposalHash).to.equal(base.proposalHash);
    }
  });

  it("only by the proposer", async () => {
    const { proposal } = await h.draft();
    await expect(send(proposal, 2))
      .to.be.revertedWithCustomError(h.b52, "NotProposer")
      .withArgs(h.address(2), h.address(1));
  });

  it("only with a bid of at least the minimum, which the balance covers", async () => {
    const { minBid } = h.params;
    const low = await h.draft({ bid: minBid - 1n });
    await expect(h.sendCommit(low))
      .to.be.revertedWithCustomError(h.b52, "BidBelowMinimum")
      .withArgs(minBid - 1n, minBid);
    const balance = await h.balance(2);
    const high = await h.draft({ proposer: 2, bid: balance + 1n });
    await expect(h.sendCommit(high))
      .to.be.revertedWithCustomError(h.b52, "InsufficientBalance")
      .withArgs(h.address(2), balance, balance + 1n);
    await h.commit({ bid: minBid });
    await h.commit({ proposer: 2, bid: balance });
    expect(await h.balance(2)).to.equal(0n);
  });

  it("not without escrow", async () => {
    const { minBid } = h.params;
    await expect(h.sendCommit(await h.draft({ proposer: 15 })))
      .to.be.revertedWithCustomError(h.b52, "InsufficientBalance")
      .withArgs(h.address(15), 0n, minBid);
  });

  it("only with a share up to the maximum", async () => {
    const { maxShare } = h.params;
    await expect(h.sendCommit(await h.draft({ share: maxShare + 1n })))
      .to.be.revertedWithCustomError(h.b52, "ShareAboveMaximum")
      .withArgs(maxShare + 1n, maxShare);
    await h.commit({ share: 0n });
    await h.commit({ proposer: 2, share: maxShare });
  });

  it("only with the size of a tree, and no larger one than allowed", async () => {
    for (const maxLeaves of [2n, 4n, 8n]) {
      h = await deployB52({ params: { maxLeaves } });
      for (const committedLeaves of [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 16n, 255n]) {
        const sent = h.sendCommit(await h.draft({ committedLeaves, proposer: 1 + (Number(committedLeaves) % 9) }));
        if ([2n, 4n, 8n].includes(committedLeaves) && committedLeaves <= maxLeaves) {
          await expect(sent).to.emit(h.b52, "ProposalCommitted");
        } else {
          await expect(sent)
            .to.be.revertedWithCustomError(h.b52, "InvalidTreeSize")
            .withArgs(committedLeaves, maxLeaves);
        }
      }
    }
  });

  it("only with at most as many provers as the tree has nodes", async () => {
    for (const [leaves, nodes] of [
      [2, 3n],
      [4, 7n],
      [8, 15n],
    ] as const) {
      for (const promisedProvers of [nodes + 1n, 255n]) {
        await expect(h.sendCommit(await h.draft({ leaves, promisedProvers })))
          .to.be.revertedWithCustomError(h.b52, "TooManyProvers")
          .withArgs(promisedProvers, nodes);
      }
      await h.commit({ proposer: leaves, leaves, promisedProvers: nodes });
    }
  });

  it("only for the round and height that are open", async () => {
    for (const wrong of [{ round: 0n }, { round: 2n }, { height: 0n }, { height: 2n }]) {
      const draft = await h.draft(wrong);
      const { round, height } = draft.proposal;
      await expect(h.sendCommit(draft))
        .to.be.revertedWithCustomError(h.b52, "WrongRound")
        .withArgs(round, height, 1n, 1n);
    }
  });

  it("only on top of the head", async () => {
    const first = await h.commit({ proposer: 2 });
    for (const parent of [ZeroHash, first.id]) {
      await expect(h.sendCommit(await h.draft({ parent })))
        .to.be.revertedWithCustomError(h.b52, "WrongParent")
        .withArgs(parent, await h.b52.head());
    }
  });

  it("once for each round: not the same again, nor another", async () => {
    const draft = await h.commit();
    for (const again of [draft, await h.draft({ bid: parseEther("2") })]) {
      await expect(h.sendCommit(again))
        .to.be.revertedWithCustomError(h.b52, "AlreadyCommitted")
        .withArgs(1n, h.address(1));
    }
  });

  it("two proposers with the same content have commitments of their own", async () => {
    const salt = ZeroHash;
    const first = await h.commit({ salt });
    const second = await h.commit({ proposer: 2, salt });
    expect(first.proposal.contentHash).to.equal(second.proposal.contentHash);
    expect(first.id).not.to.equal(second.id);
  });

  it("until the last second of the window", async () => {
    const { proposalEnd } = await h.windows();
    await h.at(proposalEnd - 1n).commit();
    const late = await h.draft({ proposer: 2 });
    h.at(proposalEnd);
    await expect(h.sendCommit(late))
      .to.be.revertedWithCustomError(h.b52, "ProposalWindowClosed")
      .withArgs(1n, proposalEnd, proposalEnd);
  });

  it("not while a block of the round waits to become the head", async () => {
    await h.submit(await h.commit());
    const { proposalEnd, proofEnd } = await h.windows();
    const late = h.draftFor({ proposer: 2, round: 1n, height: 1n, parent: await h.b52.head() });
    h.at(proofEnd + 1000n);
    await expect(h.sendCommit(late))
      .to.be.revertedWithCustomError(h.b52, "ProposalWindowClosed")
      .withArgs(1n, proposalEnd, proofEnd + 1000n);
  });

  it("not before an earlier commitment in the same place is settled", async () => {
    const old = await h.commit();
    await h.moveTo((await h.windows()).proofEnd);
    const next = await h.draft();
    expect(next.proposal.round).to.equal(2n);
    await expect(h.sendCommit(next))
      .to.be.revertedWithCustomError(h.b52, "UnsettledCommitment")
      .withArgs(1n, h.address(1));
    // Settling closes the failed round, so its result is known.
    await h.b52.settle(old.proposal, { ...(await h.resultOf(0n)), round: 1n, parent: await h.b52.head() });
    await h.sendCommit(next);
    expect((await h.b52.commitmentOf(h.address(1), 1n)).round).to.equal(2n);
    await h.expectSolvent();
  });

  it("not while the proven block of two heights ago that lost is unsettled", async () => {
    const { blocks, winner } = await h.round({}, {});
    const loser = blocks.find((block) => block !== winner)!;
    await h.round({ proposer: 3 });
    const proposer = h.signers.indexOf(loser.proposer);
    const third = await h.draft({ proposer });
    expect(third.proposal.height).to.equal(3n);
    await expect(h.sendCommit(third))
      .to.be.revertedWithCustomError(h.b52, "UnsettledCommitment")
      .withArgs(1n, h.address(proposer));
    await h.settle(loser);
    await h.sendCommit(third);
  });
});
