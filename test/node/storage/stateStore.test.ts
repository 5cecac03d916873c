// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import fc from "fast-check";

import { AccountTree, applyLeaf, State } from "../../../src/ledger/index.ts";
import { openDatabase, StateStore, type Database } from "../../../src/node/storage/index.ts";
import { createProfile } from "../../../src/profile.ts";
import { expectError } from "../../helpers/expectError.ts";
import { account, SIGNERS } from "../../helpers/ledgerFixture.ts";
import { check } from "../../helpers/properties.ts";
import { hasFixedSeed, Random } from "../../helpers/random.ts";
import { randomLeaves } from "../../helpers/randomLeaf.ts";
import { blockOf, changed, IDENTITY, start } from "./stateProgram.ts";

const DEPTH = 5;

describe("States on the disk", () => {
  let directory: string;
  let path: string;
  let database: Database;
  let store: StateStore;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "states-"));
    path = join(directory, "node.sqlite");
    open();
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function open(depth = DEPTH): void {
    database = openDatabase(path, IDENTITY, { lockTimeout: 0 });
    store = new StateStore(database, depth);
  }

  const commit = (number: number, state: State): void => store.commit(blockOf(number), store.cursor?.hash, state);

  /** Blocks first … last, each with a change of its own. @returns the states after them, in memory */
  function commitMany(first: number, last: number, from = State.genesis({ depth: DEPTH })): State[] {
    const states: State[] = [];
    for (let number = first; number <= last; number++) {
      const inMemory = changed(states.at(-1) ?? from, number);
      commit(number, changed(store.state, number));
      states.push(inMemory);
    }
    return states;
  }

  const oldest = (): number | undefined => [...store.blocks()].at(-1)?.number;

  const expectSame = (found: State, expected: State): void => {
    expect(found.root).to.equal(expected.root);
    expect(found.nextIndex).to.equal(expected.nextIndex);
    expect([...found.accounts.entries()]).to.deep.equal([...expected.accounts.entries()]);
  };

  it("begin with the genesis", () => {
    expect(store.cursor).to.equal(undefined);
    expect([...store.blocks()]).to.deep.equal([]);
    expect(store.rewindTo(5)).to.equal(undefined);
    expectSame(store.state, State.genesis({ depth: DEPTH }));
  });

  it("are the same as in memory, after each block and after a restart", () => {
    const states = commitMany(10, 40);
    expectSame(store.state, states.at(-1)!);
    database.close();
    open();
    expect(store.cursor).to.deep.equal(blockOf(40));
    expectSame(store.state, states.at(-1)!);
    for (const index of [0, 1, 2, 3, 7, 20, 4 ** DEPTH - 1]) {
      expect(store.state.account(index)).to.deep.equal(states.at(-1)!.account(index));
      expect(store.state.accounts.path(index)).to.deep.equal(states.at(-1)!.accounts.path(index));
    }
  });

  it("are the same for random accounts, subtrees and orders", () => {
    const place = fc.nat({ max: 4 ** 3 - 1 });
    const step = fc.record({ place, balance: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), arrives: fc.boolean() });
    check(
      [fc.array(fc.array(step, { minLength: 0, maxLength: 12 }), { minLength: 1, maxLength: 6 })],
      (blocks) => {
        const memory = openDatabase(":memory:", IDENTITY);
        const stored = new StateStore(memory, 3, { cachedRows: 4 });
        let expected = State.genesis({ depth: 3 });
        for (const [number, steps] of blocks.entries()) {
          let state = stored.state;
          for (const { place, balance, arrives } of steps) {
            const each = account(SIGNERS.bob, { balance, nonce: balance & 0xffffn, owner: (balance >> 1n) & 0xffffn });
            const act = (from: State): State => {
              if (!arrives) return from.withAccount(place, each);
              const tree = AccountTree.empty(1).set(place % 4, each);
              const base = place - (place % 4);
              const isFree = [0, 1, 2, 3].every((i) => from.account(base + i) === undefined);
              return isFree ? new State(from.accounts.withSubtree(base, tree), from.nextIndex) : from;
            };
            [state, expected] = [act(state), act(expected)];
          }
          stored.commit(blockOf(number), stored.cursor?.hash, state);
          expectSame(stored.state, expected);
        }
        memory.checkIntegrity();
        memory.close();
      },
      30,
    );
  });

  it("give each leaf the result that it has in memory: states, exits, and what the circuit is shown", function () {
    this.timeout(60_000);
    const profile = createProfile({ name: "random", depth: 3, slots: 4, levels: 1 });
    let executed = 0;
    let leaves = 0;
    for (const { before, header, bytes, environment, result } of randomLeaves(profile, "on the disk")) {
      const memory = openDatabase(":memory:", IDENTITY);
      const stored = new StateStore(memory, profile.depth, { cachedRows: 2 });
      stored.fill(blockOf(1), before.accounts.entries(), before.nextIndex, (state) => expectSame(state, before));
      const onDisk = applyLeaf(profile, stored.state, { header, bytes }, environment);
      const { state: expectedState, ...expected } = result;
      const { state: foundState, ...found } = onDisk;
      stored.commit(blockOf(2), blockOf(1).hash, foundState);
      expect(found).to.deep.equal(expected);
      expectSame(stored.state, expectedState);
      expectSame(stored.stateAt(1), before);
      memory.close();
      executed += result.outcomes.filter(({ status }) => status === "executed").length;
      leaves += 1;
      if (leaves === 40) break;
    }
    if (hasFixedSeed) expect(executed).to.be.greaterThan(60);
  });

  it("go back to any block of the history, and on from there", () => {
    const states = commitMany(1, 30);
    expect(store.rewindTo(12)).to.deep.equal(blockOf(12));
    expect(store.cursor).to.deep.equal(blockOf(12));
    expectSame(store.state, states[11]!);
    const again = commitMany(13, 20, states[11]);
    expectSame(store.state, again.at(-1)!);
    database.close();
    open();
    expectSame(store.state, again.at(-1)!);
    for (const [i, state] of [...states.slice(0, 12), ...again].entries()) expectSame(store.stateAt(i + 1), state);
  });

  it("go back by 64 blocks at least, and say so if it were more", () => {
    const states = commitMany(1, 100);
    expect(oldest()).to.equal(36);
    expectError(() => store.rewindTo(35), "STATE_GONE");
    expectError(() => store.stateAt(35), "STATE_GONE");
    expectSame(store.state, states[99]!);
    store.rewindTo(36);
    expectSame(store.state, states[35]!);
    expectError(() => store.rewindTo(35), "STATE_GONE");
  });

  it("go back to the genesis while the first block can be undone, and not behind a snapshot", () => {
    const states = commitMany(10, 40);
    expect(store.rewindTo(9)).to.equal(undefined);
    expectSame(store.state, State.genesis({ depth: DEPTH }));
    expect(database.prepare("SELECT count(*) AS n FROM node").get()).to.deep.include({ n: 0 });
    const again = commitMany(11, 12);
    expectSame(store.state, again.at(-1)!);
    const memory = openDatabase(":memory:", IDENTITY);
    const filled = new StateStore(memory, DEPTH);
    filled.fill(blockOf(40), states.at(-1)!.accounts.entries(), states.at(-1)!.nextIndex, () => undefined);
    expectError(() => filled.rewindTo(39), "STATE_GONE");
    memory.close();
  });

  it("go back across blocks in which nothing was written", () => {
    const states = commitMany(1, 2);
    commit(500, changed(store.state, 500));
    expect([...store.blocks()]).to.deep.equal([blockOf(500), blockOf(2)]);
    expect(store.rewindTo(499)).to.deep.equal(blockOf(2));
    expectSame(store.state, states[1]!);
  });

  it("are kept longer where a block is still needed", () => {
    const states: State[] = [];
    for (let number = 1; number <= 100; number++) {
      states.push(changed(states.at(-1) ?? State.genesis({ depth: DEPTH }), number));
      store.commit(blockOf(number), store.cursor?.hash, changed(store.state, number), 5);
    }
    expect(oldest()).to.equal(5);
    expectSame(store.stateAt(5), states[4]!);
    store.commit(blockOf(101), blockOf(100).hash, store.state);
    expect(oldest()).to.equal(37);
  });

  it("that were taken before others were written stay what they were, or are gone", () => {
    commitMany(1, 10);
    const old = store.state;
    const expected = [...store.stateAt(10).accounts.entries()];
    commitMany(11, 20, old);
    expect([...old.accounts.entries()]).to.deep.equal(expected);
    const forgotten = store.stateAt(20);
    commitMany(21, 120, start(20));
    const error = expectError(() => [...forgotten.accounts.entries()], "STATE_GONE");
    expect(error.data.path).to.equal(path);
  });

  it("are written only if they were built on the one before", () => {
    const states = commitMany(1, 8);
    const other = changed(changed(State.genesis({ depth: DEPTH }), 7), 8);
    const error = expectError(() => commit(9, other), "STATE_MISMATCH");
    expect(error.data.differences).to.have.length(1);
    expectError(() => commit(9, State.genesis({ depth: DEPTH })), "STATE_MISMATCH");
    expectSame(store.state, states[7]!);
    // One that is built on an earlier state has all that came after it among its changes.
    const next = changed(states[7]!, 9);
    commit(9, next);
    expectSame(store.state, next);
  });

  it("are written only with a block that follows the last one", () => {
    commitMany(1, 3);
    const next = changed(store.state, 4);
    expectError(() => store.commit(blockOf(4), blockOf(2).hash, next), "REORGANISED");
    expectError(() => store.commit(blockOf(4), undefined, next), "REORGANISED");
    expectError(() => store.commit(blockOf(3), blockOf(3).hash, next), "REORGANISED");
    store.commit(blockOf(4), blockOf(3).hash, next);
  });

  it("are undone with the transaction in which they were written", () => {
    const states = commitMany(1, 5);
    expect(() =>
      database.transaction(() => {
        commit(6, changed(store.state, 6));
        expect(store.cursor).to.deep.equal(blockOf(6));
        throw new RangeError("no");
      }),
    ).to.throw(RangeError);
    expect(store.cursor).to.deep.equal(blockOf(5));
    expectSame(store.state, states[4]!);
    expect(() =>
      database.transaction(() => {
        store.rewindTo(2);
        throw new RangeError("no");
      }),
    ).to.throw(RangeError);
    expect(store.cursor).to.deep.equal(blockOf(5));
    expectSame(store.state, states[4]!);
  });

  it("stay as they were when the disk is full, and go on when there is room", () => {
    commitMany(1, 5);
    const { root } = store.state;
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    let next = store.state;
    for (let i = 100; i < 200; i++) next = next.withAccount(i, account(SIGNERS.alice, { balance: BigInt(i) }));
    expectError(() => commit(6, next), "DATABASE_FULL");
    expect(store.cursor).to.deep.equal(blockOf(5));
    expect(store.state.root).to.equal(root);
    database.exec("PRAGMA max_page_count = 1000000");
    commit(6, next);
    expect(store.state.root).to.equal(next.root);
  });

  it("belong to a tree of one depth", () => {
    database.close();
    const error = expectError(() => open(DEPTH + 1), "PROFILE_MISMATCH");
    expect(error.data).to.deep.equal({ depth: DEPTH, expected: DEPTH + 1 });
    database.close();
    open();
    expectError(() => new StateStore(database, DEPTH, { history: 63 }), "OUT_OF_RANGE");
  });

  it("are whole after the process was killed at any moment", async function () {
    // Each round starts a process.
    this.timeout(300_000);
    database.close();
    const random = new Random("kill");
    let last = 0;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [new URL("stateProgram.ts", import.meta.url).pathname, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, random.int(150)));
      child.kill("SIGKILL");
      await once(child, "exit");
      open();
      database.checkIntegrity();
      const { number } = store.cursor ?? blockOf(0);
      // All blocks that the process reported as committed are there. It may have committed more.
      const promised = Number(
        said
          .trimEnd()
          .split("\n")
          .slice(said.endsWith("\n") ? -1 : -2)[0],
      );
      expect(number).to.be.within(Math.max(last, promised), Number.MAX_SAFE_INTEGER);
      expectSame(store.state, start(number));
      last = number;
      database.close();
    }
    expect(last).to.be.greaterThan(6);
    open();
  });
});
