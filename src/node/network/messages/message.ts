// SPDX-License-Identifier: MIT
import type { Content, Draft, Proposal, Vote } from "../../../b52/index.ts";
import type { Field } from "../../../field.ts";

/**
 * The messages of the gossip network of a B52 rollup (B52, "communication is facilitated by the gossip network of the
 * L2"; design, section 11). All are about one rollup: its chain and address are in the names of the topics.
 */
export type Message =
  | TransactionMessage
  | ProposalMessage
  | VoteMessage
  | TranscriptMessage
  | BlockMessage
  | ProofMessage
  | QuoteMessage
  | PurchaseMessage
  | SaleMessage;

/** A signed L2 transaction, for whoever orders the next block. */
export interface TransactionMessage {
  readonly kind: "transaction";
  /** 93 bytes (docs/protocol.md §3). */
  readonly slot: Uint8Array;
}

/** A proposer's offer to provers: they can vote for its nodes, and do not learn the order (B52, Phase 1). */
export interface ProposalMessage {
  readonly kind: "proposal";
  readonly draft: Draft;
  /** By the proposer's L1 account, 65 bytes in hex: nobody else can make offers in its name. */
  readonly signature: string;
}

/** A prover's promise (B52, Phase 2). */
export interface VoteMessage {
  readonly kind: "vote";
  /** `contextOf` the proposal. */
  readonly context: bigint;
  /** 1 … 247 */
  readonly ticket: number;
  readonly vote: Vote;
}

/** The preimage of a commitment that is on L1: which ticket was promised which node, and the votes. */
export interface TranscriptMessage {
  readonly kind: "transcript";
  readonly proposal: Proposal;
  /** Byte i is the ticket of node i; see `packPromised`. */
  readonly promised: bigint;
  /** By node, from node 0: the argument of `Transcript.decode`. */
  readonly votes: readonly (Vote | undefined)[];
}

/** The content of a commitment, revealed when its proposal window is over (B52, Phase 3). */
export interface BlockMessage {
  readonly kind: "block";
  /** Commitment hash, 32 bytes in hex. */
  readonly id: string;
  readonly content: Omit<Content, "dataHash" | "includeListHash">;
  /** Posted bytes: slots of 93 bytes, forced operations first. */
  readonly data: Uint8Array;
  /** Bytes of the include list that it carries. */
  readonly includeList: Uint8Array;
}

/** The proof of one node of a revealed block (B52, Phase 4). All else that its statement has follows from the block. */
export interface ProofMessage {
  readonly kind: "proof";
  /** Commitment hash, 32 bytes in hex. */
  readonly id: string;
  /** 1 is the root, 2·i and 2·i + 1 are the children of i. */
  readonly node: number;
  /** Ticket of the maker, or 0. */
  readonly worker: number;
  /** The eight words of a Groth16 proof, in the order that L1 takes. */
  readonly words: readonly bigint[];
  /** Undefined for a leaf. */
  readonly merge:
    | {
        readonly leftDigest: Field;
        readonly rightDigest: Field;
        /** Bit t: ticket t delivered a credited node below. */
        readonly delivered: bigint;
        /** Bit i: node i is credited; bit 16 + i: it is defaulted. */
        readonly nodes: bigint;
      }
    | undefined;
}

/** A block that a builder has ordered, and its price; the order is not told (docs/b52.md §10). */
export interface Quote {
  /** L1 account that pays. */
  readonly builder: string;
  readonly round: bigint;
  readonly height: bigint;
  /** Commitment hash of the block that it builds on. */
  readonly parent: string;
  readonly contentHash: string;
  /** Of its proof tree: 2, 4 or 8. */
  readonly leaves: bigint;
  /** For the proposer if the block wins, in the native token. */
  readonly payment: bigint;
  /** For the proposer besides the payment if the content is withheld, in the native token. */
  readonly cover: bigint;
}

/** A builder tells all proposers what it sells. It is not bound by that. */
export interface QuoteMessage {
  readonly kind: "quote";
  readonly quote: Quote;
  /** By the builder's L1 account, 65 bytes in hex. */
  readonly signature: string;
}

/** A proposer shows the builder of a quote the whole proposal, with the votes for it, and asks for an offer. */
export interface PurchaseMessage {
  readonly kind: "purchase";
  /** `quoteHash` of the quote, 32 bytes in hex. */
  readonly quote: string;
  readonly proposal: Proposal;
  /** As in `TranscriptMessage`. */
  readonly promised: bigint;
  /** As in `TranscriptMessage`. */
  readonly votes: readonly (Vote | undefined)[];
  /** By the proposer's L1 account, 65 bytes in hex. */
  readonly signature: string;
}

/** A builder's offer for one proposal, which its proposer can lock on L1: payment and cover are those of the quote. */
export interface SaleMessage {
  readonly kind: "sale";
  /** Commitment hash of the proposal, 32 bytes in hex. */
  readonly id: string;
  /** In unix seconds: from then on the offer cannot be locked. */
  readonly deadline: bigint;
  /** By the builder's L1 account, 65 bytes in hex: it goes to L1. */
  readonly signature: string;
}
