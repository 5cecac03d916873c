// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { isProtocolError } from "../../../src/errors.ts";
import { AccountTree, State } from "../../../src/ledger/index.ts";
import {
  exportSnapshot,
  importSnapshot,
  openDatabase,
  readManifest,
  StateStore,
  type Database,
} from "../../../src/node/storage/index.ts";
import { expectError, thrownBy } from "../../helpers/expectError.ts";
import { account, SIGNERS } from "../../helpers/ledgerFixture.ts";
import { Random } from "../../helpers/random.ts";
import { blockOf, IDENTITY, start } from "./stateProgram.ts";

const STATE = start(50);
const DEPTH = STATE.accounts.depth;

describe("A snapshot", () => {
  let directory: string;
  let path: string;
  let database: Database;
  let store: StateStore;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "snapshot-"));
    path = join(directory, "accounts");
    database = openDatabase(join(directory, "node.sqlite"), IDENTITY);
    store = new StateStore(database, DEPTH);
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  const importIt = (identity = IDENTITY, root: bigint = STATE.root): void => {
    importSnapshot(path, store, identity, root);
  };

  it("brings a node to the state that it was made of", () => {
    const manifest = exportSnapshot(path, IDENTITY, blockOf(77), STATE);
    expect(manifest).to.deep.include({ depth: DEPTH, accounts: 50, nextIndex: 51, stateRoot: STATE.root });
    expect(readManifest(path)).to.deep.equal(manifest);
    expect(readdirSync(directory).filter((name) => name.endsWith(".partial"))).to.deep.equal([]);
    importIt();
    expect(store.cursor).to.deep.equal(blockOf(77));
    expect([...store.state.accounts.entries()]).to.deep.equal([...STATE.accounts.entries()]);
    const next = store.state.withNewAccount(account(SIGNERS.bob));
    store.commit(blockOf(78), blockOf(77).hash, next);
    expect(store.rewindTo(77)).to.deep.equal(blockOf(77));
    expect(store.state.root).to.equal(STATE.root);
  });

  it("brings trees with gaps, of one account, of the last place and of nobody", () => {
    const one = account(SIGNERS.carol, { balance: 5n });
    for (const [i, places] of [[], [0], [4 ** DEPTH - 1], [3, 4, 5, 63, 64, 700, 1023], [1, 1022]].entries()) {
      const tree = places.reduce((to, place) => to.set(place, one), AccountTree.empty(DEPTH));
      const state = new State(tree, 4 ** DEPTH);
      exportSnapshot(path, IDENTITY, blockOf(i), state);
      const memory = openDatabase(":memory:", IDENTITY);
      const filled = new StateStore(memory, DEPTH);
      importSnapshot(path, filled, IDENTITY, state.root);
      expect(filled.state.root).to.equal(state.root);
      expect([...filled.state.accounts.entries()]).to.deep.equal([...tree.entries()]);
      // Each node is there as well as if it had been written with its block.
      filled.commit(blockOf(i + 1), blockOf(i).hash, filled.state.withAccount(900, one));
      expect(filled.state.root).to.equal(state.withAccount(900, one).root);
      memory.close();
    }
  });

  it("is refused if L1 has another root, and the store stays empty", () => {
    exportSnapshot(path, IDENTITY, blockOf(77), STATE);
    const error = expectError(() => importIt(IDENTITY, STATE.root + 1n), "STATE_MISMATCH");
    expect(error.data.differences).to.deep.equal([
      { what: "state root", expected: STATE.root + 1n, found: STATE.root },
    ]);
    expect(store.cursor).to.equal(undefined);
    expect(database.prepare("SELECT count(*) AS n FROM node").get()).to.deep.include({ n: 0 });
    importIt();
  });

  it("is refused by a store that has a state", () => {
    exportSnapshot(path, IDENTITY, blockOf(77), STATE);
    importIt();
    expectError(() => importIt(), "STATE_MISMATCH");
  });

  it("is refused if it is of another chain, rollup or depth", () => {
    exportSnapshot(path, IDENTITY, blockOf(77), STATE);
    expectError(() => importIt({ ...IDENTITY, chainId: 1n }), "BAD_SNAPSHOT");
    expectError(() => importIt({ ...IDENTITY, rollup: `0x${"01".repeat(20)}` }), "BAD_SNAPSHOT");
    exportSnapshot(path, IDENTITY, blockOf(77), new State(AccountTree.empty(DEPTH - 1), 1));
    expectError(() => importIt(), "BAD_SNAPSHOT");
  });

  it("is refused wherever it is cut off, and whatever byte of it is changed", () => {
    exportSnapshot(path, IDENTITY, blockOf(77), STATE);
    const whole = readFileSync(path);
    const random = new Random("snapshot");
    for (const length of [0, 1, 20, whole.length - 1, random.int(whole.length), random.int(whole.length)]) {
      truncateSync(path, length);
      expectError(() => importIt(), "BAD_SNAPSHOT");
      writeFileSync(path, whole);
    }
    const head = whole.indexOf("\n") + 1;
    for (let i = 0; i < 60; i++) {
      const changed = Buffer.from(whole);
      const at = head + random.int(whole.length - head);
      changed[at] = changed[at]! ^ (1 << random.int(8));
      writeFileSync(path, changed);
      const error = thrownBy(importIt);
      expect(isProtocolError(error), `byte ${at}: ${String(error)}`).to.equal(true);
      expect(store.cursor).to.equal(undefined);
    }
    writeFileSync(path, whole);
    importIt();
  });
});
