import { poseidon } from "../crypto/index.ts";
import type { Field } from "../field.ts";

/** Token id of ETH, the same in every rollup. */
export const ETH = 0n;

/** An account of the rollup (docs/protocol.md §2). */
export interface Account {
  /** Affine public key on BabyJubJub, never of small order. */
  readonly ax: Field;
  /** The other coordinate. */
  readonly ay: Field;
  /** Number of L2 transactions executed. */
  readonly nonce: bigint;
  /** Token id, 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit, 128 bits. */
  readonly balance: bigint;
  /** L1 address that owns the account, 160 bits. */
  readonly owner: bigint;
}

/** Balances are below this. */
export const BALANCE_LIMIT = 1n << 128n;

/** An account as the circuits take it; all zero if absent. */
export type AccountTuple = readonly [
  ax: bigint,
  ay: bigint,
  nonce: bigint,
  token: bigint,
  balance: bigint,
  owner: bigint,
];

export const accountTuple = (account: Account | undefined): AccountTuple =>
  account === undefined
    ? [0n, 0n, 0n, 0n, 0n, 0n]
    : [account.ax, account.ay, account.nonce, account.token, account.balance, account.owner];

/** Leaf of the account tree. */
export const accountHash = (account: Account): Field => poseidon(accountTuple(account));
