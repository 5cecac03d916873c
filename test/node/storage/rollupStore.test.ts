// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";

import { expect } from "chai";
import { hexlify, parseEther, type Provider, type Signer } from "ethers";
import { network } from "hardhat";

import {
  Aggregator,
  Migrator,
  RollupNode,
  SAVED_LISTS,
  Sequencer,
  Wallet,
  type ProofOfEfficiencySystem,
} from "../../../src/agents/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { requireStateOfL1 } from "../../../src/escape/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { openDatabase, RollupStore, type Database } from "../../../src/node/storage/index.ts";
import { putMock } from "../../../tools/bench/mockProofs.ts";
import { deployProofOfEfficiency } from "../../../tools/deployment/proofOfEfficiency.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { ledgerProver } from "../../../tools/bench/ledgerProver.ts";
import { liar } from "../../helpers/liar.ts";
import { Random } from "../../helpers/random.ts";

const ONE = parseEther("1");

/** All that a node says, as text, so that a difference is a difference of lines. */
const described = (node: RollupNode): string => JSON.stringify(facts(node), replace, 1);

/** Bytes as hex, and `bigint`s as decimals with an n. */
function replace(this: Record<string, unknown>, key: string, shown: unknown): unknown {
  const value = this[key];
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Uint8Array ? hexlify(value) : shown;
}

const facts = (node: RollupNode): object => ({
  block: node.block,
  batches: node.batches.map(({ execution: _, departures, ...batch }) => ({
    ...batch,
    departures: departures.map(({ request }) => request),
  })),
  virtualBatches: node.virtualBatches.map(({ number }) => number),
  verified: node.verifiedBatches,
  forced: node.forcedOperations,
  sequencedForced: node.sequencedForced,
  roots: [node.virtualState.root, node.finalState.root],
  accounts: [...node.virtualState.accounts.entries()],
  isFrozen: node.isFrozen,
  settlements: node.settlements,
  accumulator: node.accumulator,
  due: node.dueDeparture?.request,
  migrations: {
    departures: node.migrations.departures,
    undelivered: node.migrations.undelivered,
    arrivals: [...node.migrations.arrivals],
    arrivalData: [...node.migrations.arrivalData],
  },
});

