// SPDX-License-Identifier: MIT
import type { BalancesModel } from "./balances.ts";

/** Fields of `Proceeds.Shares`; shares in 1/10,000. */
export interface Shares {
  readonly aggregators: bigint;
  readonly fund: bigint;
  readonly fundAccount: string;
  readonly poolLeaves: bigint;
}

/** Proceeds of an election, as in `Proceeds`. */
export class ProceedsModel {
  readonly shares: Shares;
  readonly #balances: BalancesModel;
  /** For the aggregators of the next leaves. */
  pool = 0n;
  toBurn = 0n;
  burned = 0n;

  constructor(shares: Shares, balances: BalancesModel) {
    [this.shares, this.#balances] = [shares, balances];
  }

  divide(amount: bigint): void {
    const toAggregators = (amount * this.shares.aggregators) / 10_000n;
    const toFund = (amount * this.shares.fund) / 10_000n;
    this.pool += toAggregators;
    this.toBurn += amount - toAggregators - toFund;
    this.#balances.credit(this.shares.fundAccount, toFund);
  }

  markToBurn(amount: bigint): void {
    this.toBurn += amount;
  }

  /** @param leaves of batches that waited */
  payFromPool(aggregator: string, leaves: bigint): void {
    for (let leaf = 0n; leaf < leaves; leaf++) {
      const part = this.pool / this.shares.poolLeaves;
      this.pool -= part;
      this.#balances.credit(aggregator, part);
    }
  }

  /** @param isFrozen no batch can be proven any more */
  burn(isFrozen: boolean): bigint {
    if (isFrozen) [this.toBurn, this.pool] = [this.toBurn + this.pool, 0n];
    const amount = this.toBurn;
    [this.burned, this.toBurn] = [this.burned + amount, 0n];
    return amount;
  }
}
