// SPDX-License-Identifier: MIT
import type { Message } from "./messages/index.ts";

/** The gossip network, as the roles of a node need it. */
export interface Gossip {
  /** Tells all peers; resolves when the transport has it. */
  publish(message: Message): Promise<void>;
  /** Calls the listener with each message that was validated, own ones included, once. @returns a function that ends it */
  subscribe(listener: (message: Message) => void): () => void;
  /** Asks peers for a message; undefined if nobody has it. The answer was validated. */
  request(wanted: Wanted): Promise<Message | undefined>;
}

/** A message, by what it is about. */
export type Wanted =
  | { readonly kind: "proposal"; readonly context: bigint }
  | { readonly kind: "transcript" | "block"; readonly id: string }
  | { readonly kind: "proof"; readonly id: string; readonly node: number }
  /** `hash` is `quoteHash` of the quote. */
  | { readonly kind: "quote"; readonly hash: string }
  /** By the commitment hash of the proposal. */
  | { readonly kind: "purchase" | "sale"; readonly id: string };
