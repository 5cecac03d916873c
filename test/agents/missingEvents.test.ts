// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Interface, type Log, type Provider, type Signer } from "ethers";

import { RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import type { ReadingOptions } from "../../src/chain/index.ts";
import { readForcedSlot } from "../../src/codec/index.ts";
import { events } from "../../src/client/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { freshRollup } from "../helpers/freshRollup.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { altered, liar, without } from "../helpers/liar.ts";

const ONE = parseEther("1");

async function deploy(reading: ReadingOptions = {}) {
  const { connection, system: deployed } = await freshRollup("real");
  const system = { ...deployed, reading: { retryDelay: 1, ...reading } };
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
  await system.token.approve(system.consensus, parseEther("1000"));
  await system.consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
  /** All that a node asks goes through this endpoint. */
  const through = (provider: Provider) => ({
    ...system,
    provider,
    consensus: system.consensus.connect(provider),
    rollup: system.rollup.connect(provider),
  });
  return { connection, system, node, wallet, sequencer, through };
}

const counts = (node: RollupNode) => [node.forcedOperations.length, node.batches.length];

describe("Events that an endpoint leaves out", () => {
  it("one empty answer is asked for again, and no forced operation and no batch is missed", async () => {
    const { system, through, wallet, sequencer } = await deploy();
    let empty = 0;
    const provider = liar(system.provider, { getLogs: (logs) => (empty-- > 0 ? [] : logs) });
    const node = await RollupNode.open(through(provider));
    await wallet.deposit(ETH, ONE);
    empty = 1;
    await node.sync();
    expect(empty).to.equal(-1);
    expect(counts(node)).to.deep.equal([1, 0]);
    await sequencer.post({});
    empty = 1;
    await node.sync();
    expect(counts(node)).to.deep.equal([1, 1]);
    expect(node.virtualState.account(1)?.balance).to.equal(ONE);
  });

  it("an answer that stays empty is an error that says what differs, and nothing of it is kept", async () => {
    const { system, through, wallet, sequencer } = await deploy();
    let isEmpty = false;
    const provider = liar(system.provider, { getLogs: (logs) => (isEmpty ? [] : logs) });
    const node = await RollupNode.open(through(provider));
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    isEmpty = true;
    const { message } = await expectRejection(node.sync(), "EVENTS_MISSING");
    expect(message).to.match(/^by the endpoint's logs the number of .* is 0 after block \d+, and L1 has 1$/);
    expect(counts(node)).to.deep.equal([0, 0]);
    await expectRejection(RollupNode.open(through(provider)), "EVENTS_MISSING");
    isEmpty = false;
    await node.sync();
    expect(counts(node)).to.deep.equal([1, 1]);
  });

  for (const name of ["ForcedOperationQueued", "BatchSequenced", "ConsensusDeployed", "CoreDeployed"] as const) {
    for (const [place, maxRange] of [
      ["in one range", 10_000],
      ["in ranges of one block", 1],
    ] as const) {
      it(`each ${name} alone is missed, ${place}`, async () => {
        const { system, through, wallet, sequencer } = await deploy({ maxRange, attempts: 2 });
        for (let i = 0; i < 2; i++) {
          await wallet.deposit(ETH, ONE);
          await sequencer.post({});
        }
        const contract = name === "ForcedOperationQueued" ? system.rollup : system.consensus;
        const topicHash = (contract.interface as Interface).getEvent(name)?.topicHash ?? "";
        const address = await contract.getAddress();
        const all = await system.provider.getLogs({ address, topics: [topicHash], fromBlock: 0 });
        for (const { blockNumber, index } of all) {
          const drop = (logs: Log[]): Log[] =>
            logs.filter((log) => log.blockNumber !== blockNumber || log.index !== index);
          const code = name === "ConsensusDeployed" ? "UNKNOWN_DEPLOYMENT" : "EVENTS_MISSING";
          await expectRejection(RollupNode.open(through(liar(system.provider, { getLogs: drop }))), code);
        }
        expect(all.length).to.equal(name.endsWith("Deployed") ? 1 : 2);
      });
    }
  }

  it("an event that is told twice is refused", async () => {
    const { system, through, wallet } = await deploy();
    await wallet.deposit(ETH, ONE);
    const { topicHash } = system.rollup.interface.getEvent("ForcedOperationQueued");
    const provider = liar(system.provider, {
      getLogs: (logs) => logs.flatMap((log) => (log.topics[0] === topicHash ? [log, log] : [log])),
    });
    await expectRejection(RollupNode.open(through(provider)), "EVENTS_MISSING");
  });

  it("a forced operation that L1 does not have is refused, also where L1 has no operation of its number", async () => {
    const { system, through, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await wallet.deposit(ETH, ONE);
    const { interface: core } = system.rollup;
    const event = core.getEvent("ForcedOperationQueued");
    const invent = (logs: Log[]): Log[] => {
      const last = logs.findLast(({ topics }) => topics[0] === event.topicHash);
      if (last === undefined) return logs;
      const [, sender, slot] = core.decodeEventLog(event, last.data, last.topics) as unknown as [
        bigint,
        string,
        string,
      ];
      const { topics, data } = core.encodeEventLog(event, [3n, sender, slot]);
      return [...logs, altered(last, { topics, data, index: last.index + 1 })];
    };
    const opening = RollupNode.open(through(liar(system.provider, { getLogs: invent })));
    const { message } = await expectRejection(opening, "EVENTS_MISSING");
    expect(message).to.match(
      /^by the endpoint's logs the number of forced operations is 3 after block \d+, and L1 has 2$/,
    );
  });

  it("logs in another order than L1's are put in order", async () => {
    const { system, through, node, wallet, sequencer } = await deploy();
    for (let i = 0; i < 2; i++) {
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
    }
    await node.sync();
    const other = await RollupNode.open(through(liar(system.provider, { getLogs: (logs) => logs.toReversed() })));
    expect(other.virtualState.root).to.equal(node.virtualState.root);
  });

  it("a freeze that is not told is missed", async () => {
    const { connection, system, through, node, wallet } = await deploy();
    await wallet.deposit(ETH, ONE);
    await connection.networkHelpers.time.increase(Number(await system.rollup.ESCAPE_DELAY()) + 1);
    await system.rollup.freeze();
    const { topicHash } = system.rollup.interface.getEvent("Frozen");
    const provider = liar(system.provider, { getLogs: without(topicHash) });
    const { message } = await expectRejection(RollupNode.open(through(provider)), "EVENTS_MISSING");
    expect(message).to.contain("freeze");
    await node.sync();
    expect(node.isFrozen).to.equal(true);
  });

  it("a deployment block after the deployment is refused, also where nothing else has happened", async () => {
    const { system, wallet } = await deploy();
    const deploymentBlock = await system.provider.getBlockNumber();
    await expectRejection(RollupNode.open({ ...system, deploymentBlock }), "UNKNOWN_DEPLOYMENT");
    await wallet.deposit(ETH, ONE);
    await expectRejection(
      RollupNode.open({ ...system, deploymentBlock: (await system.provider.getBlockNumber()) + 1 }),
      "NOT_CONFIRMED",
    );
  });

  it("more confirmations than L1 has blocks are refused: genesis is not passed off as the state", async () => {
    const { system } = await deploy();
    const confirmations = (await system.provider.getBlockNumber()) + 1;
    await expectRejection(RollupNode.open({ ...system, reading: { confirmations } }), "NOT_CONFIRMED");
  });

  it("a reorganisation between two ranges of one sync is noticed", async () => {
    const { connection, system, through, wallet } = await deploy({ maxRange: 1 });
    const { networkHelpers } = connection;
    const before = await networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, ONE);
    await networkHelpers.mine(2);
    const depositBlock = (await system.provider.getBlockNumber()) - 2;
    let isPending = true;
    const provider = liar(system.provider, {
      beforeBlock: async (block) => {
        if (block !== depositBlock + 1 || !isPending) return;
        isPending = false;
        await before.restore();
        await wallet.deposit(ETH, 2n * ONE);
        await networkHelpers.mine(3);
      },
    });
    const opening = RollupNode.open(through(provider));
    await expectRejection(opening, "REORGANISED");
    const node = await RollupNode.open(system);
    expect(node.forcedOperations.map((slot) => readForcedSlot(slot).amount)).to.deep.equal([2n * ONE]);
  });

  it("a reorganisation while a range is read is noticed, and the range is read again", async () => {
    const { connection, system, through, node: reader, wallet } = await deploy();
    const { networkHelpers } = connection;
    await reader.sync();
    let restore: (() => Promise<void>) | undefined;
    const provider = liar(system.provider, {
      getLogs: async (logs) => {
        await restore?.();
        return logs;
      },
    });
    const node = await RollupNode.open(through(provider));
    const before = await networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, ONE);
    restore = async () => {
      restore = undefined;
      await before.restore();
      await wallet.deposit(ETH, 2n * ONE);
    };
    await node.sync();
    expect(node.forcedOperations.map((slot) => readForcedSlot(slot).amount)).to.deep.equal([2n * ONE]);
  });

  describe("with an endpoint that has no old state", () => {
    /** Refuses calls at blocks that are older than `kept`. */
    const pruned = async (provider: Provider, kept: number, lies: Parameters<typeof liar>[1] = {}) => {
      let refused = 0;
      let head = await provider.getBlockNumber();
      const endpoint = liar(provider, {
        ...lies,
        beforeCall: (block) => {
          if (typeof block !== "number" || block > head - kept) return;
          refused += 1;
          throw new Error("missing trie node");
        },
      });
      const refresh = async (): Promise<void> => {
        head = await provider.getBlockNumber();
      };
      return { endpoint, refresh, refused: () => refused };
    };

    it("ranges are compared at the end of the last", async () => {
      const { system, through, wallet, sequencer, node } = await deploy({ maxRange: 2 });
      for (let i = 0; i < 3; i++) {
        await wallet.deposit(ETH, ONE);
        await sequencer.post({});
      }
      await node.sync();
      const { endpoint, refused } = await pruned(system.provider, 1);
      const other = await RollupNode.open(through(endpoint));
      expect(other.virtualState.root).to.equal(node.virtualState.root);
      expect(refused()).to.be.greaterThan(3);
    });

    it("an event that is missing in an early range is still noticed, and nothing is kept", async () => {
      const { system, through, wallet, sequencer } = await deploy({ maxRange: 2 });
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
      await wallet.deposit(ETH, ONE);
      const { topicHash } = system.rollup.interface.getEvent("ForcedOperationQueued");
      let isLying = true;
      const drop = without(topicHash);
      const lies = { getLogs: (logs: Log[]) => (isLying ? drop(logs) : logs) };
      const { endpoint } = await pruned(system.provider, 1, lies);
      await expectRejection(RollupNode.open(through(endpoint)), "EVENTS_MISSING");
      isLying = false;
      expect(counts(await RollupNode.open(through(endpoint)))).to.deep.equal([2, 1]);
    });

    it("with confirmations, a copy is compared at the head", async () => {
      const { connection, system, through, wallet, sequencer } = await deploy({ confirmations: 5, maxRange: 3 });
      await connection.networkHelpers.mine(5);
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
      await connection.networkHelpers.mine(3);
      const { topicHash } = system.rollup.interface.getEvent("ForcedOperationQueued");
      let isLying = false;
      const drop = without(topicHash);
      const lies = { getLogs: (logs: Log[]) => (isLying ? drop(logs) : logs) };
      const { endpoint, refresh } = await pruned(system.provider, 1, lies);
      const node = await RollupNode.open(through(endpoint));
      expect(counts(node)).to.deep.equal([0, 0]);
      await connection.networkHelpers.mine(2);
      await refresh();
      isLying = true;
      await expectRejection(node.sync(), "EVENTS_MISSING");
      isLying = false;
      await node.sync();
      expect(counts(node)).to.deep.equal([1, 1]);
    });

    it("a range that could not be compared is read again by a later call at the same head", async () => {
      const { system, through, wallet } = await deploy();
      const isDown = { now: false };
      const endpoint = liar(system.provider, {
        beforeCall: () => {
          if (isDown.now) throw new Error("missing trie node");
        },
      });
      const node = await RollupNode.open(through(endpoint));
      await wallet.deposit(ETH, ONE);
      isDown.now = true;
      for (let i = 0; i < 3; i++) {
        const failure: unknown = await node.sync().catch((error: unknown) => error);
        expect(String(failure)).to.contain("missing trie node");
        expect(counts(node)).to.deep.equal([0, 0]);
      }
      isDown.now = false;
      await node.sync();
      expect(counts(node)).to.deep.equal([1, 0]);
    });

    it("an endpoint that answers no call at all is not believed", async () => {
      const { system, through } = await deploy();
      const { endpoint } = await pruned(system.provider, -1);
      const failure: unknown = await RollupNode.open(through(endpoint)).catch((error: unknown) => error);
      expect(String(failure)).to.contain("missing trie node");
    });
  });

  describe("to `events`", () => {
    const FAST = { pollingInterval: 5, retryDelay: 1 };

    it("are an error, and one empty answer is asked for again", async () => {
      const { system, through, wallet } = await deploy();
      let empty = 0;
      const provider = liar(system.provider, { getLogs: (logs) => (empty-- > 0 ? [] : logs) });
      const source = events(through(provider), FAST);
      const nextName = async (): Promise<string> => ((await source.next()).value as { name: string }).name;
      // The sequencer's, after those of the deployment.
      while ((await nextName()) !== "Deposited");
      await wallet.deposit(ETH, ONE);
      empty = 1;
      expect(await nextName()).to.equal("ForcedOperationQueued");
      await wallet.deposit(ETH, ONE);
      empty = 100;
      await expectRejection(source.next(), "EVENTS_MISSING");
    });

    it("are noticed also by a reader that goes on from a later place", async () => {
      const { system, through, wallet } = await deploy();
      await wallet.deposit(ETH, ONE);
      await wallet.deposit(ETH, ONE);
      const block = await system.provider.getBlockNumber();
      const provider = liar(system.provider, { getLogs: () => [] });
      await expectRejection(events(through(provider), { ...FAST, from: { block, index: 0 } }).next(), "EVENTS_MISSING");
      const { value } = await events(system, { ...FAST, from: { block, index: 0 } }).next();
      expect((value as { args: { id: bigint } }).args.id).to.equal(2n);
    });
  });
});
