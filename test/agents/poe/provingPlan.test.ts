// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { FeeData, hexlify, parseEther, type Provider, type Signer, type TransactionReceipt } from "ethers";

import {
  Aggregator,
  BootAggregator,
  JOINT,
  Migrator,
  planProofs,
  RollupNode,
  Sequencer,
  verifyGas,
  Wallet,
  type AggregatorOptions,
  type BatchWork,
} from "../../../src/agents/index.ts";
import { TRANSACTION_GAS_CAP } from "../../../src/chain/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { freshRollup } from "../../helpers/freshRollup.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { ledgerProver } from "../../../tools/bench/ledgerProver.ts";

const gasSnapshot = JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots/gas.json"), "utf8")) as Record<
  string,
  { readonly osaka: { readonly execution: number; readonly state: number } }
>;

const work = (changes: Partial<BatchWork> = {}): BatchWork => ({
  leaves: 1,
  bytes: 900,
  dataBytes: 0,
  postedBytes: 0,
  endsCall: false,
  ...changes,
});

const many = (count: number, changes: Partial<BatchWork> = {}): BatchWork[] =>
  Array.from({ length: count }, () => work(changes));

async function deploy(options: AggregatorOptions = {}, isBroken?: (batch: number) => boolean) {
  const { connection, system } = await freshRollup("mock");
  const { ethers } = connection;
  const [operator] = (await ethers.getSigners()) as unknown as [Signer];
  await system.token.approve(system.consensus, parseEther("10000000"));
  await system.consensus.deposit(parseEther("100000"));
  const node = await RollupNode.open(system);
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: 0n });
  const prover = ledgerProver(node, isBroken);
  const aggregator = new Aggregator(node, operator, prover, undefined, options);
  return { connection, system, node, sequencer, prover, aggregator, operator };
}

const calldataOf = async ({ provider, hash }: TransactionReceipt): Promise<number> =>
  ((await provider.getTransaction(hash))!.data.length - 2) / 2;

describe("The plan of a call that proves batches", () => {
  it("has a gas model that is above the measured gas, and not far above it", () => {
    const shapes: readonly (readonly [name: string, works: BatchWork[]])[] = [
      ["verify 1 leaf, first", many(1)],
      ["verify 1 leaf", many(1)],
      ["verify 1 leaf with exits", many(1)],
      ["verify 3 batches of 1 leaf", many(3)],
      ["verify 1 batch of 3 leaves", many(1, { leaves: 3, bytes: 1_800 })],
      ["post and prove 1 leaf", many(1, { postedBytes: 672 })],
      ["post and prove 2 batches of 1 leaf", many(2, { postedBytes: 672 })],
    ];
    for (const [name, works] of shapes) {
      // Amsterdam's execution is the same, and its state gas is metered apart from what the limit is for.
      const { execution, state } = gasSnapshot[name]!.osaka;
      const measured = execution + state;
      // The snapshots leave out the calldata: at most 16 gas a byte.
      const calldata = works.reduce((sum, { bytes, postedBytes }) => sum + 16 * (bytes + postedBytes), 0);
      expect(Number(verifyGas(works)), name).to.be.within(measured + calldata, 1.4 * (measured + calldata));
    }
  });

  it("takes as many batches as fit, by gas and by calldata, and leaves a margin", () => {
    const count = planProofs(many(1_000), { maxBytes: 10 ** 9 });
    expect(count).to.be.within(150, 260);
    expect(Number(verifyGas(many(count)))).to.be.at.most(0.9 * Number(TRANSACTION_GAS_CAP));
    expect(Number(verifyGas(many(count + 1)))).to.be.above(0.9 * Number(TRANSACTION_GAS_CAP));
    expect(planProofs(many(1_000))).to.equal(Math.floor((127 * 1024) / 900));
    expect(planProofs(many(3))).to.equal(3);
    expect(planProofs([])).to.equal(0);
  });

  it("counts the bytes by which the same call posts a batch", () => {
    expect(planProofs(many(1_000, { postedBytes: 900 }))).to.equal(Math.floor((127 * 1024) / 1_800));
    const posted = work({ postedBytes: 60_000 });
    expect(verifyGas([posted]) - verifyGas([work()])).to.be.above(16n * 60_000n);
    expect(planProofs([posted, posted, posted])).to.equal(2);
  });

  it("counts the data that a false commitment makes it show again", () => {
    const data = 60_000;
    const liar = work({ bytes: 900 + data, dataBytes: data });
    expect(verifyGas([liar]) - verifyGas([work()])).to.be.above(BigInt(16 * data));
    expect(planProofs([liar, liar, liar])).to.equal(2);
    expect(planProofs([work(), liar, work()], { maxGas: 1_500_000n })).to.equal(1);
  });

  it("knows what a joint proof costs, from above, and plans with it", () => {
    const read = (name: string): Record<string, number> =>
      JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", `${name}.json`), "utf8")) as Record<string, number>;
    const proof = read("chainProofGas")["verifyChain, 3 leaves"]!;
    for (const [call, beside] of Object.entries(read("jointGas"))) {
      const leaves = parseInt(call, 10);
      // Sixteen leaves in a batch at most; 480 bytes of it beside its leaves.
      const works = Array.from({ length: Math.ceil(leaves / 16) }, () =>
        work({ bytes: 480 + 96 * Math.min(leaves, 16) }),
      );
      const planned = Number(verifyGas(works, JOINT));
      expect(planned, call)
        .to.be.above(proof + beside)
        .and.below(1.2 * (proof + beside));
    }
    expect(JOINT.bytes).to.be.above(read("chainProofGas")["bytes of the proof"]!);
    const many = Array.from({ length: 100 }, () => work({ leaves: 10 }));
    expect(planProofs(many, {}, JOINT)).to.be.above(2 * planProofs(many));
    expect(planProofs(many, { maxBytes: JOINT.bytes + 2_700 }, JOINT)).to.equal(3);
    expect(planProofs([work(), work({ endsCall: true }), work()], {}, JOINT)).to.equal(2);
  });

  it("ends with a departure, and makes progress with a batch that is too large", () => {
    expect(planProofs([work(), work({ endsCall: true }), work()])).to.equal(2);
    const huge = work({ leaves: 1_000, bytes: 10 ** 7 });
    expect(planProofs([huge, work()])).to.equal(1);
    expect(planProofs([work(), huge])).to.equal(1);
    // Floor of the gas of calldata: 300,000 bytes cost more than their execution.
    expect(planProofs(many(4, { bytes: 75_000 }), { maxBytes: 10 ** 9 })).to.equal(3);
  });
});

