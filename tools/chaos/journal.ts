// SPDX-License-Identifier: MIT
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { Transaction } from "ethers";

import type { AcceptedTransaction } from "../devnet/traffic.ts";
import type { SentFact } from "./checks.ts";

/** Counts by names. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** By name. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/**
 * All that was accepted, and all that was sent to L1, as seen from outside: no node is asked. Each line is in a file as soon as
 * it is known.
 */
export class Journal {
  readonly accepted: AcceptedTransaction[] = [];
  readonly sent: Omit<SentFact, "succeeded">[] = [];
  /** Of the users: kinds of what was accepted, refused (with the code), not answered, done on L1. */
  readonly traffic = new Tally();
  readonly #path: string;
  readonly #hashes = new Set<string>();
  readonly #bytes = new Set<string>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  /** A node took a transaction. One that it had already is not told twice. */
  accept(transaction: AcceptedTransaction): void {
    const key = `${transaction.node} ${transaction.bytes}`;
    if (this.#bytes.has(key)) return;
    this.#bytes.add(key);
    this.accepted.push(transaction);
    this.#write({ ...transaction, nonce: String(transaction.nonce) });
  }

  /** A node gave a signed transaction to its endpoint, once more perhaps. */
  send(node: string, raw: string): void {
    const { hash, from, nonce, to, data, value } = Transaction.from(raw);
    if (hash === null || from === null || this.#hashes.has(hash)) return;
    this.#hashes.add(hash);
    this.sent.push({ node, from, nonce, hash, to: to ?? "", data, value });
    this.#write({ at: Date.now(), node, from, nonce, hash });
  }

  #write(line: object): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}
