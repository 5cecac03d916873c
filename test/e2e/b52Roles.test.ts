// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther } from "ethers";
import { network } from "hardhat";

import { isSameAddress, Wallet } from "../../src/agents/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { createProver, type Prover } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { FIXED_START, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { deployB52 } from "../../tools/deployment/b52.ts";
import { B52Rig } from "../helpers/b52Rig.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";

/** A dozen proofs take two minutes on two idle cores, if they have not been made before. */
const TIMEOUT = 1_800_000;

/** Seconds that a proof is said to take: decisions depend on it, and the proofs that are kept on decisions. */
const SECONDS = 15;

const PROPOSER = ["proposer", "closing", "court"] as const;
const PROVER = ["voter", "prover", "closing", "court"] as const;

describe("B52, a height by roles alone, with real proofs", function () {
  this.timeout(TIMEOUT);
  let rig: B52Rig;
  let prover: Prover;

  before(async () => {
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const made = createProver(await prepareAll("development"));
    prover = {
      prove: async (circuit, input) => ({ ...(await made.prove(circuit, input)), seconds: SECONDS }),
      dispose: () => made.dispose(),
    };
    rig = await B52Rig.create(connection, await deployB52(connection), prover);
    await rig.add({ name: "A", account: 1, roles: PROPOSER });
    await rig.add({ name: "B", account: 2, roles: PROPOSER, proposing: { maxBid: parseEther("5") } });
    await rig.add({ name: "honest", account: 3, roles: PROVER, ticket: 1 });
    // It could submit its own proofs as well; here it has only its defence.
    await rig.add({ name: "unheard", account: 4, roles: ["voter", "prover", "court"], ticket: 2 });
    // Votes, and does nothing else.
    await rig.add({ name: "silent", account: 5, roles: ["voter"], ticket: 3 });
    rig.network.passes = ({ kind }, from) => !(kind === "proof" && from === "unheard");
    const user = new Wallet(rig.node, (await connection.ethers.getSigners())[15]!, createFastSigner("user"));
    await user.deposit(ETH, parseEther("1"));
    await rig.until("height 1", () => rig.node.batches.length === 1);
  });

  after(async () => {
    await prover.dispose();
  });

  it("has the block of the higher bid as its head, and the other as an uncle", () => {
    const { node } = rig;
    const [a, b] = rig.parties.map(({ wallet }) => wallet.address);
    const block = node.batch(1);
    const result = node.resultOf(block.proposal.round)!;
    expect(isSameAddress(block.proposal.proposer, a!)).to.equal(true);
    expect(result.uncles.map(String)).to.deep.equal([b]);
    expect(block.header.forcedCount).to.equal(1);
    expect(node.finalState.accounts.peek(1)?.balance).to.equal(parseEther("1"));
  });

  it("was proven although one prover was silent and one was not heard: others filled their nodes", () => {
    for (const { record } of rig.node.provenBlocks) {
      const nodes = BigInt(record.nodes);
      expect(record.leaves).to.equal(2n);
      expect([(nodes & 0xffffn).toString(2).length > 1, nodes >> 16n > 0n]).to.deep.equal([true, true]);
    }
    expect(rig.acts.some(({ decision }) => decision.do === "prove" && decision.why === "gap")).to.equal(true);
  });

  it("has the defences of the prover that was not heard on L1, before the window ends", async () => {
    const { node } = rig;
    const own = (): readonly { readonly isCleared: boolean }[] =>
      node.provenBlocks.flatMap((block) => node.defaultsOf(block).filter(({ ticket }) => ticket === 2));
    await rig.until("all defaults of ticket 2 are cleared", () => own().every(({ isCleared }) => isCleared));
    expect(own().length).to.be.at.least(1);
    expect(rig.actsOf("unheard")).to.include("defend");
    expect(BigInt(await rig.now()) < BigInt(node.batch(1).record.defenceEnd)).to.equal(true);
  });

  it("ends with the silent prover slashed once, bids back, and rewards paid", async () => {
    const { node, system } = rig;
    const { round } = node.batch(1).proposal;
    const missed = (): boolean =>
      node.provenBlocks.some((block) =>
        node.defaultsOf(block).some(({ ticket, isSlashed }) => ticket === 3 && isSlashed),
      );
    await rig.until("ticket 3 is slashed", missed, { step: 120 });
    await rig.until("nothing is left to do", () => node.chores.length === 0);
    const { stake } = await system.registry.getTicket(3);
    expect(stake).to.equal(((await system.registry.STAKE()) * 95n) / 100n);
    expect((await system.registry.getTicket(2)).stake).to.equal(await system.registry.STAKE());
    expect(node.proposalsOf(round).every((proposal) => node.isSettled(proposal))).to.equal(true);
    const [, b, honest] = rig.parties;
    // The loser has its bid back, and the honest prover its pay.
    expect(await system.consensus.balances(b!.wallet.address)).to.be.at.least(parseEther("5"));
    expect(await system.consensus.balances(honest!.wallet.address)).to.be.greaterThan(0n);
    expect(rig.acts.filter(({ decision }) => decision.do === "slash").length).to.equal(1);
  });
});
