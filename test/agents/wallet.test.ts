// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { NonceManager, parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import {
  Migrator,
  operationOf,
  requirePayee,
  RollupNode,
  Sequencer,
  Wallet,
  type Departure,
} from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { ETH, signTransaction, type Payee } from "../../src/ledger/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { expectRevert } from "../helpers/expectRevert.ts";

async function deploy() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection, {
    overrides: { forcedDeadline: 600, escapeDelay: 7_800 },
  });
  const { consensus, token } = system;
  const [operator, user, other] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer, Signer];
  await token.approve(consensus, parseEther("1000"));
  await consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = (l1: Signer, name: string): Wallet => new Wallet(node, l1, createSigner(Buffer.from(name)));
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  const post = async (): Promise<void> => {
    await node.sync();
    await sequencer.post({});
    await node.sync();
  };
  return {
    connection,
    system,
    node,
    sequencer,
    post,
    operator,
    user: wallet(user, "user"),
    other: wallet(other, "other"),
  };
}

describe("A wallet", () => {
  it("deposits an ERC-20 that it approved, tops up, and moves by force", async () => {
    const { connection, system, node, post, user, other } = await deploy();
    const { rollup } = system;
    const dollar = await connection.ethers.deployContract("NativeToken", ["Dollar", "USD", 1_000n, user.l1]);
    await mined(rollup.registerToken(dollar, { value: await rollup.TOKEN_FEE() }));
    const USD = await rollup.tokenId(dollar);

    const approval = await user.approve(USD, 700n);
    expect(await dollar.allowance(user.l1, rollup)).to.equal(700n);
    await user.deposit(USD, 500n);
    await user.deposit(ETH, parseEther("1"));
    await other.deposit(ETH, parseEther("2"));
    await user.topUp(1, USD, 200n);
    await user.topUp(3, ETH, parseEther("3"));
    await post();
    expect(user.accounts().map(({ index, account }) => [index, account.token, account.balance])).to.deep.equal([
      [1, USD, 700n],
      [2, ETH, parseEther("1")],
    ]);
    expect(other.account(ETH).account.balance).to.equal(parseEther("5"));
    expectError(() => other.account(USD), "UNKNOWN_ACCOUNT");

    const receipt = await user.forceTransfer(ETH, 3, parseEther("0.4"));
    expect(operationOf(node, receipt)).to.equal(6);
    await post();
    expect(user.account(ETH).account.balance).to.equal(parseEther("0.6"));
    expect(other.account(ETH).account.balance).to.equal(parseEther("5.4"));
    expectError(() => operationOf(node, approval), "NOT_QUEUED");
  });

  it("withdraws what the core owes it", async () => {
    const { connection, system, node, user } = await deploy();
    await user.deposit(ETH, parseEther("1"));
    await connection.networkHelpers.time.increase(7_801);
    await system.rollup.freeze();
    await node.sync();
    const fee = await system.rollup.FORCED_FEE_BASE();
    expect(await user.credit(ETH)).to.equal(0n);
    await mined(system.rollup.refund(1, node.forcedOperations[0]!));
    expect(await user.credit(ETH)).to.equal(parseEther("1") + fee);
    const before = await connection.ethers.provider.getBalance(user.l1);
    const receipt = await user.withdraw(ETH);
    expect(await connection.ethers.provider.getBalance(user.l1)).to.equal(before - receipt.fee + parseEther("1") + fee);
    expect(await user.credit(ETH)).to.equal(0n);
  });
});

/** A contract that uses this much memory in each call, which costs 170,000 gas for 192 KiB and 5.7 million for 1.5 MiB. */
const glutton = (bytes: number): string => `0x63${bytes.toString(16).padStart(8, "0")}5f2060015f5260205ff3`;

