// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, parseEther, ZeroHash } from "ethers";

import { SLOT_BYTES } from "../../../src/codec/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { DEVELOPMENT, leafBytes } from "../../../src/profile.ts";
import {
  contentHashOf,
  deliveredBy,
  exitsRootOf,
  mockProof,
  numberFrom,
  slotsOf,
  transcriptOf,
  united,
  type LeafNode,
  type MergeNode,
  type Submission,
} from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  type B52Harness,
  type Block,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const PROVEN = 2n;
const SETTLED = 3n;
const LEAF_BYTES = leafBytes(DEVELOPMENT);
const EXIT = { slot: 2, recipient: 77n, token: 1n, amount: 5n };
const SLOT = 1n << 176n;

/** Bit i: node i is credited. */
const creditedNodes = ({ record }: Block): bigint => record.nodes & 0xffffn;

describe("B52: submit", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  /** A block that can be proven now. */
  const ready = async (claim: ProposalClaim = {}): Promise<Block> => {
    const draft = await h.commit(claim);
    await h.moveTo((await h.windows()).proposalEnd);
    return h.prove(draft);
  };

  const altered = (block: Block, change: Partial<Submission>) =>
    h.b52.submit(block.proposal, { ...block.submission, ...change });

  // ─── What is recorded ──────────────────────────────────────────────────────────────────────────────────────────────

  it("records the block as the documentation says", async () => {
    const block = await ready({
      leaves: 4,
      bid: parseEther("5"),
      promised: { 1: 3, 2: 3, 3: 9, 4: 12, 7: 247 },
      workers: { 4: 3 },
      exits: { 1: [EXIT], 3: [{ ...EXIT, slot: 0, amount: 6n }] },
      proverFees: { 0: 5n, 2: 6n },
    });
    expect(block.record.nodes).to.equal(0b1000_1110n | (1n << 20n));
    const score = await h.b52.scoreOf(3n, parseEther("5"));
    await expect(h.sendSubmit(block))
      .to.emit(h.b52, "BlockProven")
      .withArgs(1n, h.address(1), score, Object.values(block.record), [
        block.transition.newStateRoot,
        0n,
        exitsRootOf([EXIT, { ...EXIT, amount: 6n }]),
        2n,
        [[h.address(1), ETH, 11n]],
      ]);
    expect((await h.b52.commitmentOf(h.address(1), 1n)).status).to.equal(PROVEN);
    expect(await h.b52.ranking()).to.deep.equal([[h.address(1)], [score]]);
    expect((await h.b52.roundOf(1n)).ranked).to.equal(1n);
  });

  for (const leaves of [2, 4, 8] as const) {
    it(`takes a block of ${leaves} leaves`, async () => {
      const block = await ready({ leaves });
      expect(block.submission.leaves).to.have.length(leaves);
      expect(block.submission.merges).to.have.length(leaves - 1);
      await h.sendSubmit(block);
    });
  }

  it("takes data of every length around the size of a tree", async () => {
    const drafts: Draft[] = [];
    for (const [i, length] of [
      0,
      1,
      2 * LEAF_BYTES - 1,
      2 * LEAF_BYTES,
      2 * LEAF_BYTES + 1,
      8 * LEAF_BYTES,
    ].entries()) {
      const data = concat([Uint8Array.from({ length }, (_, at) => 255 - (at % 251))]);
      drafts.push(await h.commit({ proposer: 1 + i, data }));
    }
    for (const draft of drafts) await h.submit(draft);
  });
  it("counts no more provers than were promised, and no fewer than delivered", async () => {
    const some = await ready({ ...deliveredBy(7), promisedProvers: 5n });
    expect(some.record.provers).to.equal(5n);
    await h.sendSubmit(some);
    expect((await h.b52.ranking()).scores).to.deep.equal([await h.b52.scoreOf(5n, some.proposal.bid)]);
  });

  it("pays in another token what is paid in another token, and the base fee of ETH only", async () => {
    const block = await ready({ feeToken: 3n, proverFees: { 0: 5n, 1: 6n } });
    expect(block.transition.payments).to.have.length(2);
    await h.advance(await h.submit(block));
    expect(await h.rollup.credits(3, h.address(1))).to.equal(11n);
    expect(await h.rollup.credits(ETH, h.address(1))).to.equal(0n);
  });

  it("pays a fee of one unit in another token", async () => {
    await h.advance(await h.submit(await ready({ feeToken: 3n, proverFees: { 0: 1n } })));
    expect(await h.rollup.credits(3, h.address(1))).to.equal(1n);
  });

  it("a block in another token without fees has one payment", async () => {
    const block = await ready({ feeToken: 3n });
    expect(block.transition.payments).to.have.length(1);
    await h.sendSubmit(block);
  });

  it("anybody may send it", async () => {
    const block = await ready();
    await expect(h.sendSubmit(block, 17)).to.emit(h.b52, "BlockProven").and.not.to.emit(h.b52, "BlockPublished");
  });

  it("a contract may send it, and then the log has the data", async () => {
    const block = await ready({ leaves: 4, promised: { 1: 2 }, includeList: slotsOf("list", 2) });
    const caller = await h.network.connection.ethers.deployContract("Caller");
    const call = h.b52.interface.encodeFunctionData("submit", [block.proposal, block.submission]);
    const receipt = (await (await caller.execute(h.b52, call)).wait())!;
    const [event] = await h.b52.queryFilter(h.b52.filters.BlockPublished(), receipt.blockNumber);
    expect(event?.args.round).to.equal(1n);
    expect(event?.args.proposer).to.equal(h.address(1));
    const published = event!.args.submission;
    expect(h.b52.interface.encodeFunctionData("submit", [block.proposal, published])).to.equal(call);
  });

  // ─── When ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("from the end of the proposal window to the last second of the proof window", async () => {
    const [first, second] = [await h.commit(), await h.commit({ proposer: 2 })];
    const blocks = [await h.prove(first), await h.prove(second)] as const;
    const { proposalEnd, proofEnd } = await h.windows();
    const closed = (time: bigint) => [1n, proposalEnd, proofEnd, time] as const;
    h.at(proposalEnd - 1n);
    await expect(h.sendSubmit(blocks[0]))
      .to.be.revertedWithCustomError(h.b52, "ProofWindowClosed")
      .withArgs(...closed(proposalEnd - 1n));
    await h.at(proposalEnd).sendSubmit(blocks[0]);
    await h.moveTo(proofEnd - 2n);
    const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
    await h.at(proofEnd - 1n).sendSubmit(blocks[1]);
    await snapshot.restore();
    h.at(proofEnd);
    await expect(h.sendSubmit(blocks[1]))
      .to.be.revertedWithCustomError(h.b52, "ProofWindowClosed")
      .withArgs(...closed(proofEnd));
  });

  it("once, unless it credits another node", async () => {
    const block = await ready({ promised: { 1: 1, 3: 2 } });
    await h.sendSubmit(block);
    await expect(h.sendSubmit(block)).to.be.revertedWithCustomError(h.b52, "NotBetter").withArgs(0b1010n, 0b1010n);
  });

  const versionOf = (draft: Draft, workers: Record<number, number>): Promise<Block> =>
    h.prove({ ...draft, content: { ...draft.content, claim: { ...draft.content.claim, workers } } });

  it("somebody else's version of the proofs is added to, node by node, and nothing is taken from anybody", async () => {
    const promised = { 1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 1, 7: 2 };
    const draft = await h.commit({ leaves: 4, promised });
    const rival = await h.commit({ proposer: 2, leaves: 2, promised: { 1: 1, 2: 2 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const versions = [
      { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0 }, // a thief names nobody
      { 1: 9, 3: 9, 5: 9, 6: 9 }, // one prover, with all its nodes
      { 2: 9, 4: 9, 6: 9, 7: 9 }, // two others, with some of theirs
      { 1: 9, 2: 9, 3: 9, 4: 9, 5: 9, 7: 9 }, // the last node alone
    ];
    const blocks = [];
    for (const workers of versions) blocks.push(await versionOf(draft, workers));
    expect(blocks.map(creditedNodes)).to.deep.equal([0n, 0b10010100n, 0b101010n, 0b1000000n]);
    await h.sendSubmit(await h.prove(rival));
    let kept = blocks[0]!;
    for (const [i, block] of blocks.entries()) {
      kept = united(kept, block, draft.proposal.promisedProvers);
      const score = await h.b52.scoreOf(kept.record.provers, draft.proposal.bid);
      await expect(h.sendSubmit(block))
        .to.emit(h.b52, "BlockProven")
        .withArgs(1n, h.address(1), score, Object.values(kept.record), () => true);
      const [proposers, scores] = await h.b52.ranking();
      expect(proposers).to.have.length(2);
      expect(scores[proposers.indexOf(h.address(1))]).to.equal(score);
      expect(scores[0]! >= scores[1]!).to.equal(true);
      for (const worse of blocks.slice(0, i + 1)) {
        await expect(h.sendSubmit(worse))
          .to.be.revertedWithCustomError(h.b52, "NotBetter")
          .withArgs(creditedNodes(worse), creditedNodes(kept));
      }
    }
    expect(kept.record).to.include({ nodes: 0b11111110n, provers: 3n });
    const result = await h.advance(kept);
    expect(result.winner).to.equal(h.address(1));
    await h.sendPay(kept);
  });

  it("a party that withholds a leaf and proves again with it takes nothing from the other fourteen", async () => {
    const nodes = Array.from({ length: 15 }, (_, i) => i + 1);
    await h.join(...nodes);
    const draft = await h.commit({ leaves: 8, promised: Object.fromEntries(nodes.map((node) => [node, node])) });
    await h.moveTo((await h.windows()).proposalEnd);
    const honest = await versionOf(draft, { 15: 0 });
    await h.sendSubmit(honest);
    // The same tree with the leaf, and with two others that are its author's as well.
    const others = nodes.filter((node) => ![8, 9, 15].includes(node));
    const hostile = await versionOf(draft, Object.fromEntries(others.map((node) => [node, 0])));
    await h.sendSubmit(hostile);
    const kept = united(honest, hostile, draft.proposal.promisedProvers);
    expect(kept.record).to.include({ nodes: 0xfffen, provers: 15n });
    await h.advance(kept);
    await h.pay(kept);
    const earned = await Promise.all(nodes.map((node) => h.earned(node)));
    expect(new Set(earned)).to.deep.equal(new Set([parseEther("500") / 15n]));
    await h.moveTo(kept.record.defenceEnd);
    for (const node of nodes) {
      await expect(h.sendSlash(kept, node)).to.be.revertedWithCustomError(h.b52, "NoDefault");
    }
  });

  it("a node that is left out of the last version only is no default, and one left out of all can be defended", async () => {
    const draft = await h.commit({ leaves: 4, promised: { 1: 1, 2: 2, 4: 3, 5: 4 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const [first, second] = [
      await versionOf(draft, { 1: 9, 2: 9, 5: 9 }),
      await versionOf(draft, { 1: 9, 4: 9, 5: 9 }),
    ];
    await h.sendSubmit(first);
    await h.sendDefend(first, 2, 2);
    await h.sendSubmit(second);
    const kept = united(first, second, draft.proposal.promisedProvers);
    expect(kept.record.nodes).to.equal(0b10100n | (0b100010n << 16n));
    for (const node of [2, 4]) {
      await expect(h.sendDefend(kept, node, node - 1)).to.be.revertedWithCustomError(h.b52, "NoDefault");
    }
    // Of the root, too: in the version that was accepted last.
    await h.sendDefend(kept, 1, 1);
    await h.sendDefend(kept, 5, 4);
    await expect(h.sendDefend(first, 1, 1)).to.be.revertedWithCustomError(h.b52, "WrongPreimage");
  });

  it("a better version of a block that is not among the best displaces nobody, and is counted once", async () => {
    h = await deployB52({ params: { maxUncles: 0n } });
    const promised = { 1: 1, 2: 2, 3: 3 };
    const draft = await h.commit({ leaves: 2, promised });
    const rival = await h.commit({ proposer: 2, leaves: 2, promised, bid: parseEther("50") });
    await h.moveTo((await h.windows()).proposalEnd);
    const { claim } = draft.content;
    await h.sendSubmit(
      await h.prove({ ...draft, content: { ...draft.content, claim: { ...claim, workers: { 2: 9 } } } }),
    );
    expect((await h.b52.ranking()).proposers).to.deep.equal([h.address(1)]);
    await h.submit(rival);
    expect((await h.b52.ranking()).proposers).to.deep.equal([h.address(2)]);
    await h.sendSubmit(await h.prove(draft));
    expect((await h.b52.ranking()).proposers).to.deep.equal([h.address(2)]);
  });

  it("a defence holds for a better version", async () => {
    const draft = await h.commit({ leaves: 2, promised: { 1: 1, 2: 2, 3: 3 } });
    await h.moveTo((await h.windows()).proposalEnd);
    const version = (workers: Record<number, number>): Draft => ({
      ...draft,
      content: { ...draft.content, claim: { ...draft.content.claim, workers } },
    });
    const worse = await h.prove(version({ 2: 9, 3: 9 }));
    await h.sendSubmit(worse);
    await h.sendDefend(worse, 2, 2);
    const better = united(worse, await h.prove(version({ 2: 9 })), 3n);
    await h.sendSubmit(better);
    await h.advance(better);
    await h.moveTo(better.record.defenceEnd + 1n);
    await expect(h.sendSlash(better, 2)).to.be.revertedWithCustomError(h.b52, "NoDefault");
  });

  it("not after it was settled, as the winner is when the state advances", async () => {
    const { winner } = await h.round({});
    await expect(h.sendSubmit(winner))
      .to.be.revertedWithCustomError(h.b52, "WrongStatus")
      .withArgs(h.address(1), SETTLED);
  });

  it("not for a round that is over, though its commitment is there", async () => {
    const late = await h.commit({ proposer: 2 });
    const { winner } = await h.round({});
    expect(winner.proposal.round).to.equal(1n);
    await expect(h.sendSubmit(await h.prove(late)))
      .to.be.revertedWithCustomError(h.b52, "NotCurrentRound")
      .withArgs(1n, 2n);
  });

  // ─── What is shown ─────────────────────────────────────────────────────────────────────────────────────────────────

  it("only what was committed to", async () => {
    const block = await ready();
    const unknown = await h.draft({ proposer: 4 });
    await expect(h.b52.submit(unknown.proposal, block.submission))
      .to.be.revertedWithCustomError(h.b52, "UnknownCommitment")
      .withArgs(h.address(4), unknown.id, `0x${"00".repeat(26)}`);
    const { proposal } = block;
    const recorded = block.id.slice(0, 54);
    const changes = [
      { ...proposal, round: 2n },
      { ...proposal, parent: ZeroHash },
      { ...proposal, contentHash: ZeroHash },
      { ...proposal, bid: proposal.bid + 1n },
      { ...proposal, share: proposal.share - 1n },
      { ...proposal, leaves: 4n },
      { ...proposal, promisedProvers: 200n },
      { ...proposal, transcript: ZeroHash },
    ];
    for (const changed of changes) {
      const { id } = await h.b52.hashesOf(changed);
      await expect(h.b52.submit(changed, block.submission))
        .to.be.revertedWithCustomError(h.b52, "UnknownCommitment")
        .withArgs(h.address(1), id, recorded);
    }
  });

  it("only the transcript committed to", async () => {
    const block = await ready({ promised: { 1: 5 } });
    for (const change of [{ promised: 0n }, { votesRoot: 1n }]) {
      const shown = transcriptOf({ ...block.submission, ...change });
      await expect(altered(block, change))
        .to.be.revertedWithCustomError(h.b52, "WrongTranscript")
        .withArgs(shown, block.proposal.transcript);
    }
  });

  it("only the content committed to", async () => {
    const block = await ready({ leaves: 2 });
    const { data } = block.submission;
    const changes: Partial<Submission>[] = [
      { salt: ZeroHash },
      { forcedCount: 1n },
      { feeAccount: 6n },
      { feeToken: 1n },
      { data: `${data}00` },
      { data: data.slice(0, -2) },
      { data: `0xff${data.slice(4)}` },
      { includeList: concat([new Uint8Array(SLOT_BYTES)]) },
    ];
    for (const change of changes) {
      const shown = contentHashOf({ ...block.submission, ...change });
      await expect(altered(block, change))
        .to.be.revertedWithCustomError(h.b52, "WrongContent")
        .withArgs(shown, block.proposal.contentHash);
    }
  });

  it("no tree of another size than committed to", async () => {
    const cases = [
      { leaves: 2, committedLeaves: 4n },
      { leaves: 2, committedLeaves: 8n },
      { leaves: 4, committedLeaves: 2n },
      { leaves: 8, committedLeaves: 4n },
    ] as const;
    for (const [i, claim] of cases.entries()) {
      await expect(h.sendSubmit(await ready({ ...claim, proposer: 1 + i })))
        .to.be.revertedWithCustomError(h.b52, "WrongTreeSize")
        .withArgs(claim.leaves, claim.committedLeaves);
      await h.moveTo((await h.windows()).proofEnd);
    }
  });

  it("no more data than eight leaves hold", async () => {
    const block = await ready({ data: concat([new Uint8Array(8 * LEAF_BYTES + 1)]), committedLeaves: 8n });
    await expect(h.sendSubmit(block)).to.be.revertedWithCustomError(h.b52, "WrongTreeSize").withArgs(16n, 8n);
  });

  it("the least number of leaves that holds the data, and one merge less", async () => {
    const block = await ready({ leaves: 4 });
    const { leaves, merges } = block.submission;
    const bigger = (await imagined({ proposer: 2, leaves: 8 })).submission;
    const changes: Partial<Submission>[] = [
      { leaves: leaves.slice(0, 2), merges: merges.slice(0, 1) },
      { leaves: leaves.slice(0, 3) },
      { leaves: [...leaves, leaves[0]!] },
      { leaves: [], merges: [] },
      { merges: merges.slice(0, 2) },
      { merges: [...merges, merges[0]!] },
      { merges: [] },
      { leaves: bigger.leaves, merges: bigger.merges },
    ];
    for (const change of changes) {
      const shown = { ...block.submission, ...change };
      await expect(altered(block, change))
        .to.be.revertedWithCustomError(h.b52, "WrongNodeCount")
        .withArgs(shown.leaves.length, shown.merges.length, 4);
    }
  });

  /** A block that was never committed. */
  const imagined = async (claim: ProposalClaim): Promise<Block> =>
    h.prove(h.draftFor({ round: 1n, height: 1n, parent: await h.b52.head(), ...claim }));

  // ─── What is proven ────────────────────────────────────────────────────────────────────────────────────────────────

  describe("with any one word changed", () => {
    let block: Block;
    beforeEach(async () => {
      block = await ready({ leaves: 4, promised: { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7 } });
    });

    const leafFields = ["newStateRoot", "exitsHash", "proverFees", "commitment", "digest", "worker"] as const;
    for (const field of leafFields) {
      it(`is refused: ${field} of each leaf`, async () => {
        for (let i = 0; i < 4; i++) await refusedLeaf(i, (leaf) => ({ ...leaf, [field]: leaf[field] + 1n }));
      });
    }

    for (const field of ["digest", "delivered", "nodes", "worker"] as const) {
      it(`is refused: ${field} of each merge`, async () => {
        for (let i = 0; i < 3; i++) await refusedMerge(i, (merge) => ({ ...merge, [field]: merge[field] ^ 1n }));
      });
    }

    it("is refused: the proof of each leaf and merge", async () => {
      for (let i = 0; i < 4; i++) await refusedLeaf(i, (leaf) => ({ ...leaf, proof: [1n, ...leaf.proof.slice(1)] }));
      for (let i = 0; i < 3; i++) {
        await refusedMerge(i, (merge) => ({ ...merge, proof: [1n, ...merge.proof.slice(1)] }));
      }
    });

    it("is refused: two nodes exchanged", async () => {
      const { leaves, merges } = block.submission;
      const [a, b, c, d] = leaves as [LeafNode, LeafNode, LeafNode, LeafNode];
      const [root, left, right] = merges as [MergeNode, MergeNode, MergeNode];
      await refused({ leaves: [b, a, c, d] });
      await refused({ leaves: [c, d, a, b] });
      await refused({ merges: [root, right, left] });
      await refused({ merges: [left, root, right] });
    });

    it("and is accepted as it was", async () => {
      await h.sendSubmit(block);
    });

    const refused = async (change: Partial<Submission>): Promise<void> => {
      await expect(altered(block, change)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
    };
    const refusedLeaf = (i: number, change: (leaf: LeafNode) => LeafNode): Promise<void> =>
      refused({ leaves: block.submission.leaves.map((leaf, at) => (at === i ? change(leaf) : leaf)) });
    const refusedMerge = (i: number, change: (merge: MergeNode) => MergeNode): Promise<void> =>
      refused({ merges: block.submission.merges.map((merge, at) => (at === i ? change(merge) : merge)) });
  });

  it("no proof serves another node, proposer, proposal or round", async () => {
    const claim = { salt: ZeroHash, bid: parseEther("2"), promised: { 1: 1 } };
    const { proposal, submission } = await imagined(claim);
    const others: ProposalClaim[] = [
      { ...claim, proposer: 2 },
      { ...claim, proposer: 3, bid: parseEther("2") + 1n },
      { ...claim, proposer: 4, share: 0n },
    ];
    const drafts = [await h.commit(claim)];
    for (const other of others) drafts.push(await h.commit(other));
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    for (const draft of drafts.slice(1)) {
      await expect(h.b52.submit(draft.proposal, submission)).to.be.revertedWithCustomError(
        h.verifier,
        "ProofsRejected",
      );
    }
    await h.moveTo(proofEnd);
    await h.settle(...drafts);
    const again = await h.commit(claim);
    expect(again.proposal).to.deep.equal({ ...proposal, round: 2n });
    await h.moveTo((await h.windows()).proposalEnd);
    await expect(h.b52.submit(again.proposal, submission)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
    await h.submit(again);
  });

  it("every word of every statement is what L1 knows", async () => {
    // Proofs of the mock for other words than L1's: as a dishonest prover would make them.
    const block = await ready({ leaves: 4, promised: { 1: 1, 5: 5 }, exits: { 1: [EXIT] } });
    const count = 4;
    for (const [at, { circuit, inputs }] of block.list.entries()) {
      for (let input = 0; input < inputs.length; input++) {
        const forged = mockProof(
          circuit,
          inputs.map((value, i) => (i === input ? value + 1n : value)),
        );
        const { leaves, merges } = block.submission;
        const change =
          at < count
            ? { leaves: leaves.map((leaf, i) => (i === at ? { ...leaf, proof: forged } : leaf)) }
            : { merges: merges.map((merge, i) => (i === at - count ? { ...merge, proof: forged } : merge)) };
        await expect(altered(block, change)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
      }
    }
    await h.sendSubmit(block);
  });

  // ─── Exits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("exits are those of the leaves, word for word", async () => {
    const block = await ready({
      leaves: 4,
      exits: {
        0: [EXIT],
        2: [
          { ...EXIT, slot: 0 },
          { ...EXIT, slot: 3 },
        ],
      },
    });
    const { exits } = block.submission;
    expect(exits).to.have.length(6);
    const refused = [
      [],
      exits.slice(2),
      exits.slice(0, 4),
      exits.with(0, exits[0]! + SLOT),
      exits.with(2, exits[2]! - 2n * SLOT),
      ...exits.map((word, i) => exits.with(i, word ^ 1n)),
    ];
    for (const shown of refused) {
      await expect(altered(block, { exits: shown })).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
    }
    await h.sendSubmit(block);
  });

  it("each exit is in a leaf, in order, and has two words", async () => {
    const block = await ready({ leaves: 4, exits: { 0: [EXIT], 2: [{ ...EXIT, slot: 0 }] } });
    const { exits } = block.submission;
    const [a, b, c, d] = exits as [bigint, bigint, bigint, bigint];
    const refused: [bigint[], number][] = [
      [[a, b, c, d, 16n * SLOT + 77n, 1n], 2],
      [[a, b, c + (1n << 255n), d], 1],
      [[c, d, a, b], 1],
      [[a, b, c], 1],
    ];
    for (const [shown, exit] of refused) {
      await expect(altered(block, { exits: shown }))
        .to.be.revertedWithCustomError(h.b52, "InvalidExit")
        .withArgs(exit);
    }
  });

  /**
   * The circuit gives zeros for a slot without an exit. If L1 took them as an exit, its numbers of all later exits would
   * differ from those of the nodes.
   */
  it("two zero words are no exit", async () => {
    const block = await ready({ leaves: 2, exits: { 0: [EXIT] } });
    await expect(altered(block, { exits: [0n, 0n, ...block.submission.exits] }))
      .to.be.revertedWithCustomError(h.verifier, "InvalidExit")
      .withArgs(0, 0);
  });

  // ─── Forced operations ─────────────────────────────────────────────────────────────────────────────────────────────

  it("the timestamp of the header is the end of the proposal window, whenever it is proven", async () => {
    const draft = await h.commit();
    const { proposalEnd, proofEnd } = await h.windows();
    await h.moveTo(proofEnd - 1n);
    const block = await h.submit(draft);
    expect(block.list[0]!.inputs[7]! & ((1n << 64n) - 1n)).to.equal(proposalEnd);
  });

  it("builds on the state of the head", async () => {
    const { winner } = await h.round({ newStateRoots: { 1: numberFrom("a state") } });
    const next = await ready({ proposer: 2 });
    expect(next.list[0]!.inputs[6]).to.equal(numberFrom("a state"));
    expect(next.proposal.parent).to.equal(winner.id);
    await h.sendSubmit(next);
  });
});