describe("A rollup on the disk", function () {
  this.timeout(240_000);
  let directory: string;
  let database: Database;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rollup-"));
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function store(system: ProofOfEfficiencySystem): RollupStore {
    const rollup = `0x${"ab".repeat(20)}`;
    database = openDatabase(join(directory, "node.sqlite"), { chainId: 31337n, rollup }, { lockTimeout: 0 });
    return new RollupStore(database, system.profile.depth, { cachedRows: 8 });
  }

  /** A rollup with a user, a sequencer and an aggregator, and another rollup on the same chain. */
  async function deploy() {
    const connection = await network.create();
    const { ethers, networkHelpers } = connection;
    const signers = (await ethers.getSigners()) as unknown as [Signer, Signer];
    const [operator, user] = signers;
    const parties = async () => {
      const deployed = await deployProofOfEfficiency(connection);
      const system = { ...deployed, reading: { retryDelay: 1 } };
      await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
      await putMock(connection, await system.rollup.ENFORCEMENT_VERIFIER(), "MockEnforcementVerifier");
      await system.token.approve(system.consensus, parseEther("10000000"));
      await system.consensus.deposit(parseEther("100000"));
      return { system, ...(await partiesOn(system)) };
    };
    /** With a node that has all in memory: opened again after each reorganisation. */
    const partiesOn = async (system: ProofOfEfficiencySystem) => {
      const node = await RollupNode.open(system);
      return {
        node,
        sequencer: new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH }),
        aggregator: new Aggregator(node, operator, ledgerProver(node)),
        migrator: new Migrator(node, operator, ledgerProver(node)),
        wallet: new Wallet(node, user, createSigner(Buffer.from("user"))),
      };
    };
    return { networkHelpers, operator, ...(await parties()), parties, partiesOn };
  }

  type Parties = Awaited<ReturnType<typeof deploy>>;

  /** One thing that happens, as far as it is possible now. */
  async function happen(random: Random, parties: Parties, other: { readonly system: ProofOfEfficiencySystem }) {
    const { node, wallet, sequencer, aggregator, migrator } = parties;
    await node.sync();
    const hasAccount = wallet.accounts().length > 0;
    const balance = hasAccount ? wallet.account(ETH).account.balance : 0n;
    const target = await other.system.rollup.getAddress();
    switch (random.int(9)) {
      case 0:
      case 1:
        await wallet.deposit(ETH, ONE);
        break;
      case 2:
        if (balance > ONE / 2n) await wallet.forceExit(ETH, 5n);
        break;
      case 3:
        if (balance > ONE / 2n && node.migrations.undelivered.length === 0) {
          const moves = [wallet.move(ETH, { target, targetToken: ETH })];
          await migrator.request({ target, pair: { source: ETH, target: ETH }, moves });
        }
        break;
      case 4:
        for (const departure of node.migrations.undelivered) await migrator.deliver(departure);
        break;
      case 5:
        await sequencer.post({});
        break;
      case 6:
        if (balance > ONE / 2n) {
          const amounts = { amount: 7n, tip: 3n };
          const transactions = [0, 1].map((to) => wallet.transfer(ETH, { to, ...amounts }));
          await sequencer.post({ transactions }, { falseCommitments: [5n] });
        }
        break;
      default:
        await aggregator.step();
    }
  }

  it("is what a node has in memory: after each block, restart and reorganisation", async () => {
    const random = new Random("rollup store");
    const deployed = await deploy();
    const other = await deployed.parties();
    let parties: Parties = deployed;
    let node = await RollupNode.open(parties.system, store(parties.system));
    const seen = { restarts: 0, reorganisations: 0, exits: 0, departures: 0, due: 0, delivered: 0, released: 0 };
    /** From time to time a place to which L1 goes back later. */
    let snapshot = await parties.networkHelpers.takeSnapshot();
    for (let step = 0; step < 80; step++) {
      await happen(random, parties, other);
      await parties.node.sync();
      await node.sync();
      expect(described(node), `step ${step}`).to.equal(described(parties.node));
      seen.exits = Math.max(seen.exits, node.settlements.length);
      seen.departures = Math.max(seen.departures, node.migrations.departures.length);
      seen.delivered = Math.max(seen.delivered, seen.departures - node.migrations.undelivered.length);
      seen.due += node.dueDeparture === undefined ? 0 : 1;
      seen.released += node.batches.filter(({ execution }) => execution === undefined).length;
      if (step % 9 === 8) {
        database.close();
        node = await RollupNode.open(parties.system, store(parties.system));
        expect(described(node), `restart after step ${step}`).to.equal(described(parties.node));
        seen.restarts += 1;
      }
      if (step % 20 === 5) snapshot = await parties.networkHelpers.takeSnapshot();
      if (step % 20 === 16) {
        await snapshot.restore();
        await parties.networkHelpers.mine(1 + random.int(30));
        parties = { ...parties, ...(await parties.partiesOn(parties.system)) };
        await expectRejection(node.sync(), "REORGANISED");
        node = await RollupNode.open(parties.system, new RollupStore(database, parties.system.profile.depth));
        expect(described(node), `reorganisation after step ${step}`).to.equal(described(parties.node));
        seen.reorganisations += 1;
      }
    }
    expect(seen.restarts).to.be.equal(8);
    expect(seen.reorganisations).to.equal(4);
    for (const name of ["exits", "departures", "due", "delivered", "released"] as const) {
      expect(seen[name], name).to.be.above(0);
    }
    // A node that reads the other rollup has arrivals.
    const { wallet, sequencer, aggregator, migrator } = parties;
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await parties.node.sync();
    const target = await other.system.rollup.getAddress();
    const moves = [wallet.move(ETH, { target, targetToken: ETH })];
    await migrator.request({ target, pair: { source: ETH, target: ETH }, moves });
    await sequencer.post({});
    while ((await aggregator.step()) !== undefined) await parties.node.sync();
    for (const departure of parties.node.migrations.undelivered) await migrator.deliver(departure);
    database.close();
    rmSync(join(directory, "node.sqlite"));
    await RollupNode.open(other.system, store(other.system));
    database.close();
    await other.node.sync();
    expect(other.node.migrations.arrivals.size).to.be.above(0);
    const again = await RollupNode.open(other.system, store(other.system));
    expect(described(again)).to.equal(described(other.node));
  });

  it("asks L1 for nothing that was read, and goes on after the last block", async () => {
    const { system, wallet, sequencer, aggregator, node: observer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await aggregator.step();
    const first = await RollupNode.open(system, store(system));
    const read = first.block;
    database.close();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    const ranges: number[] = [];
    const provider = liar(system.provider, {
      getLogs: (logs, filter) => {
        ranges.push(Number(filter.fromBlock));
        return logs;
      },
    });
    const node = await RollupNode.open(through(system, provider), store(system));
    await observer.sync();
    expect(described(node)).to.equal(described(observer));
    expect(Math.min(...ranges)).to.equal(read + 1);
  });

  it("remembers a frozen rollup with its void batches", async () => {
    const { networkHelpers, system, wallet, sequencer, node: observer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await sequencer.post({});
    await observer.sync();
    await networkHelpers.time.increase(400 * 24 * 3600);
    await system.rollup.freeze();
    await RollupNode.open(system, store(system));
    database.close();
    const node = await RollupNode.open(system, store(system));
    await observer.sync();
    expect(node.isFrozen).to.equal(true);
    expect(described(node)).to.equal(described(observer));
  });

  it("goes back to the beginning if L1 has replaced all of its blocks, and refuses an endpoint that is behind", async () => {
    const { networkHelpers, system, wallet, sequencer, aggregator, partiesOn } = await deploy();
    const snapshot = await networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await aggregator.step();
    await networkHelpers.mine(100);
    const { block } = await RollupNode.open(system, store(system));
    await snapshot.restore();
    const behind = await expectRejection(RollupNode.open(system, new RollupStore(database, 5)), "L1_BEHIND");
    expect(behind.data).to.deep.equal({ head: await system.provider.getBlockNumber(), oldest: block });
    await networkHelpers.mine(200);
    let cleared = 0;
    const node = await RollupNode.open(system, new RollupStore(database, 5, { onClear: () => (cleared += 1) }));
    expect(described(node)).to.equal(described((await partiesOn(system)).node));
    expect([node.forcedOperations.length, cleared]).to.deep.equal([0, 1]);
  });

  it("goes back if more confirmations are asked for than before", async () => {
    const { networkHelpers, system, wallet, sequencer, aggregator } = await deploy();
    await wallet.deposit(ETH, ONE);
    await networkHelpers.mine(10);
    const { block } = await RollupNode.open(system, store(system));
    await sequencer.post({});
    await aggregator.step();
    database.close();
    const first = await RollupNode.open(system, store(system));
    expect([first.block > block, first.verifiedBatches]).to.deep.equal([true, 1]);
    await networkHelpers.mine(2);
    const confirmed = { ...system, reading: { ...system.reading, confirmations: 4 } };
    const node = await RollupNode.open(confirmed, new RollupStore(database, 5));
    await requireStateOfL1(node);
    expect(node.block).to.equal((await system.provider.getBlockNumber()) - 4);
    expect([node.batches.length, node.forcedOperations.length]).to.deep.equal([0, 1]);
  });

  it("keeps all of a block or nothing: a full disk leaves what was there", async () => {
    const { system, wallet, sequencer, aggregator, node: observer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    const node = await RollupNode.open(system, store(system));
    const before = described(node);
    const { page_count: pages } = database.prepare("PRAGMA page_count").get()!;
    database.exec(`PRAGMA max_page_count = ${Number(pages)}`);
    for (let i = 0; i < 40; i++) await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await aggregator.step();
    await expectRejection(node.sync(), "DATABASE_FULL");
    expect(described(node)).to.equal(before);
    database.close();
    const again = await RollupNode.open(system, store(system));
    await observer.sync();
    expect(described(again)).to.equal(described(observer));
    await node.sync().catch(() => undefined);
  });

  it("is refused if a part of it is missing or damaged", async () => {
    const { system, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await RollupNode.open(system, store(system));
    const { items } = database.prepare("SELECT items FROM item WHERE list = 'batch'").get()!;
    const put = database.prepare("INSERT OR REPLACE INTO item (list, first, items) VALUES ('batch', 0, ?)");
    const open = (): Promise<RollupNode> => RollupNode.open(system, new RollupStore(database, 5));
    const notAList = Buffer.concat([Uint8Array.of(0), serialize({})]);
    for (const broken of [
      Uint8Array.of(0),
      Uint8Array.of(0, 255, 99),
      Uint8Array.of(),
      Uint8Array.of(9, 1),
      notAList,
    ]) {
      put.run(broken);
      await expectRejection(open(), "DATABASE_CORRUPT");
    }
    database.exec("DELETE FROM item WHERE list = 'batch'");
    const { data } = await expectRejection(open(), "DATABASE_CORRUPT");
    expect(data.reason).to.equal("it has 0 of 1 items of the list batch");
    put.run(items!);
    expect((await open()).batches.length).to.equal(1);
    database.exec("DELETE FROM view");
    const missing = await expectRejection(open(), "DATABASE_CORRUPT");
    expect(missing.data.reason).to.equal("it has accounts, and not what they follow from");
  });

  it("gives up old states, and says so", async () => {
    const { system, wallet, sequencer, aggregator } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    const node = await RollupNode.open(system, store(system));
    expect(node.stateAfter(0).nextIndex).to.equal(1);
    await sequencer.post({});
    await aggregator.step();
    await node.sync();
    const { data } = await expectRejection(
      Promise.resolve().then(() => node.stateAfter(1)),
      "STATE_RELEASED",
    );
    expect(data).to.deep.equal({ batch: 1, oldest: 2 });
    expect(node.stateAfter(2).nextIndex).to.equal(2);
    expect(SAVED_LISTS.length).to.equal(8);
  });
});

/** All that a node asks goes through this endpoint. */
const through = (system: ProofOfEfficiencySystem, provider: Provider): ProofOfEfficiencySystem => ({
  ...system,
  provider,
  consensus: system.consensus.connect(provider),
  rollup: system.rollup.connect(provider),
});
