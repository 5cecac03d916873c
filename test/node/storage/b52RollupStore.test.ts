// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { parseEther } from "ethers";
import { network } from "hardhat";

import { B52Node, Migrator, Proposer, SAVED_B52_LISTS, Wallet, type B52System } from "../../../src/agents/index.ts";
import { ETH, State } from "../../../src/ledger/index.ts";
import { B52RollupStore, openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import { takeHeight } from "../../../tools/bench/b52Height.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { describedB52 } from "../../helpers/b52Described.ts";
import { DifferentialRun } from "../../helpers/b52Differential.ts";
import { freshB52, type B52Harness, type B52Options, type Block, type Draft } from "../../helpers/b52Harness.ts";
import { systemOf } from "../../helpers/b52SystemOf.ts";
import { expectError } from "../../helpers/expectError.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { liar } from "../../helpers/liar.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";
import { replace } from "./rollupWorld.ts";

const GENESIS = State.genesis(DEVELOPMENT).root;
/** A block of transactions that are all void leaves the state as it is. */
const UNCHANGED = { 0: GENESIS, 1: GENESIS };
/** A block of which ticket 9 does not deliver what it promised. */
const MISSED = { newStateRoots: UNCHANGED, promised: { 2: 3, 3: 9 }, workers: { 2: 3, 3: 0 } };
/** Rare among random steps, so some of each 28 steps are these. */
const COURT = ["demandVotes", "showVotes", "defend", "slash"] as const;
const ROLLUP = `0x${"ab".repeat(20)}`;
/** Of calls, most of which are a block of L1. */
const STEPS = 224;

describe("A B52 rollup on the disk", function () {
  this.timeout(600_000);
  let directory: string;
  let database: Database;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "b52-rollup-"));
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function store(system: B52System): B52RollupStore {
    const path = join(directory, "node.sqlite");
    database = openDatabase(path, { chainId: 31337n, rollup: ROLLUP }, { lockTimeout: 0 });
    return new B52RollupStore(database, system.profile.depth, { cachedRows: 8 });
  }

  const MODES: Record<string, B52Options> = {
    "one round after the other": { params: { maxUncles: 1n, maxLeaves: 4n } },
    "rounds that overlap, and fair pay": {
      params: { pipelined: true, fairPay: true, proposalWindow: 100n, proofWindow: 100n },
    },
  };
  for (const [mode, options] of Object.entries(MODES)) {
    it(`is what a node has that reads all of L1, after random steps, restarts and reorganisations: ${mode}`, async () => {
      const random = new Random(seedFor(`b52 store ${mode}`));
      const run = await DifferentialRun.start(options, random, { keepsState: true });
      const { networkHelpers } = run.harness.network.connection;
      const system = systemOf(run.harness);
      const observer = await B52Node.open(system);
      let node = await B52Node.open(system, store(system));
      const seen = {
        restarts: 0,
        inRound: 0,
        defaults: 0,
        demands: 0,
        shown: 0,
        cleared: 0,
        slashed: 0,
        released: 0,
        kept: 0,
        undone: 0,
        read: 0,
      };
      const places: { readonly block: number; readonly restore: () => Promise<void> }[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (step === STEPS - 20) await run.queue();
        // The last step is the freeze, and all payments after it.
        const court = step % 2 === 0 ? COURT[(step / 2) % 14] : undefined;
        await (step === STEPS - 1 ? run.close() : court === undefined ? run.step() : run[court]());
        if (step % 2 === 1) await node.sync();
        seen.released = Math.max(seen.released, node.batches.filter(({ execution }) => execution === undefined).length);
        seen.kept = Math.max(seen.kept, node.batches.filter(({ execution }) => execution !== undefined).length);
        if (step % 14 !== 13) continue;
        await observer.sync();
        const expected = describedB52(observer);
        expect(describedB52(node), `step ${step}`).to.equal(expected);
        database.close();
        node = await B52Node.open(system, store(system));
        expect(describedB52(node), `restart after step ${step}`).to.equal(expected);
        seen.restarts += 1;
        seen.inRound += observer.candidates.length > 0 ? 1 : 0;
        const defaults = observer.provenBlocks.flatMap((block) => observer.defaultsOf(block));
        seen.defaults = Math.max(seen.defaults, defaults.length);
        seen.demands += defaults.filter(({ demand }) => demand !== undefined).length;
        seen.shown += defaults.filter(({ shown }) => shown !== undefined).length;
        seen.cleared += defaults.filter(({ isCleared }) => isCleared).length;
        seen.slashed += defaults.filter(({ isSlashed }) => isSlashed).length;
        if (step % 28 === 13) {
          const snapshot = await networkHelpers.takeSnapshot();
          places.push({ block: observer.block, restore: () => snapshot.restore() });
        }
      }
      expect(node.isFrozen).to.equal(true);
      for (const place of places.reverse()) {
        const oldest = [...new B52RollupStore(database, system.profile.depth).blocks()].at(-1)!.number;
        await place.restore();
        // An L1 that is shorter than all that was kept is refused: another test.
        await networkHelpers.mine(Math.max(0, oldest - place.block) + 1 + random.int(100));
        await expectRejection(node.sync(), "REORGANISED");
        node = await B52Node.open(system, new B52RollupStore(database, system.profile.depth));
        const again = await B52Node.open(system);
        expect(describedB52(node), `reorganisation to block ${place.block}`).to.equal(describedB52(again));
        if (place.block >= oldest) seen.undone += 1;
        else seen.read += 1;
      }
      if (!hasFixedSeed) return;
      for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.above(0);
    });
  }

  /** A rollup of which one round is over and another one is being proven, with a node that missed a proof. */
  async function inRound(): Promise<{ readonly h: B52Harness; readonly system: B52System }> {
    const h = await freshB52();
    await h.join(3, 9);
    await h.advance(await h.submit(await h.commit(MISSED)));
    await h.submit(await h.commit({ ...MISSED, proposer: 2 }));
    return { h, system: systemOf(h) };
  }

  it("knows after a restart which block won a round that is over", async () => {
    const { h, system } = await inRound();
    await h.moveTo((await h.windows()).proofEnd);
    await B52Node.open(system, store(system));
    database.close();
    const node = await B52Node.open(system, store(system));
    expect(node.virtualBatches.map(({ proposal }) => proposal.proposer)).to.deep.equal([h.address(2)]);
    expect(node.virtualBatches[0]!.execution!.result.state.root).to.equal(GENESIS);
    expect(describedB52(node)).to.equal(describedB52(await B52Node.open(system)));
  });

  it("asks L1 for no log of a block that was read, in the middle of a round", async () => {
    const { h, system } = await inRound();
    const first = await B52Node.open(system, store(system));
    const read = first.block;
    expect(first.candidates.length).to.equal(1);
    database.close();
    await h.force(1);
    const ranges: number[] = [];
    const asked: string[] = [];
    const provider = liar(system.provider, {
      getLogs: (logs, filter) => {
        ranges.push(Number(filter.fromBlock));
        return logs;
      },
      getTransaction: (transaction) => {
        asked.push(String(transaction?.hash));
        return transaction;
      },
    });
    const through = systemOf(h, provider);
    const node = await B52Node.open(through, store(system));
    expect(describedB52(node)).to.equal(describedB52(await B52Node.open(system)));
    expect(Math.min(...ranges)).to.equal(read + 1);
    expect(asked).to.deep.equal([]);
  });

  it("goes back before a block of which the endpoint had left out a log, and reads it again", async () => {
    const h = await freshB52();
    const { networkHelpers } = h.network.connection;
    const { topicHash } = h.b52.interface.getEvent("ProposalCommitted");
    let isHiding = false;
    const hiding = liar(systemOf(h).provider, {
      getLogs: (logs) => logs.filter(({ topics }) => !isHiding || topics[0] !== topicHash),
    });
    const system = systemOf(h, hiding);
    const storage = store(system);
    const node = await B52Node.open(system, storage);
    for (let block = 0; block < 3; block++) {
      await networkHelpers.mine(1);
      await node.sync();
    }
    const read = node.block;
    isHiding = true;
    await h.commit();
    await node.sync();
    isHiding = false;
    const blocks = async (): Promise<void> => {
      for (let block = 0; block < 16; block++) {
        await networkHelpers.mine(1);
        await node.sync();
      }
    };
    await expectRejection(blocks(), "REORGANISED");
    expect([...storage.blocks()][0]!.number).to.equal(read);
    const again = await B52Node.open(system, storage);
    expect(again.proposalsOf(1n)).to.have.length(1);
    expect(describedB52(again)).to.equal(describedB52(await B52Node.open(system)));
  });

  it("has the state before a block as long as a node of it can be defended, and not longer", async () => {
    const h = await freshB52();
    const system = systemOf(h);
    await h.join(3, 9);
    await h.advance(await h.submit(await h.commit(MISSED)));
    await B52Node.open(system, store(system));
    database.close();
    let node = await B52Node.open(system, store(system));
    const [block] = node.provenBlocks;
    expect(node.defaultsOf(block!).length).to.equal(1);
    expect(node.stateAfter(0).root).to.equal(GENESIS);
    await h.moveTo(BigInt(block!.record.defenceEnd) - 1n);
    await node.sync();
    expect(node.stateAfter(0).root).to.equal(GENESIS);
    await h.moveTo(BigInt(block!.record.defenceEnd));
    await node.sync();
    expectError(() => node.stateAfter(0), "STATE_RELEASED");
    expect(node.stateAfter(1).root).to.equal(GENESIS);
    database.close();
    node = await B52Node.open(system, store(system));
    const { data } = expectError(() => node.stateAfter(0), "STATE_RELEASED");
    expect(data).to.deep.equal({ batch: 0, oldest: 1 });
    expect(node.batch(1).execution).to.equal(undefined);
  });

  it("begins at the deployment if L1 has replaced all of its blocks, and refuses an endpoint that is behind", async () => {
    const h = await freshB52();
    const system = systemOf(h);
    const { networkHelpers } = h.network.connection;
    const snapshot = await networkHelpers.takeSnapshot();
    await h.advance(await h.submit(await h.commit({ newStateRoots: UNCHANGED })));
    // All of this is one range, so one block is kept.
    const { block } = await B52Node.open(system, store(system));
    await snapshot.restore();
    const { depth } = system.profile;
    const behind = await expectRejection(B52Node.open(system, new B52RollupStore(database, depth)), "L1_BEHIND");
    expect(behind.data).to.deep.equal({ head: await system.provider.getBlockNumber(), oldest: block });
    await networkHelpers.mine(50);
    let cleared = 0;
    const empty = new B52RollupStore(database, depth, { onClear: () => (cleared += 1) });
    const node = await B52Node.open(system, empty);
    expect(describedB52(node)).to.equal(describedB52(await B52Node.open(system)));
    expect([node.batches.length, cleared]).to.deep.equal([0, 1]);
  });

  it("is right at the next start, at whatever write its process ends", async () => {
    const h = await freshB52();
    const system = systemOf(h);
    const { networkHelpers } = h.network.connection;
    await h.join(3, 9);
    store(system);
    // So small a cache that SQLite writes pages before their transaction ends.
    database.exec("PRAGMA cache_size = 1");
    const images = imagesOf(database, directory);
    const { depth } = system.profile;
    const storage = new B52RollupStore(database, depth);
    const open = (): Promise<B52Node> => B52Node.open(system, storage);
    let node = await open();
    /** Views that are whole. */
    const whole = new Set([viewIn(undefined)]);
    const note = (): unknown => whole.add(viewIn(storage.load()));
    note();
    let draft: Draft | undefined;
    let block: Block | undefined;
    let snapshot = await networkHelpers.takeSnapshot();
    for (const step of [
      () => h.force(1),
      async () => (draft = await h.commit(MISSED)),
      async () => (block = await h.submit(draft!)),
      async () => (snapshot = await networkHelpers.takeSnapshot()),
      () => h.advance(block!),
      () => h.force(2),
    ]) {
      await step();
      await node.sync();
      note();
    }
    await snapshot.restore();
    await networkHelpers.mine(5);
    await expectRejection(node.sync(), "REORGANISED");
    images.take();
    node = await open();
    note();
    // In the places of what was lost.
    await h.force(3);
    await node.sync();
    note();
    const expected = describedB52(await B52Node.open(system));
    expect(describedB52(node)).to.equal(expected);
    database.close();
    expect(images.paths.length).to.be.above(7);
    for (const image of images.paths) {
      database = openDatabase(image, { chainId: 31337n, rollup: ROLLUP });
      database.checkIntegrity();
      const again = new B52RollupStore(database, depth);
      expect(whole.has(viewIn(again.load())), image).to.equal(true);
      expect(describedB52(await B52Node.open(system, again)), image).to.equal(expected);
      database.close();
    }
  });

  it("keeps the state before a departure that is due, which a restart finds due", async () => {
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const [system, other] = [await deployB52(connection), await deployB52(connection)];
    const { consensus, rollup, token, verifier } = system;
    await putMock(connection, await verifier.getAddress(), "MockVerifier");
    await putMock(connection, await rollup.ENFORCEMENT_VERIFIER(), "MockEnforcementVerifier");
    await token.approve(consensus, parseEther("1000"));
    await consensus.deposit(parseEther("1000"));
    const [signer] = await connection.ethers.getSigners();
    const observer = await B52Node.open(system);
    const proposer = new Proposer(observer, signer!, { feeAccount: 0, feeToken: ETH });
    const wallet = new Wallet(observer, signer!, createFastSigner("user"));
    await wallet.deposit(ETH, parseEther("1"));
    await takeHeight(connection, proposer, []);
    const migrator = new Migrator(observer, signer!, await mockProver());
    const target = await other.rollup.getAddress();
    const moves = [wallet.move(ETH, { target, targetToken: ETH })];
    await migrator.request({ target, pair: { source: ETH, target: ETH }, moves });
    await takeHeight(connection, proposer, []);
    store(system);
    const reopened = async (): Promise<B52Node> => {
      database.close();
      return B52Node.open(system, store(system));
    };
    for (const found of [await reopened(), await reopened()]) {
      expect(found.dueDeparture?.request.id).to.equal(2);
      expect(found.virtualState.root).not.to.equal(found.finalState.root);
      expect(found.batch(2).execution).not.to.equal(undefined);
      expect(describedB52(found)).to.equal(describedB52(observer));
    }
    await migrator.depart();
    await observer.sync();
    const departed = await reopened();
    const last = await reopened();
    expect(departed.dueDeparture).to.equal(undefined);
    for (const found of [departed, last]) {
      expect(found.migrations.departures.length).to.equal(1);
      expect(describedB52(found)).to.equal(describedB52(observer));
      expect(found.batch(2).execution).to.equal(undefined);
    }
  });

  it("is refused if a part of it is missing", async () => {
    const { system } = await inRound();
    await B52Node.open(system, store(system));
    database.exec("DELETE FROM item WHERE list = 'proven'");
    const open = B52Node.open(system, new B52RollupStore(database, system.profile.depth));
    const { data } = await expectRejection(open, "DATABASE_CORRUPT");
    expect(data.reason).to.equal("it has 0 of 2 items of the list proven");
    expect(SAVED_B52_LISTS.length).to.equal(17);
  });
});

/** Content of a storage, as text. */
const viewIn = (kept: ReturnType<B52RollupStore["load"]>): string =>
  JSON.stringify({ ...kept, base: kept?.base.root }, replace);

/** Copies of the files of a database after each statement that changes them, as the end of a process would leave them. */
function imagesOf(database: Database, directory: string): { readonly paths: string[]; take(): void } {
  const { path } = database;
  const seen = new Set<string>();
  const paths: string[] = [];
  const take = (): void => {
    const hash = createHash("sha256").update(readFileSync(path));
    if (existsSync(`${path}-wal`)) hash.update(readFileSync(`${path}-wal`));
    const digest = hash.digest("hex");
    if (seen.has(digest)) return;
    seen.add(digest);
    const image = join(directory, `image ${paths.length}`);
    copyFileSync(path, image);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${image}-wal`);
    paths.push(image);
  };
  const [exec, prepare] = [database.exec.bind(database), database.prepare.bind(database)];
  database.exec = (sql) => {
    exec(sql);
    take();
  };
  database.prepare = (sql) => {
    const statement = prepare(sql);
    const run = statement.run.bind(statement);
    statement.run = (...values) => {
      const changed = run(...values);
      take();
      return changed;
    };
    return statement;
  };
  return { paths, take };
}
