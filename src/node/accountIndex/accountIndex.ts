// SPDX-License-Identifier: MIT
import { setImmediate } from "node:timers/promises";

import { ProtocolError } from "../../errors.ts";
import type { Account, State } from "../../ledger/index.ts";
import type { Database, Statement } from "../storage/index.ts";

/** `tag` is of the key, of the owner or of both, see `tagsOf`; `next`: all accounts below it were in a state at `block`. */
const TABLES = `
  CREATE TABLE account_index (
    kind INTEGER NOT NULL,
    tag INTEGER NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (kind, tag, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE account_index_block (block INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT;
`;

interface Key {
  readonly x: bigint;
  readonly y: bigint;
}

/** Accounts that are looked for: those with a key, with an owner (160 bits), or with both. */
export interface AccountQuery {
  /** Coordinates that need not be those of a point. */
  readonly key?: Key | undefined;
  readonly owner?: bigint | undefined;
}

/** A part of the accounts that were looked for. */
export interface AccountPage {
  /** By ascending index. */
  readonly accounts: readonly { readonly index: number; readonly account: Account }[];
  /** If there may be more: the index after which the next page begins. */
  readonly after?: number;
}

export interface AccountIndexOptions {
  /** Blocks of L1 that a reorganisation may take back. Default 64. */
  readonly undoBlocks?: number;
  /** Accounts that are written at a time; the process does nothing else meanwhile. Default 500. */
  readonly step?: number;
}

const UNDO_BLOCKS = 64;
const STEP = 500;
const [KEY, OWNER, BOTH] = [0, 1, 2];

/**
 * The accounts of a rollup by key and by owner, on the disk.
 *
 * Key and owner of an account never change, and accounts come with ascending indexes, so each account is written once. A
 * row is a hint: whether the account is there, and has the key and the owner, is looked up in the state for each answer.
 * So rows of accounts that have migrated, or that a reorganisation of L1 took back, do no harm. Accounts that a
 * reorganisation put in their place are found, since an index that is opened reads the accounts of the last `undoBlocks`
 * blocks again; a node opens one at its start and after each reorganisation.
 */
export class AccountIndex {
  readonly #database: Database;
  readonly #undoBlocks: number;
  readonly #step: number;
  readonly #select: Statement;
  /** Up to which index accounts are written; undefined until the first state says the block. */
  #next: number | undefined;
  #wanted: { readonly state: State; readonly block: number } | undefined;
  /** The last state all of whose accounts are written. */
  #complete: State | undefined;
  #work: Promise<void> | undefined;
  #isStopped = false;