describe("Whose an account is", () => {
  it("is not said by its key alone: a thief's account with the victim's key is not the victim's", async () => {
    const { system, node, post, user: victim, other: thief, operator } = await deploy();
    const { x, y } = victim.l2.publicKey;
    const deposit = async (owner: string): Promise<void> => {
      const value = 1n + (await system.rollup.forcedFee());
      await mined(system.rollup.connect(thief.l1).deposit(ETH, 1n, x, y, owner, { value }));
    };
    // The thief is first: account 1 has the victim's key, and the thief can force its exit.
    await deposit(thief.owner);
    await victim.deposit(ETH, parseEther("1"));
    await post();
    expect(victim.accounts().map(({ index }) => index)).to.deep.equal([2]);
    expect(victim.account(ETH).index).to.equal(2);
    const payee = victim.payee(ETH);
    expect(payee).to.deep.equal({ index: 2, token: ETH, key: { x, y }, owner: victim.owner.toLowerCase() });

    const payer = new Wallet(node, operator, createSigner(Buffer.from("payer")));
    await payer.deposit(ETH, parseEther("9"));
    await post();
    const payment = payer.transfer(ETH, { to: payee, amount: parseEther("5") });
    expect(payment).to.deep.equal(payer.transfer(ETH, { to: 2, amount: parseEther("5") }));
    await payer.topUp(payee, ETH, 5n);
    await payer.forceTransfer(ETH, payee, 7n);
    await post();
    expect(victim.account(ETH).account.balance).to.equal(parseEther("1") + 12n);

    // The payer is told the thief's account as the victim's.
    const wrong: readonly Partial<Payee>[] = [
      { index: 1 },
      { index: 3 },
      { index: 99 },
      { index: 0 },
      { owner: thief.owner },
      { key: payer.l2.publicKey },
      { key: { x, y: payer.l2.publicKey.y } },
      { token: 1n },
    ];
    for (const changes of wrong) {
      const told = { ...payee, ...changes };
      expectError(() => payer.transfer(ETH, { to: told, amount: 1n }), "WRONG_PAYEE");
      expectError(() => requirePayee(node, told), "WRONG_PAYEE");
      await expectRejection(payer.topUp(told, ETH, 1n), "WRONG_PAYEE");
      await expectRejection(payer.forceTransfer(ETH, told, 1n), "WRONG_PAYEE");
    }
    expect(requirePayee(node, payee)).to.equal(2);
  });

  it("may be the user's without a deposit of the user: dust does not hide what it has", async () => {
    const { system, post, user, other } = await deploy();
    const { x, y } = user.l2.publicKey;
    const value = 1n + (await system.rollup.forcedFee());
    await mined(system.rollup.connect(other.l1).deposit(ETH, 1n, x, y, user.owner, { value }));
    await user.deposit(ETH, parseEther("1"));
    await post();
    expect(user.accounts().map(({ index }) => index)).to.deep.equal([1, 2]);
    expect(user.account(ETH).index).to.equal(2);
    expect(user.account(ETH, 1).account.balance).to.equal(1n);
    expect(user.transfer(ETH, { to: 1, amount: 5n })).to.deep.equal(user.transfer(ETH, { to: 1, amount: 5n, from: 2 }));
    expect(user.payee(ETH, 1).index).to.equal(1);
    expectError(() => user.account(ETH, 3), "UNKNOWN_ACCOUNT");
    await user.forceExit(ETH, 1n, 1);
    await post();
    expect(user.account(ETH, 1).account.balance).to.equal(0n);
  });

  it("needs the signer's address, which wrapped signers are asked for", async () => {
    const { node, operator } = await deploy();
    const wrapped = new NonceManager(operator);
    const key = createSigner(Buffer.from("user"));
    expectError(() => new Wallet(node, wrapped, key), "UNKNOWN_OWNER");
    expectError(() => new Sequencer(node, wrapped, { feeAccount: 0, feeToken: ETH }), "UNKNOWN_OWNER");
    expect((await Wallet.open(node, wrapped, key)).owner).to.equal(await operator.getAddress());
  });
});

