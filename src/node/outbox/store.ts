// SPDX-License-Identifier: MIT
import { getBytes, hexlify } from "ethers";

import type { Database, Row } from "../storage/index.ts";
import type { Attempt, AttemptKind, OutboxOutcome, OutboxRow } from "./row.ts";

/** Amounts are decimal text: a column holds 64 bits. */
const TABLES = `
  CREATE TABLE outbox (
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    target TEXT NOT NULL,
    data BLOB NOT NULL,
    value TEXT NOT NULL,
    gas_limit TEXT NOT NULL,
    max_fee TEXT NOT NULL,
    outcome TEXT,
    outcome_block INTEGER,
    PRIMARY KEY (account, purpose),
    UNIQUE (account, nonce)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox_attempt (
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    place INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    kind TEXT NOT NULL,
    gas_limit TEXT NOT NULL,
    max_fee_per_gas TEXT NOT NULL,
    max_priority_fee_per_gas TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (account, purpose, place),
    FOREIGN KEY (account, purpose) REFERENCES outbox (account, purpose) ON DELETE CASCADE
  ) STRICT;
`;

/** The rows of one account on disk. A change is durable when its method returns. */
export class OutboxStore {
  readonly #database: Database;
  readonly #account: string;
  /** Rows that were read and not changed since: a call may have 100 KB, and is looked at at each block of L1. */
  readonly #known = new Map<string, OutboxRow>();

  /**
   * @param account L1 address
   * @throws {ProtocolError} as `Database.definePart`
   */
  constructor(database: Database, account: string) {
    this.#database = database;
    this.#account = account.toLowerCase();
    database.definePart("outbox", [TABLES]);
  }

