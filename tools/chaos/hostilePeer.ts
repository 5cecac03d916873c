// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import { gossipsub, StrictNoSign, type GossipSub } from "@libp2p/gossipsub";
import { identify, type Identify } from "@libp2p/identify";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

type Services = { readonly identify: Identify; readonly pubsub: GossipSub };

/** Milliseconds in which somebody has to take part in a topic. */
const JOIN = 15_000;

/** A peer of libp2p without any of the network's rules. */
export class HostilePeer {
  readonly libp2p: Libp2p<Services>;

  private constructor(libp2p: Libp2p<Services>) {
    this.libp2p = libp2p;
  }

  static async start(): Promise<HostilePeer> {
    const libp2p = await createLibp2p<Services>({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: {
        identify: identify(),
        pubsub: gossipsub({
          globalSignaturePolicy: StrictNoSign,
          allowPublishToZeroTopicPeers: true,
          floodPublish: true,
          ignoreDuplicatePublishError: true,
          scoreThresholds: { gossipThreshold: -1e9, publishThreshold: -1e9, graylistThreshold: -1e9 },
          maxOutboundBufferSize: 1 << 28,
        }),
      },
    });
    return new HostilePeer(libp2p);
  }

  get id(): string {
    return this.libp2p.peerId.toString();
  }

  get address(): string {
    return this.libp2p.getMultiaddrs()[0]!.toString();
  }

  dial(address: string): Promise<Connection> {
    return this.libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(JOIN) });
  }

  /** Connects, and waits until the other side takes part in the topic. @throws {Error} if that takes too long */
  async join(address: string, topic: string): Promise<void> {
    await this.dial(address);
    this.libp2p.services.pubsub.subscribe(topic);
    const end = performance.now() + JOIN;
    while (this.libp2p.services.pubsub.getSubscribers(topic).length === 0) {
      if (performance.now() > end) throw new Error(`not within ${JOIN} ms: a subscriber of ${topic}`);
      await sleep(20);
    }
  }

  /** Told of each message on the topics to which it has subscribed. */
  onMessage(listener: (topic: string, data: Uint8Array) => void): void {
    this.libp2p.services.pubsub.addEventListener("message", ({ detail: { topic, data } }) => listener(topic, data));
  }

  publish(topic: string, bytes: Uint8Array): Promise<unknown> {
    return this.libp2p.services.pubsub.publish(topic, bytes);
  }

  /** Sends an RPC of gossipsub as it is. */
  send(peer: string, rpc: object): boolean {
    const router = this.libp2p.services.pubsub as unknown as { sendRpc(peer: string, rpc: object): boolean };
    return router.sendRpc(peer, { subscriptions: [], messages: [], ...rpc });
  }

  stream(address: string, protocol: string): Promise<Stream> {
    return this.libp2p.dialProtocol(multiaddr(address), protocol);
  }

  isConnectedTo(peer: string): boolean {
    return this.libp2p.getPeers().some((other) => other.toString() === peer);
  }

  async stop(): Promise<void> {
    await this.libp2p.stop();
  }
}
