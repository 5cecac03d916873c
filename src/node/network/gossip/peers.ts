// SPDX-License-Identifier: MIT
import type { GossipSub } from "@libp2p/gossipsub";
import type { Connection, Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";

import { ipOf, mayBeTold, parseAddress, peerOf, reachOf, toldAddress } from "./addresses.ts";
import type { BanList, BanName } from "./bans.ts";
import { CONNECTIONS, REQUEST_LIMITS } from "./limits.ts";
import type { NetworkLog } from "./log.ts";
import type { PeerScores } from "./scores.ts";
import type { PeerTraffic, Traffic } from "./traffic.ts";

/** A connected peer. */
export interface PeerStatus {
  readonly id: string;
  readonly address: string;
  readonly score: number;
  /** Whether it takes part in the gossip, besides being connected. */
  readonly isGossiping: boolean;
  /** `inbound` if the peer made the connection. */
  readonly direction: "inbound" | "outbound";
  /** Of the connection, in unix milliseconds. */
  readonly since: number;
  /** Messages since it was connected. */
  readonly traffic: Readonly<PeerTraffic>;
}

/** A peer of one of the lists. */
interface Friend {
  readonly address: Multiaddr;
  /** Asked for others: a connection is wanted only while there are few. */
  readonly isBootstrap: boolean;
  /** Known from its address, or since it was reached. */
  id: string | undefined;
  failures: number;
  nextAt: number;
}

export interface PeersOptions {
  readonly libp2p: Libp2p;
  readonly pubsub: Pick<GossipSub, "getPeers">;
  readonly scores: PeerScores;
  readonly bans: BanList;
  readonly log: NetworkLog;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Ends attempts to reach a peer. */
  readonly signal: AbortSignal;
  /** Addresses of the peers to which the node keeps a connection. */
  readonly friends: readonly string[];
  /** Addresses of the peers that are asked for others. */
  readonly bootstrap: readonly string[];
  readonly traffic: Traffic;
  /** Told when a peer is banned. */
  readonly onBan: () => void;
}

/** Worth of a connection to a peer of the list, in percent; that of others is 0. */
const FRIEND = 100;

/** The connections of a node: those it keeps, those it ends, and what peers tell each other of others. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #friends: readonly Friend[];
  /** When a connected peer was seen first without taking part in the gossip. */
  readonly #silentSince = new Map<string, number>();

  /** @throws {ProtocolError} `NETWORK_FAILED` if an address is none */
  constructor(options: PeersOptions) {
    this.#options = options;
    const { friends, bootstrap } = options;
    this.#friends = [...friends, ...bootstrap].map((text, i) => {
      const address = parseAddress(text);
      return { address, isBootstrap: i >= friends.length, id: peerOf(address), failures: 0, nextAt: 0 };
    });
  }

  /** The peers with a connection. */
  get all(): PeerStatus[] {
    const { libp2p, scores, clock, traffic } = this.#options;
    const gossiping = this.#gossiping;
    return libp2p.getConnections().map(({ remotePeer, remoteAddr, direction, timeline }) => {
      const id = remotePeer.toString();
      return {
        ...{ id, address: remoteAddr.toString(), direction, since: timeline.open },
        score: scores.score(id, clock()),
        ...{ isGossiping: gossiping.has(id), traffic: traffic.of(id) },
      };
    });
  }

  /** Ids of the peers with a connection. */
  get ids(): string[] {
    return [...new Set(this.#options.libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))];
  }

  /** The open connection to a peer; undefined if there is none. */
  connectionTo(peer: string): Connection | undefined {
    return this.#options.libp2p
      .getConnections()
      .find(({ remotePeer, status }) => remotePeer.toString() === peer && status === "open");
  }

  /** Takes points from a peer, and hangs up or bans it if that was too much. */
  penalise(peer: string, points: number, reason: string): void {
    const { scores, bans, log, clock, onBan } = this.#options;
    const sanction = scores.penalise(peer, points, clock());
    log.debug({ peer, points, reason }, "a peer broke the rules");
    if (sanction === "none") return;
    if (sanction === "ban") {
      const connection = this.connectionTo(peer);
      const ip = connection && ipOf(connection.remoteAddr);
      const names: BanName[] = [`peer:${peer}`];
      // Peers on this machine share its address, and so may honest ones.
      if (ip !== undefined && reachOf(ip) !== "loopback") names.push(`ip:${ip}`);
      log.warn({ peer, ip, reason }, "a peer is banned for a day");
      try {
        bans.ban(names, reason, clock());
      } catch (error) {
        log.warn({ reason: String(error) }, "a ban could not be written");
      }
      onBan();
    }
    void this.#hangUp(peer, reason);
  }

  /** Forgets a peer that has gone. */
  forget(peer: string): void {
    this.#silentSince.delete(peer);
  }

  /** Reaches for the peers of the list that are not there, and hangs up on those that take no part in the gossip. */
  async look(): Promise<void> {
    const now = this.#options.clock();
    const hasFew = this.#options.libp2p.getConnections().length < CONNECTIONS.wanted;
    for (const friend of this.#friends) {
      const isWanted = hasFew || !friend.isBootstrap;
      if (isWanted && friend.nextAt <= now && !this.#isConnected(friend.id)) void this.#reach(friend);
    }
    const gossiping = this.#gossiping;
    for (const peer of this.ids) {
      if (gossiping.has(peer)) {
        this.#silentSince.delete(peer);
        continue;
      }
      const since = this.#silentSince.get(peer) ?? now;
      this.#silentSince.set(peer, since);
      // A connection without gossip stays so: a new one can have it again.
      if (now - since >= CONNECTIONS.silent) await this.#hangUp(peer, "it takes no part in the gossip");
    }
  }

  /**
   * Reaches for peers.
   *
   * @throws {Error} of libp2p if it does not answer in time
   */
  dial(address: Multiaddr | Multiaddr[]): Promise<Connection> {
    const { libp2p, signal } = this.#options;
    return libp2p.dial(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMITS.total)]) });
  }

  /** Reaches for peers of whom a peer has told. @param teller its address */
  async meet(told: readonly Uint8Array[], teller: Multiaddr): Promise<void> {
    const { libp2p, log } = this.#options;
    const own = libp2p.peerId.toString();
    const fresh = told.flatMap((bytes) => {
      const address = toldAddress(bytes);
      const id = address && peerOf(address);
      if (address === undefined || id === undefined || id === own || this.#isConnected(id)) return [];
      // A stranger may not make this node knock at the doors of its own network.
      return mayBeTold(ipOf(address) ?? "", ipOf(teller) ?? "") ? [address] : [];
    });
    for (const address of fresh.slice(0, CONNECTIONS.dialsOfAnswer)) {
      await this.dial(address).catch(() => log.debug({ address: address.toString() }, "not reached"));
    }
  }

  /** Addresses of other peers, for a peer. @param asker its address */
  async addressesFor(peer: string, asker: Multiaddr): Promise<Uint8Array[]> {
    const { libp2p } = this.#options;
    const from = ipOf(asker) ?? "";
    const told: Uint8Array[] = [];
    for (const { remotePeer } of libp2p.getConnections()) {
      if (remotePeer.toString() === peer) continue;
      const { addresses } = await libp2p.peerStore.get(remotePeer).catch(() => ({ addresses: [] }));
      const reachable = addresses.flatMap(({ multiaddr: address }) => {
        const full = peerOf(address) === undefined ? address.encapsulate(`/p2p/${remotePeer.toString()}`) : address;
        const plain = toldAddress(full.bytes);
        return plain !== undefined && mayBeTold(ipOf(plain) ?? "", from) ? [plain.bytes] : [];
      });
      told.push(...reachable.slice(0, 2));
    }
    return told;
  }

  async #reach(friend: Friend): Promise<void> {
    const { libp2p, clock } = this.#options;
    friend.nextAt = Number.POSITIVE_INFINITY;
    try {
      const { remotePeer } = await this.dial(friend.address);
      // When there are too many connections, those of strangers are closed.
      if (!friend.isBootstrap) await libp2p.peerStore.merge(remotePeer, { tags: { friend: { value: FRIEND } } });
      friend.id = remotePeer.toString();
      friend.failures = 0;
      friend.nextAt = clock() + CONNECTIONS.redial;
    } catch {
      const pause = Math.min(CONNECTIONS.redialMost, CONNECTIONS.redial * 2 ** friend.failures);
      friend.failures += 1;
      friend.nextAt = clock() + pause;
    }
  }

  async #hangUp(peer: string, reason: string): Promise<void> {
    const { libp2p, log } = this.#options;
    const connections = libp2p.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peer);
    log.info({ peer, reason }, "a connection is closed");
    for (const connection of connections) {
      try {
        await connection.close({ signal: AbortSignal.timeout(1_000) });
      } catch {
        connection.abort(new Error(reason));
      }
    }
  }

  #isConnected(peer: string | undefined): boolean {
    return peer !== undefined && this.connectionTo(peer) !== undefined;
  }

  get #gossiping(): ReadonlySet<string> {
    return new Set(this.#options.pubsub.getPeers().map(String));
  }
}
