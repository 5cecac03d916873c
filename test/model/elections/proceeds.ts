// SPDX-License-Identifier: MIT
import { fail } from "./slotElection.ts";

/** Shares in 1/10,000; the rest is burned. The names are those of `Proceeds.Shares`. */
export interface Shares {
  readonly aggregators: bigint;
  readonly fund: bigint;
  readonly fundAccount: string;
  readonly poolBatches: bigint;
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

  burn(): void {
    [this.burned, this.toBurn] = [this.burned + this.toBurn, 0n];
  }
}
