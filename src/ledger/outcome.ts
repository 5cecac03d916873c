// SPDX-License-Identifier: MIT
/** Operation that a slot asks for, by its encoding alone. A departure asks for nothing within its leaf. */
export type OperationKind =
  "transfer" | "exit" | "createAccount" | "topUp" | "forcedTransfer" | "forcedExit" | "arrival";

/** Why a slot was not executed. Which of several reasons is named is not part of the protocol. */
export type Reason =
  | "UNKNOWN_FLAGS"
  | "UNKNOWN_SENDER"
  | "CHALLENGE_NOT_CANONICAL"
  | "RESPONSE_NOT_CANONICAL"
  | "BAD_SIGNATURE"
  | "NOT_OWNER"
  | "SENDER_TOKEN_MISMATCH"
  | "INSUFFICIENT_BALANCE"
  | "UNKNOWN_RECEIVER"
  | "RECEIVER_TOKEN_MISMATCH"
  | "RECEIVER_OVERFLOW"
  | "TREE_FULL"
  | "KEY_NOT_CANONICAL"
  | "KEY_NOT_ON_CURVE"
  | "KEY_SMALL_ORDER";

/**
 * Outcome of a slot:
 * - `executed`.
 * - `void`: the slot is a no-op.
 * - `refunded`: a deposit that cannot be done goes back to its depositor by an exit.
 * - `taken`: the departure changes nothing in its slot. The request, whose hash is `request`, is carried out at the end
 *   of the batch or block (docs/enforcement.md §5.4).
 */
export type Outcome =
  | { readonly kind: OperationKind; readonly status: "executed" }
  | { readonly kind: OperationKind; readonly status: "void" | "refunded"; readonly reason: Reason }
  | { readonly kind: "departure"; readonly status: "taken"; readonly request: bigint };
