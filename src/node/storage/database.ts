// SPDX-License-Identifier: MIT
import { createRequire } from "node:module";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

import { ProtocolError } from "../../errors.ts";

/** The rollup that a database belongs to. */
export interface DatabaseIdentity {
  /** Of L1. */
  readonly chainId: bigint;
  /** Address of the core contract; upper and lower case are the same. */
  readonly rollup: string;
}

export interface DatabaseOptions {
  /** Milliseconds to wait for a process that is about to close the database. Default 2,000. */
  readonly lockTimeout?: number;
}

/** A value of a column. Integers beyond 2^53 are read with `bigint`s: see `Statement`. */
export type Value = SQLInputValue;
/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** "ZKRN": marks the file as the database of a node (`PRAGMA application_id`). */
const APPLICATION_ID = 0x5a4b_524e;
/** Of the tables below; every part that keeps tables has a version of its own. */
const FORMAT_VERSION = 1;
const NODE_NEEDED = "22.13";
const LOCK_TIMEOUT = 2_000;

const SCHEMA = `
  CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/**
 * A prepared statement. `run` changes, `get` reads the first row, `all` and `iterate` read all rows.
 *
 * Each throws a `ProtocolError` as `Database.transaction` does.
 */
export class Statement {
  readonly #statement: StatementSync;
  readonly #failure: (error: unknown) => unknown;

  /** Made by `Database.prepare`. */
  constructor(statement: StatementSync, failure: (error: unknown) => unknown) {
    this.#statement = statement;
    this.#failure = failure;
  }

  /** Reads all integers as `bigint`; otherwise an integer beyond 2^53 is an error. */
  withBigInts(): this {
    this.#statement.setReadBigInts(true);
    return this;
  }

  /** @returns the number of rows that changed */
  run(...values: Value[]): number {
    return Number(this.#try(() => this.#statement.run(...values)).changes);
  }

  get(...values: Value[]): Row | undefined {
    return this.#try(() => this.#statement.get(...values));
  }

  all(...values: Value[]): Row[] {
    return this.#try(() => this.#statement.all(...values));
  }

  /** The rows one by one. Nothing may be written to the table in between. */
  *iterate(...values: Value[]): Generator<Row, void, undefined> {
    const rows = this.#try(() => this.#statement.iterate(...values));
    for (;;) {
      const next = this.#try(() => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  #try<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw this.#failure(error);
    }
  }
}

/**
 * The database of one node: a file of SQLite with a write-ahead log, where a transaction that was committed survives the
 * end of the process and of the machine's power. One process at a time has it open.
 */
export class Database {
  /** Of the file. */
  readonly path: string;
  readonly #sqlite: DatabaseSync;
  /** Number of transactions inside one another. */
  #level = 0;
  readonly #rollbackListeners: (() => void)[] = [];

  /** Use `openDatabase`. */
  constructor(path: string, sqlite: DatabaseSync) {
    this.path = path;
    this.#sqlite = sqlite;
  }

  /** Runs statements without parameters and results. @throws {ProtocolError} as `transaction` */
  exec(sql: string): void {
    this.#try(() => this.#sqlite.exec(sql));
  }

  /** @throws {ProtocolError} as `transaction` */
  prepare(sql: string): Statement {
    const failure = (error: unknown): unknown => this.#failure(error);
    return new Statement(
      this.#try(() => this.#sqlite.prepare(sql)),
      failure,
    );
  }

  /**
   * Does all of `work`, or nothing of it: all is on the disk when this returns, and nothing changed if it throws. Inside
   * another transaction, all becomes durable with the outer one.
   *
   * @param work function without `await`: rows that are written in the meantime would belong to the transaction
   * @throws {ProtocolError} `DATABASE_FULL`, `DATABASE_CORRUPT`, `DATABASE_LOCKED`, `DATABASE_FAILED`; any error of `work`
   */
  transaction<Result>(work: () => Result extends Promise<unknown> ? never : Result): Result {
    const isOuter = this.#level === 0;
    const savepoint = `level${this.#level}`;
    this.exec(isOuter ? "BEGIN IMMEDIATE" : `SAVEPOINT ${savepoint}`);
    this.#level += 1;
    try {
      const result = work();
      this.exec(isOuter ? "COMMIT" : `RELEASE ${savepoint}`);
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.#sqlite.isTransaction) {
        this.exec(isOuter ? "ROLLBACK" : `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
      }
      for (const listener of this.#rollbackListeners) listener();
      throw error;
    } finally {
      this.#level -= 1;
    }
  }

  /** Calls `listener` when a transaction was undone: copies of its rows in memory may be wrong then. */
  onRollback(listener: () => void): void {
    this.#rollbackListeners.push(listener);
  }

  /**
   * Makes the tables of a part of the node, or brings them from an older version up to this one.
   *
   * @param name of the part
   * @param versions SQL of each version: the first makes the tables, each further one changes those of the version before
   * @throws {ProtocolError} `DATABASE_VERSION` if a newer program made the tables
   */
  definePart(name: string, versions: readonly string[]): void {
    this.transaction(() => {
      const row = this.prepare("SELECT version FROM part WHERE name = ?").get(name);
      const found = Number(row?.["version"] ?? 0);
      if (found > versions.length) throw this.#version(name, versions.length, found);
      for (const sql of versions.slice(found)) this.exec(sql);
      this.prepare("INSERT OR REPLACE INTO part (name, version) VALUES (?, ?)").run(name, versions.length);
    });
  }

  /** Reads the whole file. @throws {ProtocolError} `DATABASE_CORRUPT` */
  checkIntegrity(): void {
    const problems = this.prepare("PRAGMA integrity_check").all();
    const reason = problems.map((row) => String(row["integrity_check"])).join("; ");
    if (reason !== "ok") throw this.#corrupt(reason);
  }

  /** Closes the file; another process can open it then. Can be called again. */
  close(): void {
    if (this.#sqlite.isOpen) this.#sqlite.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes the lock, and compares the identity before anything of the file is changed. */
  open(identity: DatabaseIdentity, lockTimeout: number): void {
    // Before the first access: one process alone, which keeps the lock until it closes the file or ends.
    this.exec(`
      PRAGMA busy_timeout = ${lockTimeout};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA trusted_schema = OFF;
      PRAGMA foreign_keys = ON;
    `);
    const { application_id: application } = this.prepare("PRAGMA application_id").get() ?? {};
    const isNew = application === 0 && this.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
    if (!isNew && application !== APPLICATION_ID) throw this.#notADatabase();
    if (!isNew) this.#compare(identity);
    this.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${64 * 2 ** 20};
      PRAGMA cache_size = ${-64 * 2 ** 10};
      PRAGMA temp_store = MEMORY;
    `);
    // Also takes the lock of a file that was only read.
    this.transaction(() => {
      if (!isNew) return;
      this.exec(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION};`);
      const insert = this.prepare("INSERT INTO identity (name, value) VALUES (?, ?)");
      for (const [name, value] of entriesOf(identity)) insert.run(name, value);
    });
  }

  #compare(identity: DatabaseIdentity): void {
    const found = Number(this.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (found !== FORMAT_VERSION) throw this.#version("database", FORMAT_VERSION, found);
    const select = this.prepare("SELECT value FROM identity WHERE name = ?");
    for (const [what, expected] of entriesOf(identity)) {
      const value = String(select.get(what)?.["value"]);
      if (value === expected) continue;
      throw new ProtocolError(
        "DATABASE_OF_ANOTHER_ROLLUP",
        { path: this.path, what, expected, found: value },
        `the database ${this.path} is of ${what} ${value}, not ${expected}: choose another directory`,
      );
    }
  }

  #try<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The `ProtocolError` for an error of SQLite; other errors stay as they are. */
  #failure(error: unknown): unknown {
    if (!isSqliteError(error)) return error;
    const { path } = this;
    const cause = { cause: error };
    switch (error.errcode & 0xff) {
      case BUSY:
        return new ProtocolError("DATABASE_LOCKED", { path }, `another process has the database ${path} open`, cause);
      case FULL:
        return new ProtocolError("DATABASE_FULL", { path }, `the disk has no room for the database ${path}`, cause);
      case NOT_A_DATABASE:
        return this.#notADatabase(cause);
      case CORRUPT:
        return this.#corrupt(error.message, cause);
      default:
        return new ProtocolError(
          "DATABASE_FAILED",
          { path, reason: error.message },
          `the database ${path} failed: ${error.message} (${error.errstr})`,
          cause,
        );
    }
  }

  #version(part: string, expected: number, found: number): ProtocolError {
    const advice = found > expected ? "use a newer program" : "synchronise again in another directory";
    return new ProtocolError(
      "DATABASE_VERSION",
      { path: this.path, part, expected, found },
      `the database ${this.path} has version ${found} of "${part}", and this program reads ${expected}: ${advice}`,
    );
  }

  #notADatabase(options?: ErrorOptions): ProtocolError {
    const { path } = this;
    return new ProtocolError("NOT_A_DATABASE", { path }, `${path} is not the database of a node`, options);
  }

  #corrupt(reason: string, options?: ErrorOptions): ProtocolError {
    const { path } = this;
    const message = `the database ${path} is damaged (${reason}): import a snapshot, or synchronise again`;
    return new ProtocolError("DATABASE_CORRUPT", { path, reason }, message, options);
  }
}

/**
 * Opens the database of a node, and makes it if there is no file.
 *
 * @param path of the file; its directory exists. `:memory:` for one that is gone when it is closed
 * @param identity the rollup that the node follows
 * @throws {ProtocolError} `SQLITE_MISSING`; `DATABASE_LOCKED` if another process has it open, and does not close it in
 *   time; `NOT_A_DATABASE`, `DATABASE_OF_ANOTHER_ROLLUP` or `DATABASE_VERSION` if the file is something else, and nothing
 *   of it was changed; `DATABASE_CORRUPT`, `DATABASE_FULL`, `DATABASE_FAILED`
 */
export function openDatabase(
  path: string,
  identity: DatabaseIdentity,
  { lockTimeout = LOCK_TIMEOUT }: DatabaseOptions = {},
): Database {
  const { DatabaseSync } = loadSqlite();
  let sqlite: DatabaseSync;
  try {
    sqlite = new DatabaseSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProtocolError("DATABASE_FAILED", { path, reason }, `the database ${path} cannot be opened: ${reason}`, {
      cause: error,
    });
  }
  const database = new Database(path, sqlite);
  try {
    database.open(identity, lockTimeout);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * `node:sqlite`, which older versions of Node.js do not have: the rest of the package works with them.
 *
 * @param load loads a module by its name
 * @throws {ProtocolError} `SQLITE_MISSING`
 */
export function loadSqlite(
  load: (name: string) => unknown = createRequire(import.meta.url),
): typeof import("node:sqlite") {
  try {
    return load("node:sqlite") as typeof import("node:sqlite");
  } catch (error) {
    const { version } = process;
    throw new ProtocolError(
      "SQLITE_MISSING",
      { version, needed: NODE_NEEDED },
      `a node needs Node.js ${NODE_NEEDED} or later for its database, and this is ${version}`,
      { cause: error },
    );
  }
}

const entriesOf = ({ chainId, rollup }: DatabaseIdentity): ["chain id" | "rollup", string][] => [
  ["chain id", String(chainId)],
  ["rollup", rollup.toLowerCase()],
];

interface SqliteError extends Error {
  readonly errcode: number;
  readonly errstr: string;
}

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR" && "errcode" in error;