  /** Undefined if the account has no such purpose. */
  row(purpose: string): OutboxRow | undefined {
    const row = this.#database
      .prepare("SELECT * FROM outbox WHERE account = ? AND purpose = ?")
      .get(this.#account, purpose);
    return row && this.#read(row);
  }

  /**
   * Rows that have to be looked at, by nonce: those that are not settled, and those whose nonce L1 has not used after
   * all.
   *
   * @param nonce next one of the account on L1
   */
  open(nonce: number): OutboxRow[] {
    return this.#database
      .prepare("SELECT * FROM outbox WHERE account = ? AND (outcome IS NULL OR nonce >= ?) ORDER BY nonce")
      .all(this.#account, nonce)
      .map((row) => this.#read(row));
  }

  /** The nonce after all that were given away; undefined if none was. */
  get nextNonce(): number | undefined {
    const row = this.#database.prepare("SELECT MAX(nonce) AS last FROM outbox WHERE account = ?").get(this.#account);
    const last = row?.["last"];
    return typeof last === "number" ? last + 1 : undefined;
  }

  /** Purposes that are not settled, by nonce. */
  get pendingPurposes(): string[] {
    return this.#database
      .prepare("SELECT purpose FROM outbox WHERE account = ? AND outcome IS NULL ORDER BY nonce")
      .all(this.#account)
      .map(({ purpose }) => String(purpose));
  }

  /** Adds a purpose with its first transaction. */
  insert({ purpose, nonce, call, gasLimit, maxFee, attempts }: OutboxRow): void {
    this.#database.transaction(() => {
      this.#database
        .prepare(
          `INSERT INTO outbox (account, purpose, nonce, target, data, value, gas_limit, max_fee)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          this.#account,
          purpose,
          nonce,
          call.to,
          getBytes(call.data),
          String(call.value),
          String(gasLimit),
          String(maxFee),
        );
      for (const attempt of attempts) this.#add(purpose, attempt);
    });
  }

  /** Adds a transaction to a purpose, which gets the transaction's nonce, and for a call its gas limit. */
  addAttempt(purpose: string, attempt: Attempt): void {
    this.#known.delete(purpose);
    this.#database.transaction(() => {
      this.#add(purpose, attempt);
      this.#database
        .prepare("UPDATE outbox SET nonce = ? WHERE account = ? AND purpose = ?")
        .run(attempt.nonce, this.#account, purpose);
      if (attempt.kind !== "call") return;
      this.#database
        .prepare("UPDATE outbox SET gas_limit = ? WHERE account = ? AND purpose = ?")
        .run(String(attempt.gasLimit), this.#account, purpose);
    });
  }

  /** @param block the one that has the outcome */
  settle(purpose: string, outcome: OutboxOutcome, block: number): void {
    this.#known.delete(purpose);
    this.#database.transaction(() =>
      this.#database
        .prepare("UPDATE outbox SET outcome = ?, outcome_block = ? WHERE account = ? AND purpose = ?")
        .run(outcome, block, this.#account, purpose),
    );
  }

  /** Takes an outcome back that L1 has lost. */
  reopen(purpose: string): void {
    this.#known.delete(purpose);
    this.#database.transaction(() =>
      this.#database
        .prepare("UPDATE outbox SET outcome = NULL, outcome_block = NULL WHERE account = ? AND purpose = ?")
        .run(this.#account, purpose),
    );
  }

  /**
   * Deletes what was settled in blocks before this one, except the highest nonce.
   *
   * @returns number of purposes
   */
  prune(before: number): number {
    return this.#database.transaction(() =>
      this.#database
        .prepare(
          `DELETE FROM outbox WHERE account = ?1 AND outcome_block < ?2
           AND nonce < (SELECT MAX(nonce) FROM outbox WHERE account = ?1)`,
        )
        .run(this.#account, before),
    );
  }

  #add(purpose: string, attempt: Attempt): void {
    const { hash, raw, nonce, kind, gasLimit, maxFeePerGas, maxPriorityFeePerGas, block } = attempt;
    const counted = this.#database
      .prepare("SELECT COUNT(*) AS count FROM outbox_attempt WHERE account = ? AND purpose = ?")
      .get(this.#account, purpose);
    this.#database
      .prepare(
        `INSERT INTO outbox_attempt (account, purpose, place, hash, raw, nonce, kind, gas_limit, max_fee_per_gas,
           max_priority_fee_per_gas, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        this.#account,
        purpose,
        Number(counted?.["count"]),
        hash,
        getBytes(raw),
        nonce,
        kind,
        String(gasLimit),
        String(maxFeePerGas),
        String(maxPriorityFeePerGas),
        block,
      );
  }

  #read(row: Row): OutboxRow {
    const purpose = String(row["purpose"]);
    const known = this.#known.get(purpose);
    if (known !== undefined) return known;
    const attempts = this.#database
      .prepare("SELECT * FROM outbox_attempt WHERE account = ? AND purpose = ? ORDER BY place")
      .all(this.#account, purpose)
      .map(attemptOf);
    const read: OutboxRow = {
      purpose,
      nonce: Number(row["nonce"]),
      call: { to: String(row["target"]), data: hexlify(row["data"] as Uint8Array), value: bigintOf(row, "value") },
      gasLimit: bigintOf(row, "gas_limit"),
      maxFee: bigintOf(row, "max_fee"),
      attempts,
      outcome: (row["outcome"] as OutboxOutcome | null) ?? undefined,
    };
    // Of the others nobody asks again and again.
    if (read.outcome === undefined) this.#known.set(purpose, read);
    return read;
  }
}

const attemptOf = (row: Row): Attempt => ({
  hash: String(row["hash"]),
  raw: hexlify(row["raw"] as Uint8Array),
  nonce: Number(row["nonce"]),
  kind: row["kind"] as AttemptKind,
  gasLimit: bigintOf(row, "gas_limit"),
  maxFeePerGas: bigintOf(row, "max_fee_per_gas"),
  maxPriorityFeePerGas: bigintOf(row, "max_priority_fee_per_gas"),
  block: Number(row["block"]),
});

const bigintOf = (row: Row, column: string): bigint => BigInt(String(row[column]));
