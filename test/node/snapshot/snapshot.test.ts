// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { BlockTag } from "ethers";

import {
  addressToUint,
  blockOfBatch,
  Migrator,
  RollupNode,
  settlementPeaks,
  type ProofOfEfficiencySystem,
  type Settlement,
} from "../../../src/agents/index.ts";
import { encodeHeader } from "../../../src/codec/index.ts";
import { installFastCrypto } from "../../../src/crypto/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import {
  applyMigration,
  migrationPublicSignals,
  orderedMigrationSignals,
  packPair,
} from "../../../src/migration/index.ts";
import { createFastCrypto } from "../../../src/node/crypto/index.ts";
import { exportSnapshot, importSnapshot, type SnapshotManifest } from "../../../src/node/snapshot/index.ts";
import { openDatabase, RollupStore, type Database, type DatabaseIdentity } from "../../../src/node/storage/index.ts";
import type { Prover } from "../../../src/prover/index.ts";
import { mockProof } from "../../../tools/bench/mockProofs.ts";
import { expectError } from "../../helpers/expectError.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { liar } from "../../helpers/liar.ts";
import { Random } from "../../helpers/random.ts";
import { deploy, facts, happen, ONE, replace, through, type Parties } from "../storage/rollupWorld.ts";

/** All that a node says and L1 keeps: nobody knows of a snapshot who made its proofs, and in which blocks. */
function described(node: RollupNode): string {
  const all = facts(node);
  const departures = all.migrations.departures.map(({ number, id, newStateRoot }) => ({ number, id, newStateRoot }));
  const batches = all.batches.map(({ proof: _, provenAt, ...batch }) => ({
    ...batch,
    isFinal: provenAt !== undefined,
  }));
  return JSON.stringify({ ...all, batches, migrations: { ...all.migrations, departures } }, replace, 1);
}

/** Of two texts of thousands of lines, mocha shows the beginnings. */
function expectSame(found: RollupNode, expected: RollupNode): void {
  const [a, b] = [described(found).split("\n"), described(expected).split("\n")];
  const different = a.findIndex((line, i) => line !== b[i]);
  if (different < 0) {
    expect(a.length).to.equal(b.length);
  } else {
    expect(a.slice(Math.max(0, different - 12), different + 3)).to.deep.equal(
      b.slice(Math.max(0, different - 12), different + 3),
    );
  }
}

type Line = [kind: string, ...values: unknown[]];

type World = Parties & { readonly other: Awaited<ReturnType<Parties["parties"]>> };

/** The lines of a snapshot, without its end. */
const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

