/** What a slot asks for, by its encoding alone. */
export type OperationKind = "transfer" | "exit" | "createAccount" | "topUp" | "forcedTransfer" | "forcedExit";

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
 * What became of a slot: `executed`; `void`, a no-op; or, of a deposit that cannot be done, `refunded` by an exit to its
 * depositor.
 */
export type Outcome =
  | { readonly kind: OperationKind; readonly status: "executed" }
  | { readonly kind: OperationKind; readonly status: "void" | "refunded"; readonly reason: Reason };
