import { expect } from "chai";
import { parseEther, type Provider, type Signer, type TransactionResponse } from "ethers";
import { network } from "hardhat";

import {
  minedTransaction,
  RevertError,
  sendTransaction,
  TransactionError,
  waitForTransaction,
  type SendOptions,
} from "../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../src/deployment/proofOfEfficiency.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

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

async function expectTransactionError(promise: Promise<unknown>, code: string): Promise<TransactionError> {
  const error = await expectRejection(promise, code);
  expect(error).to.be.instanceOf(TransactionError);
  return error as TransactionError;
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
      while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
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
    const error = await expectRejection(minedTransaction(sent, FAST), "REVERTED");
    expect(error).to.be.instanceOf(RevertError);
    expect((error as RevertError).revert).to.deep.include({
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
    const error = await expectRejection(waitForTransaction(sent, FAST), "REVERTED");
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
    const error = await expectRejection(sendTransaction(signer, withdraw, FAST), "REVERTED");
    expect(error.message).to.include(`InsufficientBalance (account: ${await signer.getAddress()}, balance: 0, needed:`);
    expect(await signer.getNonce()).to.equal(nonce);
    const receipt = await sendTransaction(signer, call, { ...FAST, maxGas: 200_000n });
    expect(Number(receipt.gasUsed)).to.be.within(90_000, 200_000);
  });
});
