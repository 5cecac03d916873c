// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { Provider } from "ethers";

import { B52Node, Proposer, StakedProver, type B52System, type Chore } from "../../../src/agents/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { createOutputSigner } from "../../../src/crypto/index.ts";
import { State } from "../../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import type { Prover } from "../../../src/prover/index.ts";
import type { RollupVerifier } from "../../../typechain-types/index.ts";
import { freshB52, type B52Harness, type Block, type ProposalClaim } from "../../helpers/b52Harness.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

/** Chores need no proof. */
const NO_PROVER: Prover = {
  prove: () => Promise.reject(new Error("nothing is to be proven here")),
  dispose: () => Promise.resolve(),
};

const GENESIS = State.genesis(DEVELOPMENT).root;
/** Blocks of nothing. Of the first two tickets, the first does not deliver the root. */
const CLAIM: ProposalClaim = {
  newStateRoots: { 0: GENESIS, 1: GENESIS },
  promised: { 1: 1, 2: 2 },
  workers: { 1: 2 },
};

function systemOf(h: B52Harness): B52System {
  const provider: Provider = h.network.connection.ethers.provider;
  return {
    provider,
    consensus: h.b52.connect(provider),
    registry: h.registry.connect(provider),
    rollup: h.rollup.connect(provider),
    token: h.token,
    verifier: h.verifier as unknown as RollupVerifier,
    profile: DEVELOPMENT,
    deploymentBlock: h.startBlock,
  };
}

const kindsOf = (chores: readonly Chore[]): string[] => chores.map(({ kind }) => kind).sort();

describe("The chores of B52's agents before a round makes room", () => {
  let h: B52Harness;
  let node: B52Node;
  let winner: Block;

  const proposer = (i: number): Proposer => new Proposer(node, h.signer(i), { feeAccount: 1, feeToken: 0n });
  const proverOf = (ticket: number, l1 = h.owner(ticket)): StakedProver =>
    new StakedProver(node, l1, ticket, createOutputSigner(Buffer.from("any")), NO_PROVER);

  beforeEach(async () => {
    h = await freshB52({ tickets: [1, 2] });
    await h.moveTo((await h.windows()).proposalEnd);
    node = await B52Node.open(systemOf(h));
    const drafts = [await h.commit({ ...CLAIM, bid: 3n * h.params.minBid }), await h.commit({ ...CLAIM, proposer: 2 })];
    winner = await h.submit(drafts[0]!);
    await h.submit(drafts[1]!);
    await mined(h.sendDemand(winner, 1, 3));
    await node.sync();
    expect(node.chores, "while the round is open").to.deep.equal([]);
    await h.advance(winner);
    await node.sync();
  });

  /** Rounds of proposer 9, until `count` more are over. */
  const pass = async (count: bigint): Promise<void> => {
    for (let i = 0n; i < count; i++) await h.round({ ...CLAIM, proposer: 9 });
  };

  it("knows for how many rounds L1 keeps things", async () => {
    expect(node.roundsKept).to.equal(await h.b52.ROUNDS_KEPT());
  });

  it("names the bids, rewards and deposits that are due, and each once", async () => {
    expect(kindsOf(node.chores)).to.deep.equal(["pay", "pay", "settle"]);
    await h.moveTo(winner.record.defenceEnd);
    await node.sync();
    expect(kindsOf(node.chores)).to.deep.equal(["close", "pay", "pay", "settle"]);
    expect(await proposer(1).collect()).to.have.length(2);
    await node.sync();
    expect(kindsOf(node.chores)).to.deep.equal(["pay", "settle"]);
    expect(await proposer(2).collect()).to.have.length(2);
    await node.sync();
    expect(node.chores).to.deep.equal([]);
    expect(await proposer(2).collect()).to.deep.equal([]);
    await h.expectSolvent();
  });

  it("a prover collects for the blocks that it delivered a node of, and for its demands", async () => {
    expect(await proverOf(1).collect(), "the first ticket delivered nothing").to.deep.equal([]);
    expect(await proverOf(2).collect()).to.have.length(2);
    expect(await h.earned(2)).to.be.above(0n);
    await h.moveTo(winner.record.defenceEnd);
    expect(await proverOf(1, h.signer(3)).collect(), "whoever asked").to.have.length(1);
    await node.sync();
    expect(kindsOf(node.chores)).to.deep.equal(["settle"]);
  });

  it("the winner's bid cannot be settled: the state's advance has", async () => {
    const committed = { proposal: winner.proposal } as Parameters<Proposer["settle"]>[0];
    await expectRejection(proposer(1).settle(committed), "ALREADY_SETTLED");
  });

  it("forgets rewards that lapsed, and not bids and deposits", async () => {
    await pass(node.roundsKept - 1n);
    await node.sync();
    const of = (round: bigint): readonly Chore[] =>
      node.chores.filter((chore) => (chore.kind === "settle" ? chore.proposal : chore.block.proposal).round === round);
    const { round } = winner.proposal;
    expect(kindsOf(of(round))).to.deep.equal(["close", "pay", "pay", "settle"]);
    await pass(1n);
    await node.sync();
    expect(kindsOf(of(round))).to.deep.equal(["close", "settle"]);
    for (const i of [1, 2]) expect(await proposer(i).collect()).to.have.length(1);
    await node.sync();
    expect(of(round)).to.deep.equal([]);
    await h.expectSolvent();
  });

  it("of a failed round that is not closed, the first to settle closes it", async () => {
    const draft = await h.commit({ ...CLAIM, proposer: 4 });
    await node.sync();
    expect(await proposer(4).collect(), "while the round is open").to.deep.equal([]);
    await h.moveTo((await h.windows(draft.proposal.height)).proofEnd);
    expect(await proposer(4).collect()).to.have.length(1);
    expect((await h.resultOf(draft.proposal.round)).round).to.equal(draft.proposal.round);
    await h.expectSolvent();
  });
});
