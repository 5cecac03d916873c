// SPDX-License-Identifier: MIT
import { TransactionPool, type Added, type Pool, type PoolLimits, type PoolTerms } from "../../agents/index.ts";
import { decodeTransactionSlot } from "../../codec/index.ts";
import type { BatchBuilder, State } from "../../ledger/index.ts";
import type { Database } from "../storage/index.ts";

const TABLES = `
  CREATE TABLE mempool (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    used_at INTEGER
  ) STRICT;
  CREATE INDEX mempool_used ON mempool (used_at) WHERE used_at IS NOT NULL;
  CREATE TABLE mempool_removed (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes BLOB NOT NULL UNIQUE,
    reason TEXT NOT NULL
  ) STRICT;
`;

/** How much a mempool keeps. */
export interface MempoolLimits extends PoolLimits {
  /** Blocks of L1 for which a transaction whose nonce was used is kept, as L1 may go back. Default 64. */
  readonly undoBlocks?: number;
  /** Transactions of which it is kept why they left. Default 10,000. */
  readonly removed?: number;
}

const UNDO_BLOCKS = 64;
const REMOVED = 10_000;
/** Transactions in all: the least that users of a busy rollup expect a node to keep. */
const TOTAL = 10_000;

/** Status of a transaction in a mempool. */
export type MempoolStatus =
  /** It waits for a batch. */
  | { readonly status: "waiting"; readonly nonce: bigint }
  /** Its nonce is used, by itself or by another one: the batches say which. `block` of L1, as the node had read it. */
  | { readonly status: "used"; readonly nonce: bigint; readonly block: number }
  /** It left without being executed, for a reason in one sentence. */
  | { readonly status: "removed"; readonly reason: string };

const REASONS = {
  REPLACED: "its sender replaced it by another transaction with the same nonce and a higher tip",
  EVICTED: "the pool was full, and others paid more",
} as const;

/** A transaction that is in memory and not on the disk yet. */
interface Unwritten {
  readonly bytes: Uint8Array;
  readonly added: Added;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A pool of transactions that is on the disk as well: accepted transactions survive the process. The rules are those of
 * `TransactionPool`.
 *
 * A transaction whose nonce is used stays on the disk until L1 cannot go back behind it any more; if L1 goes back, it
 * waits again.
 */
export class Mempool implements Pool {
  readonly #database: Database;
  readonly #pool: TransactionPool;
  readonly #undoBlocks: number;
  readonly #keepRemoved: number;
  #unwritten: Unwritten[] = [];
  /** L1 block up to which the node has read, and the virtual state after it. */
  #block = 0;
  #followed: State | undefined;

  /**
   * Opens a mempool with what the disk has.
   *
   * @param terms of the sequencer that posts what is in it
   * @throws {ProtocolError} as `Database.definePart`
   */
  constructor(database: Database, terms: PoolTerms, limits: MempoolLimits = {}) {
    const { undoBlocks = UNDO_BLOCKS, removed = REMOVED, total = TOTAL, ...others } = limits;
    this.#database = database;
    this.#pool = new TransactionPool(terms, { ...others, total });
    this.#undoBlocks = undoBlocks;
    this.#keepRemoved = removed;
    database.definePart("mempool", [TABLES]);
    const rows = database.prepare("SELECT bytes, nonce FROM mempool WHERE used_at IS NULL ORDER BY place").iterate();
    for (const { bytes, nonce } of rows) this.#pool.restore(bytes as Uint8Array, BigInt(String(nonce)));
  }

  /** Number of transactions that wait. */
  get size(): number {
    return this.#pool.size;
  }

  get revision(): number {
    return this.#pool.revision;
  }

  /** The first nonce from `nonce` on that no transaction of the account that waits has. */
  nextNonce(account: number, nonce: bigint): bigint {
    return this.#pool.nextNonce(account, nonce);
  }

  has(transaction: Uint8Array): boolean {
    return this.#pool.has(transaction);
  }

  pin(ids: ReadonlySet<string>): void {
    this.#pool.pin(ids);
  }

  select(builder: BatchBuilder, room: number, isExcluded?: (id: string) => boolean): Uint8Array[] {
    return this.#pool.select(builder, room, isExcluded);
  }

  /**
   * Takes a transaction, and writes it to the disk together with others that come in the same moment: a write takes
   * longer than many checks. Only when this has returned, the sender may be told that it was accepted.
   *
   * @throws {ProtocolError} as `TransactionPool.add`, and as `Database.transaction`: then it was not accepted
   */
  async submit(transaction: Uint8Array, state: State): Promise<Added> {
    const added = this.#pool.add(transaction, state);
    const bytes = Uint8Array.from(transaction);
    // One that is known may wait for the disk yet, as may be what it waits behind: its write is the last.
    await new Promise<void>((resolve, reject) => {
      if (this.#unwritten.length === 0) setImmediate(() => this.#write());
      this.#unwritten.push({ bytes, added, resolve, reject });
    });
    return added;
  }

  /**
   * Takes a transaction, and writes it to the disk at once.
   *
   * @throws {ProtocolError} as `submit`
   */
  add(transaction: Uint8Array, state: State): Added {
    this.#write();
    const added = this.#pool.add(transaction, state);
    let failure: { readonly error: unknown } | undefined;
    const reject = (error: unknown): void => {
      failure = { error };
    };
    this.#unwritten.push({ bytes: Uint8Array.from(transaction), added, resolve: () => undefined, reject });
    this.#write();
    if (failure !== undefined) throw failure.error;
    return added;
  }

  /**
   * Writes to the disk all that was taken, before another mempool is opened on the database: else that one would not
   * know what this one is about to accept. A transaction that cannot be written was not accepted.
   */
  flush(): void {
    this.#write();
  }

  /** Marks those whose nonce is used, at the L1 block that `follow` said last. @param state the virtual one */
  prune(state: State): Uint8Array[] {
    this.#write();
    const dropped = this.#pool.prune(state);
    if (dropped.length === 0) return dropped;
    try {
      this.#database.transaction(() => {
        const mark = this.#database.prepare("UPDATE mempool SET used_at = ? WHERE bytes = ?");
        for (const bytes of dropped) mark.run(this.#block, bytes);
      });
    } catch (error) {
      for (const bytes of dropped) this.#restore(bytes);
      throw error;
    }
    return dropped;
  }

