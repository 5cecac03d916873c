// SPDX-License-Identifier: MIT
import { MESSAGE_KINDS, type MessageKind } from "../messages/index.ts";

/** Counts of messages of one kind since the process began. */
export interface KindTraffic {
  /** Messages that came by gossip, those that were known before included. */
  received: number;
  /** Messages that were accepted, by gossip or as answers. */
  accepted: number;
  /** Messages that were not passed on, through no fault of their senders. */
  ignored: number;
  /** Messages of a wrong size, and those that no state makes valid. */
  refused: number;
  /** Messages beyond a budget, or for which there was no room. */
  dropped: number;
  /** Copies that were sent to peers by gossip, own messages and others'. */
  sent: number;
}

/** Messages of one peer since it was connected. */
export interface PeerTraffic {
  received: number;
  refused: number;
  sent: number;
}

const NOTHING = { received: 0, accepted: 0, ignored: 0, refused: 0, dropped: 0, sent: 0 } as const;

/** Counts of a node's messages, also across joining again. Of peers those that are connected are counted alone. */
export class Traffic {
  readonly #kinds = new Map<MessageKind, KindTraffic>(MESSAGE_KINDS.map((kind) => [kind, { ...NOTHING }]));
  readonly #peers = new Map<string, PeerTraffic>();

  /** By kind. */
  get kinds(): ReadonlyMap<MessageKind, Readonly<KindTraffic>> {
    return this.#kinds;
  }

  /** Of a peer; nothing for one that is not known. */
  of(peer: string): Readonly<PeerTraffic> {
    return this.#peers.get(peer) ?? { received: 0, refused: 0, sent: 0 };
  }

  /** @param kind undefined for a topic that there is not */
  count(what: keyof KindTraffic, kind: MessageKind | undefined, peer?: string): void {
    if (kind !== undefined) this.#kinds.get(kind)![what] += 1;
    const own = peer === undefined ? undefined : this.#peers.get(peer);
    if (own !== undefined && (what === "received" || what === "refused" || what === "sent")) own[what] += 1;
  }

  /** Begins to count a peer's messages. */
  connected(peer: string): void {
    if (!this.#peers.has(peer)) this.#peers.set(peer, { received: 0, refused: 0, sent: 0 });
  }

  /** Forgets a peer that is gone. */
  forget(peer: string): void {
    this.#peers.delete(peer);
  }

  /** Forgets all peers: the node leaves the network. */
  left(): void {
    this.#peers.clear();
  }
}
