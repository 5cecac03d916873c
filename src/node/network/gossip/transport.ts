// SPDX-License-Identifier: MIT
import type { GossipSub } from "@libp2p/gossipsub";
import { identify, type Identify } from "@libp2p/identify";
import type { Libp2p, MultiaddrConnection, PeerId } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import type { Multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

import { ipOf, reachOf } from "./addresses.ts";
import type { BanList, BanName } from "./bans.ts";
import { CONNECTIONS, REQUEST_LIMITS } from "./limits.ts";
import { openPeerKey } from "./peerKey.ts";
import { createRouter, type RouterOptions } from "./router.ts";

export type Transport = Libp2p<{ readonly identify: Identify; readonly pubsub: GossipSub }>;

export interface TransportOptions {
  /** File of the key by which peers know the node; it is made if it is not there. */
  readonly keyPath: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly router: RouterOptions;
  /** Neither they nor their addresses get a connection. */
  readonly bans: BanList;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

/**
 * libp2p as this network uses it, not started: TCP, Noise, Yamux, identify and gossipsub.
 *
 * @throws {ProtocolError} `BAD_PEER_KEY`
 * @throws {Error} of libp2p
 */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const { keyPath, listen, announce, router, bans, clock } = options;
  const privateKey = await openPeerKey(keyPath);
  const isBanned = (name: BanName): boolean => bans.isBanned(name, clock());
  const isBannedAt = (address: Multiaddr): boolean => {
    const ip = ipOf(address);
    return ip !== undefined && reachOf(ip) !== "loopback" && isBanned(`ip:${ip}`);
  };
  const isRefused = (peer: PeerId): boolean => isBanned(`peer:${peer.toString()}`);
  return createLibp2p({
    privateKey,
    addresses: { listen: [...listen], announce: [...announce] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: CONNECTIONS.most,
      inboundConnectionThreshold: CONNECTIONS.perAddress,
      maxIncomingPendingConnections: CONNECTIONS.perAddress,
      maxParallelDials: 8,
      dialTimeout: REQUEST_LIMITS.total,
    },
    connectionGater: {
      denyDialPeer: isRefused,
      denyDialMultiaddr: isBannedAt,
      denyInboundConnection: ({ remoteAddr }: MultiaddrConnection) => isBannedAt(remoteAddr),
      denyInboundEncryptedConnection: isRefused,
      denyOutboundEncryptedConnection: isRefused,
    },
    services: { identify: identify(), pubsub: createRouter(router) },
    start: false,
  });
}
