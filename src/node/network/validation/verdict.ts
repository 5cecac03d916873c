// SPDX-License-Identifier: MIT

/** A fault that no state of L1 or of the rollup excuses: a peer that passes the message on breaks the rules. */
export type RejectReason =
  /** The bytes are no message. */
  | "MALFORMED"
  /** The author did not sign it. */
  | "BAD_SIGNATURE"
  /** A transaction that is void in every state: its flags, its sender or the numbers of its signature. */
  | "VOID_TRANSACTION"
  /** A purchase whose proposal is not for the block of its quote: it can never become one. */
  | "OTHER_BLOCK"
  /** A bid below `MIN_BID`, a share above `MAX_SHARE`, or a tree above `MAX_LEAVES`. */
  | "AGAINST_PARAMETERS"
  /** Votes with a point where tickets are not drawn, or without one where they are: no proof can open them. */
  | "WRONG_FORM"
  /** It names a node that the proposal's tree does not have, or a leaf as a merge. */
  | "OUTSIDE_TREE"
  /** It is not the preimage of the commitment that it names. */
  | "WRONG_HASH"
  /** The data do not need exactly the tree of the commitment, or the list is longer than a leaf. */
  | "WRONG_SIZE"
  /** `delivered` or `nodes` do not follow from the children. */
  | "WRONG_SETS"
  /** A point of the proof is not on its curve, not of its group, or is zero. */
  | "INVALID_POINT"
  /** The verifier refuses the proof. */
  | "INVALID_PROOF";

/** Why a message is not passed on, though its sender need not know better. */
export type IgnoreReason =
  | "KNOWN"
  /** The mempool does not take the transaction. */
  | "NOT_ADMITTED"
  /** This node knows no escrow of builders. */
  | "NO_ESCROW"
  /** The proposal, or the quote, is of a round that takes no commitments now. */
  | "ROUND_NOT_OPEN"
  | "WRONG_PARENT"
  /** The balance of a proposer on L1 is less than its bid, or that of a builder less than payment and cover. */
  | "DEPOSIT_TOO_LOW"
  /** L1 did not tell the balance, or was asked too often. */
  | "DEPOSIT_UNKNOWN"
  /** The author, or the node of the tree, has as many messages as are kept. */
  | "TOO_MANY"
  /** As many proposals with higher bids are known as are kept. */
  | "BID_TOO_LOW"
  /** As many quotes with higher payments are known as are kept. */
  | "PAYMENT_TOO_LOW"
  /** The author has signed different votes for one proposal: two were passed on, and it is ignored for the round. */
  | "EQUIVOCATION"
  | "UNKNOWN_PROPOSAL"
  | "UNKNOWN_QUOTE"
  | "UNKNOWN_PURCHASE"
  /** The ticket has no key in the registry of the round, or may get another one before the round opens. */
  | "UNKNOWN_TICKET"
  /** Tickets are drawn, and this one is not elected in the round (docs/b52.md §11). */
  | "NOT_ELECTED"
  | "UNKNOWN_COMMITMENT"
  | "UNKNOWN_TRANSCRIPT"
  | "UNKNOWN_BLOCK"
  | "UNKNOWN_CHILDREN"
  /** The proposal window is not over, or the commitment has too few L1 blocks on it. */
  | "TOO_EARLY"
  /** The proof window is over. */
  | "TOO_LATE"
  /** The block does not build on the head, or not on the forced queue that this node knows. */
  | "NOT_EXECUTABLE"
  /** Its sender was banned while it waited. */
  | "BANNED"
  /** A queue is full, or the verifier took too long. */
  | "OVERLOADED"
  /** The decision itself failed, by a fault of this node. */
  | "FAILED";

/** A decision about a message: accept it and pass it on, drop it, or drop it and blame its sender. */
export type Verdict =
  | { readonly verdict: "accept" }
  | { readonly verdict: "ignore"; readonly reason: IgnoreReason }
  | { readonly verdict: "reject"; readonly reason: RejectReason };

export const ACCEPT: Verdict = { verdict: "accept" };
export const ignore = (reason: IgnoreReason): Verdict => ({ verdict: "ignore", reason });
export const reject = (reason: RejectReason): Verdict => ({ verdict: "reject", reason });
