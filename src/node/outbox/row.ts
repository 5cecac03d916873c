// SPDX-License-Identifier: MIT

/** The call that a transaction makes on L1. */
export interface OutboxCall {
  /** L1 address. */
  readonly to: string;
  /** Calldata, in hex. */
  readonly data: string;
  /** In wei. */
  readonly value: bigint;
}

/** Fees that a transaction offers for a unit of gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** `call` does what the purpose says; `cancel` sends nothing to the account itself, so that the nonce is used. */
export type AttemptKind = "call" | "cancel";

/** A transaction that was signed. It may have been sent, and may be mined at any time. */
export interface Attempt extends Fees {
  /** Lower case, as all hashes here. */
  readonly hash: string;
  /** The signed transaction, in hex: the bytes that are sent, and sent again. */
  readonly raw: string;
  readonly nonce: number;
  readonly kind: AttemptKind;
  readonly gasLimit: bigint;
  /** Number of L1's head when it was signed. */
  readonly block: number;
}

/**
 * How a purpose ended.
 *
 * - `succeeded`: one of its transactions was mined and did not fail.
 * - `reverted`: its transaction was mined and failed.
 * - `cancelled`: it was not wanted any more, and an empty transaction used its nonce.
 * - `superseded`: it was not wanted any more, and a transaction that the outbox does not know used its nonce.
 */
export type OutboxOutcome = "succeeded" | "reverted" | "cancelled" | "superseded";

/** Something that has to happen on L1 once, and every transaction that was signed for it. */
export interface OutboxRow {
  /** Says what is to happen, such as `verify 17`. Unique for the account. */
  readonly purpose: string;
  /** Of the account; no other purpose has it. */
  readonly nonce: number;
  readonly call: OutboxCall;
  /** Of the next transaction that does the call. */
  readonly gasLimit: bigint;
  /** Most wei that the gas of one transaction may cost. */
  readonly maxFee: bigint;
  /** In the order in which they were signed; at least one has the row's nonce. */
  readonly attempts: readonly Attempt[];
  /** Once it is `settleDepth` blocks deep; undefined before. */
  readonly outcome: OutboxOutcome | undefined;
}
