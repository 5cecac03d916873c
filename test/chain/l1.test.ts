// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Provider, type Signer, ZeroHash } from "ethers";
import { network } from "hardhat";

import { findLog } from "../../src/chain/index.ts";
import { RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { readForcedSlot } from "../../src/codec/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

async function deploy() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection);
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
  await system.token.approve(system.consensus, parseEther("1000"));
  await system.consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
  return { connection, system, node, wallet, sequencer };
}

/** A provider whose method `broken` fails as long as `isDown` says so. */
function unreliable(provider: Provider, broken: keyof Provider | "send", isDown: () => boolean): Provider {
  return new Proxy(provider, {
    get(target, name) {
      if (name === broken && isDown()) return () => Promise.reject(new Error("L1 does not answer"));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

describe("A node that follows L1", () => {
  it("reads every block once, however many ask it to at the same time", async () => {
    const { node, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, parseEther("1"));
    await Promise.all([node.sync(), node.sync(), node.sync()]);
    expect(node.forcedOperations.length).to.equal(1);
    await sequencer.post({});
    await Promise.all([node.sync(), node.sync()]);
    expect(node.batches.length).to.equal(1);
  });

  it("reads a range again that it could not read to the end", async () => {
    const { system, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, parseEther("1"));
    await sequencer.post({});
    let isDown = false;
    const provider = unreliable(system.provider, "send", () => isDown);
    const node = await RollupNode.open({ ...system, provider });
    await wallet.deposit(ETH, parseEther("2"));
    await sequencer.post({});
    isDown = true;
    const failure: unknown = await node.sync().catch((error: unknown) => error);
    expect(failure).to.be.an("error").with.property("message", "L1 does not answer");
    isDown = false;
    await node.sync();
    expect(node.forcedOperations.length).to.equal(2);
    expect(node.batches.length).to.equal(2);
  });

  it("says that L1 has replaced what it read", async () => {
    const { connection, node, wallet } = await deploy();
    const { networkHelpers } = connection;
    const before = await networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, parseEther("1"));
    await node.sync();
    await before.restore();
    await wallet.deposit(ETH, parseEther("2"));
    await expectRejection(node.sync(), "REORGANISED");
    await before.restore();
    await expectRejection(node.sync(), "REORGANISED");
  });

  it("stays as many blocks behind as it is told, and does not see what is replaced there", async () => {
    const { connection, system, wallet } = await deploy();
    const { networkHelpers } = connection;
    const node = await RollupNode.open({ ...system, reading: { confirmations: 3 } });
    const before = await networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, parseEther("1"));
    await networkHelpers.mine(2);
    await node.sync();
    expect(node.forcedOperations.length).to.equal(0);
    await before.restore();
    await wallet.deposit(ETH, parseEther("2"));
    await networkHelpers.mine(3);
    await node.sync();
    expect(node.forcedOperations.map((slot) => readForcedSlot(slot).amount)).to.deep.equal([parseEther("2")]);
  });

  it("sees the same in ranges of one block as in one query", async () => {
    const { system, node, wallet, sequencer } = await deploy();
    for (let i = 0; i < 2; i++) {
      await wallet.deposit(ETH, parseEther("1"));
      await sequencer.post({});
    }
    await node.sync();
    let queries = 0;
    const provider = unreliable(system.provider, "getLogs", () => {
      queries += 1;
      return false;
    });
    const other = await RollupNode.open({ ...system, provider, reading: { maxRange: 1 } });
    expect(queries).to.equal((await system.provider.getBlockNumber()) - system.deploymentBlock + 1);
    expect(other.virtualState.root).to.equal(node.virtualState.root);
    expect(other.batches.map(({ postedAt }) => postedAt)).to.deep.equal(node.batches.map(({ postedAt }) => postedAt));
  });

  it("finds the first log range by range, and asks for nothing beyond it", async () => {
    const { system, wallet } = await deploy();
    await wallet.deposit(ETH, parseEther("1"));
    await wallet.deposit(ETH, parseEther("2"));
    const ranges: (readonly [number, number])[] = [];
    const provider = {
      getBlockNumber: () => system.provider.getBlockNumber(),
      getLogs: (filter: { fromBlock: number; toBlock: number }) => {
        ranges.push([filter.fromBlock, filter.toBlock]);
        return system.provider.getLogs(filter);
      },
    } as unknown as Provider;
    const filter = {
      address: await system.rollup.getAddress(),
      topics: [system.rollup.interface.getEvent("ForcedOperationQueued").topicHash],
    };
    const head = await system.provider.getBlockNumber();
    const found = await findLog(provider, filter, head - 4, { maxRange: 2 });
    expect(found?.blockNumber).to.equal(head - 1);
    expect(ranges).to.deep.equal([
      [head - 4, head - 3],
      [head - 2, head - 1],
    ]);
    ranges.length = 0;
    expect(await findLog(provider, { ...filter, topics: [ZeroHash] }, head - 2, { maxRange: 2 })).to.equal(undefined);
    expect(ranges).to.deep.equal([
      [head - 2, head - 1],
      [head, head],
    ]);
  });
});
