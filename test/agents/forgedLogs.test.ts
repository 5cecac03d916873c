// SPDX-License-Identifier: MIT
import { expect } from "chai";
import {
  concat,
  getBytes,
  getCreateAddress,
  hexlify,
  parseEther,
  Wallet as EthersWallet,
  ZeroAddress,
  type Interface,
  type Signer,
} from "ethers";
import { network } from "hardhat";

import { operationOf, RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { readForcedSlot } from "../../src/codec/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { commitToData, ETH } from "../../src/ledger/index.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { altered, liar, without } from "../helpers/liar.ts";

const ONE = parseEther("1");
const MILLION = parseEther("1000000");
const ANY_PREVIOUS = `0x${"00".repeat(27)}`;
const READING = { retryDelay: 1 };

interface Step {
  readonly target: string;
  readonly value: bigint;
  readonly topics: string[];
  readonly data: string;
}

const call = (target: string, data: string, value = 0n): Step => ({ target, value, topics: [], data });

function log(contract: Interface, name: string, args: readonly unknown[]): Step {
  const { topics, data } = contract.encodeEventLog(name, args);
  return { target: ZeroAddress, value: 0n, topics: topics, data };
}

async function deploy() {
  const connection = await network.create();
  const { ethers } = connection;
  const system = { ...(await deployProofOfEfficiency(connection)), reading: READING };
  const { consensus, rollup, token, profile } = system;
  const [operator, user] = (await ethers.getSigners()) as unknown as [Signer, Signer];
  await token.approve(consensus, parseEther("1000"));
  await consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
  const [consensusAddress, tokenAddress] = [await consensus.getAddress(), await token.getAddress()];
  const amount = parseEther("1000");
  /** Calls of an account with code before it sequences. */
  const funding = [
    call(tokenAddress, token.interface.encodeFunctionData("approve", [consensusAddress, amount])),
    call(consensusAddress, consensus.interface.encodeFunctionData("deposit", [amount])),
  ];
  const forger = await ethers.deployContract("Forger", [[]]);
  await token.transfer(forger, amount);
  await forger.run(funding);

  const inputFor = (data: string, forcedCount: number) => ({
    data,
    commitments: commitToData(profile, getBytes(data)),
    forcedCount,
    feeAccount: 1,
    feeToken: ETH,
  });
  const sequence = (...inputs: ReturnType<typeof inputFor>[]): string =>
    consensus.interface.encodeFunctionData("sequence", [inputs, parseEther("100"), ANY_PREVIOUS]);
  const shared = { connection, system, consensusAddress, node, wallet, sequencer, forger, funding, amount };
  return { ...shared, inputFor, sequence, rollup };
}

/** The deposit in a slot, for another amount. */
function withAmount(slot: Uint8Array, amount: bigint): string {
  const forged = Uint8Array.from(slot);
  forged.set(getBytes(`0x${amount.toString(16).padStart(32, "0")}`), 10);
  expect(readForcedSlot(forged).amount).to.equal(amount);
  return hexlify(forged);
}

describe("Forged logs", () => {
  it("a batch that a contract announces in its own name, with 1,000,000 ETH, is not that which it sequences", async () => {
    const { system, consensusAddress, node, wallet, forger, inputFor, sequence } = await deploy();
    await wallet.deposit(ETH, ONE);
    await node.sync();
    const [slot] = node.forcedOperations;
    const forged = inputFor(withAmount(slot!, MILLION), 1);
    const real = inputFor(hexlify(slot!), 1);
    await forger.run([
      log(system.consensus.interface, "BatchPublished", [1n, forged]),
      call(consensusAddress, sequence(real)),
      log(system.consensus.interface, "BatchPublished", [1n, forged]),
    ]);
    for (const reader of [node, await RollupNode.open(system)]) {
      await reader.sync();
      expect(reader.virtualState.account(1)?.balance).to.equal(ONE);
      expect(hexlify(reader.batch(1).data)).to.equal(hexlify(slot!));
      expect(reader.batch(1).truthful).to.equal(true);
    }
  });

  it("calls of a contract in one transaction have their own data each", async () => {
    const { consensusAddress, node, forger, inputFor, sequence } = await deploy();
    const data = ["0x01", "0x0202", "0x030303", "0x04"];
    const [a, b, c, d] = data.map((bytes) => inputFor(bytes, 0));
    await forger.run([
      call(consensusAddress, sequence(a!)),
      call(consensusAddress, sequence(b!, c!)),
      call(consensusAddress, sequence(d!)),
    ]);
    await node.sync();
    expect(node.batches.map((batch) => hexlify(batch.data))).to.deep.equal(data);
    expect(node.batches.every(({ truthful }) => truthful)).to.equal(true);
  });

  it("batches of one direct call have their own data each", async () => {
    const { node, system, inputFor } = await deploy();
    const data = ["0x01", "0x0202", "0x030303"];
    await system.consensus.sequence(
      data.map((bytes) => inputFor(bytes, 0)),
      parseEther("100"),
      ANY_PREVIOUS,
    );
    await node.sync();
    expect(node.batches.map((batch) => hexlify(batch.data))).to.deep.equal(data);
  });

  it("a batch that a constructor sequences is found", async () => {
    const { connection, system, consensusAddress, node, funding, amount, inputFor, sequence } = await deploy();
    const { ethers } = connection;
    const [, , , deployer] = await ethers.getSigners();
    const from = await deployer!.getAddress();
    await system.token.transfer(getCreateAddress({ from, nonce: await deployer!.getNonce() }), amount);
    const steps = [...funding, call(consensusAddress, sequence(inputFor("0x0102", 0)))];
    await ethers.deployContract("Forger", [steps], deployer);
    await node.sync();
    expect(hexlify(node.batch(1).data)).to.equal("0x0102");
  });

  it("a batch of an account that delegates to code (EIP-7702) is found, in whatever call", async () => {
    const { connection, system, consensusAddress, node, forger, funding, amount, inputFor, sequence } = await deploy();
    const { provider } = connection.ethers;
    const account = new EthersWallet(`0x${"17".repeat(32)}`, provider);
    await connection.networkHelpers.setBalance(account.address, parseEther("10"));
    await system.token.transfer(account.address, amount);
    const run = (steps: Step[]): string => forger.interface.encodeFunctionData("run", [steps]);
    const authorization = await account.authorize({
      address: await forger.getAddress(),
      nonce: (await account.getNonce()) + 1,
    });
    const send = async (request: object): Promise<void> => {
      const sent = await account.sendTransaction({ gasLimit: 3_000_000n, ...request });
      expect((await sent.wait())?.status).to.equal(1);
    };
    await send({ type: 4, authorizationList: [authorization], to: account.address, data: run(funding) });
    // Through its own code, and, with code, directly.
    await send({ to: account.address, data: run([call(consensusAddress, sequence(inputFor("0x07", 0)))]) });
    await send({ to: consensusAddress, data: sequence(inputFor("0x08", 0)) });
    await node.sync();
    expect(node.batches.map(({ data }) => hexlify(data))).to.deep.equal(["0x07", "0x08"]);
    expect(node.batch(1).record.sequencer).to.equal(account.address);
  });

  it("a forced operation that a contract logs in its own name has no id", async () => {
    const { rollup, node, wallet, forger } = await deploy();
    await wallet.deposit(ETH, ONE);
    const { x, y } = wallet.l2.publicKey;
    const owner = await wallet.l1.getAddress();
    const fee = await rollup.forcedFee();
    const sent = await forger.run(
      [
        log(rollup.interface, "ForcedOperationQueued", [999n, owner, "0x77"]),
        call(
          await rollup.getAddress(),
          rollup.interface.encodeFunctionData("deposit", [ETH, ONE, x, y, owner]),
          ONE + fee,
        ),
      ],
      { value: ONE + fee },
    );
    const receipt = await sent.wait();
    expect(operationOf(node, receipt!)).to.equal(2);
    await node.sync();
    expect(node.forcedOperations.length).to.equal(2);
  });

  it("data of another hash than L1's are refused, and a node keeps nothing of them", async () => {
    const { system, node, sequencer, inputFor, sequence } = await deploy();
    await sequencer.post({ transactions: [] });
    let lies = 0;
    const forge = (input: string) => (transaction: object | null) => {
      lies += 1;
      return transaction && { ...transaction, input };
    };
    const falseData = sequence(inputFor("0x0102", 0));
    const right = inputFor("0x", 0);
    const falseCommitments = sequence({ ...right, commitments: right.commitments.map(() => 7n as never) });
    for (const data of [falseData, falseCommitments, "0x12345678", concat([falseData.slice(0, 10), "0x00"])]) {
      lies = 0;
      const provider = liar(system.provider, { getTransaction: forge(data) });
      const code = data.endsWith("00") && data.length === 12 ? "BAD_CALLDATA" : "DATA_UNAVAILABLE";
      await expectRejection(RollupNode.open({ ...system, provider }), code);
      expect(lies).to.equal(4);
    }
    await node.sync();
    expect(node.batches.length).to.equal(1);
  });

  it("a batch without the log of its data, or with that of another one, is refused", async () => {
    const { system, consensusAddress, forger, inputFor, sequence } = await deploy();
    const run = (data: string) => forger.run([call(consensusAddress, sequence(inputFor(data, 0)))]);
    await run("0x01");
    await run("0x02");
    const { topicHash } = system.consensus.interface.getEvent("BatchPublished");
    const dropping = liar(system.provider, { getLogs: without(topicHash, (index) => index === 0) });
    await expectRejection(RollupNode.open({ ...system, provider: dropping }), "DATA_UNAVAILABLE");
    const swapping = liar(system.provider, {
      getLogs: (logs) => {
        const published = logs.filter(({ topics }) => topics[0] === topicHash);
        return logs.map((entry) => (entry === published[1] ? altered(entry, { data: published[0]!.data }) : entry));
      },
    });
    await expectRejection(RollupNode.open({ ...system, provider: swapping }), "DATA_UNAVAILABLE");
  });
});
