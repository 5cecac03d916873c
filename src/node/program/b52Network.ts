// SPDX-License-Identifier: MIT
import type { B52Node, EscrowClient } from "../../agents/index.ts";
import { reasonOf } from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { Mempool } from "../mempool/index.ts";
import {
  B52Facts,
  Libp2pGossip,
  Traffic,
  Validator,
  type Ban,
  type Gossip,
  type Libp2pGossipOptions,
  type KindTraffic,
  type Message,
  type MessageKind,
  type PeerStatus,
  type ProofVerifier,
  type Wanted,
} from "../network/index.ts";

/**
 * The network of a node of B52. Its facts are those of one `B52Node`: when L1 has gone back, the node joins again with
 * another one. Those who listen stay.
 */
export class B52Network implements Gossip {
  readonly #options: Omit<Libp2pGossipOptions, "validator">;
  readonly #verifier: ProofVerifier;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #traffic = new Traffic();
  #changes = 0;
  #joined: { readonly gossip: Libp2pGossip; readonly facts: B52Facts } | undefined;

  constructor(options: Omit<Libp2pGossipOptions, "validator">, verifier: ProofVerifier) {
    this.#options = options;
    this.#verifier = verifier;
  }

  /** Addresses at which peers reach this node; none before it has joined. */
  get addresses(): readonly string[] {
    return this.#joined?.gossip.addresses ?? [];
  }

  /** Id by which peers know this node; undefined before it has joined. */
  get peerId(): string | undefined {
    return this.#joined?.gossip.peerId;
  }

  /** The peers with a connection. */
  get peers(): readonly PeerStatus[] {
    return this.#joined?.gossip.peers ?? [];
  }

  /** Messages by kind since the process began. */
  get traffic(): ReadonlyMap<MessageKind, Readonly<KindTraffic>> {
    return this.#traffic.kinds;
  }

  /** Grows when a peer comes, goes or is banned, and when the node joins or leaves. */
  get revision(): number {
    return this.#changes;
  }

  /** The bans that are in force, and the newest of them. @param count of those, at most; @throws {ProtocolError} as `BanList` */
  bans(count: number): { readonly total: number; readonly bans: readonly Ban[] } {
    return this.#joined?.gossip.bans(count) ?? { total: 0, bans: [] };
  }

  /**
   * Joins with the facts of a node, after it has left if it had joined.
   *
   * @throws {ProtocolError} as `Libp2pGossip.start`
   * @throws {Error} of the endpoint
   */
  async join(node: B52Node, mempool: Mempool, escrow: EscrowClient | undefined): Promise<void> {
    await this.leave();
    const facts = await B52Facts.of(node, mempool, { escrow });
    const validator = new Validator(facts, this.#verifier, {
      onFault: (error) => this.#options.log?.warn({ reason: reasonOf(error) }, "a message could not be judged"),
    });
    const gossip = await Libp2pGossip.start({
      ...{ ...this.#options, validator, traffic: this.#traffic },
      onPeers: () => (this.#changes += 1),
    });
    gossip.subscribe((message) => {
      for (const listener of this.#listeners) listener(message);
    });
    this.#joined = { gossip, facts };
    this.#changes += 1;
  }

  /** Takes in what the node has read. @throws {Error} of the endpoint */
  async follow(): Promise<void> {
    if (this.#joined === undefined) return;
    await this.#joined.facts.refresh();
    this.#joined.gossip.factsChanged();
  }

  async leave(): Promise<void> {
    const { gossip } = this.#joined ?? {};
    this.#joined = undefined;
    this.#changes += 1;
    await gossip?.stop();
  }

  /** @throws {ProtocolError} as `Libp2pGossip.publish`; `NETWORK_FAILED` while the node is not in the network */
  async publish(message: Message): Promise<void> {
    if (this.#joined === undefined) throw notJoined();
    await this.#joined.gossip.publish(message);
  }

  subscribe(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws {ProtocolError} `NETWORK_FAILED` while the node is not in the network */
  async request(wanted: Wanted): Promise<Message | undefined> {
    if (this.#joined === undefined) throw notJoined();
    return this.#joined.gossip.request(wanted);
  }
}

const notJoined = (): ProtocolError =>
  new ProtocolError("NETWORK_FAILED", { reason: "not joined" }, "the node has not joined the network yet");