  /** @throws {ProtocolError} as `Database.definePart` */
  constructor(database: Database, { undoBlocks = UNDO_BLOCKS, step = STEP }: AccountIndexOptions = {}) {
    this.#database = database;
    this.#undoBlocks = undoBlocks;
    this.#step = step;
    database.definePart("account index", [TABLES]);
    this.#select = database.prepare(
      "SELECT account FROM account_index WHERE kind = ? AND tag = ? AND account > ? ORDER BY account LIMIT ?",
    );
  }

  /** Forgets all rows of a database, before an index is opened on it: when L1 has gone back further than `undoBlocks`. */
  static forget(database: Database): void {
    database.definePart("account index", [TABLES]);
    database.exec("DELETE FROM account_index; DELETE FROM account_index_block;");
  }

  /** Whether the accounts of the state that was followed last are all written. */
  get isComplete(): boolean {
    return this.#wanted !== undefined && this.#complete === this.#wanted.state;
  }

  /**
   * Writes the accounts that are new in a state, in steps between which the process does other work. A call while
   * another one is at work ends with it; that one goes on to the newer state.
   *
   * @param state the virtual one, which follows the state of the call before
   * @param block of L1 after which it is
   * @throws {ProtocolError} as `Database.transaction`
   */
  follow(state: State, block: number): Promise<void> {
    this.#wanted = { state, block };
    if (this.#complete === state) return Promise.resolve();
    this.#work ??= this.#run().finally(() => (this.#work = undefined));
    return this.#work;
  }

  /** Writes nothing any more; a call of `follow` that is at work ends. Before the database is closed. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Accounts of the virtual state that were looked for.
   *
   * @param state in which they are looked up
   * @param query key, owner, or both
   * @param after index before the first one
   * @param limit rows that are looked at; there may be fewer accounts
   * @throws {ProtocolError} `ACCOUNTS_NOT_READ` until all accounts are written for the first time
   */
  find(state: State, { key, owner }: AccountQuery, after: number, limit: number): AccountPage {
    if (this.#complete === undefined) {
      const accounts = (this.#wanted?.state.nextIndex ?? 1) - 1;
      const read = Math.min(accounts, (this.#next ?? 1) - 1);
      throw new ProtocolError(
        "ACCOUNTS_NOT_READ",
        { read, accounts },
        `the node has read ${read} of ${accounts} accounts: ask again later`,
      );
    }
    const tags = tagsOf(key, owner);
    const kind = tags[BOTH] !== undefined ? BOTH : tags[KEY] !== undefined ? KEY : OWNER;
    const rows = this.#select.all(kind, tags[kind] ?? 0n, after, limit).map((row) => Number(row["account"]));
    const accounts = rows.flatMap((index) => {
      const account = state.accounts.peek(index);
      const isWanted =
        account !== undefined &&
        (key === undefined || (account.ax === key.x && account.ay === key.y)) &&
        (owner === undefined || account.owner === owner);
      return isWanted ? [{ index, account }] : [];
    });
    const last = rows.at(-1);
    return { accounts, ...(last === undefined || rows.length < limit ? {} : { after: last }) };
  }

  async #run(): Promise<void> {
    for (;;) {
      // The first step also waits: `follow` returns at once.
      await setImmediate();
      const { state, block } = this.#wanted!;
      if (this.#isStopped || this.#complete === state) return;
      const next = this.#write(state, block);
      this.#next = next;
      if (next >= state.nextIndex) this.#complete = state;
    }
  }

  /** One step. @returns index up to which accounts are written */
  #write(state: State, block: number): number {
    return this.#database.transaction(() => {
      const first = this.#next ?? this.#firstToRead(state, block);
      const insert = this.#database.prepare("INSERT OR IGNORE INTO account_index VALUES (?, ?, ?)");
      let count = 0;
      let next = state.nextIndex;
      for (const [index, { ax, ay, owner }] of state.accounts.entries(first)) {
        if (count === this.#step) {
          next = index;
          break;
        }
        count += 1;
        for (const [kind, tag] of tagsOf({ x: ax, y: ay }, owner).entries()) insert.run(kind, tag!, index);
      }
      if (count > 0) this.#note(block, next);
      return next;
    });
  }

  /** Accounts below were there before every block that a reorganisation may have taken back. */
  #firstToRead({ nextIndex }: State, block: number): number {
    const row = this.#database
      .prepare("SELECT next FROM account_index_block WHERE block <= ? ORDER BY block DESC LIMIT 1")
      .get(block - this.#undoBlocks);
    // Rows of later blocks may be of a chain that is not there any more.
    this.#database.prepare("DELETE FROM account_index_block WHERE block > ?").run(block - this.#undoBlocks);
    const next = Number(row?.["next"] ?? 1);
    // L1 went back further than it should: all is read again.
    return next <= nextIndex ? next : 1;
  }

  #note(block: number, next: number): void {
    this.#database.prepare("INSERT OR REPLACE INTO account_index_block (block, next) VALUES (?, ?)").run(block, next);
    // Of the blocks that cannot be taken back any more, the last one is needed.
    this.#database
      .prepare(
        `DELETE FROM account_index_block
         WHERE block < (SELECT MAX(block) FROM account_index_block WHERE block <= ?)`,
      )
      .run(block - this.#undoBlocks);
  }
}

const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;

/**
 * The columns `tag` of an account's rows, by kind: 64 bits each. Two keys may have one tag, also because somebody
 * wants that: it costs a look at the state.
 */
function tagsOf(key: Key | undefined, owner: bigint | undefined): readonly (bigint | undefined)[] {
  const keyTag = key && BigInt.asIntN(64, key.x ^ key.y);
  const ownerTag = owner === undefined ? undefined : BigInt.asIntN(64, owner ^ (owner >> 64n));
  const isBoth = keyTag !== undefined && ownerTag !== undefined;
  return [keyTag, ownerTag, isBoth ? BigInt.asIntN(64, keyTag * MULTIPLIER + ownerTag) : undefined];
}
