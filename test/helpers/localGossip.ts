// SPDX-License-Identifier: MIT
import type { EscrowDomain } from "../../src/agents/index.ts";
import { keyOf, nameOf, type Gossip, type Message } from "../../src/node/network/index.ts";

/** Whether a message gets from one peer to another. */
export type Passes = (message: Message, from: string, to: string) => boolean;

/** A network of peers in one process: a message of one reaches all at once, unless the network loses it. */
export class LocalNetwork {
  readonly #domain: bigint;
  readonly #escrow: EscrowDomain | undefined;
  readonly #peers = new Map<string, Peer>();
  /** Changed by tests: loses what it says false to, in answers as well. */
  passes: Passes = () => true;
  /** Whether questions are answered; else they stay open for ever. */
  answers = true;
  /** All that was published, in order. */
  readonly published: { readonly from: string; readonly message: Message }[] = [];

  /** @param domain of the rollup; @param escrow of builders' signatures */
  constructor(domain: bigint, escrow?: EscrowDomain) {
    [this.#domain, this.#escrow] = [domain, escrow];
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
        const key = keyOf(wanted);
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
    const name = nameOf(message, this.#domain, this.#escrow);
    return name === undefined ? message.kind : keyOf(name);
  }
}

interface Peer {
  readonly listeners: Set<(message: Message) => void>;
  /** By what they are about, and by their whole content. */
  readonly messages: Map<string, Message>;
}
