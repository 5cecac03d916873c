// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { getBytes, id, parseEther, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  B52Node,
  ProofTree,
  Proposer,
  publishedOpenings,
  StakedProver,
  type B52System,
  type NodeProof,
  type ProvenBlock,
} from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import {
  applyBlock,
  draftContext,
  NO_DRAW,
  OpenedTranscript,
  type NodePromise,
  type Transcript,
} from "../../src/b52/index.ts";
import { FIXED_START, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import { createOutputSigner } from "../../src/crypto/index.ts";
import { revertOf } from "../../demo/revertOf.ts";
import { deployB52 } from "../../tools/deployment/b52.ts";
import { createProver, type Prover } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";

/** Ten proofs take a minute and a half on two cores, if they have not been made before. */
const PROVING_TIMEOUT = 1_800_000;

/** Three leaves of the development profile, so the tree has four: inner merges are the nodes 2 and 3. */
const SLOTS = 12;

/** Ticket by node. Ticket 4 keeps its promise, and fills in for all others. */
const PROMISED: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 3 };
const FILLER = 4;

/** The nodes that somebody defaulted on. */
const DEFAULTS = [
  [1, "the root"],
  [2, "an inner merge"],
  [4, "a leaf"],
] as const;

describe("B52, defences with real proofs", () => {
  let connection: NetworkConnection;
  let prover: Prover;
  let system: B52System;
  let node: B52Node;
  let provers: readonly StakedProver[];
  let transcript: Transcript;
  let published: readonly NodeProof[];
  let block: ProvenBlock;
  /** By node. */
  const own = new Map<number, NodeProof>();

  const proverOf = (ticket: number): StakedProver => provers[ticket - 1]!;
  const accusedOf = (at: number): StakedProver => proverOf(PROMISED[at]!);
  const publishedOf = (at: number): NodeProof => published.find((proof) => proof.node === at)!;
  const defend = (at: number, proof: NodeProof): Promise<string> => revertOf(accusedOf(at).defend(block, proof));

  before(async function () {
    this.timeout(PROVING_TIMEOUT);
    connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    prover = createProver(await prepareAll("development"));
    system = await deployB52(connection);
    node = await B52Node.open(system);
    const signers = await connection.ethers.getSigners();
    provers = await stakedProvers(signers.slice(7, 11));
    ({ transcript, published, block } = await provenBlock(signers[4]!));
    for (const [at] of DEFAULTS) own.set(at, await defenceOf(at));
  });

  after(async () => {
    await prover.dispose();
  });

  it("begins with a block of four leaves in which all but ticket 4 defaulted", () => {
    expect(block.record.leaves).to.equal(4n);
    const ofBit = (at: number, offset: number): bigint => (BigInt(block.record.nodes) >> BigInt(offset + at)) & 1n;
    for (let at = 1; at < 8; at++) {
      expect(ofBit(at, 0), `node ${at} is credited`).to.equal(at === 3 ? 1n : 0n);
      expect(ofBit(at, 16), `node ${at} is defaulted`).to.equal(DEFAULTS.some(([other]) => other === at) ? 1n : 0n);
    }
  });

  for (const [at, name] of DEFAULTS) {
    it(`takes no proof of ${name} but one of the accused ticket's own`, async () => {
      const proof = own.get(at)!;
      const others = DEFAULTS.flatMap(([other]) => (other === at ? [] : [own.get(other)!]));
      for (const forged of [
        // That of the ticket that filled in, which is in the block; with its own digest, and with that of the defence.
        publishedOf(at),
        { ...publishedOf(at), digest: proof.digest },
        { ...proof, digest: publishedOf(at).digest },
        { ...proof, digest: proof.digest + 1n },
        // Of other nodes of the block.
        ...others.map((other) => ({ ...other, node: at })),
        ...others.map((other) => ({ ...other, node: at, digest: proof.digest })),
      ]) {
        expect(await defend(at, forged)).to.match(/^ProofsRejected\(/);
      }
    });
  }

  for (const [at, name] of DEFAULTS) {
    it(`clears a default on ${name} by the accused ticket's own proof, once`, async () => {
      const { hash } = await accusedOf(at).defend(block, own.get(at)!);
      await expect(connection.ethers.provider.getTransaction(hash))
        .to.emit(system.consensus, "Defended")
        .withArgs(block.record.round, block.record.proposer, PROMISED[at], at);
      expect(await defend(at, own.get(at)!)).to.match(/^NoDefault\(/);
    });
  }

  it("leaves nobody to slash", async () => {
    const { time } = connection.networkHelpers;
    await time.increaseTo(node.proofWindowOf(block.record.round as bigint).closesAt);
    await mined(system.consensus.advanceState(block.record, block.transition));
    await node.sync();
    await time.increaseTo(block.record.defenceEnd);
    const result = node.resultOf(block.record.round as bigint)!;
    for (const [at] of DEFAULTS) {
      const refusal = await revertOf(system.consensus.slash(result, block.record, at));
      expect(refusal).to.match(/^NoDefault\(/);
    }
  });

  /** A ticket each, from 1. */
  async function stakedProvers(owners: readonly Signer[]): Promise<StakedProver[]> {
    const { registry, token } = system;
    const stake = await registry.STAKE();
    const staked: StakedProver[] = [];
    for (const [i, l1] of owners.entries()) {
      await mined(token.transfer(l1, stake));
      await mined(token.connect(l1).approve(registry, stake));
      const next = new StakedProver(node, l1, i + 1, createOutputSigner(Buffer.from(`accused ${i + 1}`)), prover);
      await next.join();
      staked.push(next);
    }
    return staked;
  }

  /** Proves a node as the ticket that was promised it, from L1 and the votes for its children alone. */
  async function defenceOf(at: number): Promise<NodeProof> {
    const { proposal, submission } = block;
    const header = node.headerOf(proposal.round, {
      feeToken: BigInt(submission.feeToken),
      feeAccount: Number(submission.feeAccount),
      forcedCount: Number(submission.forcedCount),
    });
    const batch = { header, data: getBytes(submission.data) };
    const { leaves, z } = applyBlock(system.profile, node.virtualState, batch, node.environmentOf(proposal.proposer));
    const isLeaf = at >= leaves.length;
    const needed = isLeaf ? [] : [2 * at, 2 * at + 1, ...(at === 1 ? [1] : [])];
    const opened = new OpenedTranscript(
      BigInt(submission.promised),
      BigInt(submission.votesRoot),
      needed.map((voted) => ({ node: voted, vote: transcript.vote(voted), path: transcript.path(voted) })),
    );
    const { registry } = node.round(proposal.round);
    const context = draftContext(node.domain, proposal);
    const tree = new ProofTree({ leaves, z, context, transcript: opened, registry, draw: NO_DRAW });
    const ticket = PROMISED[at]!;
    if (isLeaf) return tree.proveLeaf(prover, at, ticket);
    const openings = publishedOpenings(block, node);
    return tree.proveMerge(prover, at, ticket, [openings.get(2 * at)!, openings.get(2 * at + 1)!]);
  }

  /** Commits to a block, and submits it with proofs by the ticket that fills in. */
  async function provenBlock(l1: Signer): Promise<{
    readonly transcript: Transcript;
    readonly published: readonly NodeProof[];
    readonly block: ProvenBlock;
  }> {
    const { consensus, token } = system;
    const { time } = connection.networkHelpers;
    const bid = parseEther("10");
    await mined(token.transfer(l1, bid));
    await mined(token.connect(l1).approve(consensus, bid));
    await mined(consensus.connect(l1).deposit(bid));
    // The round at hand began before the provers staked: let it fail.
    await time.increase(Number(node.parameters.proposalWindow));
    const proposer = new Proposer(node, l1, { feeAccount: 0, feeToken: 0n });
    const transactions = Array.from({ length: SLOTS }, (_, i) => new Uint8Array(SLOT_BYTES).fill(i + 1));
    const draft = await proposer.draft({ bid, share: 4_000n, salt: id("defended"), transactions });
    const promises = Object.entries(PROMISED).map(([at, ticket]): [number, NodePromise] => [
      Number(at),
      { ticket, vote: proverOf(ticket).vote(draft, [Number(at)]) },
    ]);
    const { committed } = await proposer.commit(draft, promises);
    await node.sync();
    await time.increaseTo(node.proofWindowOf(committed.proposal.round).opensAt);
    const revealed = await proposer.reveal(committed);
    const proofs: NodeProof[] = [];
    for (const at of revealed.nodes) proofs.push(await proverOf(FILLER).prove(revealed, at, proofs));
    await proposer.submit(committed, proofs);
    await node.sync();
    const proven = node.provenBlock(committed.proposal.round, committed.proposal.proposer);
    return { transcript: committed.transcript, published: proofs, block: proven };
  }
});
