// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { dataLength, parseEther, type Provider, type Signer } from "ethers";

import { Aggregator, RollupNode, Sequencer, Wallet } from "../../../src/agents/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import {
  BatchBuilder,
  ETH,
  signTransaction,
  type Outcome,
  type TransactionRequest,
} from "../../../src/ledger/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { expectRevert } from "../../helpers/expectRevert.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { freshRollup } from "../../helpers/freshRollup.ts";
import { mockProver } from "../../helpers/mockProofs.ts";

async function deploy(overrides: Readonly<Record<string, unknown>> = {}) {
  const { connection, system } = await freshRollup("mock", { forcedDeadline: 600, escapeDelay: 7_800, ...overrides });
  const { consensus, token } = system;
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
  await token.approve(consensus, parseEther("100000"));
  await consensus.deposit(parseEther("100000"));
  const node = await RollupNode.open(system);
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  return { connection, system, node, sequencer, wallet, operator };
}

/** A provider with some methods of its own. */
const withMethods = (provider: Provider, methods: Partial<Provider>): Provider =>
  new Proxy(provider, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

describe("A sequencer whose ring is nearly full", () => {
  it("plans as many leaves as the ring has room for, and overdue operations get in", async () => {
    const { connection, system, node, sequencer, wallet, operator } = await deploy({
      ...{ maxLeavesPerBatch: 4, maxPendingLeaves: 6 },
    });
    const { slots } = system.profile;
    for (let i = 0; i < 3; i++) await sequencer.post({});
    for (let i = 0; i < 4 * slots; i++) await wallet.deposit(ETH, 1n);
    await connection.networkHelpers.time.increase(601);
    // Three leaves are left, of which the call's first batch takes one.
    const plan = await sequencer.nextBatch();
    expect(plan).to.deep.equal({ transactions: [], forced: 3 * slots });
    expect((await sequencer.cost({})).bond).to.equal(3n * (await system.consensus.LEAF_BOND()));
    await sequencer.post({ forced: slots }, {});
    await node.sync();
    expect(node.batches.map(({ result }) => result.leaves.length)).to.deep.equal([1, 1, 1, 1, 2]);
    expect(await system.consensus.pendingLeaves()).to.equal(6n);

    const full = await expectRejection(sequencer.post({}), "RING_FULL");
    expect(full).to.have.property("message").that.includes("6 leaves wait for their proofs");
    await expectRejection(sequencer.nextBatch(), "RING_FULL");
    const aggregator = new Aggregator(node, operator, await mockProver());
    await aggregator.submit(await aggregator.prove(1, 1));
    await sequencer.post({});
    await node.sync();
    expect(node.sequencedForced).to.equal(4 * slots);
    await expectRejection(sequencer.post({}), "RING_FULL");
  });

  it("says that the leaves of the call itself have filled the ring", async () => {
    const { sequencer } = await deploy({ maxLeavesPerBatch: 2, maxPendingLeaves: 2 });
    const error = await expectRejection(sequencer.post({}, {}, {}), "RING_FULL");
    expect(error).to.have.property("message").that.includes("2 of them of this call");
  });

  it("leaves room for the transactions of a plan", async () => {
    const { system, node, sequencer, wallet } = await deploy({ maxLeavesPerBatch: 2, maxPendingLeaves: 2 });
    const { slots } = system.profile;
    for (let i = 0; i < 2 * slots; i++) await wallet.deposit(ETH, 1n);
    await sequencer.post({ transactions: [new Uint8Array(93)] });
    await node.sync();
    expect(node.sequencedForced).to.equal(2 * slots - 1);
  });
});

describe("A sequencer that is asked for a plan again and again", () => {
  const signed = (node: RollupNode, nonce: bigint, fields: Partial<TransactionRequest> = {}): Uint8Array =>
    signTransaction(createFastSigner("payer"), {
      ...{ from: 1, to: 1, token: ETH, amount: 1n, nonce, domain: node.domain, ...fields },
    });

  async function withAccount(overrides: Readonly<Record<string, unknown>> = {}) {
    const deployed = await deploy(overrides);
    const { node, sequencer, operator } = deployed;
    await new Wallet(node, operator, createFastSigner("payer")).deposit(ETH, parseEther("1"));
    await sequencer.post({});
    await node.sync();
    let offers = 0;
    const offer = Object.getOwnPropertyDescriptor(BatchBuilder.prototype, "offer")!;
    const original = offer.value as (this: BatchBuilder, bytes: Uint8Array) => Outcome;
    const counted = { get: (): number => offers };
    BatchBuilder.prototype.offer = function (bytes) {
      offers += 1;
      return original.call(this, bytes);
    };
    const restore = (): void => {
      Object.defineProperty(BatchBuilder.prototype, "offer", offer);
    };
    return { ...deployed, counted, restore };
  }

  it("executes each transaction once", async () => {
    const { node, sequencer, counted, restore } = await withAccount();
    try {
      for (let i = 0n; i < 4n; i++) {
        sequencer.submit(signed(node, i, { tip: 1_024n }));
        const plan = await sequencer.nextBatch();
        expect(plan.transactions).to.have.length(Number(i) + 1);
      }
      expect(await sequencer.nextBatch()).to.deep.equal({
        transactions: [0n, 1n, 2n, 3n].map((nonce) => signed(node, nonce, { tip: 1_024n })),
        forced: 0,
      });
      expect(counted.get()).to.equal(4);
      expect(sequencer.draft).to.deep.equal({ tips: 4_096n, forced: 0, transactions: 4, isFull: false, leaves: 1 });
      await sequencer.post(await sequencer.nextBatch());
      await node.sync();
      expect(node.batches.at(-1)?.result.leaves.flatMap(({ outcomes }) => outcomes)).to.have.length.above(3);
      expect(await sequencer.nextBatch()).to.deep.equal({ transactions: [], forced: 0 });
      expect([counted.get(), sequencer.waiting]).to.deep.equal([4, 0]);
    } finally {
      restore();
    }
  });

  it("begins anew when one of the plan was replaced, an operation has come, or a full plan could be better", async () => {
    const { node, system, sequencer, wallet, restore } = await withAccount({ maxLeavesPerBatch: 1 });
    restore();
    const { slots } = system.profile;
    const first = signed(node, 0n);
    sequencer.submit(first);
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([first]);
    const dearer = signed(node, 0n, { tip: 1_024n });
    sequencer.submit(dearer);
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([dearer]);
    await wallet.deposit(ETH, parseEther("1"));
    expect(await sequencer.nextBatch()).to.deep.equal({ transactions: [dearer], forced: 1 });
    for (let i = 1n; i < BigInt(slots + 2); i++) sequencer.submit(signed(node, i));
    expect((await sequencer.nextBatch()).transactions).to.have.length(slots - 1);
    // Another sender pays more than the last of them.
    await sequencer.post({ forced: 1 });
    await node.sync();
    expect((await sequencer.nextBatch()).transactions).to.have.length(slots);
    const other = wallet.transfer(ETH, { to: 1, amount: 1n, tip: 2_048n });
    sequencer.submit(other);
    expect((await sequencer.nextBatch()).transactions?.[0]).to.deep.equal(other);
  });
});

describe("The fee of a sequencer", () => {
  it("is no more than twice what L1 asked, unless the plan says otherwise", async () => {
    const { connection, system, node, operator } = await deploy();
    const { consensus } = system;
    const fee = await consensus.batchFee();
    let asked = 0n;
    const watched = Object.assign(Object.create(operator) as Signer, {
      sendTransaction: (request: { data: string }) => {
        asked = consensus.interface.decodeFunctionData("sequence", request.data)[1] as bigint;
        return operator.sendTransaction(request);
      },
    });
    const sequencer = new Sequencer(node, watched, { feeAccount: 0, feeToken: ETH });
    await sequencer.post({});
    expect(asked).to.equal(2n * fee);
    // A day in which no batch is proven: the fee is ten times what it was, and is asked for as it is now.
    await connection.networkHelpers.time.increase(24 * 3_600);
    expect(await consensus.batchFee()).to.be.greaterThan(10n * fee);
    await expectRevert(sequencer.post({ maxFee: 2n * fee }));
    await sequencer.post({});
    expect(asked).to.be.greaterThan(20n * fee);
  });
});

describe("A sequencer that looks for what it posted", () => {
  it("does not take one empty answer of a lagging endpoint for the loss of a post", async () => {
    const { connection, system, sequencer: first, wallet, operator } = await deploy();
    const { networkHelpers } = connection;
    await wallet.deposit(ETH, parseEther("1"));
    await first.post({});
    await networkHelpers.mine(3);
    /** Data that the endpoint has not seen yet: the receipt, or its block too. */
    let hidden: "nothing" | "receipt" | "block" = "nothing";
    const { provider } = system;
    const behind = withMethods(provider, {
      getTransactionReceipt: async (hash) =>
        hidden === "nothing" ? provider.getTransactionReceipt(hash) : Promise.resolve(null),
      getBlock: async (block, prefetch) => {
        const lacksIt = hidden === "block" && typeof block === "number" && block >= postedIn;
        return lacksIt ? Promise.resolve(null) : provider.getBlock(block, prefetch);
      },
    });
    let postedIn = Infinity;
    const node = await RollupNode.open({ ...system, provider: behind, reading: { confirmations: 3 } });
    const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
    const waiting = async (): Promise<number> => (await sequencer.nextBatch()).transactions!.length;
    const transaction = new Wallet(node, wallet.l1, wallet.l2).transfer(ETH, { to: 1, amount: 1n });
    sequencer.submit(transaction);
    const before = await networkHelpers.takeSnapshot();
    postedIn = (await sequencer.post(await sequencer.nextBatch())).blockNumber;

    // The same block is there: the receipt may be missing as often as it likes.
    hidden = "receipt";
    for (let i = 0; i < 5; i++) expect(await waiting()).to.equal(0);
    // An endpoint that has not seen the block lags; an answer in between begins the count again.
    hidden = "block";
    for (let i = 0; i < 2; i++) expect(await waiting()).to.equal(0);
    hidden = "nothing";
    expect(await waiting()).to.equal(0);
    hidden = "block";
    for (let i = 0; i < 2; i++) expect(await waiting()).to.equal(0);
    expect(await waiting()).to.equal(1);

    // Another block at its height: L1 has lost it.
    hidden = "nothing";
    await before.restore();
    postedIn = (await sequencer.post(await sequencer.nextBatch())).blockNumber;
    expect(await waiting()).to.equal(0);
    await before.restore();
    await networkHelpers.mine();
    expect(await waiting()).to.equal(1);
  });
});

describe("A sequencer that proves what it posts", () => {
  /** One batch of somebody else's that waits, and an account with money. */
  async function withPending() {
    const deployed = await deploy();
    const { node, sequencer, wallet, operator } = deployed;
    await wallet.deposit(ETH, parseEther("1"));
    await sequencer.post({});
    await node.sync();
    const aggregator = new Aggregator(node, operator, await mockProver());
    return { ...deployed, aggregator };
  }

  it("posts and proves in one call, with what waited, and pays neither fee nor bond", async () => {
    const { connection, system, node, sequencer, wallet, operator, aggregator } = await withPending();
    const { consensus } = system;
    const before = await consensus.balances(operator);
    const { fee, bond } = node.batch(1).record;
    await wallet.forceExit(ETH, 5n, 1);
    await sequencer.postProven(aggregator, { forced: "all" }, { transactions: [new Uint8Array(93)] });
    await node.sync();
    expect(node.batches).to.have.length(3);
    expect(node.verifiedBatches).to.equal(3);
    expect(node.finalState.root).to.equal(await system.rollup.stateRoot());
    expect(node.batches.slice(1).map(({ record }) => [record.fee, record.bond])).to.deep.equal([
      [0n, 0n],
      [0n, 0n],
    ]);
    // Those of the batch that waited, which the operator had posted itself.
    expect(await consensus.balances(operator)).to.equal(before + fee + bond);
    const head = await connection.ethers.provider.getBlock("latest");
    expect(Number(node.batch(3).header.timestamp)).to.be.lessThan(head?.timestamp ?? 0);
  });

  it("is followed by a node that reads L1 afresh", async () => {
    const { system, node, sequencer, aggregator } = await withPending();
    await sequencer.postProven(aggregator, {});
    await sequencer.post({});
    await node.sync();
    const fresh = await RollupNode.open(system);
    expect(fresh.accumulator).to.equal(node.accumulator);
    expect(fresh.virtualState.root).to.equal(node.virtualState.root);
  });

  it("refuses an aggregator of another account", async () => {
    const { connection, node, sequencer } = await deploy();
    const [, , other] = (await connection.ethers.getSigners()) as unknown as Signer[];
    const aggregator = new Aggregator(node, other as Signer, await mockProver());
    await expectRejection(sequencer.postProven(aggregator, {}), "OTHER_PROVER");
  });

  it("loses the race with an error, and nothing else, if somebody posts while it proves", async () => {
    const { system, node, sequencer, aggregator } = await withPending();
    const rival = new Sequencer(await RollupNode.open(system), sequencer.signer, { feeAccount: 0, feeToken: ETH });
    const prove = aggregator.proofOf.bind(aggregator);
    aggregator.proofOf = async (batch) => {
      if (batch.number === 2) await rival.post({});
      return prove(batch);
    };
    const lost = await expectRejection(
      sequencer.postProven(aggregator, { transactions: [new Uint8Array(93)] }),
      "REVERTED",
    );
    expect(lost).to.have.property("message").that.includes("UnexpectedPrevious");
    aggregator.proofOf = prove;
    await sequencer.postProven(aggregator, { transactions: [new Uint8Array(93)] });
    await node.sync();
    expect(node.verifiedBatches).to.equal(3);
  });

  it("proves what does not fit beside it by calls of its own first", async () => {
    const { node, sequencer, operator } = await withPending();
    const small = new Aggregator(node, operator, await mockProver(), undefined, { maxBytes: 3_000 });
    await sequencer.post({}, {});
    await sequencer.postProven(small, {});
    await node.sync();
    expect(node.verifiedBatches).to.equal(4);
    const { provenAt } = node.batch(1);
    expect(provenAt).to.be.lessThan(node.batch(4).provenAt ?? 0);
    await expectRejection(sequencer.postProven(small, {}, {}, {}, {}, {}), "CALL_TOO_LARGE");
  });

  it("takes the time of its headers when the proofs of what waited are made, however long they take", async () => {
    const { connection, node, sequencer, aggregator } = await withPending();
    const prove = aggregator.proofOf.bind(aggregator);
    const slow = new Set<number>();
    aggregator.proofOf = async (batch) => {
      if (batch.number === 1 && !slow.has(1)) await connection.networkHelpers.time.increase(3_700);
      slow.add(batch.number);
      return prove(batch);
    };
    await sequencer.postProven(aggregator, {});
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
  });

  it("is too late, with L1's own words, if the new batches take more than an hour", async () => {
    const { connection, node, sequencer, aggregator } = await withPending();
    const prove = aggregator.proofOf.bind(aggregator);
    aggregator.proofOf = async (batch) => {
      if (batch.number === 2) await connection.networkHelpers.time.increase(3_700);
      return prove(batch);
    };
    const late = await expectRejection(sequencer.postProven(aggregator, {}), "REVERTED");
    expect(late).to.have.property("message").that.includes("TimestampOutOfRange");
    aggregator.proofOf = prove;
    await sequencer.postProven(aggregator, {});
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
  });

  it("succeeds also if somebody proves meanwhile what waited, and the node notices", async () => {
    const { connection, system, node, sequencer, aggregator } = await withPending();
    const [, , other] = (await connection.ethers.getSigners()) as unknown as Signer[];
    const rival = new Aggregator(await RollupNode.open(system), other as Signer, await mockProver());
    const prove = aggregator.proofOf.bind(aggregator);
    aggregator.proofOf = async (batch) => {
      if (batch.number === 2) {
        await rival.step();
        await node.sync();
      }
      return prove(batch);
    };
    await sequencer.postProven(aggregator, {});
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
  });

  it("plans for the bytes that post the batches, too", async () => {
    const { node, sequencer, operator, connection } = await withPending();
    const plan = { transactions: [new Uint8Array(93)] };
    // Proofs of both batches have about 1,500 bytes, and what posts them 832.
    const small = new Aggregator(node, operator, await mockProver(), undefined, { maxBytes: 2_000 });
    await small.step();
    await expectRejection(sequencer.postProven(small, plan, plan), "CALL_TOO_LARGE");
    const { hash } = await sequencer.postProven(small, plan);
    const sent = await connection.ethers.provider.getTransaction(hash);
    expect(dataLength(sent?.data ?? "0x")).to.be.at.most(2_000);
  });

  it("is read by nodes whatever stands in the parts of the call that L1 does not read", async () => {
    const { system, node, sequencer, operator, aggregator } = await withPending();
    const { consensus } = system;
    const { selector } = consensus.interface.getFunction("sequenceAndVerify");
    const strange = Object.assign(Object.create(operator) as Signer, {
      sendTransaction: async (request: { data: string }) => {
        if (!request.data.startsWith(selector)) return operator.sendTransaction(request);
        const args = consensus.interface.decodeFunctionData("sequenceAndVerify", request.data);
        const proofs = (args["proofs"] as unknown as unknown[][]).map((proof) => [...proof.slice(0, 4), "0xee"]);
        const marked = consensus.interface.encodeFunctionData("sequenceAndVerify", [
          ...(args.toArray().slice(0, 4) as unknown[]),
          proofs,
        ] as never);
        // The length of the data that no true batch is shown again with becomes one that no call has.
        const length = `${"0".repeat(63)}1ee`;
        expect(marked).to.include(length);
        const data = marked.replaceAll(length, `${"f".repeat(64)}ee`);
        expect(() => consensus.interface.decodeFunctionData("sequenceAndVerify", data).toObject(true)).to.throw();
        return operator.sendTransaction({ ...request, data });
      },
    });
    const hostile = new Sequencer(node, strange, {
      feeAccount: 0,
      feeToken: ETH,
      address: await operator.getAddress(),
    });
    await hostile.postProven(aggregator, {});
    await node.sync();
    expect(node.verifiedBatches).to.equal(2);
    await sequencer.post({});
    expect((await RollupNode.open(system)).batches).to.have.length(3);
  });
});
