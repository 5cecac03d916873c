// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, parseEther, ZeroHash, type ContractTransactionReceipt, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  B52Node,
  Builder,
  EscrowClient,
  lossOf,
  NO_RESULT,
  Proposer,
  StakedProver,
  type B52System,
  type BuiltBlock,
  type NodeProof,
  type ProposedBlock,
  type SignedOffer,
} from "../../../src/agents/index.ts";
import { Transcript, transcriptHash, type NodePromise } from "../../../src/b52/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { SLOT_BYTES } from "../../../src/codec/index.ts";
import { createOutputSigner } from "../../../src/crypto/index.ts";
import { deployBuilderEscrow } from "../../../src/deployment/index.ts";
import { createProver, type Prover } from "../../../src/prover/index.ts";
import { prepareAll } from "../../../src/setup/index.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

/** Three proofs take half a minute on two cores, if they have not been made before. */
const PROVING_TIMEOUT = 1_800_000;

const BID = parseEther("10");
const SHARE = 4_000n;
const PAYMENT = parseEther("20");
const COVER = parseEther("2");
const COSTS = parseEther("1");
const CONFIRMATIONS = 4;

/** `CommitmentStatus.Settled` */
const SETTLED = 3n;

/** Ticket by node of a tree of two leaves. */
const PROMISED: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3 };

