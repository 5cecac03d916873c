// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, parseEther, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  B52Node,
  Builder,
  EscrowClient,
  NO_RESULT,
  Proposer,
  type B52System,
  type BuiltBlock,
  type HiddenContent,
  type ProposedBlock,
} from "../../../src/agents/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { deployBuilderEscrow } from "../../../src/deployment/index.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

const BID = parseEther("10");
const [PAYMENT, COVER] = [parseEther("20"), parseEther("2")];
const NEVER = 2n ** 40n - 1n;

describe("A builder whose proposer is hostile", function () {
  this.timeout(120_000);
  let connection: NetworkConnection;
  let system: B52System;
  let node: B52Node;
  let escrow: EscrowClient;
  let builder: Builder;
  let accomplice: Signer;
  let proposers: readonly Proposer[];

  beforeEach(async () => {
    connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    system = await deployB52(connection, { overrides: { pipelined: true } });
    node = await B52Node.open(system);
    const [deployer, building, other, ...proposing] = (await connection.ethers.getSigners()) as unknown as Signer[];
    accomplice = other!;
    const deployed = await deployBuilderEscrow(deployer!, {
      consensus: await system.consensus.getAddress(),
      deploymentBlock: system.deploymentBlock,
    });
    escrow = await EscrowClient.open(node, deployed.escrow, deployed.deploymentBlock);
    const contract = await connection.ethers.getContractAt("BuilderEscrow", deployed.escrow);
    for (const signer of [building!, other!, ...proposing.slice(0, 2)]) {
      await mined(system.token.transfer(signer, parseEther("200")));
      for (const spender of [contract, system.consensus]) {
        await mined(system.token.connect(signer).approve(spender, parseEther("100")));
      }
      await mined(contract.connect(signer).deposit(signer, parseEther("100")));
      await mined(system.consensus.connect(signer).deposit(parseEther("100")));
    }
    builder = new Builder(escrow, building!, { feeAccount: 3, feeToken: 0n });
    proposers = proposing.slice(0, 2).map((signer) => new Proposer(node, signer, { feeAccount: 0, feeToken: 0n }));
    // The round that opened at the deployment fails.
    await connection.networkHelpers.time.increase(Number(node.parameters.proposalWindow));
  });

  async function propose(proposer: Proposer, content: HiddenContent): Promise<ProposedBlock> {
    return proposer.propose(await proposer.draftFor(content, { bid: BID, share: 4_000n }), []);
  }

  async function lock(proposer: Proposer, signer: Signer, proposed: ProposedBlock): Promise<void> {
    const offer = { builder: await signer.getAddress(), payment: PAYMENT, cover: COVER, deadline: NEVER };
    await escrow.lock(proposer.signer, proposed, await escrow.sign(signer, proposed.id, offer));
  }

  /** Ordered, locked and committed. */
  async function sold(proposer: Proposer, salt: string): Promise<{ block: BuiltBlock; proposed: ProposedBlock }> {
    const block = await builder.order({ salt: id(salt) });
    const proposed = await propose(proposer, block);
    await lock(proposer, builder.signer, proposed);
    await proposer.commitTo(proposed);
    await node.sync();
    return { block, proposed };
  }

  const demand = async ({ signer }: Proposer, { proposal }: ProposedBlock): Promise<void> => {
    const { proposer, round, height } = proposal;
    await escrow.demand(signer, await escrow.lockOf(proposer, round, height));
  };

  it("sees a demand for its own block if the proposer has another lock of the same round id", async () => {
    const [proposer] = proposers as [Proposer];
    const { consensus } = system;
    // A round that nobody will prove. While it is proven, the round after it would have the next id.
    const first = await propose(proposer, { contentHash: id("nothing"), leaves: 2n });
    await proposer.commitTo(first);
    await node.sync();
    const { opensAt, closesAt } = node.proofWindowOf(first.proposal.round);
    await connection.networkHelpers.time.increaseTo(opensAt);
    const [round, height] = await consensus.openRound();
    expect([round, height]).to.deep.equal([first.proposal.round + 1n, 2n]);
    await lock(proposer, accomplice, await propose(proposer, { contentHash: id("of nobody"), leaves: 2n }));
    // It fails, and the round that follows for the same height has that id.
    await connection.networkHelpers.time.increaseTo(closesAt);
    const failed = { ...NO_RESULT, round: first.proposal.round, parent: await consensus.head() };
    await mined(consensus.settle(first.proposal, failed));
    const { block, proposed } = await sold(proposer, "sold in good faith");
    expect([proposed.proposal.round, proposed.proposal.height]).to.deep.equal([round, 1n]);
    await connection.networkHelpers.time.increaseTo(node.proofWindowOf(round).opensAt);
    await demand(proposer, proposed);

    const [others, own] = await escrow.locks();
    expect([others?.builder, others?.stage]).to.deep.equal([await accomplice.getAddress(), "locked"]);
    expect([own?.builder, own?.stage]).to.deep.equal([await builder.signer.getAddress(), "demanded"]);
    expect(await builder.answerDemands(new Map([[block.contentHash, block]]))).to.have.lengthOf(1);
    expect((await escrow.locks()).map(({ stage }) => stage)).to.deep.equal(["locked", "answered"]);
  });

  it("answers a demand in time if an older one is over and its cover was not taken", async () => {
    const [proposer, other] = proposers as [Proposer, Proposer];
    const [missed, next] = [await sold(proposer, "missed"), await sold(other, "answered")];
    await connection.networkHelpers.time.increaseTo(node.proofWindowOf(missed.proposed.proposal.round).opensAt);
    await demand(proposer, missed.proposed);
    await connection.networkHelpers.time.increase(Number(escrow.rules.answerWindow));
    await demand(other, next.proposed);
    const blocks = new Map([missed, next].map(({ block }) => [block.contentHash, block]));
    expect(await builder.answerDemands(blocks)).to.have.lengthOf(1);
    expect((await escrow.locks()).map(({ stage }) => stage)).to.deep.equal(["demanded", "answered"]);
  });

  it("does not get an offer taken whose balance or deadline can be gone before the commitment", async () => {
    const { consensus } = system;
    const address = await builder.signer.getAddress();
    const now = BigInt(await connection.networkHelpers.time.latest());
    const offer = { builder: address, payment: PAYMENT, cover: COVER, deadline: now + 100n };
    await escrow.requireCover(offer, BID, 0n);
    // Nobody has opened a round: from the deadline on anybody can resolve a lock.
    const refused = async (changes: Partial<typeof offer>): Promise<object> =>
      (await expectRejection(escrow.requireCover({ ...offer, ...changes }, BID, 0n), "COVER_TOO_SMALL")).data;
    expect(await refused({ deadline: now + 71n })).to.deep.equal({
      ...{ what: "deadline", found: now + 71n, needed: now + 72n },
    });
    await mined(escrow.escrow.connect(builder.signer).requestWithdrawal(parseEther("79")));
    expect(await escrow.usable(address)).to.equal(parseEther("100"));
    expect(await refused({})).to.deep.equal({ what: "balance", found: parseEther("21"), needed: PAYMENT + COVER });
    await mined(escrow.escrow.connect(builder.signer).requestWithdrawal(0));
    // Once the round is open, its window ends a lock.
    await proposers[0]!.commitTo(await propose(proposers[0]!, { contentHash: id("first"), leaves: 2n }));
    const [round, height] = await consensus.openRound();
    expect((await consensus.roundOf(height)).id).to.equal(round);
    await escrow.requireCover({ ...offer, deadline: now + 1n }, BID, 0n);
  });
});
