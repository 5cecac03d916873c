// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, toQuantity, Wallet as Key, type Provider, type Signer, type TransactionResponse } from "ethers";
import { network } from "hardhat";

import {
  gasPriceOf,
  minedTransaction,
  sendTransaction,
  TransactionError,
  waitForTransaction,
  type SendOptions,
} from "../../src/chain/index.ts";
import { RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { openProvider } from "../../src/escape/index.ts";
import { startEndpoint } from "../../tools/testing/endpoint.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { expectRevert } from "../helpers/expectRevert.ts";
import { expectUnreadable, signJunk } from "../helpers/junkAuthorization.ts";

const FAST = { pollingInterval: 5, timeout: 60 } satisfies SendOptions;
const GWEI = 10n ** 9n;
const RECEIVER = `0x${"11".repeat(20)}`;

/** A chain that mines when it is told to. */
async function deploy() {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const [signer] = (await ethers.getSigners()) as unknown as [Signer];
  const nonce = await signer.getNonce();
  /** Sends 5 wei, at a price. */
  const send = (price: bigint, changes: Record<string, unknown> = {}): Promise<TransactionResponse> =>
    signer.sendTransaction({
      ...{ to: RECEIVER, value: 5n, nonce, gasLimit: 100_000n },
      ...{ maxFeePerGas: price, maxPriorityFeePerGas: price, ...changes },
    });
  await ethers.provider.send("evm_setAutomine", [false]);
  return { connection, ethers, networkHelpers, signer, nonce, send };
}

/** The provider of a transaction, with some methods of its own. */
function withProvider(sent: TransactionResponse, methods: Partial<Provider>): TransactionResponse {
  const provider = new Proxy(sent.provider, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return new Proxy(sent, {
    get(target, name): unknown {
      return name === "provider" ? provider : Reflect.get(target, name, target);
    },
  });
}

async function expectTransactionError(
  promise: Promise<unknown>,
  code: "REPLACED" | "NOT_MINED",
): Promise<TransactionError> {
  const error = await expectRejection(promise, code);
  if (!(error instanceof TransactionError)) throw new Error("the error has no transaction");
  return error;
}

describe("The wait for a transaction", () => {
  it("gives the receipt of the one with a higher price that took its place", async () => {
    const { networkHelpers, send } = await deploy();
    const first = await send(2n * GWEI);
    const waiting = minedTransaction(Promise.resolve(first), FAST);
    const dearer = await send(20n * GWEI);
    await networkHelpers.mine();
    const receipt = await waiting;
    expect(receipt.hash).to.equal(dearer.hash).and.not.equal(first.hash);
    expect(receipt.status).to.equal(1);
  });

  it("finds a replacement that was mined many blocks ago", async () => {
    const { networkHelpers, send, signer } = await deploy();
    const first = await send(2n * GWEI);
    const dearer = await send(20n * GWEI);
    for (let i = 0; i < 20; i++) await networkHelpers.mine();
    await signer.sendTransaction({ to: RECEIVER, value: 1n });
    for (let i = 0; i < 40; i++) await networkHelpers.mine();
    expect((await waitForTransaction(first, FAST)).hash).to.equal(dearer.hash);
  });

  it("finds a replacement in a block with a transaction that ethers does not read", async () => {
    const { ethers, networkHelpers, send } = await deploy();
    const stranger = Key.createRandom();
    await networkHelpers.setBalance(stranger.address, parseEther("1"));
    const first = await send(2n * GWEI);
    const dearer = await send(20n * GWEI);
    const junk = await signJunk(stranger, first.provider, { to: RECEIVER, data: "0x" });
    await ethers.provider.send("eth_sendRawTransaction", [junk]);
    await networkHelpers.mine();
    const block = await ethers.provider.getBlockNumber();
    expect((await first.provider.getBlock(block))?.transactions.length).to.equal(2);
    await expectUnreadable(first.provider.getBlock(block, true));
    expect((await waitForTransaction(first, FAST)).hash).to.equal(dearer.hash);
  });

  it("names a replacement that ethers does not read", async () => {
    const { connection, ethers, networkHelpers } = await deploy();
    const sender = Key.createRandom(ethers.provider);
    await networkHelpers.setBalance(sender.address, parseEther("1"));
    const first = await sender.sendTransaction({ to: RECEIVER, value: 1n, gasPrice: GWEI * 2n, nonce: 0 });
    const { provider } = first;
    const junk = await signJunk(sender, provider, { to: sender.address, data: "0x", nonce: 0 });
    const hash: unknown = await connection.ethers.provider.send("eth_sendRawTransaction", [junk]);
    await networkHelpers.mine();
    const error = await expectTransactionError(waitForTransaction(first, FAST), "REPLACED");
    expect([error.replacement, error.isCancelled]).to.deep.equal([hash, true]);
  });

  it("ends with an error if another transaction took its nonce", async () => {
    const { networkHelpers, send, nonce, signer } = await deploy();
    const first = await send(2n * GWEI);
    const other = await send(20n * GWEI, { value: 6n });
    await networkHelpers.mine();
    const error = await expectTransactionError(waitForTransaction(first, FAST), "REPLACED");
    expect(error.transaction).to.deep.equal({ hash: first.hash, from: await signer.getAddress(), nonce });
    expect([error.replacement, error.isCancelled]).to.deep.equal([other.hash, false]);
    expect(error.message).to.include(first.hash).and.to.include(other.hash);
  });

  it("ends with an error if the sender cancelled it", async () => {
    const { networkHelpers, send, signer } = await deploy();
    const first = await send(2n * GWEI);
    const cancel = await send(20n * GWEI, { value: 0n, to: await signer.getAddress() });
    await networkHelpers.mine();
    const error = await expectTransactionError(waitForTransaction(first, FAST), "REPLACED");
    expect([error.replacement, error.isCancelled]).to.deep.equal([cancel.hash, true]);
  });

  it("does not take a replacement for final before it has its confirmations", async () => {
    const { connection, networkHelpers, send } = await deploy();
    const first = await send(2n * GWEI);
    const before = await networkHelpers.takeSnapshot();
    await send(20n * GWEI, { value: 6n });
    await networkHelpers.mine();
    let isDone = false;
    const waiting = waitForTransaction(first, { ...FAST, confirmations: 2 }).finally(() => (isDone = true));
    await connection.ethers.provider.getBlockNumber();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isDone).to.equal(false);
    // L1 takes the other block back, and mines the first transaction after all.
    await before.restore();
    await networkHelpers.mine(2);
    expect((await waiting).hash).to.equal(first.hash);
  });

  it("names hash, nonce and seconds when the time is over", async () => {
    const { send, nonce } = await deploy();
    const sent = await send(2n * GWEI);
    const error = await expectTransactionError(waitForTransaction(sent, { ...FAST, timeout: 1 }), "NOT_MINED");
    expect(error.transaction).to.include({ hash: sent.hash, nonce });
    expect(error.message).to.include(sent.hash).and.include(`nonce ${nonce}`).and.include("1 s");
  });

  it("ends in time if the endpoint or the signer is mute", async () => {
    const { send, networkHelpers, signer } = await deploy();
    const mute = (): Promise<never> => new Promise(() => undefined);
    const sent = withProvider(await send(2n * GWEI), { getTransactionReceipt: mute });
    await networkHelpers.mine();
    await expectTransactionError(waitForTransaction(sent, { ...FAST, timeout: 0.1 }), "NOT_MINED");
    const mutes = Object.assign(Object.create(signer) as Signer, { sendTransaction: mute });
    const call = Promise.resolve({ to: RECEIVER, value: 1n });
    await expectRejection(sendTransaction(mutes, call, { ...FAST, timeout: 0.1 }), "NOT_SENT");
  });

  it("asks an endpoint again that does not answer", async () => {
    const { send, networkHelpers } = await deploy();
    const plain = await send(2n * GWEI);
    await networkHelpers.mine();
    let failures = 3;
    const getTransactionReceipt = (hash: string) =>
      failures-- > 0 ? Promise.reject(new Error("429 Too Many Requests")) : plain.provider.getTransactionReceipt(hash);
    const receipt = await waitForTransaction(withProvider(plain, { getTransactionReceipt }), FAST);
    expect(receipt.hash).to.equal(plain.hash);
    expect(failures).to.equal(-1);
  });

  it("sends again what a reorganisation removed, and waits for the confirmations", async () => {
    const { connection, networkHelpers, send } = await deploy();
    const { provider } = connection.ethers;
    const before = await networkHelpers.takeSnapshot();
    const sent = await send(2n * GWEI);
    await networkHelpers.mine();
    let looks = 0;
    const watched = withProvider(sent, {
      getTransactionReceipt: (hash) => {
        looks += 1;
        return sent.provider.getTransactionReceipt(hash);
      },
    });
    const waiting = waitForTransaction(watched, { ...FAST, confirmations: 3 });
    const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
      for (let looked = 0; !(await isTrue()); looked++) {
        if (looked > 2_000) throw new Error("it did not come");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await until(() => looks > 2);
    await before.restore();
    expect(await provider.getTransaction(sent.hash)).to.equal(null);
    await until(async () => (await provider.getTransaction(sent.hash)) !== null);
    await networkHelpers.mine(3);
    const receipt = await waiting;
    expect(receipt.hash).to.equal(sent.hash);
    expect((await provider.getBlockNumber()) - receipt.blockNumber).to.equal(2);
  });

  it("says why a transaction failed that was mined", async () => {
    const { connection, networkHelpers, signer } = await deploy();
    await connection.ethers.provider.send("evm_setAutomine", [true]);
    const { consensus } = await deployProofOfEfficiency(connection);
    await connection.ethers.provider.send("evm_setAutomine", [false]);
    const sent = consensus.connect(signer).withdraw(7n, { gasLimit: 200_000n });
    await sent;
    await networkHelpers.mine();
    const error = await expectRevert(minedTransaction(sent, FAST));
    expect(error.revert).to.deep.include({
      name: "InsufficientBalance",
      args: { account: await signer.getAddress(), balance: 0n, needed: 7n },
    });
    expect(error.message)
      .to.include((await sent).hash)
      .and.include("needed: 7");
  });

  it("says that a transaction ran out of gas", async () => {
    const { connection, networkHelpers, send } = await deploy();
    // JUMPDEST, PUSH0, JUMP
    await connection.networkHelpers.setCode(RECEIVER, "0x5b5f56");
    const sent = await send(2n * GWEI);
    await networkHelpers.mine();
    const error = await expectRevert(waitForTransaction(sent, FAST));
    expect(error.message).to.include("ran out of gas");
  });
});

describe("sendTransaction", () => {
  it("sends nothing that needs more gas than it may use, and no call that reverts", async () => {
    const connection = await network.create();
    const { ethers, networkHelpers } = connection;
    const [signer] = (await ethers.getSigners()) as unknown as [Signer];
    const { consensus } = await deployProofOfEfficiency(connection);
    // Hashes 192 KiB of fresh memory: PUSH3 0x030000, PUSH0, KECCAK256.
    await networkHelpers.setCode(RECEIVER, "0x620300005f20");
    const nonce = await signer.getNonce();
    const call = Promise.resolve({ to: RECEIVER });
    await expectRejection(sendTransaction(signer, call, { ...FAST, maxGas: 90_000n }), "GAS_ABOVE_MAXIMUM");
    const withdraw = consensus.withdraw.populateTransaction(parseEther("1"));
    const error = await expectRevert(sendTransaction(signer, withdraw, FAST));
    expect(error.message).to.include(`InsufficientBalance (account: ${await signer.getAddress()}, balance: 0, needed:`);
    expect(await signer.getNonce()).to.equal(nonce);
    const receipt = await sendTransaction(signer, call, { ...FAST, maxGas: 200_000n });
    expect(Number(receipt.gasUsed)).to.be.within(90_000, 200_000);
  });

  it("pays no price that the endpoint invents: not for a call of its own, and not for one of an agent", async () => {
    const connection = await network.create();
    const system = await deployProofOfEfficiency(connection);
    const endpoint = await startEndpoint(connection);
    const provider = openProvider(endpoint.url);
    try {
      const key = new Key(Key.createRandom().privateKey, provider);
      await connection.networkHelpers.setBalance(key.address, parseEther("10000"));
      await system.token.transfer(key.address, parseEther("1000"));
      const call = { to: RECEIVER, value: parseEther("1") };
      const send = (options: SendOptions = {}) => sendTransaction(key, Promise.resolve(call), { ...FAST, ...options });
      const node = await RollupNode.open(system);
      const agents = { sending: FAST };
      const wallet = new Wallet(node, key, createSigner(Buffer.from("user")), agents);
      const sequencer = new Sequencer(node, key, { feeAccount: 0, feeToken: 0n, ...agents });
      const { token, consensus } = system;
      for (const made of [
        token.approve.populateTransaction(consensus, parseEther("1000")),
        consensus.deposit.populateTransaction(parseEther("1000")),
      ]) {
        await sendTransaction(key, made, FAST);
      }
      const [nonce, balance] = [await key.getNonce(), await provider.getBalance(key)];

      const price = toQuantity(1_000_000n * GWEI);
      endpoint.misbehave(({ method }) => (method === "eth_maxPriorityFeePerGas" ? { result: price } : undefined));
      const error = await expectRejection(send(), "FEE_ABOVE_MAXIMUM");
      expect(error).to.have.property("message").that.includes("and the limit is 0.1 ETH (100000000000000000 wei)");
      expect(error)
        .to.have.property("message")
        .that.matches(/the gas may cost 2\d\.\d+ ETH \(2\d{19} wei\)/);
      await expectRejection(wallet.deposit(0n, 1n), "FEE_ABOVE_MAXIMUM");
      await expectRejection(sequencer.post({}), "FEE_ABOVE_MAXIMUM");
      expect([await key.getNonce(), await provider.getBalance(key)]).to.deep.equal([nonce, balance]);

      // The signed price is the one that was compared with the limit: the endpoint is not asked twice.
      let questions = 0;
      endpoint.misbehave(({ method }) =>
        method === "eth_maxPriorityFeePerGas" && ++questions > 1 ? { result: price } : undefined,
      );
      const { gasPrice, gasUsed } = await send();
      expect(questions).to.equal(1);
      // A limit of the caller's own. The transferred value does not count.
      endpoint.misbehave(() => undefined);
      await expectRejection(send({ maxFee: gasUsed * gasPrice }), "FEE_ABOVE_MAXIMUM");
      await send({ maxFee: 4n * gasUsed * gasPrice });
    } finally {
      provider.destroy();
      await endpoint.stop();
    }
  });

  it("offers the price that the call says, and the endpoint's for what it does not say", async () => {
    const feeData = { gasPrice: 7n, maxFeePerGas: 20n, maxPriorityFeePerGas: 3n };
    const signerOf = (fees: object) => ({ provider: { getFeeData: () => Promise.resolve(fees) } }) as unknown as Signer;
    const cases = [
      [{}, { maxFeePerGas: 20n, maxPriorityFeePerGas: 3n }],
      [{ maxFeePerGas: 2n }, { maxFeePerGas: 2n, maxPriorityFeePerGas: 2n }],
      [{ maxPriorityFeePerGas: 5 }, { maxFeePerGas: 20n, maxPriorityFeePerGas: 5n }],
      [
        { maxFeePerGas: "9", maxPriorityFeePerGas: 1n },
        { maxFeePerGas: 9n, maxPriorityFeePerGas: 1n },
      ],
      [{ gasPrice: 4n }, { gasPrice: 4n }],
      [{ type: 0 }, { gasPrice: 7n }],
    ] as const;
    for (const [request, price] of cases) {
      expect(await gasPriceOf(signerOf(feeData), request)).to.deep.equal(price);
    }
    expect(await gasPriceOf(signerOf({ gasPrice: 7n }), {})).to.deep.equal({ gasPrice: 7n });
    expect(await gasPriceOf(signerOf({}), {})).to.equal(undefined);
  });
});
