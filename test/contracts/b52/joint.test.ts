// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { proofBy, united, type LeafNode, type MergeNode, type Submission } from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  type B52Harness,
  type Block,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";
import { mockJointProof, NO_PROOF, provenJointly } from "../../helpers/b52Joint.ts";

const EXIT = { slot: 2, recipient: 77n, token: 1n, amount: 5n };
const STRANGER = 17;
const TICKETS = [1, 2, 3] as const;

/** Seven nodes, two exits and fees. Ticket 2 has not delivered node 6. */
const CLAIM: ProposalClaim = {
  leaves: 4,
  promised: { 1: 1, 2: 2, 3: 3, 4: 1, 5: 2, 6: 2, 7: 3 },
  workers: { 6: 9 },
  exits: { 1: [EXIT], 3: [{ ...EXIT, slot: 0, amount: 6n }] },
  proverFees: { 0: 5n, 2: 6n },
};

/** MockVerifier accepts a joint proof for exactly the words of all statements, in their order. */
describe("B52: a block with a joint proof", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52({ tickets: TICKETS });
  });

  /** A block whose nodes have proofs of their own, and that can be submitted now. */
  const ready = async (claim: ProposalClaim = CLAIM): Promise<Block> => {
    const draft = await h.commit(claim);
    await h.moveTo((await h.windows()).proposalEnd);
    return h.prove(draft);
  };

  const versionOf = (draft: Draft, workers: Record<number, number>): Promise<Block> =>
    h.prove({ ...draft, content: { ...draft.content, claim: { ...draft.content.claim, workers } } });

  const altered = (block: Block, change: Partial<Submission>) =>
    h.b52.submit(block.proposal, { ...block.submission, ...change });

  const refused = async (block: Block, change: Partial<Submission>): Promise<void> => {
    await expect(altered(block, change)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
  };

  /** The block's nodes with another one in the place of the statement number `at`. */
  const withNode = (
    { submission: { leaves, merges } }: Block,
    at: number,
    change: (node: LeafNode | MergeNode) => object,
  ): Partial<Submission> => {
    const changed = <N extends LeafNode | MergeNode>(nodes: readonly N[], i: number): N[] =>
      nodes.map((node, j) => (i === j ? { ...node, ...change(node) } : node));
    return { leaves: changed(leaves, at), merges: changed(merges, at - leaves.length) };
  };

  // ─── What it does ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Submits a block, makes it the head and pays; gives all that this leaves on the chain, except times. */
  async function outcomeOf(block: Block, from: number): Promise<unknown> {
    await mined(h.sendSubmit(block, from));
    const [proven] = await h.b52.queryFilter(h.b52.filters.BlockProven(), h.startBlock);
    if (proven === undefined) throw new Error("nothing was proven");
    const { args } = proven;
    expect([...args.record]).to.deep.equal(Object.values(block.record));
    const { newStateRoot, forcedCount, exitsRoot, exitCount, payments } = block.transition;
    expect([...args.transition].slice(0, 4)).to.deep.equal([newStateRoot, forcedCount, exitsRoot, exitCount]);
    expect(args.transition.payments.map((payment) => [...payment])).to.deep.equal(payments.map(Object.values));
    const ranking = await h.b52.ranking();
    const result = await h.advance(block);
    await h.pay(block);
    await h.expectSolvent();
    const balances: bigint[] = [];
    for (let i = 0; i < 20; i++) balances.push(await h.balance(i));
    const earned: bigint[] = [];
    for (const ticket of [...TICKETS, 9]) earned.push(await h.earned(ticket));
    return {
      ...{ round: args.round, proposer: args.proposer, score: args.score, ranking, result, balances, earned },
      ...{ record: { ...block.record, statements: undefined }, transition: block.transition },
      stateRoot: await h.rollup.stateRoot(),
      credits: await h.rollup.credits(0, h.address(1)),
      owed: await h.owed(),
    };
  }

  it("is recorded, ranked, made the head and paid as with single proofs, whoever sends it", async () => {
    const single = await ready();
    const joint = provenJointly(single);
    expect(joint.record.statements).not.to.equal(single.record.statements);
    const outcomes: unknown[] = [];
    for (const [block, from] of [
      [single, 0],
      [joint, 0],
      [joint, STRANGER],
    ] as const) {
      const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
      outcomes.push(await outcomeOf(block, from));
      await snapshot.restore();
      h.network.clock.reset();
    }
    expect(outcomes[1]).to.deep.equal(outcomes[0]);
    expect(outcomes[2]).to.deep.equal(outcomes[0]);
    const { earned, stateRoot, credits } = outcomes[0] as Record<string, unknown>;
    expect((earned as bigint[]).map((amount) => amount > 0n)).to.deep.equal([true, true, true, false]);
    expect([stateRoot, credits]).to.deep.equal([single.transition.newStateRoot, 11n]);
  });

  for (const leaves of [2, 8] as const) {
    it(`is taken with ${leaves} leaves`, async () => {
      await h.sendSubmit(provenJointly(await ready({ leaves, promised: { 1: 1 } })));
    });
  }

  it("is in the log with its joint proof if a contract sends it", async () => {
    const { proposal, submission } = provenJointly(await ready());
    const caller = await h.network.connection.ethers.deployContract("Caller");
    const call = h.b52.interface.encodeFunctionData("submit", [proposal, submission]);
    const { blockNumber } = await mined(caller.execute(h.b52, call));
    const [event] = await h.b52.queryFilter(h.b52.filters.BlockPublished(), blockNumber);
    expect(event?.args.submission.joint).to.equal(submission.joint);
    expect(h.b52.interface.encodeFunctionData("submit", [proposal, event!.args.submission])).to.equal(call);
  });

  // ─── What is rejected ──────────────────────────────────────────────────────────────────────────────────────────────

  it("is rejected with another joint proof than its own", async () => {
    const other = provenJointly(await h.prove(await h.commit({ ...CLAIM, proposer: 2 })));
    const block = provenJointly(await ready());
    const { joint } = block.submission;
    const [first, second, ...rest] = block.list;
    const proofs = [
      other.submission.joint,
      mockJointProof(block.list.slice(0, -1)),
      mockJointProof([second!, first!, ...rest]),
      mockJointProof([...block.list, first!]),
      `${joint.slice(0, -2)}${joint.endsWith("00") ? "01" : "00"}`,
      joint.slice(0, -2),
      `${joint}00`,
      "0x00",
    ];
    for (const proof of proofs) await refused(block, { joint: proof });
    await h.sendSubmit(block);
  });

  it("is rejected without its joint proof, and a block with single proofs is rejected with one", async () => {
    const single = await ready();
    const block = provenJointly(single);
    await refused(block, { joint: "0x" });
    await expect(altered(single, { joint: block.submission.joint }))
      .to.be.revertedWithCustomError(h.verifier, "StatementHasProof")
      .withArgs(0);
    await h.sendSubmit(block);
  });

  it("is rejected with any word of any node's own proof, though it is the valid one", async () => {
    const single = await ready();
    const block = provenJointly(single);
    for (const [at, { proof: own }] of single.list.entries()) {
      // Each word at some node, the first and the last at every node.
      const proofs = [0, 1 + (at % 6), 7].map((word) => NO_PROOF.with(word, 1n));
      for (const proof of [...proofs, own]) {
        await expect(
          altered(
            block,
            withNode(block, at, () => ({ proof })),
          ),
        )
          .to.be.revertedWithCustomError(h.verifier, "StatementHasProof")
          .withArgs(at);
      }
    }
    await h.sendSubmit(block);
  });

  it("is rejected with any claim of any node altered", async () => {
    const block = provenJointly(await ready());
    const leafFields = ["newStateRoot", "exitsHash", "proverFees", "commitment", "digest", "worker"] as const;
    const mergeFields = ["digest", "delivered", "nodes", "worker"] as const;
    const { leaves, exits } = block.submission;
    for (const at of block.list.keys()) {
      for (const field of at < leaves.length ? leafFields : mergeFields) {
        await refused(
          block,
          withNode(block, at, (node) => ({ [field]: (node as unknown as Record<string, bigint>)[field]! ^ 1n })),
        );
      }
    }
    for (const [i, word] of exits.entries()) await refused(block, { exits: exits.with(i, word ^ 1n) });
    await refused(block, { exits: exits.slice(2) });
    await refused(block, { leaves: [leaves[1]!, leaves[0]!, ...leaves.slice(2)] });
    await h.sendSubmit(block);
  });

  it("is rejected if its joint proof is of other words than L1 knows", async () => {
    const block = provenJointly(await ready({ leaves: 2, promised: { 1: 1, 3: 2 }, exits: { 1: [EXIT] } }));
    for (const [at, { inputs }] of block.list.entries()) {
      for (const [i, word] of inputs.entries()) {
        const forged = { ...block.list[at]!, inputs: inputs.with(i, word + 1n) };
        await refused(block, { joint: mockJointProof(block.list.with(at, forged)) });
      }
    }
    await h.sendSubmit(block);
  });

  it("is rejected where the verifier has no joint proofs", async () => {
    const { ethers } = h.network.connection;
    const verifier = await ethers.deployContract("RollupVerifier");
    h = await deployB52({ params: { verifier: await verifier.getAddress() } }, h.network);
    const single = await ready({ leaves: 2 });
    await expect(h.sendSubmit(provenJointly(single))).to.be.revertedWithCustomError(verifier, "NoJointProofs");
    // Single proofs get as far as their points, and those of the mock are none.
    await expect(h.sendSubmit(single)).to.be.revertedWithCustomError(verifier, "InvalidPoint");
  });

  // ─── Again ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const singly = (block: Block): Block => block;
  const jointly = (block: Block): Block => provenJointly(block);
  for (const [name, first, second] of [
    ["jointly and then by single proofs", jointly, singly],
    ["by single proofs and then jointly", singly, jointly],
    ["jointly twice", jointly, jointly],
  ] as const) {
    it(`is proven ${name}: the second credits another node, and nothing is taken from anybody`, async () => {
      const draft = await h.commit({ leaves: 2, promised: { 1: 1, 2: 2, 3: 3 } });
      await h.moveTo((await h.windows()).proposalEnd);
      const before = first(await versionOf(draft, { 2: 9, 3: 9 }));
      const same = second(await versionOf(draft, { 2: 0, 3: 9 }));
      const after = second(await versionOf(draft, { 1: 9, 3: 9 }));
      await h.sendSubmit(before);
      for (const again of [before, same]) {
        await expect(h.sendSubmit(again)).to.be.revertedWithCustomError(h.b52, "NotBetter").withArgs(0b10n, 0b10n);
      }
      const kept = united(before, after, 3n);
      expect(kept.record).to.include({ nodes: 0b110n | (0b1000n << 16n), provers: 2n });
      await expect(h.sendSubmit(after))
        .to.emit(h.b52, "BlockProven")
        .withArgs(
          ...[1n, h.address(1), await h.b52.scoreOf(2n, draft.proposal.bid), Object.values(kept.record)],
          () => true,
        );
      for (const again of [before, after]) {
        await expect(h.sendSubmit(again)).to.be.revertedWithCustomError(h.b52, "NotBetter");
      }
      // The statements that were verified last are the ones that a defence shows.
      await expect(h.sendDefend({ ...kept, statements: before.statements }, 3, 3)).to.be.revertedWithCustomError(
        h.b52,
        "WrongPreimage",
      );
      await h.sendDefend(kept, 3, 3);
      await h.advance(kept);
      await h.pay(kept);
      const earned = await Promise.all(TICKETS.map((ticket) => h.earned(ticket)));
      expect(earned[0]! > 0n).to.equal(true);
      expect(earned).to.deep.equal([earned[0], earned[0], 0n]);
      await h.expectSolvent();
    });
  }

  // ─── Defaults ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("lets a prover defend each node by a proof of that node alone", async () => {
    const promised = { 1: 1, 2: 2, 3: 3, 4: 1, 5: 2, 6: 3, 7: 1 };
    const nodes = Object.keys(promised).map(Number);
    const workers = Object.fromEntries(nodes.map((node) => [node, 9]));
    const block = provenJointly(await ready({ ...CLAIM, promised, workers }));
    await h.sendSubmit(block);
    const defend = (node: number, proof: readonly bigint[], { statements } = block) =>
      h.b52.defend(block.record, statements, node, [...proof] as Parameters<typeof h.b52.defend>[3], 99n);
    for (const [node, ticket] of Object.entries(promised).map(([key, value]) => [Number(key), value] as const)) {
      const another = proofBy((ticket % 3) + 1, block, node, 99n);
      for (const proof of [NO_PROOF, another, proofBy(ticket, block, node, 98n)]) {
        await expect(defend(node, proof)).to.be.revertedWithCustomError(h.verifier, "ProofsRejected");
      }
      await expect(h.sendDefend(block, node, ticket))
        .to.emit(h.b52, "Defended")
        .withArgs(1n, h.address(1), BigInt(ticket), BigInt(node));
    }
    await h.advance(block);
    await h.moveTo(block.record.defenceEnd);
    for (const node of nodes) {
      await expect(h.sendSlash(block, node)).to.be.revertedWithCustomError(h.b52, "NoDefault");
    }
  });

  it("costs a ticket its stake for a node that it has not delivered and does not defend", async () => {
    const block = provenJointly(await ready({ ...CLAIM, workers: { 6: 9, 7: 9 } }));
    await h.sendSubmit(block);
    await h.sendDefend(block, 7, 3);
    await h.advance(block);
    await h.moveTo(block.record.defenceEnd);
    const amount = (h.staking.stake * h.staking.slashRate) / 10_000n;
    await expect(h.sendSlash(block, 6)).to.emit(h.registry, "TicketSlashed").withArgs(2n, amount, 1n);
    await expect(h.sendSlash(block, 7)).to.be.revertedWithCustomError(h.b52, "NoDefault");
    const stakes = await Promise.all(TICKETS.map(async (ticket) => (await h.registry.getTicket(ticket)).stake));
    expect(stakes).to.deep.equal([h.staking.stake, h.staking.stake - amount, h.staking.stake]);
    await h.expectSolvent();
  });
});
