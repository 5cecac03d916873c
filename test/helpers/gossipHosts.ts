// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { gossipsub, StrictNoSign, type GossipSub } from "@libp2p/gossipsub";
import { identify, type Identify } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

import { Libp2pGossip, type Libp2pGossipOptions } from "../../src/node/network/gossip/index.ts";
import type { Message } from "../../src/node/network/messages/index.ts";
import { Validator, type NetworkFacts } from "../../src/node/network/validation/index.ts";
import { openDatabase, type Database } from "../../src/node/storage/index.ts";
import { CHAIN_ID, ESCROW, mockVerifier, ROLLUP, worldFacts, type WorldFacts } from "./gossipWorld.ts";

export const IDENTITY = { chainId: CHAIN_ID, rollup: ROLLUP, escrow: ESCROW.verifyingContract };
const LOOPBACK = "/ip4/127.0.0.1/tcp/0";

/** A node's network in a test, with facts that the test may change. */
export interface Host {
  readonly gossip: Libp2pGossip;
  readonly facts: WorldFacts;
  readonly validator: Validator;
  readonly verifier: ReturnType<typeof mockVerifier>;
  readonly database: Database;
  readonly folder: string;
  /** Messages that its listeners were told. */
  readonly heard: Message[];
  readonly address: string;
}

/** Hosts of a test on this machine, which end with it. */
export class Hosts {
  readonly #ends: (() => Promise<void> | void)[] = [];

  async start(
    options: Partial<Libp2pGossipOptions> = {},
    facts: Partial<NetworkFacts> = {},
    at?: string,
  ): Promise<Host> {
    const folder = at ?? mkdtempSync(join(tmpdir(), "gossip-"));
    if (at === undefined) this.#ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const database = openDatabase(join(folder, "node.sqlite"), IDENTITY);
    const [changeable, verifier] = [worldFacts(facts), mockVerifier()];
    const validator = new Validator(changeable, verifier);
    const given = { identity: IDENTITY, validator, database, keyPath: join(folder, "peer.key"), listen: [LOOPBACK] };
    const gossip = await Libp2pGossip.start({ ...given, ...options });
    const heard: Message[] = [];
    gossip.subscribe((message) => heard.push(message));
    this.#ends.push(async () => {
      await gossip.stop();
      database.close();
    });
    return { gossip, facts: changeable, validator, verifier, database, folder, heard, address: gossip.addresses[0]! };
  }

  /** A peer of libp2p without any of the network's rules. */
  async hostile(): Promise<Hostile> {
    const hostile = await Hostile.start();
    this.#ends.push(() => hostile.stop());
    return hostile;
  }

  /** A relay in front of an address, which counts the bytes. */
  async counter(address: string): Promise<Counter> {
    const counter = await Counter.start(address);
    this.#ends.push(() => counter.stop());
    return counter;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string, limit = 15_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > limit) throw new Error(`not within ${limit} ms: ${what}`);
    await sleep(20);
  }
}

/** Whether a host is connected to so many peers that take part in the gossip. */
export const hasPeers = ({ gossip }: Host, count: number): boolean =>
  gossip.peers.filter(({ isGossiping }) => isGossiping).length >= count;

type Services = { readonly identify: Identify; readonly pubsub: GossipSub };

export class Hostile {
  readonly libp2p: Libp2p<Services>;

  private constructor(libp2p: Libp2p<Services>) {
    this.libp2p = libp2p;
  }

  static async start(): Promise<Hostile> {
    const libp2p = await createLibp2p<Services>({
      addresses: { listen: [LOOPBACK] },
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
    return new Hostile(libp2p);
  }

  get id(): string {
    return this.libp2p.peerId.toString();
  }

  get address(): string {
    return this.libp2p.getMultiaddrs()[0]!.toString();
  }

  /** Connects, and waits until the other side takes part in the topic. */
  async join(address: string, topic: string): Promise<void> {
    await this.libp2p.dial(multiaddr(address));
    this.libp2p.services.pubsub.subscribe(topic);
    await until(() => this.libp2p.services.pubsub.getSubscribers(topic).length > 0, `a subscriber of ${topic}`);
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

  async isConnectedTo(peer: string): Promise<boolean> {
    return Promise.resolve(this.libp2p.getPeers().some((other) => other.toString() === peer));
  }

  async stop(): Promise<void> {
    await this.libp2p.stop();
  }
}

/** A relay of TCP that counts what a host behind it receives and sends. */
export class Counter {
  received = 0;
  sent = 0;
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  static async start(address: string): Promise<Counter> {
    const [, , host, , port, , id] = address.split("/");
    const made: { counter?: Counter } = {};
    const server = createServer((client) => {
      const target = connect(Number(port), host);
      client.on("data", (data) => {
        made.counter!.received += data.length;
        target.write(data);
      });
      target.on("data", (data) => {
        made.counter!.sent += data.length;
        client.write(data);
      });
      for (const [one, other] of [
        [client, target],
        [target, client],
      ] as const) {
        made.counter!.#sockets.add(one);
        one.on("close", () => other.destroy());
        one.on("error", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port: own } = server.address() as AddressInfo;
    return (made.counter = new Counter(server, `/ip4/127.0.0.1/tcp/${own}/p2p/${id}`));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
