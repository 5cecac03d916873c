// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";

/** Balances in the native token, as in `NativeBalances`. */
export class BalancesModel {
  readonly #amounts = new Map<string, bigint>();

  of(account: string): bigint {
    return this.#amounts.get(account) ?? 0n;
  }

  credit(account: string, amount: bigint): void {
    this.#amounts.set(account, this.of(account) + amount);
  }

  /** @throws {Refusal} `InsufficientBalance` */
  debit(account: string, amount: bigint): void {
    if (this.of(account) < amount) throw new Refusal("InsufficientBalance", `${account} has ${this.of(account)}`);
    this.#amounts.set(account, this.of(account) - amount);
  }

  sum(): bigint {
    return [...this.#amounts.values()].reduce((sum, amount) => sum + amount, 0n);
  }
}
