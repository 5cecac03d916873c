// SPDX-License-Identifier: MIT
import type { Gossip, Message } from "../../network/index.ts";

/** The network of a node that has no peers: it hears itself alone. */
export class LoneGossip implements Gossip {
  readonly #listeners = new Set<(message: Message) => void>();

  publish(message: Message): Promise<void> {
    for (const listener of this.#listeners) listener(message);
    return Promise.resolve();
  }

  subscribe(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  request(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