/** A snapshot with a right end. */
function write(path: string, lines: readonly unknown[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(path, `${text}${JSON.stringify(["end", createHash("sha256").update(text).digest("hex")])}\n`);
}

describe("A snapshot", function () {
  this.timeout(400_000);
  let directory: string;
  let path: string;
  let target: string;
  /** Two rollups in which everything has happened. */
  let world: World;

  before(async () => {
    installFastCrypto(await createFastCrypto());
    world = await eventful("snapshot");
  });

  after(() => installFastCrypto(undefined));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "snapshot-"));
    path = join(directory, "snapshot");
    target = join(directory, "imported", "node.sqlite");
    mkdirSync(join(directory, "imported"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const identityOf = async ({ rollup }: ProofOfEfficiencySystem): Promise<DatabaseIdentity> => ({
    chainId: 31_337n,
    rollup: await rollup.getAddress(),
  });

  /** A node that keeps its blocks in a file, and has read all of L1. */
  async function follow(system: ProofOfEfficiencySystem, name = "node.sqlite"): Promise<Database> {
    const database = openDatabase(join(directory, name), await identityOf(system), { lockTimeout: 0 });
    RollupStore.rememberDeployment(database, { block: system.deploymentBlock, consensus: "Proof of Efficiency" });
    await RollupNode.open(system, new RollupStore(database, system.profile.depth));
    return database;
  }

  /** Of a node that has just read all of L1: the snapshot is of L1's head. */
  async function snapshotOf(system: ProofOfEfficiencySystem): Promise<SnapshotManifest> {
    const database = await follow(system);
    const manifest = exportSnapshot(path, database, await identityOf(system));
    database.close();
    rmSync(join(directory, "node.sqlite"));
    return manifest;
  }

  /** Opens what was imported. */
  async function open(system: ProofOfEfficiencySystem): Promise<{ node: RollupNode; close: () => void }> {
    const database = openDatabase(target, await identityOf(system), { lockTimeout: 0 });
    const node = await RollupNode.open(system, new RollupStore(database, system.profile.depth));
    return { node, close: () => database.close() };
  }

  /** The reason for which a snapshot is refused; nothing is left of it. */
  async function refusalOf(system: ProofOfEfficiencySystem): Promise<string> {
    const error = await expectRejection(importSnapshot(path, target, system), "BAD_SNAPSHOT");
    expect(readdirSync(join(directory, "imported"))).to.deep.equal([]);
    expect(error.message.split("\n").length, error.message).to.equal(1);
    return error.data.reason;
  }

  /** Two rollups where everything has happened that can: exits, migrations, false commitments, some not final. */
  async function eventful(seed: string): Promise<World> {
    const random = new Random(seed);
    const parties = await deploy();
    const other = await parties.parties();
    for (let step = 0; step < 60; step++) await happen(random, parties, other);
    const { wallet, sequencer, aggregator, migrator, node } = parties;
    const [destination, pair] = [await other.system.rollup.getAddress(), { source: ETH, target: ETH }];
    const prove = async (): Promise<void> => {
      await node.sync();
      while (node.verifiedBatches < node.batches.length || node.dueDeparture !== undefined) {
        await aggregator.step();
        await node.sync();
      }
    };
    for (let round = 0; round < 2; round++) {
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
      await node.sync();
      const { index } = wallet.accounts().at(-1)!;
      const moves = [wallet.move(ETH, { target: destination, targetToken: ETH, from: index })];
      await migrator.request({ target: destination, pair, moves });
      await sequencer.post({});
      await prove();
      // The first is delivered, and the second waits.
      if (round === 0) for (const departure of node.migrations.undelivered) await migrator.deliver(departure);
    }
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await node.sync();
    const { index } = wallet.accounts().at(-1)!;
    const exit = wallet.transfer(ETH, { to: 0, amount: 5n, from: index });
    await sequencer.post({ transactions: [exit] }, { falseCommitments: [5n] });
    await prove();
    await wallet.forceExit(ETH, 7n, index);
    await sequencer.post({});
    await prove();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await wallet.deposit(ETH, ONE);
    await node.sync();
    await other.sequencer.post({});
    await other.node.sync();
    return { ...parties, other };
  }

  it("brings a new node to where the old one was, and it goes on from there without older logs", async () => {
    const { system, other, node: observer, wallet, sequencer, aggregator, networkHelpers } = world;
    await observer.sync();
    for (const { system: of, node } of [{ system, node: observer }, other]) {
      await node.sync();
      const manifest = await snapshotOf(of);
      expect(manifest).to.deep.include({ batches: node.batches.length, forced: node.forcedOperations.length });
      const asked: number[] = [];
      const provider = liar(of.provider, {
        getLogs: (logs, filter) => {
          asked.push(Number(filter.fromBlock));
          return logs;
        },
      });
      const steps: number[] = [];
      const onProgress = (batch: number): unknown => steps.push(batch);
      const imported = await importSnapshot(path, target, through(of, provider), { onProgress });
      expect(imported).to.deep.equal({ ...manifest, rollup: manifest.rollup.toLowerCase() });
      expect(steps).to.deep.equal(node.batches.map(({ number }) => number));
      const first = await open(through(of, provider));
      expectSame(first.node, node);
      const released = first.node.batches.filter(({ execution }) => execution === undefined);
      expect(released.length).to.equal(of === system ? node.verifiedBatches : 0);
      first.close();
      if (of === system) {
        await wallet.deposit(ETH, ONE);
        await sequencer.post({});
        await aggregator.step();
        await networkHelpers.mine(3);
        await observer.sync();
      }
      for (let start = 0; start < 2; start++) {
        const { node: again, close } = await open(through(of, provider));
        expectSame(again, node);
        close();
      }
      expect(Math.min(...asked, manifest.block.number + 1)).to.equal(manifest.block.number + 1);
      rmSync(target);
      // The rollup in which the migrants arrived has arrivals.
      if (of === other.system) expect(node.migrations.arrivals.size).to.be.above(0);
    }
    const { settlements, migrations } = observer;
    const isTold = observer.batches.some(({ truthful }) => !truthful);
    expect([settlements.length > 1, migrations.undelivered.length, isTold]).to.deep.equal([true, 1, true]);
    expect(migrations.departures.length).to.be.above(1);
  });

  it("can be made of a node that began with one, and has nothing of the operator", async () => {
    const { system } = world;
    await snapshotOf(system);
    const lines = linesOf(path);
    await importSnapshot(path, target, system);
    const database = openDatabase(target, await identityOf(system), { lockTimeout: 0 });
    exportSnapshot(path, database, await identityOf(system));
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    database.close();
    expect(linesOf(path)).to.deep.equal(lines);
    expect(tables.map(({ name }) => name)).to.deep.equal([
      "block",
      "deployment",
      "identity",
      "item",
      "node",
      "part",
      "tree",
      "view",
    ]);
    expect(new Set(lines.slice(1).map(([kind]) => kind))).to.deep.equal(
      new Set(["forced", "request", "batch", "proof", "departure"]),
    );
  });

  it("is of the oldest block that the node keeps", async () => {
    const { system, wallet, sequencer, aggregator, networkHelpers, node } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await aggregator.step();
    const database = await follow(system);
    const old = await system.provider.getBlockNumber();
    const later = await RollupNode.open(system, new RollupStore(database, system.profile.depth));
    for (let i = 0; i < 3; i++) {
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
      await aggregator.step();
      await networkHelpers.mine(5);
      await later.sync();
    }
    const manifest = exportSnapshot(path, database, await identityOf(system));
    expect(manifest).to.deep.include({ batches: 1, verified: 1, forced: 1 });
    expect(manifest.block.number).to.equal(old);
    await networkHelpers.mine(200);
    await later.sync();
    expect(exportSnapshot(path, database, await identityOf(system)).block.number).to.be.above(old);
    exportSnapshot(path, database, await identityOf(system));
    database.close();
    await importSnapshot(path, target, system);
    const { node: opened, close } = await open(system);
    await node.sync();
    expectSame(opened, node);
    close();
  });

  it("remembers a freeze, and departures after it", async () => {
    const { system, wallet, sequencer, aggregator, networkHelpers, node, operator, parties } = await deploy();
    const other = await parties();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    while ((await aggregator.step()) !== undefined) await node.sync();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await networkHelpers.time.increase(400 * 24 * 3600);
    await system.rollup.freeze();
    await node.sync();
    const targetRollup = await other.system.rollup.getAddress();
    const order = { target: targetRollup, pair: { source: ETH, target: ETH } };
    for (let i = 0; i < 2; i++) {
      const { index } = wallet.accounts()[i]!;
      const moves = [wallet.move(ETH, { target: targetRollup, targetToken: ETH, from: index })];
      const result = applyMigration(system.profile, node.finalState, {
        ...{ moves: moves[0]!, domain: node.domain, target: addressToUint(targetRollup), tokens: packPair(order.pair) },
      });
      const prover: Prover = {
        prove: (_, { worker }) => {
          const signals = orderedMigrationSignals(migrationPublicSignals(result, { worker: worker as bigint }));
          const proof = mockProof("migration", signals);
          return Promise.resolve({ proof, publicSignals: signals, seconds: 0, cached: false });
        },
        dispose: () => Promise.resolve(),
      };
      const migrator = new Migrator(node, operator, prover);
      await migrator.departFrozen({ ...order, moves });
      await node.sync();
      if (i === 0) await migrator.deliver(node.migrations.undelivered[0]!);
    }
    await node.sync();
    await snapshotOf(system);
    await importSnapshot(path, target, system);
    const { node: opened, close } = await open(system);
    expect([opened.isFrozen, opened.finalState.root, opened.batches.length]).to.deep.equal([
      ...[true, node.finalState.root, node.batches.length],
    ]);
    expect(opened.migrations.departures.length).to.equal(2);
    expect(opened.migrations.undelivered.length).to.equal(1);
    expect(opened.migrations.undelivered).to.deep.equal(node.migrations.undelivered);
    close();
    const lines = linesOf(path);
    (lines[0]![2] as Record<string, unknown>)["isFrozen"] = false;
    write(path, lines);
    rmSync(target);
    expect(await refusalOf(system)).to.equal("its freeze is false, and true is right");
  });

  describe("that is wrong", () => {
    let lines: Line[];
    let manifest: SnapshotManifest;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), "snapshot-"));
      path = join(directory, "snapshot");
      manifest = await snapshotOf(world.system);
      lines = linesOf(path);
      rmSync(directory, { recursive: true });
    });

    const copy = (): Line[] => structuredClone(lines);
    /** Positions of the lines of a kind. */
    const places = (kind: string): number[] => lines.flatMap((line, i) => (line[0] === kind ? [i] : []));
    const flipped = (text: string, byte: number): string => {
      const bytes = Buffer.from(text, "base64");
      bytes[byte] = bytes[byte]! ^ 1;
      return bytes.toString("base64");
    };

    /** Imports a snapshot whose lines were changed, and that has a right end. */
    async function refused(
      change: (copied: Line[]) => unknown,
      system: ProofOfEfficiencySystem = world.system,
    ): Promise<string> {
      const changed = copy();
      change(changed);
      expect(JSON.stringify(changed), "nothing was changed").to.not.equal(JSON.stringify(lines));
      write(path, changed);
      return refusalOf(system);
    }

    /** Lies about each value of each kind of line, and what is then found out. */
    const LIES: readonly (readonly [what: string, kind: string, change: (line: Line) => unknown, reason: RegExp])[] = [
      ["a forced operation", "forced", (of) => (of[1] = flipped(of[1] as string, 40)), /rolling hash/u],
      [
        "a missing forced operation",
        "forced",
        (of) => (of[1] = "A".repeat(124)),
        /\d of the \d+ forced operations|rolling/u,
      ],
      ["the slot of a request", "request", (of) => (of[1] = flipped(of[1] as string, 5)), /rolling hash/u],
      ["the target of a request", "request", (of) => (of[2] = "1"), /hash of departure request/u],
      ["the tokens of a request", "request", (of) => (of[3] = "1"), /hash of departure request/u],
      [
        "the moves of a request",
        "request",
        (of) => (of[4] = flipped(of[4] as string, 0)),
        /hash of departure request/u,
      ],
      ["the sequencer of a batch", "batch", (of) => (of[1] = `0x${"0".repeat(40)}`), /accumulator/u],
      [
        "the header of a batch",
        "batch",
        (of) => (of[2] = String(BigInt(of[2] as string) ^ (1n << 70n))),
        /accumulator/u,
      ],
      ["the fee of a batch", "batch", (of) => (of[3] = String(BigInt(of[3] as string) + 1n)), /accumulator/u],
      ["the bond of a batch", "batch", (of) => (of[4] = "1"), /accumulator/u],
      ["the forced fees of a batch", "batch", (of) => (of[5] = "1"), /accumulator/u],
      ["the openings of a batch", "batch", (of) => (of[6] = `0x${"ab".repeat(32)}`), /accumulator/u],
      ["an earlier block of a batch", "batch", (of) => (of[7] = (of[7] as number) - 1), /has the time \d+, and block/u],
      ["a later block of a batch", "batch", (of) => (of[7] = (of[7] as number) + 1), /has the time \d+, and block/u],
      ["a block of a batch that L1 does not have", "batch", (of) => (of[7] = 10 ** 9), /L1 has no block 1000000000/u],
      ["the data of a batch", "batch", (of) => (of[8] = flipped(of[8] as string, 30)), /accumulator/u],
    ];
    for (const [what, kind, change, reason] of LIES) {
      it(`is refused for ${what}`, async () => {
        for (const place of [places(kind)[0]!, places(kind).at(-1)!]) {
          expect(await refused((copied) => change(copied[place]!))).to.match(reason);
        }
      });
    }

    it("is refused for a proof that ends elsewhere, though the root is the same", async () => {
      // Two proofs whose batches have exits are made one.
      const exits = world.node.settlements.map(({ exits: of }) => of[0]!.batch);
      const proofs = places("proof").map((place) => ({ place, to: lines[place]![1] as number }));
      const joined = proofs.filter(
        ({ to }, i) =>
          lines[proofs[i]!.place + 1]?.[0] !== "departure" &&
          exits.some((batch) => batch <= to && batch > (proofs[i - 1]?.to ?? 0)) &&
          exits.some((batch) => batch > to && batch <= (proofs[i + 1]?.to ?? 0)),
      );
      expect(joined.length).to.be.above(0);
      for (const { place } of joined) {
        expect(await refused((copied) => copied.splice(place, 1))).to.match(/over the settled exits|settled exits/u);
      }
      expect(await refused((copied) => copied.splice(places("proof").at(-1)!, 1))).to.match(/proven batches/u);
      const last = places("proof").at(-1)!;
      expect(await refused((copied) => (copied[last]![1] = 0))).to.match(/proven batches/u);
      const [first] = places("proof");
      expect(await refused((copied) => copied.splice(first!, 0, copied[first!]!))).to.match(/comes after that/u);
      expect(await refused((copied) => (copied[first!]![1] = manifest.verified))).to.match(/batch/u);
    });

    it("is refused for each value of a departure", async () => {
      const open = lines.findIndex(([kind, , of]) => kind === "departure" && of !== null);
      const done = lines.findIndex(([kind, , of]) => kind === "departure" && of === null);
      type Open = [proof: string[], signals: string[], arrivals: string];
      const more = (text: string): string => String(BigInt(text) + 1n);
      const change = (edit: (of: Open) => unknown) => (copied: Line[]) => edit(copied[open]![2] as Open);
      expect(await refused(change(([proof]) => (proof[0] = more(proof[0]!))))).to.match(/the proof of departure/u);
      for (let i = 0; i < 17; i++) {
        expect(await refused(change(([, signals]) => (signals[i] = more(signals[i]!))))).to.match(
          i === 0 ? /state root/u : i === 12 ? /target/u : /record of departure/u,
        );
      }
      expect(await refused(change((of) => (of[2] = flipped(of[2], 3))))).to.match(/record of departure/u);
      expect(await refused((copied) => (copied[open]![2] = null))).to.match(/record of departure/u);
      expect(await refused((copied) => (copied[done]![2] = copied[open]![2]))).to.match(/state root of departure/u);
      expect(await refused((copied) => (copied[open]![1] = 0))).to.match(/no operation, and there is no freeze/u);
      expect(await refused((copied) => (copied[open]![1] = 1))).to.match(/is not due/u);
      expect(await refused((copied) => copied.splice(open, 1))).to.match(/departures/u);
    });

    it("is refused for the accounts that are said to have arrived", async () => {
      const { system } = world.other;
      const first = lines;
      await snapshotOf(system);
      lines = linesOf(path);
      const [place] = places("arrival");
      expect(
        await refused((copied) => (copied[place!]![2] = flipped(copied[place!]![2] as string, 9)), system),
      ).to.match(/hash of arrival/u);
      expect(await refused((copied) => (copied[place!] = ["forced", copied[place!]![1]]), system)).to.match(
        /no ArrivalQueued/u,
      );
      lines = first;
    });

    it("is refused if lines are missing, doubled or in another order", async () => {
      for (const kind of ["forced", "request", "batch", "proof", "departure"]) {
        const [place] = places(kind);
        // L1 does not keep which batches without exits were proven together.
        if (kind !== "proof") await refused((copied) => copied.splice(place!, 1));
        await refused((copied) => copied.splice(place!, 0, copied[place!]!));
      }
      const [a, b] = places("batch");
      await refused((copied) => ([copied[a!], copied[b!]] = [copied[b!]!, copied[a!]!]));
      await refused((copied) => copied.push(["forced", lines[places("forced")[0]!]![1]]));
    });

    it("is refused if it is of another chain, rollup or version, or of no L1 block", async () => {
      const of = (name: string, value: unknown) => (copied: Line[]) =>
        ((copied[0]![2] as Record<string, unknown>)[name] = value);
      expect(await refused(of("chainId", "1"))).to.equal("its chain id is 1, not 31337");
      expect(await refused(of("rollup", `0x${"01".repeat(20)}`))).to.match(/^its rollup is 0x0101/u);
      expect(await refused((copied) => (copied[0]![1] = 2))).to.equal(
        "it was written by a newer program, as version 2",
      );
      expect(await refused((copied) => (copied[0]![1] = "1"))).to.equal("its version is unknown");
      expect(await refused((copied) => (copied[0]![0] = "accounts"))).to.equal("it is not a snapshot of a rollup");
      const { number, hash } = manifest.block;
      expect(await refused(of("block", { number, hash: `0x${"12".repeat(32)}` }))).to.match(/reorganised away/u);
      expect(await refused(of("block", { number: number - 1, hash }))).to.match(/reorganised away/u);
      expect(await refused(of("block", { number: number + 1, hash }))).to.match(/and L1's head is \d+$/u);
      const earlier = world.node.batches.at(-1)!.postedAt - 1;
      const { hash: older } = (await world.system.provider.getBlock(earlier))!;
      expect(await refused(of("block", { number: earlier, hash: older }))).to.match(/is right$/u);
      expect(await refused(of("deploymentBlock", number + 1))).to.equal(
        `it is after L1 block ${number}, and its rollup was deployed in block ${number + 1}`,
      );
      expect(await refused(of("isFrozen", true))).to.equal("its freeze is true, and false is right");
      for (const name of ["forced", "batches", "verified", "departures"] as const) {
        expect(await refused(of(name, manifest[name] + 1))).to.match(/ of its manifest$/u);
        expect(await refused(of(name, manifest[name] - 1))).to.match(/ of its manifest$/u);
        for (const value of [2 ** 52, -1, 0.5, "1", null, 1e300]) await refused(of(name, value));
      }
    });

    it("is refused wherever it is cut off, and whatever byte of it is changed", async () => {
      write(path, lines);
      const whole = readFileSync(path);
      const random = new Random("bytes");
      for (const length of [
        0,
        1,
        whole.length - 1,
        whole.length - 70,
        ...[1, 2, 3, 4].map(() => random.int(whole.length)),
      ]) {
        writeFileSync(path, whole.subarray(0, length));
        await refusalOf(world.system);
      }
      for (let i = 0; i < 60; i++) {
        const changed = Buffer.from(whole);
        const at = random.int(whole.length);
        changed[at] = changed[at]! ^ (1 << random.int(8));
        writeFileSync(path, changed);
        await refusalOf(world.system);
      }
      writeFileSync(path, Buffer.concat([whole, Buffer.from("\n")]));
      expect(await refusalOf(world.system)).to.match(/is not JSON|follows on its end/u);
      writeFileSync(path, Buffer.concat([whole, Buffer.from('["forced",""]\n')]));
      expect(await refusalOf(world.system)).to.match(/follows on its end/u);
    });

    it("is refused for a line that is too long, before it is in memory", async () => {
      writeFileSync(path, `["rollup snapshot",1,"${"x".repeat(5 * 2 ** 20)}`);
      expect(await refusalOf(world.system)).to.equal("it has a line of more than 4194304 bytes");
      expect(await refused((copied) => (copied[places("forced")[0]!]![1] = "A".repeat(93 * 4 * 1_024)))).to.match(
        /cannot be read/u,
      );
    });

    it("is refused with one sentence whatever it has in the place of a value", async () => {
      const random = new Random("values");
      const values: readonly unknown[] = [
        ...[null, true, -1, 0, 1.5, 2 ** 53, 1e308, "", "0", "00", "-1", "x", "0x", [], {}, [[[]]], { length: 3 }],
        ...["9".repeat(78), "9".repeat(500), `0x${"ff".repeat(20)}`, "AAAA", "A===", "é", "\u0000"],
      ];
      for (let i = 0; i < 150; i++) {
        await refused((copied) => {
          const line = copied[random.int(copied.length)]!;
          const value = values[random.int(values.length)];
          const before = JSON.stringify(line);
          const at = random.int(line.length);
          line[at] = value;
          if (JSON.stringify(line) === before || line[0] !== "departure") line[at] = { changed: true };
        });
      }
      for (const line of [[], 7, "forced", {}, null, ["unknown"], [["forced"]]]) {
        await refused((copied) => copied.splice(3, 0, line as unknown as Line));
      }
    });

    it("cannot be read: it is a folder, or is not there", async () => {
      mkdirSync(path);
      expect(await refusalOf(world.system)).to.match(/cannot be read/u);
      rmSync(path, { recursive: true });
      expect(await refusalOf(world.system)).to.equal("it cannot be read: ENOENT");
    });

    it("is right, and L1 reorganises its block away before it is compared", async () => {
      write(path, lines);
      let asked = 0;
      const provider = new Proxy(world.system.provider, {
        get(of, name) {
          const value: unknown = Reflect.get(of, name, of);
          if (name !== "getBlock") return typeof value === "function" ? (value.bind(of) as unknown) : value;
          return async (tag: BlockTag) => {
            const block = await of.getBlock(tag);
            if (tag !== manifest.block.number || ++asked < 2) return block;
            return new Proxy(block!, {
              get: (b, key) => (key === "hash" ? `0x${"99".repeat(32)}` : (Reflect.get(b, key, b) as unknown)),
            });
          };
        },
      });
      const reason = await refusalOf(through(world.system, provider));
      expect(reason).to.match(/reorganised away/u);
    });

    it("is compared after its execution, if the endpoint had no answer before", async () => {
      const failing = (): ProofOfEfficiencySystem => {
        let failures = 0;
        const beforeCall = (block: BlockTag | undefined): void => {
          if (block === manifest.block.number && failures++ < 5) throw new Error("too many requests");
        };
        return through(world.system, liar(world.system.provider, { beforeCall }));
      };
      const [batch, forced] = [places("batch")[0]!, places("forced")[0]!];
      for (const change of [
        (copied: Line[]) => (copied[batch]![8] = flipped(copied[batch]![8] as string, 30)),
        (copied: Line[]) => (copied[forced]![1] = flipped(copied[forced]![1] as string, 80)),
      ]) {
        expect(await refused(change, failing())).to.match(/is right$|cannot/u);
      }
      write(path, lines);
      await importSnapshot(path, target, failing());
    });

    it("is compared at a later block if the endpoint has no state of its own, and refused there if it is wrong", async () => {
      const { system, wallet, sequencer, aggregator, networkHelpers, node } = world;
      const snapshot = await networkHelpers.takeSnapshot();
      const pruned = (from: number): ProofOfEfficiencySystem =>
        through(
          { ...system, reading: { retryDelay: 1, attempts: 1 } },
          liar(system.provider, {
            beforeCall: (block) => {
              if (typeof block === "number" && block < from) throw new Error("missing trie node");
            },
          }),
        );
      write(path, lines);
      const { number } = manifest.block;
      const refusal = await expectRejection(importSnapshot(path, target, pruned(number + 1)), "ENDPOINT_UNAVAILABLE");
      expect(refusal.data.request).to.equal(`the state of block ${number}`);
      await wallet.deposit(ETH, ONE);
      await sequencer.post({});
      await aggregator.step();
      const head = await system.provider.getBlockNumber();
      await importSnapshot(path, target, pruned(head));
      const { node: opened, close } = await open(system);
      await node.sync();
      expectSame(opened, node);
      close();
      rmSync(target);
      const [batch, forced] = [places("batch")[0]!, places("forced")[0]!];
      for (const change of [
        (copied: Line[]) => (copied[batch]![8] = flipped(copied[batch]![8] as string, 30)),
        (copied: Line[]) => (copied[forced]![1] = flipped(copied[forced]![1] as string, 40)),
      ]) {
        const changed = copy();
        change(changed);
        write(path, changed);
        await refusalOf(pruned(head));
      }
      await snapshot.restore();
      await RollupNode.open(system);
    });
  });

  it("is not imported over a database, nor while another import is at work, and removes the rest of a killed import", async () => {
    const { system, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, ONE);
    await sequencer.post({});
    await snapshotOf(system);
    const identity = await identityOf(system);
    const working = openDatabase(`${target}.importing`, identity);
    await expectRejection(importSnapshot(path, target, system), "DATABASE_LOCKED");
    expect(existsSync(`${target}.importing`)).to.equal(true);
    working.close();
    await importSnapshot(path, target, system);
    expect(readdirSync(join(directory, "imported"))).to.deep.equal(["node.sqlite"]);
    const bytes = readFileSync(target);
    const { data } = await expectRejection(importSnapshot(path, target, system), "DATABASE_EXISTS");
    expect([data.path, readFileSync(target).equals(bytes)]).to.deep.equal([target, true]);
    writeFileSync(`${target}.importing`, "rubbish");
    rmSync(target);
    await importSnapshot(path, target, system);
    expect(readdirSync(join(directory, "imported"))).to.deep.equal(["node.sqlite"]);
  });

  it("is written aside, and replaces the one before only when it is whole", async () => {
    const { system, wallet } = await deploy();
    await wallet.deposit(ETH, ONE);
    const database = await follow(system);
    const identity = await identityOf(system);
    exportSnapshot(path, database, identity);
    const whole = readFileSync(path, "utf8");
    // The second item of a list cannot be read.
    database.exec("UPDATE item SET items = x'00' WHERE list = 'forced'");
    expectError(() => exportSnapshot(path, database, identity), "DATABASE_CORRUPT");
    expect(readFileSync(path, "utf8")).to.equal(whole);
    database.close();
    const empty = openDatabase(join(directory, "empty.sqlite"), identity);
    expectError(() => exportSnapshot(path, empty, identity), "NOTHING_TO_EXPORT");
    empty.close();
    expect(readdirSync(directory).filter((name) => name.includes("partial"))).to.deep.equal([]);
    mkdirSync(join(directory, "folder"));
    const again = await follow(system, "again.sqlite");
    expect(() => exportSnapshot(join(directory, "missing", "file"), again, identity)).to.throw(/ENOENT/u);
    again.close();
  });

  describe("and the block of a batch", () => {
    /** Blocks with these times. */
    const l1 = (times: readonly number[]): Pick<ProofOfEfficiencySystem, "provider"> => ({
      provider: {
        getBlock: (number: number) =>
          Promise.resolve(times[number] === undefined ? null : { timestamp: times[number] }),
      } as unknown as ProofOfEfficiencySystem["provider"],
    });
    const record = (timestamp: number, fee: bigint) => ({
      header: encodeHeader({ baseFee: 1n, feeToken: 0n, feeAccount: 1, forcedCount: 0, timestamp: BigInt(timestamp) }),
      fee,
    });
    const times = Array.from({ length: 400 }, (_, i) => 10_000 + 12 * i);

    it("is the one with its time, if it paid a fee", async () => {
      expect(await blockOfBatch(l1(times), 1, record(10_000 + 12 * 33, 5n), 33)).to.equal(33);
      for (const hint of [32, 34, 399]) {
        await expectRejection(blockOfBatch(l1(times), 1, record(10_000 + 12 * 33, 5n), hint), "BAD_HISTORY");
      }
      await expectRejection(blockOfBatch(l1(times), 1, record(10_000, 5n), 400), "BAD_HISTORY");
    });

    it("is the first possible one, if it was posted with its proof, whatever block within the hour is named", async () => {
      for (const [timestamp, first] of [
        [10_000 + 12 * 33, 33],
        [10_000 + 12 * 33 + 1, 34],
        [10_000 + 12 * 33 - 1, 33],
        [9_999, 0],
        [10_000, 0],
      ] as const) {
        for (const hint of [first, first + 1, first + 2, first + 7, first + 100, first + 290]) {
          expect(await blockOfBatch(l1(times), 1, record(timestamp, 0n), hint), `${timestamp} ${hint}`).to.equal(first);
        }
        await expectRejection(blockOfBatch(l1(times), 1, record(timestamp, 0n), first + 310), "BAD_HISTORY");
        if (first === 0) continue;
        await expectRejection(blockOfBatch(l1(times), 1, record(timestamp, 0n), first - 1), "BAD_HISTORY");
      }
    });
  });

  it("compares the fewest nodes that are over all settled exits", () => {
    const settlements = Array.from({ length: 23 }, (_, number): Settlement => {
      const exit = { slot: 0, recipient: BigInt(number), token: 0n, amount: 1n };
      return { number, first: BigInt(number), exits: [{ batch: number + 1, leaf: 0, exit }] };
    });
    for (let count = 0; count <= 23; count++) {
      const peaks = settlementPeaks(settlements.slice(0, count));
      expect(peaks.reduce((sum, { height }) => sum + 2 ** height, 0)).to.equal(count);
      let before = 0;
      for (const { height, index } of peaks) {
        expect(index * 2 ** height).to.equal(before);
        before += 2 ** height;
      }
    }
  });
});