describe("A contract of somebody else", () => {
  it("cannot make a wallet pay for more gas than its limit", async () => {
    const { connection, system, node, user, operator } = await deploy();
    const { rollup } = system;
    const dollar = await connection.ethers.deployContract("NativeToken", ["Dollar", "USD", 1_000n, operator]);
    await mined(rollup.registerToken(dollar, { value: await rollup.TOKEN_FEE() }));
    await connection.networkHelpers.setCode(await dollar.getAddress(), glutton(1_500_000));
    const before = await connection.ethers.provider.getBalance(user.owner);
    await expectRejection(user.approve(1n, 5n), "GAS_ABOVE_MAXIMUM");
    expect(await connection.ethers.provider.getBalance(user.owner)).to.equal(before);
    await connection.networkHelpers.setCode(await dollar.getAddress(), glutton(192 * 1024));
    await user.approve(1n, 5n);
    const strict = new Wallet(node, user.l1, user.l2, { sending: { maxGas: 100_000n } });
    await expectRejection(strict.approve(1n, 5n), "GAS_ABOVE_MAXIMUM");
  });

  it("cannot take more for a migration than the limits say", async () => {
    const { connection, system, node, operator, user } = await deploy();
    const { provider } = connection.ethers;
    const target = `0x${"77".repeat(20)}`;
    const asks = (wei: bigint): Promise<void> =>
      connection.networkHelpers.setCode(target, `0x7f${wei.toString(16).padStart(64, "0")}5f5260205ff3`);
    const unused: Prover = { prove: () => Promise.reject(new Error()), dispose: () => Promise.resolve() };
    const migrator = new Migrator(node, operator, unused);
    const departure: Departure = {
      ...{ number: 1, id: 1, target, newStateRoot: 0n, arrivals: "0x" },
      ...{ proof: Array<bigint>(8).fill(0n), signals: Array<bigint>(17).fill(0n) },
    };
    const before = await provider.getBalance(await operator.getAddress());
    await asks(parseEther("1000"));
    const refused = await expectRejection(migrator.deliver(departure), "FEE_ABOVE_MAXIMUM");
    expect(refused.message)
      .to.include(target)
      .and.include(String(parseEther("1000")));
    const own = await system.rollup.FORCED_FEE_BASE();
    await asks(10n * own + 1n);
    await expectRejection(migrator.deliver(departure), "FEE_ABOVE_MAXIMUM");
    await asks(10n * own);
    await expectRejection(migrator.deliver(departure, { maxFee: 10n * own - 1n }), "FEE_ABOVE_MAXIMUM");
    // Within the limits it gets as far as L1, which knows no such departure.
    const unknown = await expectRevert(migrator.deliver(departure));
    expect(unknown.revert.name).to.equal("UnknownMigrants");
    // Nor can the target raise the limit by filling the source's queue.
    for (let i = 0; i < 3; i++) {
      await mined(system.rollup.connect(user.l1).forceExit(1, ETH, 1n, { value: await system.rollup.forcedFee() }));
    }
    expect(await system.rollup.forcedFee()).to.be.greaterThan(own);
    await asks(10n * own + 1n);
    await expectRejection(migrator.deliver(departure), "FEE_ABOVE_MAXIMUM");
    await asks(parseEther("1000"));
    await expectRevert(migrator.deliver(departure, { maxFee: parseEther("1000") }));
    expect(await provider.getBalance(await operator.getAddress())).to.equal(before);
  });
});