describe("An aggregator with a backlog", () => {
  it("proves 300 waiting batches step by step, each call as full as L1 takes it", async function () {
    this.timeout(600_000);
    const { connection, system, node, sequencer, aggregator } = await deploy();
    const BACKLOG = 300;
    for (let i = 0; i < BACKLOG; i += 50) {
      await sequencer.post(...Array.from({ length: 50 }, (_, k) => (i + k === 7 ? { falseCommitments: [5n] } : {})));
    }
    await node.sync();
    expect(node.batches.length - node.verifiedBatches).to.equal(BACKLOG);
    expect(node.batch(8).truthful).to.equal(false);
    const boot = new BootAggregator(aggregator, 600n);
    await connection.networkHelpers.time.increase(600);

    const steps: number[] = [];
    for (;;) {
      const before = node.verifiedBatches;
      const receipt = await boot.step();
      if (receipt === undefined) break;
      await node.sync();
      steps.push(node.verifiedBatches - before);
      const bytes = await calldataOf(receipt);
      expect(bytes).to.be.at.most(127 * 1024 + 100);
      // The proofs are a mock's: a real verifier would need this much more at most (docs/benchmarks.md).
      const real = Number(receipt.gasUsed) + 330_000 + 60_000 * steps.at(-1)!;
      expect(real).to.be.below(Number(TRANSACTION_GAS_CAP));
    }
    expect(await system.consensus.verifiedBatches()).to.equal(BigInt(BACKLOG));
    expect(steps.length).to.be.within(2, 3);
    expect(Math.min(...steps.slice(0, -1))).to.be.above(100);
  });

  it("proves the departure that the chain waits for, and then goes on", async () => {
    const { connection, system, node, sequencer, aggregator, prover, operator } = await deploy();
    const user = new Wallet(node, operator, createSigner(Buffer.from("user")));
    const migrator = new Migrator(node, operator, prover);
    await user.deposit(0n, parseEther("1"));
    await sequencer.post({});
    await node.sync();
    const target = await system.token.getAddress();
    const move = user.move(0n, { target, targetToken: 0n });
    await migrator.request({ target, pair: { source: 0n, target: 0n }, moves: [move] });
    await sequencer.post({});
    await sequencer.post({});
    const boot = new BootAggregator(aggregator, 600n);
    await connection.networkHelpers.time.increase(600);

    const verified: number[] = [];
    for (;;) {
      const receipt = await boot.step();
      if (receipt === undefined) break;
      await node.sync();
      verified.push(node.verifiedBatches);
    }
    expect(verified).to.deep.equal([2, 2, 3]);
    expect(node.dueDeparture).to.equal(undefined);
    expect(node.migrations.departures.length).to.equal(1);
    expect(node.finalState.account(1)?.balance).to.equal(0n);
    expect(await system.rollup.stateRoot()).to.equal(node.finalState.root);
  });

  it("goes on with fewer if L1 takes less than the model says", async () => {
    const { node, sequencer, aggregator, prover } = await deploy({ maxGas: 180_000n });
    const plan = aggregator.plan.bind(aggregator);
    aggregator.plan = () => node.batches.length - node.verifiedBatches;
    await sequencer.post(...Array.from({ length: 9 }, () => ({})));
    await node.sync();
    expect(plan()).to.equal(1);
    let steps = 0;
    while ((await aggregator.step()) !== undefined) {
      await node.sync();
      expect(node.verifiedBatches).to.be.above(steps);
      steps += 1;
    }
    expect(node.verifiedBatches).to.equal(9);
    expect(steps).to.be.within(2, 8);
    // No proof was made twice.
    expect(prover.made).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("submits fewer if the gas for all may cost more than its limit, and nothing at an invented price", async () => {
    const { system, node, sequencer, prover, operator } = await deploy();
    await sequencer.post(...Array.from({ length: 9 }, () => ({})));
    await node.sync();
    const aggregatorOf = (signer: Signer, maxFee: bigint): Aggregator =>
      new Aggregator(node, signer, prover, undefined, { sending: { maxFee } });
    const nonce = await operator.getNonce();
    const fees = new FeeData(null, 10n ** 15n, 10n ** 15n);
    const deceived = Object.assign(Object.create(operator) as Signer, {
      provider: Object.assign(Object.create(operator.provider) as Provider, {
        getFeeData: () => Promise.resolve(fees),
      }),
      estimateGas: operator.estimateGas.bind(operator),
      sendTransaction: operator.sendTransaction.bind(operator),
    });
    await expectRejection(aggregatorOf(deceived, 10n ** 17n).step(), "FEE_ABOVE_MAXIMUM");
    expect([await operator.getNonce(), node.verifiedBatches]).to.deep.equal([nonce, 0]);

    const { maxFeePerGas } = await system.provider.getFeeData();
    await aggregatorOf(operator, 200_000n * maxFeePerGas!).step();
    await node.sync();
    expect(node.verifiedBatches).to.be.within(1, 8);
  });

  it("submits what comes before a batch that it cannot prove", async () => {
    let isDown = true;
    const { node, sequencer, aggregator } = await deploy({}, (number) => isDown && number === 3);
    await sequencer.post({}, {}, {}, {});
    await aggregator.step();
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
    const failure: unknown = await aggregator.step().catch((error: unknown) => error);
    expect(failure).to.be.an("error").with.property("message", "no proof of batch 3");
    isDown = false;
    await aggregator.step();
    await node.sync();
    expect(node.verifiedBatches).to.equal(4);
  });

  it("does nothing more if somebody else was faster", async () => {
    const { node, sequencer, system, operator } = await deploy();
    await sequencer.post({});
    await node.sync();
    const rival = await RollupNode.open(system);
    const slow = new Aggregator(node, operator, {
      prove: async (circuit, input) => {
        await new Aggregator(rival, operator, ledgerProver(rival)).step();
        return ledgerProver(node).prove(circuit, input);
      },
      dispose: () => Promise.resolve(),
    });
    expect(await slow.step()).to.equal(undefined);
    expect(await system.consensus.verifiedBatches()).to.equal(1n);
  });

  it("knows the size of the call before it has the proofs", async () => {
    const { node, sequencer, aggregator, system } = await deploy();
    await sequencer.post({ transactions: [new Uint8Array(93 * 9)] }, { falseCommitments: [5n] });
    await node.sync();
    expect(aggregator.plan()).to.equal(2);
    const { from, proofs } = await aggregator.prove();
    const length = hexlify(system.consensus.interface.encodeFunctionData("verify", [from, proofs])).length / 2 - 1;
    const limited = (maxBytes: number): number =>
      new Aggregator(node, aggregator.signer, ledgerProver(node), undefined, { maxBytes }).plan();
    expect([limited(length - 100), limited(length - 101)]).to.deep.equal([2, 1]);
  });
});
