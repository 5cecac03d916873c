import { poseidon } from "../crypto/poseidon.ts";
import type { Point } from "../crypto/babyjubjub.ts";
import type { Field } from "../field.ts";

/** An L2 account; it holds one token (docs/protocol.md §2). */
export interface Account {
  /** On the curve and not of small order. */
  readonly key: Point;
  /** L2 transactions executed so far. */
  readonly nonce: bigint;
  /** Token id, 16 bits; 0 is ETH. */
  readonly token: number;
  /** In the token's smallest unit, below 2^128. */
  readonly balance: bigint;
  /** L1 address, 160 bits. */
  readonly owner: bigint;
}

/** The account as the six numbers that are hashed and that a witness holds. */
export type AccountNumbers = readonly [bigint, bigint, bigint, bigint, bigint, bigint];

/** The numbers of an absent account. */
export const ABSENT: AccountNumbers = [0n, 0n, 0n, 0n, 0n, 0n];

export function accountNumbers(account: Account): AccountNumbers {
  return [account.key.x, account.key.y, account.nonce, BigInt(account.token), account.balance, account.owner];
}

/** The account's leaf in the account tree. */
export function hashAccount(account: Account): Field {
  return poseidon(accountNumbers(account));
}
