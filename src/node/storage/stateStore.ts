// SPDX-License-Identifier: MIT
import type { BlockPlace } from "../../chain/index.ts";
import { poseidon } from "../../crypto/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import {
  accountHash,
  AccountTree,
  ARITY,
  State,
  type Account,
  type ChildHashes,
  type NodeSource,
} from "../../ledger/index.ts";
import { RecentCache } from "../recentCache.ts";
import type { Database, Row, Statement } from "./database.ts";
import {
  accountBytes,
  childHash,
  childHashes,
  decodeAccount,
  decodeField,
  encodeAccount,
  encodeField,
  encodeNode,
  hashOf,
  keyOf,
  toBuffer,
  type NodeRow,
} from "./nodeRow.ts";
import { decodeUndo, encodeUndo, type Before } from "./undo.ts";

export interface StateStoreOptions {
  /** How many blocks of L1 can be undone; 64 or more. Default 64. */
  readonly history?: number;
  /** Rows of the tree that are kept in memory at least; each has 160 to 600 bytes. Default 100,000. */
  readonly cachedRows?: number;
}

const HISTORY = 64;
const CACHED_ROWS = 100_000;

const VERSIONS = [
  `CREATE TABLE tree (depth INTEGER NOT NULL) STRICT;
   CREATE TABLE node (key INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;
   CREATE TABLE block (
     number INTEGER PRIMARY KEY,
     hash TEXT NOT NULL,
     root BLOB NOT NULL,
     next_index INTEGER NOT NULL,
     undo BLOB
   ) STRICT;`,
];

/**
 * The accounts of a rollup on the disk, as they are after a block of L1, with what is needed to go back.
 *
 * A state of the store is a `State` as any other: its tree reads nodes when they are needed, and what is set stays in
 * memory until it is written with the block that caused it. Each node is read with its hash in mind, so a state that was
 * taken before others were written finds its own nodes in the history, or says that they are gone; it is never wrong.
 *
 * A block is written in one transaction: the nodes that changed, what they were before, and the block's number and hash.
 */
export class StateStore implements NodeSource {
  readonly depth: number;
  readonly #database: Database;
  readonly #history: number;
  readonly #cache: RecentCache<number, NodeRow>;
  readonly #selectNode: Statement;
  readonly #writeNode: Statement;
  readonly #deleteNode: Statement;
  /** The rows that blocks replaced, the oldest first, by key; undefined if nobody asked for one since it changed. */
  #replaced: Map<number, NodeRow[]> | undefined;
  #cursor: BlockPlace | undefined;
  #state: State;

