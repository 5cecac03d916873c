// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { expect } from "chai";
import fc from "fast-check";

import { toField } from "../../../src/field.ts";
import { AccountTree, State, type Account } from "../../../src/ledger/index.ts";
import { AccountIndex, type AccountQuery } from "../../../src/node/accountIndex/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectError } from "../../helpers/expectError.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

const IDENTITY = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };
const DEPTH = 8;
/** Accounts of a key and an owner; points off the curve will do, as the index does not look at them. */
const account = (key: number, owner: number, balance = 0n): Account => ({
  ...{ ax: toField(BigInt(key)), ay: toField(BigInt(key) << 100n), nonce: 0n, token: 0n, balance },
  owner: BigInt(owner) << 70n,
});
const keyOf = (key: number): { x: bigint; y: bigint } => ({ x: BigInt(key), y: BigInt(key) << 100n });
const ownerOf = (owner: number): bigint => BigInt(owner) << 70n;
const stateOf = (accounts: readonly Account[], from = State.genesis({ depth: DEPTH })): State =>
  accounts.reduce((state, each) => state.withNewAccount(each), from);

describe("Accounts by key and owner", () => {
  let directory: string;
  let database: Database;
  let index: AccountIndex;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "accounts-"));
    open();
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function open(step = 3): void {
    database = openDatabase(join(directory, "node.sqlite"), IDENTITY, { lockTimeout: 0 });
    index = new AccountIndex(database, { step });
  }
  const reopen = (step?: number): void => {
    database.close();
    open(step);
  };
  const found = (state: State, query: AccountQuery, after = 0, limit = 100): number[] =>
    index.find(state, query, after, limit).accounts.map((each) => each.index);

  it("finds all accounts of a key, of an owner and of both, and no others", async () => {
    const state = stateOf([account(1, 1), account(1, 2), account(2, 1), account(1, 1), account(3, 3)]);
    await index.follow(state, 100);
    expect(found(state, { key: keyOf(1) })).to.deep.equal([1, 2, 4]);
    expect(found(state, { owner: ownerOf(1) })).to.deep.equal([1, 3, 4]);
    expect(found(state, { key: keyOf(1), owner: ownerOf(1) })).to.deep.equal([1, 4]);
    expect(found(state, { key: keyOf(2), owner: ownerOf(2) })).to.deep.equal([]);
    expect(found(state, { key: keyOf(9) })).to.deep.equal([]);
    // The same tags: x and y change places.
    expect(found(state, { key: { x: keyOf(1).y, y: keyOf(1).x } })).to.deep.equal([]);
  });

  it("finds what stands in the place of all accounts if L1 went back to the beginning", async () => {
    const old = stateOf(Array.from({ length: 5 }, () => account(1, 1)));
    await index.follow(old, 100);
    await index.follow(stateOf([account(1, 1)], old), 300);
    index.stop();
    AccountIndex.forget(database);
    reopen();
    const state = stateOf(Array.from({ length: 8 }, (_, i) => account(i === 0 ? 7 : 8, 1)));
    await index.follow(state, 400);
    expect(found(state, { key: keyOf(7) })).to.deep.equal([1]);
    expect(found(state, { key: keyOf(1) })).to.deep.equal([]);
  });

  it("gives pages that go on where the one before ended", async () => {
    const state = stateOf(Array.from({ length: 7 }, (_, i) => account(i % 3 === 2 ? 2 : 1, 1)));
    await index.follow(state, 100);
    const first = index.find(state, { key: keyOf(1) }, 0, 2);
    expect([first.accounts.map((each) => each.index), first.after]).to.deep.equal([[1, 2], 2]);
    const second = index.find(state, { key: keyOf(1) }, 2, 2);
    expect([second.accounts.map((each) => each.index), second.after]).to.deep.equal([[4, 5], 5]);
    const third = index.find(state, { key: keyOf(1) }, 5, 2);
    expect([third.accounts.map((each) => each.index), third.after]).to.deep.equal([[7], undefined]);
  });

  it("says what the state has now: balances that changed, no account that vanished", async () => {
    const before = stateOf([account(1, 1), account(1, 1)]);
    await index.follow(before, 100);
    const now = before.withAccount(1, account(1, 1, 5n));
    expect(index.find(now, { key: keyOf(1) }, 0, 9).accounts[0]?.account.balance).to.equal(5n);
    const emptied = new State(AccountTree.empty(DEPTH).set(2, account(1, 1)), 3);
    expect(found(emptied, { key: keyOf(1) })).to.deep.equal([2]);
  });

  it("has accounts that arrive as a subtree, behind a gap", async () => {
    const subtree = AccountTree.empty(2).set(3, account(4, 4)).set(9, account(5, 4));
    const state = stateOf([account(9, 9)], stateOf([account(1, 1)]).withArrivals(subtree));
    await index.follow(state, 100);
    expect(found(state, { owner: ownerOf(4) })).to.deep.equal([16 + 3, 16 + 9]);
    expect(found(state, { key: keyOf(9) })).to.deep.equal([32]);
  });

  it("refuses to answer before it has read all accounts, and says how far it is", async () => {
    const state = stateOf(Array.from({ length: 10 }, () => account(1, 1)));
    const expectRefusal = (read: number, accounts: number): void => {
      const { data } = expectError(() => index.find(state, { key: keyOf(1) }, 0, 9), "ACCOUNTS_NOT_READ");
      expect(data).to.deep.equal({ read, accounts });
    };
    expectRefusal(0, 0);
    const work = index.follow(state, 100);
    expectRefusal(0, 10);
    await setImmediate();
    expectRefusal(3, 10);
    expect(index.isComplete).to.equal(false);
    await work;
    expect(index.isComplete).to.equal(true);
    expect(found(state, { key: keyOf(1) })).to.have.length(10);
  });

  it("lets the process do other work between steps, and goes on to a state that comes meanwhile", async () => {
    const old = stateOf(Array.from({ length: 30 }, () => account(1, 1)));
    const state = stateOf([account(2, 2)], old);
    let others = 0;
    const work = index.follow(old, 100);
    while (!index.isComplete) {
      await setImmediate();
      others += 1;
      if (others === 3) void index.follow(state, 101);
    }
    await work;
    expect(others).to.be.greaterThan(9);
    expect(found(state, { key: keyOf(2) })).to.deep.equal([31]);
  });

  it("reads no account again after a restart, but those of the last 64 blocks", async () => {
    const old = stateOf(Array.from({ length: 10 }, () => account(1, 1)));
    await index.follow(old, 100);
    const state = stateOf([account(2, 2)], old);
    await index.follow(state, 164);
    const starts: number[] = [];
    const watched = Object.create(state.accounts, {
      entries: { value: (first: number) => (starts.push(first), state.accounts.entries(first)) },
    }) as AccountTree;
    const copy = Object.create(state, { accounts: { value: watched } }) as State;
    reopen(100);
    await index.follow(copy, 165);
    expect(starts).to.deep.equal([11]);
    expect(found(state, { key: keyOf(2) })).to.deep.equal([11]);
    reopen(100);
    await index.follow(copy, 300);
    expect(starts).to.deep.equal([11, 12]);
  });

  it("goes on after a restart in the middle of its work, and leaves nothing out", async () => {
    const state = stateOf(Array.from({ length: 40 }, (_, i) => account(i + 1, 1)));
    for (let i = 0; i < 5; i++) {
      void index.follow(state, 100 + i);
      await setImmediate();
      await setImmediate();
      index.stop();
      reopen();
    }
    await index.follow(state, 120);
    expect(found(state, { owner: ownerOf(1) })).to.have.length(40);
    for (let i = 0; i < 40; i++) expect(found(state, { key: keyOf(i + 1) })).to.deep.equal([i + 1]);
  });

  it("finds what a reorganisation put in the place of other accounts, and not what it took back", async () => {
    const base = stateOf([account(1, 1), account(1, 2)]);
    await index.follow(base, 100);
    await index.follow(stateOf([account(2, 2), account(3, 3), account(4, 4)], base), 180);
    // As a node does after a reorganisation: another index on the same database.
    const state = stateOf([account(3, 3), account(2, 2)], base);
    index = new AccountIndex(database, { step: 3 });
    await index.follow(state, 170);
    expect(found(state, { key: keyOf(2) })).to.deep.equal([4]);
    expect(found(state, { key: keyOf(3) })).to.deep.equal([3]);
    expect(found(state, { key: keyOf(4) })).to.deep.equal([]);
    expect(found(state, { key: keyOf(1) })).to.deep.equal([1, 2]);
    const deeper = stateOf([account(5, 5)]);
    index = new AccountIndex(database, { step: 3 });
    await index.follow(deeper, 171);
    expect(found(deeper, { key: keyOf(5) }), "deeper than it should be").to.deep.equal([1]);
  });

  it("gives what a look at all accounts gives, whatever L1 does", async () => {
    const own = fc.record({ key: fc.integer({ min: 1, max: 3 }), owner: fc.integer({ min: 1, max: 3 }) });
    const step = fc.record({
      added: fc.array(own, { maxLength: 5 }),
      arrives: fc.boolean(),
      blocks: fc.integer({ min: 1, max: 70 }),
      goesBack: fc.integer({ min: 0, max: 60 }),
    });
    const check = async (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> => {
      const memory = openDatabase(":memory:", IDENTITY);
      let current = new AccountIndex(memory, { step: 2 });
      const history: { block: number; state: State }[] = [{ block: 1, state: State.genesis({ depth: DEPTH }) }];
      for (const { added, arrives, blocks, goesBack } of steps) {
        const head = history.at(-1)!.block;
        if (goesBack > 30) {
          while (history.length > 1 && history.at(-1)!.block > head - goesBack) history.pop();
          current = new AccountIndex(memory, { step: 2 });
        }
        let { state } = history.at(-1)!;
        if (arrives && state.nextIndex < 200) {
          state = state.withArrivals(AccountTree.empty(1).set(2, account(1, 2)));
        }
        state = stateOf(
          added.map(({ key, owner }) => account(key, owner)),
          state,
        );
        // A chain that replaces another one may be shorter, but not by what a reorganisation may be deep.
        const block = goesBack > 30 ? Math.max(head - 3, history.at(-1)!.block + 1) : head + blocks;
        history.push({ block, state });
        await current.follow(state, block);
        for (let key = 1; key <= 3; key++) {
          const expected = [...state.accounts.entries()].filter(([, { ax }]) => ax === BigInt(key)).map(([i]) => i);
          const all = current.find(state, { key: keyOf(key) }, 0, 1_000).accounts.map((each) => each.index);
          expect(all).to.deep.equal(expected);
        }
      }
      memory.close();
    };
    const seed = Number(process.env["SEED"] ?? 16);
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 8 }), check), { seed, numRuns: 60 });
  });

  it("is as it was when the disk is full, and goes on when there is room", async () => {
    reopen(1_000);
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const many = stateOf(Array.from({ length: 2_000 }, (_, i) => account(i + 50, 2)));
    await expectRejection(index.follow(many, 100), "DATABASE_FULL");
    database.exec("PRAGMA max_page_count = 1000000");
    await index.follow(many, 100);
    expect(found(many, { owner: ownerOf(2) }, 0, 5_000)).to.have.length(2_000);
  });
});
