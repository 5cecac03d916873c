// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import { operationOf, RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { statusOf } from "../../src/client/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { openRollup } from "../../src/escape/index.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

/** Two sequencers, and a user with 1 ETH in account 1. The status `final` is tested with real proofs: docs.test.ts. */
async function deploy() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection, {
    overrides: { forcedDeadline: 600, escapeDelay: 7_800 },
  });
  const signers = (await connection.ethers.getSigners()) as unknown as Signer[];
  const [operator, user, other] = signers as [Signer, Signer, Signer];
  const node = await RollupNode.open(system);
  for (const by of [operator, other]) {
    if (by !== operator) await system.token.transfer(by, parseEther("1000"));
    await system.token.connect(by).approve(system.consensus, parseEther("1000"));
    await system.consensus.connect(by).deposit(parseEther("1000"));
  }
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const copier = new Sequencer(node, other, { feeAccount: 0, feeToken: ETH });
  const deposit = operationOf(node, await wallet.deposit(ETH, parseEther("1")));
  await sequencer.post({});
  await node.sync();
  return { connection, system, node, wallet, sequencer, copier, deposit, operator };
}

describe("statusOf", () => {
  it("follows a forced operation from the queue into a batch", async () => {
    const { system, node, wallet, sequencer, deposit } = await deploy();
    const { postedAt } = node.batch(1);
    expect(await statusOf(node, deposit)).to.deep.equal({
      status: "virtual",
      place: { batch: 1, leaf: 0, slot: 0 },
      outcome: { kind: "createAccount", status: "executed" },
      l1Block: postedAt,
    });
    const id = operationOf(node, await wallet.forceTransfer(ETH, 9, 1n));
    await node.sync();
    const [, queuedAt] = await system.rollup.forcedOperation(id);
    expect(await statusOf(node, id)).to.deep.equal({ status: "pending", dueBy: queuedAt + 600n });
    await sequencer.post({ transactions: [new Uint8Array(93)] });
    await node.sync();
    const status = await statusOf(node, id);
    expect(status).to.deep.include({ status: "virtual", place: { batch: 2, leaf: 0, slot: 0 } });
    expect(status).to.have.property("outcome").that.deep.equals({
      kind: "forcedTransfer",
      status: "void",
      reason: "UNKNOWN_RECEIVER",
    });
    expect(await statusOf(node, id + 1)).to.deep.equal({ status: "unknown", reason: "NOT_QUEUED" });
  });

  it("tells what could be executed from what could not", async () => {
    const { node, wallet } = await deploy();
    const amount = parseEther("0.1");
    expect(await statusOf(node, wallet.transfer(ETH, { to: 1, amount }))).to.deep.equal({ status: "pending" });
    expect(await statusOf(node, wallet.transfer(ETH, { to: 1, amount, nonce: 3n }))).to.deep.equal({
      status: "pending",
    });
    const refused = async (transaction: Uint8Array, reason: string): Promise<void> =>
      void expect(await statusOf(node, transaction)).to.deep.equal({ status: "unknown", reason });
    await refused(wallet.transfer(ETH, { to: 1, amount: parseEther("1") }), "INSUFFICIENT_BALANCE");
    await refused(wallet.transfer(ETH, { to: 7, amount }), "UNKNOWN_RECEIVER");
    await refused(wallet.transfer(ETH, { to: 7, amount, nonce: 3n }), "UNKNOWN_RECEIVER");
    await refused(wallet.transfer(ETH, { to: 1, amount, nonce: 16n }), "BAD_SIGNATURE");
    await expectRejection(statusOf(node, new Uint8Array(92)), "BAD_LENGTH");
  });

  it("does not take a no-op of a copy for the end of a transaction", async () => {
    const { node, wallet, sequencer, copier, operator } = await deploy();
    const to = await operator.getAddress();
    const bound = wallet.transfer(ETH, { to: 1, amount: 5n, boundTo: to });
    const options = { boundTo: BigInt(to) };
    expect(await statusOf(node, bound)).to.deep.equal({ status: "unknown", reason: "BAD_SIGNATURE" });
    expect(await statusOf(node, bound, options)).to.deep.equal({ status: "pending" });
    await copier.post({ transactions: [bound] });
    await node.sync();
    expect(await statusOf(node, bound, options)).to.deep.equal({ status: "pending" });
    await sequencer.post({ transactions: [wallet.transfer(ETH, { to: 0, amount: 1n, nonce: 1n }), bound] });
    await copier.post({ transactions: [bound] });
    await node.sync();
    expect(await statusOf(node, bound, options)).to.deep.include({
      status: "virtual",
      place: { batch: 3, leaf: 0, slot: 1 },
      outcome: { kind: "transfer", status: "executed" },
    });
    const other = wallet.transfer(ETH, { to: 1, amount: 6n, nonce: 0n });
    await sequencer.post({ transactions: [other] });
    await node.sync();
    const late = await statusOf(node, other);
    expect(late).to.have.property("outcome").that.deep.equals({
      kind: "transfer",
      status: "void",
      reason: "BAD_SIGNATURE",
    });
  });

  it("knows that a freeze makes void what is not final", async () => {
    const { connection, system, node, wallet, deposit } = await deploy();
    const transaction = wallet.transfer(ETH, { to: 1, amount: 5n });
    await connection.networkHelpers.time.increase(7_801);
    await system.rollup.freeze();
    await node.sync();
    for (const what of [deposit, transaction]) {
      expect(await statusOf(node, what)).to.deep.equal({ status: "unknown", reason: "FROZEN" });
    }
  });

  it("looks at the data of each batch once, however often it is asked, and finds what is new and what is twice", async () => {
    let looks = 0;
    const executed = { kind: "transfer", status: "executed" };
    const noOp = { kind: "transfer", status: "void", reason: "NONCE_MISMATCH" };
    const bytes = (byte: number): Uint8Array => new Uint8Array(93).fill(byte);
    const batchOf = (number: number, slots: readonly number[], outcomes: readonly object[]): object => {
      const data = Uint8Array.from(slots.flatMap((byte) => [...bytes(byte)]));
      const result = { leaves: [{ outcomes, exits: [] }] };
      const batch = { number, header: { forcedCount: 1 }, result, departures: [], postedAt: number, provenAt: number };
      return Object.defineProperty(batch, "data", { get: () => (looks++, data) });
    };
    const batches = Array.from({ length: 50 }, (_, i) => batchOf(i + 1, [7, i + 100], [executed, executed]));
    batches.push(batchOf(51, [0, 8, 8], [executed, noOp, executed]));
    const shared = { system: { profile: { slots: 3 } }, isFrozen: true, candidates: [], virtualBatches: [], batches };
    const node = { ...shared, verifiedBatches: batches.length };
    const ask = (byte: number): ReturnType<typeof statusOf> => statusOf(node as never, bytes(byte));
    expect(await ask(110)).to.deep.include({ status: "final", place: { batch: 11, leaf: 0, slot: 1 } });
    looks = 0;
    expect(await ask(8)).to.deep.include({ place: { batch: 51, leaf: 0, slot: 2 }, outcome: executed });
    // Those of forced operations are no transactions.
    expect(await ask(7)).to.deep.equal({ status: "unknown", reason: "FROZEN" });
    batches.push(batchOf(52, [0, 9], [executed, noOp]));
    expect(await ask(9)).to.deep.equal({ status: "unknown", reason: "FROZEN" });
    node.verifiedBatches += 1;
    expect(await ask(9)).to.deep.include({ place: { batch: 52, leaf: 0, slot: 1 }, outcome: noOp });
    expect(looks).to.be.lessThan(20);
    // Batches of before are not there any more.
    node.verifiedBatches = 10;
    expect(await ask(110)).to.deep.equal({ status: "unknown", reason: "FROZEN" });
    expect(await ask(109)).to.deep.include({ place: { batch: 10, leaf: 0, slot: 1 } });
  });
});

describe("openRollup", () => {
  it("finds a rollup by its core, by its consensus, and from a given block on", async () => {
    const { system, node } = await deploy();
    const { provider, deploymentBlock } = system;
    for (const address of [await system.rollup.getAddress(), await system.consensus.getAddress()]) {
      for (const options of [{}, { deploymentBlock, maxRange: 2 }]) {
        const opened = await openRollup(provider, address, options);
        expect(opened.node.virtualState.root).to.equal(node.virtualState.root);
      }
    }
  });
});
