// SPDX-License-Identifier: MIT
import { commitmentHash, draftContext } from "../../src/b52/index.ts";
import type { Gossip, Message, Wanted } from "../../src/node/network/index.ts";

/** Whether a message gets from one peer to another. */
export type Passes = (message: Message, from: string, to: string) => boolean;

/** A network of peers in one process: a message of one reaches all at once, unless the network loses it. */
export class LocalNetwork {
  readonly #domain: bigint;
  readonly #peers = new Map<string, Peer>();
  /** Changed by tests: loses what it says false to, in answers as well. */
  passes: Passes = () => true;
  /** Whether questions are answered; else they stay open for ever. */
  answers = true;
  /** All that was published, in order. */
  readonly published: { readonly from: string; readonly message: Message }[] = [];

  /** @param domain of the rollup */
  constructor(domain: bigint) {
    this.#domain = domain;
  }

  /** A peer's end of the network. One that joins again, after a restart, has nothing of what it had. */
  join(name: string): Gossip {
    const peer: Peer = { listeners: new Set(), messages: new Map() };
    this.#peers.set(name, peer);
    return {
      publish: (message) => {
        this.published.push({ from: name, message });
        for (const [to, other] of this.#peers) {
          if (to === name || this.passes(message, name, to)) this.#deliver(other, message);
        }
        return Promise.resolve();
      },
      subscribe: (listener) => {
        peer.listeners.add(listener);
        return () => peer.listeners.delete(listener);
      },
      request: (wanted) => {
        if (!this.answers) return new Promise(() => undefined);
        const key = this.#wantedKey(wanted);
        for (const [from, other] of this.#peers) {
          const found = from === name ? undefined : other.messages.get(key);
          if (found !== undefined && this.passes(found, from, name)) return Promise.resolve(found);
        }
        return Promise.resolve(undefined);
      },
    };
  }

  /** Each message comes once. */
  #deliver({ listeners, messages }: Peer, message: Message): void {
    const key = this.#key(message);
    const unique = `${key} ${JSON.stringify(message, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}`;
    if (messages.has(unique)) return;
    messages.set(unique, message);
    if (!messages.has(key)) messages.set(key, message);
    for (const listener of listeners) listener(message);
  }

  #key(message: Message): string {
    switch (message.kind) {
      case "proposal":
        return `proposal ${draftContext(this.#domain, message.draft)}`;
      case "transcript":
        return `transcript ${commitmentHash(this.#domain, message.proposal)}`;
      case "block":
        return `block ${message.id}`;
      case "proof":
        return `proof ${message.id} ${message.node}`;
      default:
        return message.kind;
    }
  }

  #wantedKey(wanted: Wanted): string {
    if (wanted.kind === "proposal") return `proposal ${wanted.context}`;
    return wanted.kind === "proof" ? `proof ${wanted.id} ${wanted.node}` : `${wanted.kind} ${wanted.id}`;
  }
}

interface Peer {
  readonly listeners: Set<(message: Message) => void>;
  /** By what they are about, and by their whole content. */
  readonly messages: Map<string, Message>;
}
