// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";

import { expect } from "chai";

import { RollupNode, SAVED_LISTS, type ProofOfEfficiencySystem } from "../../../src/agents/index.ts";
import { requireStateOfL1 } from "../../../src/escape/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { openDatabase, RollupStore, type Database } from "../../../src/node/storage/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { liar } from "../../helpers/liar.ts";
import { Random } from "../../helpers/random.ts";
import { deploy, described, happen, ONE, through, type Parties } from "./rollupWorld.ts";

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