  /**
   * Follows the node to a block of L1: what was executed leaves the pool, what L1 has taken back returns to it, and what
   * L1 cannot take back any more is forgotten. If a transaction of the database around it fails, open the mempool again.
   *
   * @param state the virtual one after the block
   * @param block its number; a smaller one than before if L1 went back
   * @throws {ProtocolError} as `Database.transaction`
   */
  follow(state: State, block: number): void {
    if (state === this.#followed && block === this.#block) return;
    this.#followed = undefined;
    this.#block = block;
    this.prune(state);
    const used = this.#database.prepare("SELECT bytes, account, nonce FROM mempool WHERE used_at IS NOT NULL").all();
    const back = used.filter(({ account, nonce }) => {
      const next = state.account(Number(account))?.nonce ?? 0n;
      return BigInt(String(nonce)) >= next;
    });
    this.#database.transaction(() => {
      const free = this.#database.prepare("UPDATE mempool SET used_at = NULL WHERE bytes = ?");
      const remove = this.#database.prepare("DELETE FROM mempool WHERE bytes = ?");
      for (const { bytes, nonce } of back) {
        // Another one with its nonce may have been taken in the meantime.
        if (this.#pool.restore(bytes as Uint8Array, BigInt(String(nonce)))) free.run(bytes as Uint8Array);
        else this.#note(remove, bytes as Uint8Array, "REPLACED");
      }
      this.#database.prepare("DELETE FROM mempool WHERE used_at <= ?").run(block - this.#undoBlocks);
    });
    this.#followed = state;
  }

  /** Status of a transaction, 93 bytes; undefined if the mempool never had it, or has forgotten it. */
  status(transaction: Uint8Array): MempoolStatus | undefined {
    this.#write();
    const row = this.#database.prepare("SELECT nonce, used_at FROM mempool WHERE bytes = ?").get(transaction);
    if (row !== undefined) {
      const nonce = BigInt(String(row["nonce"]));
      const block = row["used_at"];
      return block === null ? { status: "waiting", nonce } : { status: "used", nonce, block: Number(block) };
    }
    const removed = this.#database.prepare("SELECT reason FROM mempool_removed WHERE bytes = ?").get(transaction);
    return removed && { status: "removed", reason: REASONS[removed["reason"] as keyof typeof REASONS] };
  }

  /** Writes all that is in memory alone. A transaction that cannot be written was not accepted. */
  #write(): void {
    const items = this.#unwritten;
    if (items.length === 0) return;
    this.#unwritten = [];
    try {
      this.#database.transaction(() => {
        // One that was used may come again after L1 has gone back.
        const insert = this.#database.prepare(
          `INSERT INTO mempool (bytes, account, nonce) VALUES (?, ?, ?) ON CONFLICT (bytes) DO UPDATE SET used_at = NULL`,
        );
        const remove = this.#database.prepare("DELETE FROM mempool WHERE bytes = ?");
        const forget = this.#database.prepare("DELETE FROM mempool_removed WHERE bytes = ?");
        for (const { bytes, added } of items) {
          if (added.isKnown) continue;
          if (added.removed !== undefined) this.#note(remove, added.removed.bytes, added.removed.why);
          forget.run(bytes);
          insert.run(bytes, decodeTransactionSlot(bytes).from, String(added.nonce));
        }
        this.#database
          .prepare("DELETE FROM mempool_removed WHERE place <= (SELECT MAX(place) FROM mempool_removed) - ?")
          .run(this.#keepRemoved);
      });
    } catch (error) {
      for (const { bytes, added } of [...items].reverse()) {
        if (added.isKnown) continue;
        this.#pool.drop(bytes);
        if (added.removed !== undefined) this.#pool.restore(added.removed.bytes, added.removed.nonce);
      }
      for (const { reject } of items) reject(error);
      return;
    }
    for (const { resolve } of items) resolve();
  }

  #note(remove: ReturnType<Database["prepare"]>, bytes: Uint8Array, why: keyof typeof REASONS): void {
    remove.run(bytes);
    this.#database.prepare("INSERT OR REPLACE INTO mempool_removed (bytes, reason) VALUES (?, ?)").run(bytes, why);
  }

  #restore(bytes: Uint8Array): void {
    const row = this.#database.prepare("SELECT nonce FROM mempool WHERE bytes = ?").get(bytes);
    if (row !== undefined) this.#pool.restore(bytes, BigInt(String(row["nonce"])));
  }
}
