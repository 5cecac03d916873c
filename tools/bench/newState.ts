// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import { RULE_FACTS, type L1Rules } from "../../src/l1Rules.ts";

/** State that a transaction created, inner calls included: its end compared with its start. */
export interface NewState {
  /** Storage slots that were zero before and are not after. */
  readonly slots: number;
  readonly contracts: number;
  /** Bytes of the code of the new contracts. */
  readonly codeBytes: number;
  /** Addresses without code that an inner call gave their first wei. */
  readonly accounts: number;
}

/**
 * An account, as a tracer reports it. Balances are hexadecimal; fields that are zero or have not changed may be absent.
 */
interface Account {
  readonly balance?: string;
  readonly nonce?: number;
  readonly code?: string;
  readonly storage?: Readonly<Record<string, string>>;
}

interface Difference {
  readonly pre: Readonly<Record<string, Account>>;
  readonly post: Readonly<Record<string, Account>>;
}

/** A provider that passes requests on, as those of ethers do. */
export type TracingProvider = Provider & {
  send(method: string, params: unknown[]): Promise<unknown>;
};

/**
 * Reads from a trace which state a transaction created. A slot that is set and cleared within it is not new, nor is one
 * that had another value before.
 *
 * @param provider of a node with `debug_traceTransaction` and geth's `prestateTracer`
 * @throws {Error} if the node cannot trace, or does not know the transaction
 */
export async function newStateOf(provider: TracingProvider, hash: string): Promise<NewState> {
  const transaction = await provider.getTransaction(hash);
  const block = typeof transaction?.blockNumber !== "number" ? null : await provider.getBlock(transaction.blockNumber);
  if (transaction === null || block === null) throw new Error(`unknown transaction ${hash}`);
  const { pre, post } = (await provider.send("debug_traceTransaction", [
    hash,
    { tracer: "prestateTracer", tracerConfig: { diffMode: true } },
  ])) as Difference;

  // Their accounts are not made by what the transaction executes.
  const outside = [transaction.to, transaction.from, block.miner].map((address) => address?.toLowerCase());
  let [slots, contracts, codeBytes, accounts] = [0, 0, 0, 0];
  for (const [address, after] of Object.entries(post)) {
    const before = pre[address] ?? {};
    for (const [slot, value] of Object.entries(after.storage ?? {})) {
      if (!isZero(value) && isZero(before.storage?.[slot])) slots++;
    }
    if (hasCode(after) && !hasCode(before)) {
      contracts++;
      codeBytes += ((after.code?.length ?? 2) - 2) / 2;
    } else if (isEmpty(before) && !isZero(after.balance) && !outside.includes(address.toLowerCase())) {
      accounts++;
    }
  }
  return { slots, contracts, codeBytes, accounts };
}

/** The part of a transaction's gas that pays for state. */
export function stateGas({ slots, contracts, codeBytes, accounts }: NewState, rules: L1Rules): number {
  const { newSlot, newContract, codeByte, newAccount } = RULE_FACTS[rules];
  return slots * newSlot + contracts * newContract + codeBytes * codeByte + accounts * newAccount;
}

const isZero = (value: string | undefined): boolean => value === undefined || value === "0x" || BigInt(value) === 0n;
const hasCode = ({ code }: Account): boolean => code !== undefined && code !== "0x";
const isEmpty = (account: Account): boolean =>
  isZero(account.balance) && (account.nonce ?? 0) === 0 && !hasCode(account);
