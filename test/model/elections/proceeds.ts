// SPDX-License-Identifier: MIT
import { fail } from "./slotElection.ts";

/** Shares in 1/10,000; the rest is burned. The names are those of `Proceeds.Shares`. */
export interface Shares {
  readonly aggregators: bigint;
  readonly fund: bigint;
  readonly fundAccount: string;
  readonly poolBatches: bigint;
}

/** Gives a function that takes back all changes of a map, and of what is in it, from here on. */
export function save<K, V>(map: Map<K, V>): () => void {
  const saved = structuredClone(map);
  return () => {
    map.clear();
    for (const [key, value] of saved) map.set(key, value);
  };
}

/** Does all of a call or nothing, as a contract does. */
export function atomically<Result>(call: () => Result, saved: readonly (() => void)[]): Result {
  try {
    return call();
  } catch (error) {
    for (const restore of saved) restore();
    throw error;
  }
}

/** Balances in the native token, and the proceeds of an election, as in docs/elections.md. */
export class ProceedsModel {
  readonly shares: Shares;
  readonly balances = new Map<string, bigint>();
  pool = 0n;
  toBurn = 0n;
  burned = 0n;

  constructor(shares: Shares) {
    this.shares = shares;
  }

  balanceOf(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  /** Everything that the election holds and that is not in an auction. */
  owed(): bigint {
    return [...this.balances.values()].reduce((sum, amount) => sum + amount, this.pool + this.toBurn);
  }

  credit(account: string, amount: bigint): void {
    this.balances.set(account, this.balanceOf(account) + amount);
  }

  /** @throws {Refusal} `InsufficientBalance` */
  debit(account: string, amount: bigint): void {
    if (this.balanceOf(account) < amount) fail("InsufficientBalance");
    this.credit(account, -amount);
  }

  divide(amount: bigint): void {
    const toAggregators = (amount * this.shares.aggregators) / 10_000n;
    const toFund = (amount * this.shares.fund) / 10_000n;
    this.pool += toAggregators;
    this.credit(this.shares.fundAccount, toFund);
    this.toBurn += amount - toAggregators - toFund;
  }

  payFromPool(aggregator: string, batches: number): void {
    const before = this.pool;
    for (let i = 0; i < batches; i++) this.pool -= this.pool / this.shares.poolBatches;
    this.credit(aggregator, before - this.pool);
  }

  /** Gives a function that takes back all changes from here on. */
  save(): () => void {
    const { pool, toBurn, burned } = this;
    const balances = save(this.balances);
    return () => {
      balances();
      [this.pool, this.toBurn, this.burned] = [pool, toBurn, burned];
    };
  }

  burn(): void {
    [this.burned, this.toBurn] = [this.burned + this.toBurn, 0n];
  }
}
