// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256, parseEther, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { B52Node, Proposer, StakedProver, TransactionPool, type CommittedBlock } from "../../../src/agents/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { NodePromise } from "../../../src/b52/index.ts";
import { createOutputSigner } from "../../../src/crypto/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { signProposal, type BlockMessage, type TranscriptMessage } from "../../../src/node/network/messages/index.ts";
import { B52Facts, Validator } from "../../../src/node/network/validation/index.ts";
import type { Prover } from "../../../src/prover/index.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { mockVerifier, TRANSACTION } from "../../helpers/gossipWorld.ts";

/** Of a prover that only votes here. */
const NO_PROVER: Prover = {
  prove: () => Promise.reject(new Error("nothing is proven")),
  dispose: () => Promise.resolve(),
};
const BID = parseEther("10");

describe("Facts of the network from a rollup on L1", function () {
  this.timeout(120_000);
  let connection: NetworkConnection;
  let node: B52Node;
  let facts: B52Facts;
  let validator: Validator;
  let proposer: Proposer;
  let prover: StakedProver;
  let l1: Signer;
  let committed: CommittedBlock;

  const short = async (message: Parameters<Validator["judge"]>[0]): Promise<string> => {
    const verdict = await validator.judge(message);
    return verdict.verdict === "accept" ? "accept" : `${verdict.verdict} ${verdict.reason}`;
  };
  const refresh = async (): Promise<void> => {
    await node.sync();
    await facts.refresh();
    validator.prune();
  };
  const blockOf = ({ id, content, data, includeList }: CommittedBlock): BlockMessage => ({
    ...{ kind: "block", id, data, includeList },
    content: {
      ...{ salt: content.salt, forcedCount: content.forcedCount },
      ...{ feeAccount: content.feeAccount, feeToken: content.feeToken },
    },
  });

  before(async () => {
    connection = await network.create();
    const system = await deployB52(connection);
    const { consensus, registry, token } = system;
    const signers = await connection.ethers.getSigners();
    l1 = signers[4] as unknown as Signer;
    const staker = signers[5] as unknown as Signer;
    node = await B52Node.open(system);
    prover = new StakedProver(node, staker, 1, createOutputSigner(Buffer.from("prover 1")), NO_PROVER);
    await mined(token.transfer(await staker.getAddress(), await registry.STAKE()));
    await mined(token.connect(staker).approve(registry, await registry.STAKE()));
    await prover.join();
    await mined(token.transfer(await l1.getAddress(), parseEther("100")));
    await mined(token.connect(l1).approve(consensus, parseEther("100")));
    await mined(consensus.connect(l1).deposit(parseEther("12")));
    proposer = new Proposer(node, l1, { feeAccount: 0, feeToken: ETH });
    await node.sync();
    const terms = { domain: node.domain, sequencer: 0n, baseFee: node.baseFee, feeToken: ETH };
    facts = await B52Facts.of(node, new TransactionPool(terms));
    validator = new Validator(facts, mockVerifier());
    // The round that opened at the deployment has no ticket: let it fail.
    await connection.networkHelpers.time.increase(Number(node.parameters.proposalWindow));
    await connection.networkHelpers.mine();
    await refresh();
  });

  it("has the round that the next commitment opens, with the keys of now, which may still change", async () => {
    const open = facts.openRound!;
    const [round, height] = await node.system.consensus.openRound();
    expect([open.round, open.height, open.isOpened]).to.deep.equal([round, height, false]);
    expect(open.registry.root).to.equal(node.registry.root);
    expect(open.parents).to.deep.equal([await node.system.consensus.head()]);
  });

  it("judges offers by the proposer's balance on L1", async () => {
    const rich = await proposer.draft({ bid: parseEther("13"), share: 4_000n });
    expect(await short(await signProposal(l1, node.domain, rich.draft))).to.equal("ignore DEPOSIT_TOO_LOW");
    expect(await facts.deposit(await l1.getAddress())).to.equal(parseEther("12"));
    const draft = await proposer.draft({ bid: BID, share: 4_000n });
    expect(await short(await signProposal(l1, node.domain, draft.draft))).to.equal("accept");
    const vote = prover.vote(draft, [1, 2, 3]);
    expect(await short({ kind: "vote", context: draft.context, ticket: 1, vote })).to.equal("accept");
    const promises = [1, 2, 3].map((i): [number, NodePromise] => [i, { ticket: 1, vote }]);
    ({ committed } = await proposer.commit(draft, promises));
  });

  it("knows a commitment once L1 has it, and its round is open with fixed keys", async () => {
    expect(facts.commitment(committed.id)).to.equal(undefined);
    await refresh();
    const found = facts.commitment(committed.id)!;
    expect(found.proposal).to.deep.equal(committed.proposal);
    const { number } = (await connection.ethers.provider.getBlock("latest"))!;
    expect(found.committedAt).to.equal(number);
    expect(facts.openRound!.isOpened).to.equal(true);
    const { opensAt, closesAt } = node.proofWindowOf(committed.proposal.round);
    expect([found.opensAt, found.closesAt]).to.deep.equal([opensAt, closesAt]);
    // The bid is taken from the balance.
    expect(await facts.deposit(await l1.getAddress())).to.equal(parseEther("2"));
  });

  it("lets transcript and block in when their time has come, and executes the block as its proposer does", async () => {
    const { proposal, transcript } = committed;
    const { promised, votes } = transcript;
    const message: TranscriptMessage = { kind: "transcript", proposal, promised, votes };
    expect(await short(message)).to.equal("accept");
    expect(await short(blockOf(committed))).to.equal("ignore TOO_EARLY");
    await connection.networkHelpers.time.increaseTo(node.proofWindowOf(proposal.round).opensAt);
    await refresh();
    expect(await short(blockOf(committed))).to.equal("ignore TOO_EARLY");
    await connection.networkHelpers.mine(facts.revealDepth);
    await refresh();
    expect(await short(blockOf(committed))).to.equal("accept");
    const tree = facts.execute(facts.commitment(committed.id)!, blockOf(committed), transcript)!;
    const own = await proposer.reveal(committed);
    expect(own.size).to.equal(tree.leaves.length);
    expect(tree.context).to.equal(committed.context);
    expect(tree.registry.root).to.equal(node.round(proposal.round).registry.root);
  });

  it("executes no block that takes another queue than L1's, or builds on another head", () => {
    const commitment = facts.commitment(committed.id)!;
    const { transcript } = committed;
    const block = blockOf(committed);
    const forced = { ...block, content: { ...block.content, forcedCount: 1 } };
    expect(facts.execute(commitment, forced, transcript)).to.equal(undefined);
    const parent = keccak256("0x01");
    const other = { ...commitment, proposal: { ...commitment.proposal, parent } };
    expect(facts.execute(other, block, transcript)).to.equal(undefined);
  });

  it("takes transactions by the rules of the mempool, and asks L1 for so many balances and no more", async () => {
    expect(await facts.admit(TRANSACTION.slot)).to.equal("refused");
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => facts.deposit(`0x${(i + 1).toString(16).padStart(40, "0")}`)),
    );
    expect(answers.filter((answer) => answer === undefined).length).to.be.within(15, 25);
  });
});
