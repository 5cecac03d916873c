// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import { Aggregator, BootAggregator, RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { FIXED_START, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

async function deploy() {
  const connection = await network.create(FIXED_START);
  fixTimestamps(connection);
  // A deadline shorter than the target time of proofs: the fee does not rise while a test waits for it.
  const system = await deployProofOfEfficiency(connection, { overrides: { forcedDeadline: 600 } });
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
  await system.token.approve(system.consensus, parseEther("1000"));
  await system.consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
  return { connection, system, node, wallet, sequencer, operator };
}

describe("Agents", () => {
  it("a node finds the data of batches that a contract posted", async () => {
    const { connection, system, node, wallet, sequencer } = await deploy();
    const { consensus, token } = system;
    await wallet.deposit(ETH, parseEther("1"));
    const caller = await connection.ethers.deployContract("Caller");
    await token.transfer(caller, parseEther("100"));
    await caller.execute(
      token,
      token.interface.encodeFunctionData("approve", [await consensus.getAddress(), parseEther("100")]),
    );
    await caller.execute(consensus, consensus.interface.encodeFunctionData("deposit", [parseEther("100")]));

    await node.sync();
    const { data, commitments } = await sequencer.inputOf({});
    const inputs = [{ data, commitments, forcedCount: 1, feeAccount: 0, feeToken: 0 }];
    const call = consensus.interface.encodeFunctionData("sequence", [
      inputs,
      parseEther("100"),
      `0x${"00".repeat(27)}`,
    ]);
    await caller.execute(consensus, call);
    await node.sync();

    expect(node.batch(1).record.sequencer).to.equal(await caller.getAddress());
    expect(node.batch(1).truthful).to.equal(true);
    expect(node.virtualState.account(1)?.balance).to.equal(parseEther("1"));
  });

  it("a sequencer leaves out what would be void, and takes overdue operations when it has to", async () => {
    const { system, connection, node, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, parseEther("1"));
    await sequencer.post({ forced: "overdue" });
    await node.sync();
    expect(node.virtualState.nextIndex).to.equal(1);

    await connection.networkHelpers.time.increase(Number(await system.rollup.FORCED_DEADLINE()));
    await sequencer.post({ forced: "overdue" });
    await node.sync();
    expect(node.virtualState.nextIndex).to.equal(2);

    const good = wallet.transfer(ETH, { to: 1, amount: 5n });
    const replay = good;
    const tooMuch = wallet.transfer(ETH, { to: 1, amount: parseEther("2"), nonce: 1n });
    for (const transaction of [good, replay, tooMuch]) sequencer.submit(transaction);
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([good]);
  });

  it("a boot aggregator proves once the oldest batch has waited long enough, and nothing before", async function () {
    this.timeout(300_000);
    const { system, connection, node, sequencer, operator } = await deploy();
    const prover = createProver(await prepareAll("development"));
    try {
      const boot = new BootAggregator(new Aggregator(node, operator, prover), 600n);
      expect(await boot.step()).to.equal(undefined);
      await sequencer.post({});
      await node.sync();
      const sequencedAt = Number(node.batch(1).header.timestamp);
      await connection.networkHelpers.time.increaseTo(sequencedAt + 599);
      expect(await boot.step()).to.equal(undefined);
      await connection.networkHelpers.time.increaseTo(sequencedAt + 600);
      expect((await boot.step())?.status).to.equal(1);
      expect(await system.consensus.verifiedBatches()).to.equal(1n);
      expect(await boot.step()).to.equal(undefined);
    } finally {
      await prover.dispose();
    }
  });

  it("name what they cannot do", async () => {
    const { node, wallet, operator } = await deploy();
    const aggregator = new Aggregator(node, operator, {
      prove: () => Promise.reject(new Error()),
      dispose: () => Promise.resolve(),
    });
    await expectRejection(aggregator.prove(), "NOTHING_TO_PROVE");
    await expectRejection(wallet.forceExit(ETH, 1n), "UNKNOWN_ACCOUNT");
    await expectRejection(wallet.claim({ batch: 1, leaf: 0, slot: 0 }), "UNKNOWN_BATCH");
  });
});