  /**
   * @param depth of the rollup's account tree
   * @throws {ProtocolError} `PROFILE_MISMATCH` if the database has a tree of another depth; `OUT_OF_RANGE`; as
   *   `Database.definePart`
   */
  constructor(
    database: Database,
    depth: number,
    { history = HISTORY, cachedRows = CACHED_ROWS }: StateStoreOptions = {},
  ) {
    if (!Number.isSafeInteger(history) || history < HISTORY) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "history", value: history, minimum: HISTORY, maximum: Number.MAX_SAFE_INTEGER },
        `a history of ${history} blocks is shorter than ${HISTORY}`,
      );
    }
    this.depth = depth;
    this.#database = database;
    this.#history = history;
    this.#cache = new RecentCache(cachedRows);
    database.definePart("state", VERSIONS);
    this.#selectNode = database.prepare("SELECT row FROM node WHERE key = ?");
    this.#writeNode = database.prepare("INSERT OR REPLACE INTO node (key, row) VALUES (?, ?)");
    this.#deleteNode = database.prepare("DELETE FROM node WHERE key = ?");
    const found = database.prepare("SELECT depth FROM tree").get()?.["depth"];
    if (found === undefined) {
      database.prepare("INSERT INTO tree (depth) VALUES (?)").run(depth);
    } else if (found !== depth) {
      throw new ProtocolError(
        "PROFILE_MISMATCH",
        { depth: Number(found), expected: depth },
        `the database ${database.path} has a tree of depth ${Number(found)}, not ${depth}`,
      );
    }
    this.#state = State.genesis({ depth });
    this.#open();
    database.onRollback(() => {
      this.#forget();
      this.#open();
    });
  }

  /** The last block that was written; undefined before the first. */
  get cursor(): BlockPlace | undefined {
    return this.#cursor;
  }

  /** After the last block that was written; the genesis before the first. */
  get state(): State {
    return this.#state;
  }

  /**
   * The blocks that were written, the newest first, as far back as the history reaches. After a reorganisation a reader
   * goes back to the first one that L1 still has.
   */
  blocks(): Iterable<BlockPlace> {
    return StateStore.blocks(this.#database);
  }

  /** The same of a database, before the depth of its tree is known. */
  static *blocks(database: Database): Generator<BlockPlace, void, undefined> {
    database.definePart("state", VERSIONS);
    const rows = database.prepare("SELECT number, hash FROM block ORDER BY number DESC");
    for (const row of rows.iterate()) yield placeOf(row);
  }

  /**
   * Writes a block, in a transaction of its own or in the one that is open.
   *
   * @param block the last one of those that are written together
   * @param parent hash of the block that the reader had read before, which is the cursor's; undefined for the first
   * @param state after the block; built on `state`, or on what came from it
   * @param keepSince a block whose state will be needed: the history reaches at least so far back
   * @throws {ProtocolError} `REORGANISED` if the block does not follow on the cursor; `STATE_MISMATCH` if the state was not
   *   built on the store's; `STATE_GONE`; as `Database.transaction`. Nothing has changed then
   */
  commit(block: BlockPlace, parent: string | undefined, state: State, keepSince = block.number): void {
    const cursor = this.#cursor;
    if (parent !== cursor?.hash || (cursor !== undefined && block.number <= cursor.number)) {
      throw new ProtocolError(
        "REORGANISED",
        { block: block.number },
        `block ${block.number} does not follow on block ${cursor?.number ?? "none"}, the last that was written`,
      );
    }
    const written: { readonly key: number; readonly row: NodeRow }[] = [];
    const before: Before[] = [];
    this.#database.transaction(() => {
      this.#collect(state, written, before);
      for (const { key, row } of written) this.#writeNode.run(key, row);
      this.#writeBlock(block, state, encodeUndo(before));
      this.#prune(Math.min(keepSince, block.number - this.#history));
    });
    for (const { key, row } of written) this.#cache.set(key, row);
    this.#replaced = undefined;
    this.#cursor = block;
    this.#state = this.#stored(state.accounts.root, state.nextIndex);
  }

  /**
   * Undoes all blocks behind a block, in a transaction of its own or in the one that is open.
   *
   * @param number of the last block that stays
   * @returns the last block that was written before or at `number`, which is the cursor now; undefined if all were undone
   * @throws {ProtocolError} `STATE_GONE` if the history does not reach so far; nothing has changed then
   */
  rewindTo(number: number): BlockPlace | undefined {
    const isKept = this.#database.prepare("SELECT 1 FROM block WHERE number <= ?").get(number) !== undefined;
    // The oldest block can be undone as well if it is the first one at all.
    const base = this.#database.prepare("SELECT number FROM block WHERE undo IS NULL").get();
    if (!isKept && base !== undefined) throw this.#gone(number);
    this.#database.transaction(() => {
      const blocks = this.#database.prepare("SELECT undo FROM block WHERE number > ? ORDER BY number DESC");
      for (const { undo } of blocks.all(number)) {
        for (const { key, row } of decodeUndo(toBuffer(undo))) {
          if (row === undefined) this.#deleteNode.run(key);
          else this.#writeNode.run(key, row);
        }
      }
      this.#database.prepare("DELETE FROM block WHERE number > ?").run(number);
    });
    this.#forget();
    this.#open();
    return this.#cursor;
  }

  /** Forgets everything, in a transaction of its own or in the one that is open. */
  clear(): void {
    this.#database.transaction(() => this.#database.exec("DELETE FROM node; DELETE FROM block;"));
    this.#forget();
    this.#open();
  }

  /**
   * The state as it was after a block.
   *
   * @throws {ProtocolError} `STATE_GONE` if the history does not reach so far
   */
  stateAt(number: number): State {
    const row = this.#database
      .prepare("SELECT * FROM block WHERE number <= ? ORDER BY number DESC LIMIT 1")
      .get(number);
    if (row === undefined) throw this.#gone(number);
    return this.#stored(decodeField(toBuffer(row["root"])), Number(row["next_index"]));
  }

  children(height: number, index: number, hash: Field): ChildHashes {
    return childHashes(this.#find(keyOf(height, index), (row) => hashOf(row) === hash));
  }

  account(index: number, hash: Field): Account {
    const digit = index % ARITY;
    const parent = keyOf(1, Math.floor(index / ARITY));
    const row = this.#find(parent, (found) => childHash(found, digit) === hash);
    return decodeAccount(accountBytes(row, digit)!);
  }

  /**
   * Fills an empty store with accounts, each node of whose tree is hashed once.
   *
   * @param block after which the state is
   * @param accounts by ascending index
   * @param check throws if the state is not the right one; nothing is written then
   * @throws {ProtocolError} `STATE_MISMATCH` if the store is not empty; `OUT_OF_RANGE`; any error of `check`
   */
  fill(
    block: BlockPlace,
    accounts: Iterable<readonly [index: number, account: Account]>,
    nextIndex: number,
    check: (state: State) => void,
  ): void {
    this.#requireEmpty();
    this.#database.transaction(() => {
      const root = this.#writeAccounts(accounts);
      const state = this.#stored(root, nextIndex);
      check(state);
      this.#writeBlock(block, state, undefined);
    });
    this.#open();
  }

  /**
   * Writes the nodes of a state before there is a block: of a state that is built step by step, and of whose way nothing
   * has to be kept. `begin` says after which block it is, in the end. If that never happens, the database is of no use.
   *
   * @param state built on `state`
   * @returns the same state, which reads from the disk
   * @throws {ProtocolError} `STATE_MISMATCH` if there is a block, or as `commit`
   */
  absorb(state: State): State {
    this.#requireEmpty();
    const written: { readonly key: number; readonly row: NodeRow }[] = [];
    this.#database.transaction(() => {
      this.#collect(state, written, []);
      for (const { key, row } of written) this.#writeNode.run(key, row);
    });
    for (const { key, row } of written) this.#cache.set(key, row);
    this.#state = this.#stored(state.accounts.root, state.nextIndex);
    return this.#state;
  }

  /** Makes the state that was absorbed last that of a block: the oldest one to which the store can go back. */
  begin(block: BlockPlace): void {
    this.#requireEmpty();
    this.#database.transaction(() => this.#writeBlock(block, this.#state, undefined));
    this.#open();
  }

  #requireEmpty(): void {
    if (this.#cursor === undefined) return;
    throw new ProtocolError(
      "STATE_MISMATCH",
      { differences: [{ what: "last block", expected: "none", found: this.#cursor.number }] },
      `the database ${this.#database.path} has the state of block ${this.#cursor.number} already`,
    );
  }

  /** Reads the cursor, and the state at it. */
  #open(): void {
    const row = this.#database.prepare("SELECT * FROM block ORDER BY number DESC LIMIT 1").get();
    this.#cursor = row && placeOf(row);
    this.#state = row
      ? this.#stored(decodeField(toBuffer(row["root"])), Number(row["next_index"]))
      : State.genesis({ depth: this.depth });
  }

  /** Forgets all rows in memory, as some of them are not on the disk any more. */
  #forget(): void {
    this.#cache.clear();
    this.#replaced = undefined;
  }

  #stored(root: Field, nextIndex: number): State {
    return new State(AccountTree.stored(this.depth, root, this), nextIndex);
  }

  #writeBlock({ number, hash }: BlockPlace, { accounts, nextIndex }: State, undo: Buffer | undefined): void {
    this.#database
      .prepare("INSERT INTO block (number, hash, root, next_index, undo) VALUES (?, ?, ?, ?, ?)")
      .run(number, hash, encodeField(accounts.root), nextIndex, undo ?? null);
  }

  /** Forgets how to go back behind the last block before or at `number`. */
  #prune(number: number): void {
    const row = this.#database.prepare("SELECT max(number) AS number FROM block WHERE number <= ?").get(number);
    const base = row?.["number"];
    if (typeof base !== "number") return;
    this.#database.prepare("DELETE FROM block WHERE number < ?").run(base);
    this.#database.prepare("UPDATE block SET undo = NULL WHERE number = ? AND undo IS NOT NULL").run(base);
  }

  /** The rows of all nodes that changed, and what they were. */
  #collect(state: State, written: { readonly key: number; readonly row: NodeRow }[], before: Before[]): void {
    const accounts = new Map<number, Buffer>();
    const changed = new Set<number>();
    for (const node of state.accounts.changes()) {
      const { height, index, hash } = node;
      const key = keyOf(height, index);
      changed.add(key);
      if ("account" in node) {
        accounts.set(index, encodeAccount(node.account));
        continue;
      }
      const old = this.#row(key);
      before.push({ key, row: old });
      const bytes = node.children.flatMap((child, digit) => {
        const place = index * ARITY + digit;
        // So the whole tree is the one on the disk, except for what changed.
        if (!changed.has(keyOf(height - 1, place))) {
          requireSame(
            `node ${place} of height ${height - 1}`,
            old ? childHash(old, digit) : emptyRoot(height - 1),
            child,
          );
        }
        if (height > 1 || child === 0n) return [];
        return [accounts.get(place) ?? accountBytes(old!, digit)!];
      });
      written.push({ key, row: encodeNode(hash, node.children, bytes) });
    }
    if (changed.size === 0) requireSame("root of the accounts", this.#state.accounts.root, state.accounts.root);
  }

  /** Writes all nodes from the leaves up, each once; one path alone is in memory. @returns the root */
  #writeAccounts(accounts: Iterable<readonly [index: number, account: Account]>): Field {
    /** By height, the node that is being filled. */
    const open = Array.from({ length: this.depth + 1 }, (_, height) => ({ index: 0, children: emptyChildren(height) }));
    let bytes: Buffer[] = [];
    const close = (height: number): void => {
      const node = open[height]!;
      const { index, children } = node;
      if (children.every((child) => child === emptyRoot(height - 1))) return;
      const hash = poseidon(children);
      this.#writeNode.run(keyOf(height, index), encodeNode(hash, children, height === 1 ? bytes : []));
      if (height < this.depth) open[height + 1]!.children[index % ARITY] = hash;
      node.children = emptyChildren(height);
      if (height === 1) bytes = [];
    };
    const moveTo = (height: number, index: number): void => {
      if (height > this.depth || open[height]!.index === index) return;
      close(height);
      moveTo(height + 1, Math.floor(index / ARITY));
      open[height]!.index = index;
    };
    let next = 0;
    const capacity = ARITY ** this.depth;
    for (const [index, account] of accounts) {
      if (!Number.isInteger(index) || index < next || index >= capacity) {
        throw new ProtocolError(
          "OUT_OF_RANGE",
          { name: "index", value: index, minimum: next, maximum: capacity - 1 },
          `account ${index} is not in ${next} … ${capacity - 1}`,
        );
      }
      next = index + 1;
      moveTo(1, Math.floor(index / ARITY));
      open[1]!.children[index % ARITY] = accountHash(account);
      bytes.push(encodeAccount(account));
    }
    for (let height = 1; height < this.depth; height++) close(height);
    const root = poseidon(open[this.depth]!.children);
    close(this.depth);
    return root;
  }

  #row(key: number): NodeRow | undefined {
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const found = this.#selectNode.get(key)?.["row"];
    if (found === undefined) return undefined;
    const row = toBuffer(found);
    this.#cache.set(key, row);
    return row;
  }

  /** The row of a node, now or before, that is the right one. @throws {ProtocolError} `STATE_GONE` */
  #find(key: number, isRight: (row: NodeRow) => boolean): NodeRow {
    const row = this.#row(key);
    if (row !== undefined && isRight(row)) return row;
    const older = this.#rowsReplaced().get(key)?.filter(isRight).at(-1);
    if (older === undefined) throw this.#gone();
    return older;
  }

  #rowsReplaced(): Map<number, NodeRow[]> {
    if (this.#replaced !== undefined) return this.#replaced;
    const replaced = new Map<number, NodeRow[]>();
    const blocks = this.#database.prepare("SELECT undo FROM block WHERE undo IS NOT NULL ORDER BY number");
    for (const { undo } of blocks.iterate()) {
      for (const { key, row } of decodeUndo(toBuffer(undo))) {
        if (row === undefined) continue;
        const rows = replaced.get(key);
        if (rows === undefined) replaced.set(key, [row]);
        else rows.push(row);
      }
    }
    this.#replaced = replaced;
    return replaced;
  }

  #gone(block?: number): ProtocolError {
    const { path } = this.#database;
    const which = block === undefined ? "a state" : `the state of block ${block}`;
    return new ProtocolError(
      "STATE_GONE",
      { path, ...(block !== undefined && { block }) },
      `the database ${path} does not have ${which} any more: its history is ${this.#history} blocks`,
    );
  }
}

const placeOf = (row: Row): BlockPlace => ({ number: Number(row["number"]), hash: String(row["hash"]) });

/** Roots of trees without accounts, by height. */
const EMPTY_ROOTS: readonly Field[] = [
  toField(0n),
  ...Array.from({ length: 16 }, (_, i) => AccountTree.empty(i + 1).root),
];

const emptyRoot = (height: number): Field => EMPTY_ROOTS[height]!;

/** Of a node of this height; height 0 is not used. */
function emptyChildren(height: number): [Field, Field, Field, Field] {
  const child = emptyRoot(Math.max(height - 1, 0));
  return [child, child, child, child];
}

function requireSame(what: string, expected: Field, found: Field): void {
  if (expected === found) return;
  throw new ProtocolError(
    "STATE_MISMATCH",
    { differences: [{ what, expected, found }] },
    `a state is to be written that was not built on the one before it: ${what} is ${found}, not ${expected}`,
  );
}