describe("A sequencer", () => {
  it("keeps a transaction whose nonce has not come, and all of them when a post fails", async () => {
    const { system, node, sequencer, post, user, operator } = await deploy();
    await user.deposit(ETH, parseEther("1"));
    await post();
    const pay = (nonce: bigint): Uint8Array => user.transfer(ETH, { to: 1, amount: 1n, nonce });
    sequencer.submit(pay(1n));
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([]);
    sequencer.submit(pay(0n));
    const plan = await sequencer.nextBatch();
    expect(plan.transactions).to.deep.equal([pay(0n), pay(1n)]);
    const balance = await system.consensus.balances(operator);
    await mined(system.consensus.withdraw(balance));
    await expectRevert(sequencer.post(plan));
    expect(await sequencer.nextBatch()).to.deep.equal(plan);
    await mined(system.token.approve(system.consensus, balance));
    await mined(system.consensus.deposit(balance));
    await sequencer.post(plan);
    expect(sequencer.waiting).to.equal(2);
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([]);
    expect(sequencer.waiting).to.equal(0);
    expect(node.virtualState.account(1)?.nonce).to.equal(2n);
    expectError(() => sequencer.submit(pay(1n)), "NONCE_USED");
  });

  it("takes transactions of an account whose deposit still waits", async () => {
    const { node, sequencer, post, user, other } = await deploy();
    await other.deposit(ETH, 1n);
    await post();
    await user.deposit(ETH, parseEther("1"));
    await node.sync();
    const early = signTransaction(user.l2, { from: 2, to: 1, token: ETH, amount: 5n, nonce: 0n, domain: node.domain });
    sequencer.submit(early);
    expect(await sequencer.nextBatch()).to.deep.equal({ transactions: [early], forced: 1 });
  });

  it("does not post a transaction twice while its node is behind L1, and posts it again if L1 lost it", async () => {
    const { connection, system, post, user, operator } = await deploy();
    const { networkHelpers } = connection;
    await user.deposit(ETH, parseEther("1"));
    await post();
    await networkHelpers.mine(3);
    const behind = await RollupNode.open({ ...system, reading: { confirmations: 3 } });
    const sequencer = new Sequencer(behind, operator, { feeAccount: 0, feeToken: ETH });
    const transaction = user.transfer(ETH, { to: 1, amount: 1n });
    sequencer.submit(transaction);
    const before = await networkHelpers.takeSnapshot();
    await sequencer.post(await sequencer.nextBatch());
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([]);
    await before.restore();
    await networkHelpers.mine();
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([transaction]);
    await sequencer.post(await sequencer.nextBatch());
    await networkHelpers.mine(3);
    expect((await sequencer.nextBatch()).transactions).to.deep.equal([]);
    expect(sequencer.waiting).to.equal(0);
  });

  it("fills a batch no further than L1 takes it", async () => {
    const { system, sequencer, post, user } = await deploy();
    await user.deposit(ETH, parseEther("1"));
    await post();
    const capacity = Number(await system.consensus.MAX_LEAVES_PER_BATCH()) * system.profile.slots;
    for (let i = 0; i < Math.min(capacity, 16); i++) {
      sequencer.submit(user.transfer(ETH, { to: 1, amount: 1n, nonce: BigInt(i) }));
    }
    for (let i = 0; i < 5; i++) await user.topUp(1, ETH, 1n);
    const plan = await sequencer.nextBatch();
    expect([plan.forced, plan.transactions?.length]).to.deep.equal([5, Math.min(capacity - 5, 16)]);
    await sequencer.post(plan);
  });

  it("knows what a batch costs before it posts it", async () => {
    const { system, node, sequencer, operator, user } = await deploy();
    const { consensus } = system;
    for (let i = 0; i < 5; i++) await user.deposit(ETH, 1n);
    await node.sync();
    const fee = await consensus.batchFee();
    const bond = await consensus.LEAF_BOND();
    // Two leaves, one of them full of forced operations, which pay for it.
    expect(await sequencer.cost({})).to.deep.equal({ fee, bond: 2n * bond });
    // Three leaves of which only the first is; and none that is.
    const filler = Array.from({ length: 4 }, () => new Uint8Array(93));
    expect(await sequencer.cost({ transactions: filler })).to.deep.equal({ fee: 2n * fee, bond: 3n * bond });
    expect(await sequencer.cost({ forced: 0 })).to.deep.equal({ fee, bond });
    const before = await consensus.balances(operator);
    await sequencer.post({ transactions: filler });
    await node.sync();
    // The fee falls from second to second while nothing is late: by less than a thousandth until the next block.
    const { record } = node.batch(1);
    expect(before - (await consensus.balances(operator))).to.equal(record.fee + 3n * bond);
    expect(record.fee <= 2n * fee && record.fee * 1_000n > 2n * fee * 999n).to.equal(true);
  });

  it("refuses what is no transaction", async () => {
    const { sequencer, user } = await deploy();
    expectError(() => sequencer.submit(new Uint8Array(92)), "BAD_LENGTH");
    await expectRejection(user.claim({ batch: 1, leaf: 0, slot: 0 }), "UNKNOWN_BATCH");
  });
});
