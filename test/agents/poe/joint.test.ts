// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import {
  Aggregator,
  RollupNode,
  Sequencer,
  Wallet,
  type JointLeafProver,
  type ProofOfEfficiencySystem,
} from "../../../src/agents/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../../src/deployment/index.ts";
import { openRollup } from "../../../src/escape/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { ledgerProver } from "../../../tools/bench/ledgerProver.ts";
import { fixedStart, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { expectRevert } from "../../helpers/expectRevert.ts";
import { freshRollup } from "../../helpers/freshRollup.ts";
import { mockJointProver, rootOnly, YES_CODE } from "../../helpers/jointProofs.ts";
import { mockProver } from "../../helpers/mockProofs.ts";
import { expectSnapshot } from "../../helpers/snapshot.ts";

async function open(system: ProofOfEfficiencySystem, signers: readonly Signer[]) {
  const { consensus, token } = system;
  const [operator, user, first, second] = signers as [Signer, Signer, Signer, Signer];
  await token.connect(operator).approve(consensus, parseEther("100000"));
  await consensus.connect(operator).deposit(parseEther("100000"));
  const node = await RollupNode.open(system);
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  return { node, sequencer, wallet, first, second };
}

/** Expects L1 to refuse a call with an error, which is decoded. */
async function isRefused(call: Promise<unknown>, name: string, args: readonly number[] = []): Promise<void> {
  const { revert } = await expectRevert(call);
  expect(revert.name).to.equal(name);
  expect(Object.values(revert.args).map(Number)).to.deep.equal(args);
}

describe("An aggregator with a joint proof", () => {
  let joint: JointLeafProver;
  before(async () => {
    joint = await mockJointProver();
  });

  async function threeBatches() {
    const { connection, system } = await freshRollup("mock");
    const opened = await open(system, await connection.ethers.getSigners());
    const { node, sequencer, wallet } = opened;
    for (let i = 0; i < 6; i++) await wallet.deposit(ETH, 1n);
    await sequencer.post({ forced: 5 });
    await sequencer.post({});
    await sequencer.post({});
    await node.sync();
    const prover = await mockProver();
    const aggregators = {
      first: new Aggregator(node, opened.first, prover),
      second: new Aggregator(node, opened.second, prover),
    };
    return { ...opened, ...aggregators, system };
  }

  it("proves batches of different sizes in one call, and earns what `verify` pays", async () => {
    const { node, first, system } = await threeBatches();
    const range = await first.proveJointly(joint);
    expect(range.proofs.map(({ leaves }) => leaves.length)).to.deep.equal([2, 1, 1]);
    await first.submitJointly(range);
    await node.sync();
    expect(node.verifiedBatches).to.equal(3);
    expect(await system.rollup.stateRoot()).to.equal(node.virtualState.root);
    const fees = node.batches.reduce((sum, { record }) => sum + record.fee, 0n);
    expect(await system.consensus.balances(first.signer)).to.equal(fees);
  });

  it("proves a part of what waits", async () => {
    const { node, first } = await threeBatches();
    await first.submitJointly(await first.proveJointly(joint, 1, 2));
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
    await first.submitJointly(await first.proveJointly(joint));
    await node.sync();
    expect(node.verifiedBatches).to.equal(3);
    await expectRejection(first.proveJointly(joint), "NOTHING_TO_PROVE");
  });

  it("cannot use another's proof, or one of which a part was proven meanwhile", async () => {
    const { node, first, second } = await threeBatches();
    const range = await first.proveJointly(joint);
    await isRefused(second.submitJointly(range), "ProofsRejected");
    await second.submit(await second.prove(1, 1));
    await isRefused(first.submitJointly(range), "ProofsRejected");
    await node.sync();
    await first.submitJointly(await first.proveJointly(joint));
    await isRefused(first.submitJointly(range), "AlreadyVerified", [3, 3]);
  });

  it("is told if the rollup takes no joint proofs, or if there is none", async () => {
    const { connection, system } = await freshRollup("real");
    const { node, sequencer, first } = await open(system, await connection.ethers.getSigners());
    await sequencer.post({});
    await node.sync();
    const aggregator = new Aggregator(node, first, await mockProver());
    const range = await aggregator.proveJointly(joint);
    await isRefused(aggregator.submitJointly(range), "NoJointProofs");
    await isRefused(aggregator.submitJointly({ ...range, joint: "0x" }), "TruncatedJointProof", [0, 32]);
  });

  it("pays what the snapshot says on L1, beside the UltraHonk proof and its verification", async function () {
    this.timeout(300_000);
    const connection = await network.create(fixedStart("osaka"));
    fixTimestamps(connection);
    const { ethers } = connection;
    const signers = (await ethers.getSigners()) as unknown as Signer[];
    const deployed = await deployProofOfEfficiency(signers[0]!, {
      joint: { honkCode: YES_CODE, nodeKeyHash: 1n },
    });
    const opened = await openRollup(ethers.provider, deployed.rollup, deployed);
    if (opened.consensus !== "Proof of Efficiency") throw new Error(opened.consensus);
    const { system } = opened.node;
    const { node, sequencer, first } = await open(system, signers);
    const aggregator = new Aggregator(node, first, ledgerProver(node));
    const bytes = system.profile.slots * 93;
    const gas: Record<string, number> = {};
    // The first call gives the aggregator a balance.
    for (const leaves of [1, 1, 4, 16, 64]) {
      for (let left = leaves; left > 0; left -= 16) {
        await sequencer.post({ transactions: [new Uint8Array(bytes * Math.min(left, 16)).fill(7)] });
      }
      await node.sync();
      const receipt = await aggregator.submitJointly(await aggregator.proveJointly(rootOnly));
      await node.sync();
      gas[`${leaves} leaves`] = Number(receipt.gasUsed);
    }
    expect(node.verifiedBatches).to.equal(node.batches.length);
    expectSnapshot("jointGas", gas);
  });
});
