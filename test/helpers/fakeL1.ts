// SPDX-License-Identifier: MIT
import { Transaction } from "ethers";

import type { Fees, Mined, NonceUse, OutboxCall, OutboxL1 } from "../../src/node/outbox/index.ts";

const GWEI = 10n ** 9n;

interface FakeBlock {
  readonly transactions: readonly { readonly transaction: Transaction; readonly mined: Mined }[];
}

/**
 * A chain with one account and a strict pool, which does what it is told: mines, loses transactions, reorganises, refuses
 * and answers from behind.
 */
export class FakeL1 implements OutboxL1 {
  readonly chainId = 31337n;
  /** Fees that new transactions should offer. */
  offered: Fees = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: GWEI };
  /** Of an estimate. */
  estimate = 100_000n;
  /** Blocks by which its answers are behind the chain. */
  lag = 0;
  /** Least price of gas with which a transaction is mined. */
  price = 0n;
  /** Error with which the endpoint refuses a transaction; undefined if it does not. */
  refuse: (transaction: Transaction) => Error | undefined = () => undefined;
  /** Result of a transaction when it is mined. */
  execute: (transaction: Transaction) => Omit<Mined, "block"> = () => ({ succeeded: true, gasUsed: 50_000n });
  /** Called before each question, with its name. */
  onAsk: (question: string) => void = () => undefined;
  /** All that the endpoint was given, refused or not. */
  readonly sent: Transaction[] = [];
  readonly pool = new Map<number, Transaction>();
  #blocks: FakeBlock[] = [{ transactions: [] }];

  /** Transactions that were mined, in order. */
  get chain(): Transaction[] {
    return this.chainAt(this.#blocks.length);
  }

  /** Those of the blocks up to a number. */
  chainAt(block: number): Transaction[] {
    return this.#blocks.slice(0, block + 1).flatMap(({ transactions }) => transactions.map((item) => item.transaction));
  }

  async head(): Promise<number> {
    this.onAsk("head");
    return Promise.resolve(this.#seen.length - 1);
  }

  async nonceAt(_account: string, block: number | "pending"): Promise<number> {
    this.onAsk("nonceAt");
    if (block !== "pending") return Promise.resolve(countOf(this.#blocks.slice(0, block + 1)));
    let nonce = countOf(this.#blocks);
    while (this.pool.has(nonce)) nonce += 1;
    return Promise.resolve(nonce);
  }

  async mined(hash: string): Promise<Mined | undefined> {
    this.onAsk("mined");
    return Promise.resolve(
      this.#seen.flatMap(({ transactions }) => transactions).find(({ transaction }) => transaction.hash === hash)
        ?.mined,
    );
  }

  async has(hash: string): Promise<boolean> {
    this.onAsk("has");
    return Promise.resolve([...this.pool.values(), ...this.chain].some((transaction) => transaction.hash === hash));
  }

  async nonceUse(_account: string, nonce: number): Promise<NonceUse | undefined> {
    this.onAsk("nonceUse");
    const found = this.#seen
      .flatMap(({ transactions }) => transactions)
      .find((item) => item.transaction.nonce === nonce);
    return Promise.resolve(found && { block: found.mined.block, hash: found.transaction.hash ?? undefined });
  }

  async fees(): Promise<Fees> {
    this.onAsk("fees");
    return Promise.resolve(this.offered);
  }

  async gasLimit(_account: string, _call: OutboxCall): Promise<bigint> {
    this.onAsk("gasLimit");
    return Promise.resolve(this.estimate);
  }

  /** A pool that asks for more than a tenth more of both fees. */
  async send(raw: string): Promise<void> {
    this.onAsk("send");
    const transaction = Transaction.from(raw);
    this.sent.push(transaction);
    const refusal = this.refuse(transaction);
    if (refusal !== undefined) throw refusal;
    if (transaction.nonce < countOf(this.#blocks)) throw new Error("nonce too low");
    const known = this.pool.get(transaction.nonce);
    if (known?.hash === transaction.hash) throw new Error("already known");
    if (known !== undefined) {
      const beats = (a: bigint | null, b: bigint | null): boolean => a! > b! && a! * 10n > b! * 11n;
      if (
        !beats(transaction.maxFeePerGas, known.maxFeePerGas) ||
        !beats(transaction.maxPriorityFeePerGas, known.maxPriorityFeePerGas)
      ) {
        throw new Error("replacement transaction underpriced");
      }
    }
    this.pool.set(transaction.nonce, transaction);
    return Promise.resolve();
  }

  /** Mines blocks: the first takes what the pool has in order, as far as it pays enough. */
  mine(count = 1): void {
    for (let i = 0; i < count; i++) {
      const ready: Transaction[] = [];
      let nonce = countOf(this.#blocks);
      for (let next = this.pool.get(nonce); next !== undefined; next = this.pool.get(nonce)) {
        if (next.maxFeePerGas! < this.price) break;
        this.pool.delete(nonce++);
        ready.push(next);
      }
      this.#append(ready);
    }
  }

  /** Mines a block without anything of the pool. */
  mineEmpty(count = 1): void {
    for (let i = 0; i < count; i++) this.#append([]);
  }

  /** Mines a transaction that did not come through this endpoint, whatever the pool has at its nonce. */
  mineForeign(raw: string): void {
    const transaction = Transaction.from(raw);
    this.pool.delete(transaction.nonce);
    this.#append([transaction]);
  }

  /**
   * Replaces the last blocks by as many empty ones and one more.
   *
   * @param isForgotten whether their transactions do not return to the pool
   */
  reorganise(depth: number, isForgotten = false): void {
    const removed = this.#blocks.splice(this.#blocks.length - depth);
    if (!isForgotten) {
      for (const { transaction } of removed.flatMap(({ transactions }) => transactions)) {
        if (!this.pool.has(transaction.nonce)) this.pool.set(transaction.nonce, transaction);
      }
    }
    this.mineEmpty(depth + 1);
  }

  get #seen(): FakeBlock[] {
    return this.#blocks.slice(0, Math.max(1, this.#blocks.length - this.lag));
  }

  #append(transactions: readonly Transaction[]): void {
    const block = this.#blocks.length;
    this.#blocks.push({
      transactions: transactions.map((transaction) => ({
        transaction,
        mined: { block, ...this.execute(transaction) },
      })),
    });
  }
}

/** Transactions in blocks: the account's nonce after them. */
const countOf = (blocks: readonly FakeBlock[]): number =>
  blocks.reduce((sum, { transactions }) => sum + transactions.length, 0);
