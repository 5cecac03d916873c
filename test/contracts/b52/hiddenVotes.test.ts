// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther } from "ethers";

import { openedVotes } from "../../../src/agents/index.ts";
import { Transcript } from "../../../src/b52/index.ts";
import { toField } from "../../../src/field.ts";
import { openingOf, openingsFor, type Opening } from "../../helpers/b52Block.ts";
import { deployB52, freshB52, type B52Harness, type Block } from "../../helpers/b52Harness.ts";
import { expectError } from "../../helpers/expectError.ts";

/*
 * A merge opens the votes for its children, and the root its own: L1 has only their root. A proposer who hides votes
 * could have honest provers slashed. So a default is void if the votes were demanded and not shown.
 */

const ASKER = 2;
const ANSWERER = 3;
const THIRD = 16n; // of 50 seconds
const NO_VOTE = { nodes: 0n, h: 0n, s: 0n, gammaX: 0n, gammaY: 0n };

describe("B52: hidden votes", () => {
  let h: B52Harness;
  let block: Block;
  let demandEnd: bigint;
  let answerEnd: bigint;
  let defenceEnd: bigint;

  /** All nodes of a tree of four leaves default: 1 … 3 are merges. */
  beforeEach(async () => {
    const nodes = [1, 2, 3, 4, 5, 6, 7];
    h = await freshB52({ tickets: nodes });
    const { winner } = await h.round({
      leaves: 4,
      promised: Object.fromEntries(nodes.map((node) => [node, node])),
      workers: Object.fromEntries(nodes.map((node) => [node, 0])),
    });
    block = winner;
    ({ defenceEnd } = block.record);
    demandEnd = defenceEnd - 2n * THIRD;
    answerEnd = defenceEnd - THIRD;
  });

  const show = (node: number, openings: Opening[]) =>
    h.b52.connect(h.signer(ANSWERER)).showVotes(block.record, node, openings);

  // ─── The rule ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a default is void if the votes were demanded and nobody showed them, and the deposit returns", async () => {
    const before = await h.balance(ASKER);
    await expect(h.sendDemand(block, 2, ASKER))
      .to.emit(h.b52, "VotesDemanded")
      .withArgs(1n, h.address(1), 2n, h.address(ASKER));
    expect(await h.balance(ASKER)).to.equal(before - h.params.voteDeposit);
    await h.expectSolvent();
    await h.moveTo(defenceEnd);
    await expect(h.sendSlash(block, 2)).to.be.revertedWithCustomError(h.b52, "VotesNotShown").withArgs(2n);
    await expect(h.sendClose(block, 2)).to.emit(h.b52, "DemandClosed").withArgs(1n, h.address(1), 2n, h.address(ASKER));
    expect(await h.balance(ASKER)).to.equal(before);
    // It stays so when the demand is gone.
    await expect(h.sendSlash(block, 2))
      .to.be.revertedWithCustomError(h.b52, "NoDefault")
      .withArgs(2n, block.record.nodes);
    expect((await h.registry.getTicket(2)).stake).to.equal(h.staking.stake);
    await h.expectSolvent();
  });

  it("a default stands if the votes were shown, and the deposit is the answerer's", async () => {
    const [asked, answered] = [await h.balance(ASKER), await h.balance(ANSWERER)];
    await h.sendDemand(block, 2, ASKER);
    const openings = openingsFor(2);
    await expect(h.sendShow(block, 2, ANSWERER))
      .to.emit(h.b52, "VotesShown")
      .withArgs(
        1n,
        h.address(1),
        2n,
        h.address(ANSWERER),
        openings.map(({ exists, vote, path }) => [exists, Object.values(vote), path]),
      );
    await h.moveTo(defenceEnd);
    await expect(h.sendSlash(block, 2)).to.emit(h.registry, "TicketSlashed");
    await expect(h.sendClose(block, 2))
      .to.emit(h.b52, "DemandClosed")
      .withArgs(1n, h.address(1), 2n, h.address(ANSWERER));
    expect(await h.balance(ASKER)).to.equal(asked - h.params.voteDeposit);
    expect(await h.balance(ANSWERER)).to.equal(answered + h.params.voteDeposit);
    await h.expectSolvent();
  });

  it("a defence of the node after the answer gives the deposit back to the asker", async () => {
    const [asked, answered] = [await h.balance(ASKER), await h.balance(ANSWERER)];
    await h.sendDemand(block, 3, ASKER);
    await h.sendShow(block, 3, ANSWERER);
    h.at(defenceEnd - 1n);
    await h.sendDefend(block, 3, 3);
    await h.moveTo(defenceEnd);
    await expect(h.sendClose(block, 3)).to.emit(h.b52, "DemandClosed").withArgs(1n, h.address(1), 3n, h.address(ASKER));
    expect([await h.balance(ASKER), await h.balance(ANSWERER)]).to.deep.equal([asked, answered]);
    await h.expectSolvent();
  });

  it("a demand for one node says nothing of another", async () => {
    await h.sendDemand(block, 2, ASKER);
    await h.moveTo(defenceEnd);
    for (const node of [1, 3, 4]) await expect(h.sendSlash(block, node)).to.emit(h.b52, "Slashed");
  });

  it("a prover who has the votes needs no demand", async () => {
    for (const node of [1, 2, 3, 4]) await h.sendDefend(block, node, node);
  });

  // ─── When ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("votes are demanded in the first third of the window, and shown in the first two", async () => {
    h.at(demandEnd - 1n);
    await h.sendDemand(block, 1, ASKER);
    h.at(demandEnd);
    await expect(h.sendDemand(block, 2, ASKER))
      .to.be.revertedWithCustomError(h.b52, "DemandWindow")
      .withArgs(demandEnd, demandEnd);
    const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
    h.at(answerEnd - 1n);
    await h.sendShow(block, 1);
    await snapshot.restore();
    h.at(answerEnd);
    await expect(h.sendShow(block, 1))
      .to.be.revertedWithCustomError(h.b52, "AnswerWindow")
      .withArgs(answerEnd, answerEnd);
    h.at(defenceEnd - 1n);
    await expect(h.sendClose(block, 1))
      .to.be.revertedWithCustomError(h.b52, "DefenceWindow")
      .withArgs(defenceEnd, defenceEnd - 1n);
    h.at(defenceEnd);
    await h.sendClose(block, 1);
  });

  it("votes are demanded from the submission on, and the demand holds for a better version", async () => {
    const draft = await h.commit({ proposer: 4, promised: { 1: 1, 2: 2, 3: 3 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const version = (workers: Record<number, number>): Promise<Block> =>
      h.prove({ ...draft, content: { ...draft.content, claim: { ...draft.content.claim, workers } } });
    const [worse, better] = [await version({ 1: 9, 2: 9 }), await version({ 1: 9 })];
    await h.sendSubmit(worse);
    await h.sendDemand(worse, 1, ASKER);
    await h.sendSubmit(better);
    await h.advance(better);
    await h.moveTo(better.record.defenceEnd);
    await expect(h.sendSlash(better, 1)).to.be.revertedWithCustomError(h.b52, "VotesNotShown").withArgs(1n);
  });

  it("a node that is delivered after the demand gives the deposit back, answered or not", async () => {
    const draft = await h.commit({ proposer: 4, promised: { 1: 1, 2: 2, 3: 3 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const version = (workers: Record<number, number>): Promise<Block> =>
      h.prove({ ...draft, content: { ...draft.content, claim: { ...draft.content.claim, workers } } });
    const [worse, better] = [await version({ 1: 9 }), await version({})];
    await h.sendSubmit(worse);
    await h.sendDemand(worse, 1, ASKER);
    await h.sendShow(worse, 1, ANSWERER);
    await h.sendSubmit(better);
    await h.moveTo(better.record.defenceEnd);
    await expect(h.sendClose(better, 1))
      .to.emit(h.b52, "DemandClosed")
      .withArgs(2n, h.address(4), 1n, h.address(ASKER));
    await h.expectSolvent();
  });

  // ─── What ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("votes are demanded once, for a merge that defaulted, by somebody who has the deposit", async () => {
    await expect(h.sendDemand(block, 4, ASKER))
      .to.be.revertedWithCustomError(h.b52, "NoVotesNeeded")
      .withArgs(4n, 4n);
    await h.sendDefend(block, 3, 3);
    for (const node of [0, 3, 8, 15]) {
      await expect(h.sendDemand(block, node, ASKER))
        .to.be.revertedWithCustomError(h.b52, "NoDefault")
        .withArgs(node, block.record.nodes);
    }
    await expect(h.sendDemand(block, 2, 12))
      .to.be.revertedWithCustomError(h.b52, "InsufficientBalance")
      .withArgs(h.address(12), 0n, h.params.voteDeposit);
    await h.sendDemand(block, 2, ASKER);
    await expect(h.sendDemand(block, 2, 1))
      .to.be.revertedWithCustomError(h.b52, "AlreadyDemanded")
      .withArgs(2n, h.address(ASKER));
    const record = { ...block.record, votesRoot: 1n };
    for (const call of [
      h.b52.connect(h.signer(ASKER)).demandVotes(record, 1),
      h.b52.showVotes(record, 2, openingsFor(2)),
    ]) {
      await expect(call).to.be.revertedWithCustomError(h.b52, "WrongPreimage");
    }
  });

  it("votes are shown once, if demanded", async () => {
    await expect(h.sendShow(block, 2)).to.be.revertedWithCustomError(h.b52, "NotDemanded").withArgs(2n);
    await h.sendDemand(block, 2, ASKER);
    await h.sendShow(block, 2, ANSWERER);
    await expect(h.sendShow(block, 2, 4))
      .to.be.revertedWithCustomError(h.b52, "AlreadyShown")
      .withArgs(2n, h.address(ANSWERER));
    await h.moveTo(defenceEnd);
    await h.sendClose(block, 2);
    await expect(h.sendClose(block, 2)).to.be.revertedWithCustomError(h.b52, "NotDemanded").withArgs(2n);
    await expect(h.b52.closeDemand({ ...block.record, nodes: 0n }, 2)).to.be.revertedWithCustomError(
      h.b52,
      "WrongPreimage",
    );
  });

  it("only the votes for the children are shown, and of the root its own last", async () => {
    for (const node of [1, 2, 3]) await h.sendDemand(block, node, ASKER);
    const { abi } = await import("hardhat").then(({ artifacts }) => artifacts.readArtifact("VoteOpening"));
    const { ethers } = h.network.connection;
    const opening = new ethers.Contract(await h.b52.getAddress(), abi, ethers.provider);
    const wrongVote = async (node: number, openings: Opening[]): Promise<void> => {
      await expect(show(node, openings)).to.be.revertedWithCustomError(opening, "WrongVote");
    };
    for (const [node, count] of [
      [1, 3n],
      [2, 2n],
      [3, 2n],
    ] as const) {
      for (const openings of [[], openingsFor(node).slice(1), [...openingsFor(node), openingOf(9)]]) {
        await expect(show(node, openings))
          .to.be.revertedWithCustomError(h.b52, "WrongOpeningCount")
          .withArgs(openings.length, count);
      }
      await wrongVote(node, [...openingsFor(node)].reverse());
      const [left, ...others] = openingsFor(node) as [Opening, ...Opening[]];
      await wrongVote(node, [{ ...left, vote: { ...left.vote, nodes: left.vote.nodes + 1n } }, ...others]);
      await wrongVote(node, [{ exists: false, vote: NO_VOTE, path: left.path }, ...others]);
    }
    await wrongVote(2, openingsFor(3));
    for (const node of [1, 2, 3]) await h.sendShow(block, node, ANSWERER);
  });

  it("that there is no vote for a child is shown as well", async () => {
    const { winner } = await h.round({ proposer: 5, leaves: 8, promised: { 7: 1, 1: 2 }, workers: { 7: 0 } });
    expect(openingsFor(7).map(({ exists }) => exists)).to.deep.equal([false, false]);
    await h.sendDemand(winner, 7, ASKER);
    await h.sendShow(winner, 7, ANSWERER);
    await h.moveTo(winner.record.defenceEnd);
    await h.sendSlash(winner, 7);
  });

  it("a transcript opens the votes that each merge needs", async () => {
    const vote = (node: number) => ({ nodes: 1n << BigInt(node), h: toField(BigInt(1000 + node)), s: BigInt(node) });
    const transcript = new Transcript([1, 2, 5, 6].map((node) => [node, { ticket: 1, vote: vote(node) }] as const));
    const promised = { 1: 1, 2: 2, 3: 3 };
    const { votesRoot } = transcript;
    const { winner } = await h.round({ proposer: 5, leaves: 4, promised, workers: { 1: 0, 2: 0, 3: 0 }, votesRoot });
    for (const node of [1, 2, 3]) {
      await h.sendDemand(winner, node, ASKER);
      const openings = openedVotes(transcript, node);
      await expect(h.b52.showVotes(winner.record, node, openings)).to.emit(h.b52, "VotesShown");
    }
    expectError(() => transcript.openings(8), "OUT_OF_RANGE");
  });

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a deposit of nothing is possible, and all deposits are held until they are closed", async () => {
    for (const node of [1, 2, 3]) await h.sendDemand(block, node, ASKER);
    expect((await h.owed()).deposits).to.equal(3n * parseEther("2"));
    await h.expectSolvent();
    await h.moveTo(defenceEnd + 1_000n);
    for (const node of [1, 2, 3]) await h.sendClose(block, node);
    expect((await h.owed()).deposits).to.equal(0n);
    await h.expectSolvent();

    h = await deployB52({ params: { voteDeposit: 0n } });
    await h.join(1);
    const { winner } = await h.round({ promised: { 1: 1 }, workers: { 1: 0 } });
    await h.sendDemand(winner, 1, 12);
    await h.moveTo(winner.record.defenceEnd);
    await expect(h.sendSlash(winner, 1)).to.be.revertedWithCustomError(h.b52, "VotesNotShown").withArgs(1n);
  });
});