describe("Builder and proposer, with an escrow and real proofs", () => {
  let connection: NetworkConnection;
  let prover: Prover;
  let system: B52System;
  let node: B52Node;
  let provers: readonly StakedProver[];
  let proposer: Proposer;
  let builder: Builder;
  let escrow: EscrowClient;

  before(async function () {
    this.timeout(PROVING_TIMEOUT);
    connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    prover = createProver(await prepareAll("development"));
    system = await deployB52(connection);
    const signers = (await connection.ethers.getSigners()) as unknown as Signer[];
    const [deployer, proposing, building] = [signers[0]!, signers[4]!, signers[5]!];
    node = await B52Node.open(system);
    provers = await stakedProvers(signers.slice(7, 10));
    const deployed = await deployBuilderEscrow(deployer, {
      consensus: await system.consensus.getAddress(),
      deploymentBlock: system.deploymentBlock,
    });
    const contract = await connection.ethers.getContractAt("BuilderEscrow", deployed.escrow);
    escrow = await EscrowClient.open(node, deployed.escrow, deployed.deploymentBlock);
    await deposit(system.consensus, proposing);
    for (const signer of [proposing, building]) {
      await mined(system.token.transfer(signer, parseEther("100")));
      await mined(system.token.connect(signer).approve(contract, parseEther("100")));
      await mined(contract.connect(signer).deposit(signer, parseEther("100")));
    }
    proposer = new Proposer(node, proposing, { feeAccount: 0, feeToken: 0n });
    builder = new Builder(escrow, building, {
      feeAccount: 3,
      feeToken: 0n,
      minProvers: 2,
      confirmations: CONFIRMATIONS,
    });
    // The round at hand began before the provers staked: it fails.
    await connection.networkHelpers.time.increase(Number(node.parameters.proposalWindow));
  });

  after(async () => {
    await prover.dispose();
  });

  // ── The parties' steps ─────────────────────────────────────────────────────────────────────────────────────────────

  async function deposit(consensus: B52System["consensus"], signer: Signer): Promise<void> {
    await mined(system.token.transfer(signer, parseEther("100")));
    await mined(system.token.connect(signer).approve(consensus, parseEther("100")));
    await mined(consensus.connect(signer).deposit(parseEther("100")));
  }

  async function stakedProvers(owners: readonly Signer[]): Promise<StakedProver[]> {
    const { registry, token } = system;
    const stake = await registry.STAKE();
    const staked: StakedProver[] = [];
    for (const [i, l1] of owners.entries()) {
      await mined(token.transfer(l1, stake));
      await mined(token.connect(l1).approve(registry, stake));
      const next = new StakedProver(node, l1, i + 1, createOutputSigner(Buffer.from(`builder's ${i + 1}`)), prover);
      await next.join();
      staked.push(next);
    }
    return staked;
  }

  const order = (salt: string): Promise<BuiltBlock> =>
    builder.order({ salt: id(salt), transactions: [1, 2].map((fill) => new Uint8Array(SLOT_BYTES).fill(fill)) });

  /** A proposal for a block of which the proposer knows a hash, with the votes for it. */
  async function propose(block: Pick<BuiltBlock, "contentHash" | "leaves">): Promise<ProposedBlock> {
    await node.sync();
    const draft = await proposer.draftFor(
      { contentHash: block.contentHash, leaves: block.leaves },
      { bid: BID, share: SHARE },
    );
    const promises = Object.entries(PROMISED).map(([at, ticket]): [number, NodePromise] => [
      Number(at),
      { ticket, vote: provers[ticket - 1]!.vote(draft, [Number(at)]) },
    ]);
    return proposer.propose(draft, promises);
  }

  const sell = (block: BuiltBlock, proposed: Pick<ProposedBlock, "proposal" | "transcript">): Promise<SignedOffer> =>
    builder.sell(block, proposed, { payment: PAYMENT, cover: COVER });

  /** The proposer's two transactions, the lock first. */
  async function lockAndCommit(proposed: ProposedBlock, offer: SignedOffer): Promise<ContractTransactionReceipt> {
    await escrow.requireCover(offer.offer, BID, COSTS);
    await escrow.lock(proposer.signer, proposed, offer);
    return proposer.commitTo(proposed);
  }

  const moveTo = async (time: bigint): Promise<void> => {
    const { time: clock } = connection.networkHelpers;
    const latest = BigInt(await clock.latest());
    if (latest < time) await clock.increaseTo(time);
    await node.sync();
  };

  const windows = (proposed: ProposedBlock) => node.proofWindowOf(proposed.proposal.round);

  const balances = async (): Promise<readonly [proposer: bigint, builder: bigint]> => [
    (await escrow.escrow.accountOf(proposer.signer)).balance,
    (await escrow.escrow.accountOf(builder.signer)).balance,
  ];

  // ── One height in which the builder's block wins ───────────────────────────────────────────────────────────────────

  it("a builder's block wins: the proposer never knew its order before L1 had the commitment, and is paid", async function () {
    this.timeout(PROVING_TIMEOUT);
    const [proposers, builders] = await balances();
    const block = await order("built and revealed");
    const proposed = await propose(block);
    const offer = await sell(block, proposed);
    await refusesToReveal(block, proposed, "no lock");
    await escrow.requireCover(offer.offer, BID, COSTS);
    await escrow.lock(proposer.signer, proposed, offer);
    await refusesToReveal(block, proposed, "no commitment");
    await proposer.commitTo(proposed);
    await refusesToReveal(block, proposed, "not deep enough");
    await connection.networkHelpers.mine(CONFIRMATIONS - 2);
    await refusesToReveal(block, proposed, "not deep enough");
    await connection.networkHelpers.mine(1);
    await refusesToReveal(block, proposed, "window not open");
    await node.sync();
    await moveTo(windows(proposed).opensAt);

    const revealed = await builder.reveal(block, proposed);
    const tree = await proposer.reveal(revealed);
    const proofs: NodeProof[] = [];
    for (const at of tree.nodes) proofs.push(await provers[PROMISED[at]! - 1]!.prove(tree, at, proofs));
    // Anybody may submit; here it is the builder itself, as the proposer may have vanished.
    const anybody = new Proposer(node, builder.signer, { feeAccount: 0, feeToken: 0n });
    await anybody.submit(revealed, proofs);
    await moveTo(windows(proposed).closesAt);
    expect(await builder.resolveAll(), "the state has not advanced").to.deep.equal([]);
    await anybody.advance();
    expect(await system.consensus.head()).to.equal(revealed.id);

    const receipts = await builder.resolveAll();
    expect(receipts).to.have.lengthOf(1);
    expect(await balances()).to.deep.equal([proposers + PAYMENT, builders - PAYMENT]);
    expect(await escrow.locks()).to.deep.equal([]);
  });

  // ── One height in which the builder vanishes ───────────────────────────────────────────────────────────────────────

  it("a builder vanishes: the proposer takes payment and cover, which is more than it loses of its bid", async () => {
    const [proposers, builders] = await balances();
    const block = await order("never revealed");
    const proposed = await propose(block);
    await lockAndCommit(proposed, await sell(block, proposed));
    await node.sync();
    await moveTo(windows(proposed).opensAt);
    const { address, round } = { address: proposed.proposal.proposer, round: proposed.proposal.round };
    await escrow.demand(proposer.signer, await escrow.lockOf(address, round));
    const demanded = await escrow.lockOf(address, round);
    expect(demanded).to.include({ stage: "demanded", payment: PAYMENT, cover: COVER });
    // The builder has lost its disk, too.
    expect(await builder.answerDemands(new Map())).to.deep.equal([]);
    await moveTo(demanded.answerBy);
    await escrow.takeCover(proposer.signer, demanded);
    expect(await balances()).to.deep.equal([proposers + PAYMENT + COVER, builders - PAYMENT - COVER]);
    await expectRejection(escrow.lockOf(address, round), "UNKNOWN_LOCK");

    await moveTo(windows(proposed).closesAt);
    const loss = lossOf(BID, node.parameters.unprovenBurnRate);
    expect(loss).to.be.above(0n);
    expect(COVER - loss >= COSTS).to.equal(true);
  });

  it("a builder answers a demand on L1, gets the bond, and its money back if nobody proves the block", async () => {
    const [proposers, builders] = await balances();
    await settleOld();
    const block = await order("shown on demand");
    const proposed = await propose(block);
    await lockAndCommit(proposed, await sell(block, proposed));
    await node.sync();
    await moveTo(windows(proposed).opensAt);
    await escrow.demand(proposer.signer, await escrow.lockOf(proposed.proposal.proposer, proposed.proposal.round));
    expect(await builder.resolveAll(), "a demand is open").to.deep.equal([]);
    expect(await builder.answerDemands(new Map([[block.contentHash, block]]))).to.have.lengthOf(1);
    const [lock] = await escrow.locks();
    expect(lock).to.include({ stage: "answered" });
    expect(await builder.answerDemands(new Map([[block.contentHash, block]]))).to.deep.equal([]);
    await moveTo(windows(proposed).closesAt);
    expect(await builder.resolveAll()).to.have.lengthOf(1);
    const { demandBond } = escrow.rules;
    expect(await balances()).to.deep.equal([proposers - demandBond, builders + demandBond]);
  });

  // ── Refusals ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a builder signs for no proposal that is not for its block, its round and its parent", async () => {
    await settleOld();
    const block = await order("not sold");
    const good = await propose(block);
    await sell(block, good);
    const { proposal, transcript } = good;
    for (const change of [
      { contentHash: ZeroHash },
      { leaves: 4n },
      { round: proposal.round + 1n },
      { height: proposal.height + 1n },
      { parent: ZeroHash },
      { transcript: ZeroHash },
      { promisedProvers: 4n },
    ]) {
      await expectRejection(sell(block, { proposal: { ...proposal, ...change }, transcript }), "UNFIT_PROPOSAL");
    }
  });

  it("a builder signs for no proposal with a vote that is missing, of another proposal, or of too few provers", async () => {
    const block = await order("not sold either");
    const { proposal, transcript } = await propose(block);
    const other = await propose(await order("another block"));
    const with_ = (promises: readonly (readonly [number, NodePromise])[], promisedProvers: bigint) => {
      const shown = new Transcript(promises);
      const hash = transcriptHash(shown.promised, shown.votesRoot);
      return sell(block, { proposal: { ...proposal, transcript: hash, promisedProvers }, transcript: shown });
    };
    const promise = (at: number, from = transcript): readonly [number, NodePromise] => [
      at,
      { ticket: PROMISED[at]!, vote: from.vote(at) },
    ];
    await with_([promise(2), promise(3)], 2n);
    await expectRejection(with_([promise(2), [3, { ticket: 3 }]], 2n), "UNFIT_PROPOSAL");
    await expectRejection(with_([promise(2), promise(3, other.transcript)], 2n), "UNFIT_PROPOSAL");
    await expectRejection(with_([promise(2), [3, { ticket: 200, vote: transcript.vote(3) }]], 2n), "UNFIT_PROPOSAL");
    await expectRejection(with_([promise(2)], 1n), "UNFIT_PROPOSAL");
  });

  it("a builder signs for no more than it has", async () => {
    const block = await order("too dear");
    const proposed = await propose(block);
    const usable = await escrow.usable(await builder.signer.getAddress());
    await builder.sell(block, proposed, { payment: usable - COVER, cover: COVER });
    const error = await expectRejection(
      builder.sell(block, proposed, { payment: usable - COVER + 1n, cover: COVER }),
      "COVER_TOO_SMALL",
    );
    expect(error.data).to.deep.equal({ what: "balance", found: usable, needed: usable + 1n });
  });

  it("a proposer takes no offer whose cover is below its loss, or whose builder has too little", async () => {
    const address = await builder.signer.getAddress();
    const needed = lossOf(BID, node.parameters.unprovenBurnRate) + COSTS;
    const offer = { builder: address, payment: PAYMENT, cover: needed, deadline: 2n ** 40n - 1n };
    await escrow.requireCover(offer, BID, COSTS);
    const error = await expectRejection(
      escrow.requireCover({ ...offer, cover: needed - 1n }, BID, COSTS),
      "COVER_TOO_SMALL",
    );
    expect(error.data).to.deep.equal({ what: "cover", found: needed - 1n, needed });
    const poor = escrow.requireCover({ ...offer, payment: parseEther("1000") }, BID, COSTS);
    expect((await expectRejection(poor, "COVER_TOO_SMALL")).data).to.include({ what: "balance" });
    expect(lossOf(11n, 1_000n), "rounded up").to.equal(2n);
  });

  it("an escrow of another consensus is not opened", async () => {
    const other = await deployB52(connection);
    const node2 = await B52Node.open(other);
    await expectRejection(EscrowClient.open(node2, await escrow.escrow.getAddress(), 0), "OTHER_CONSENSUS");
  });

  async function refusesToReveal(block: BuiltBlock, proposed: ProposedBlock, reason: string): Promise<void> {
    const error = await expectRejection(builder.reveal(block, proposed), "NOT_TO_BE_REVEALED");
    expect(error.data).to.deep.equal({ round: proposed.proposal.round, reason });
  }

  /** The bid of the last round, which failed, makes room for the next commitment. */
  async function settleOld(): Promise<void> {
    await node.sync();
    const address = await proposer.signer.getAddress();
    const last = node.proposalsBy(address).at(-1)!;
    const { status } = await system.consensus.commitmentOf(address, last.height & 1n);
    if (status === SETTLED) return;
    await moveTo(node.proofWindowOf(last.round).closesAt);
    const failed = { ...NO_RESULT, round: last.round, parent: await system.consensus.head() };
    await mined(system.consensus.settle(last, failed));
    await node.sync();
  }
});
