// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Libp2pGossip, type Libp2pGossipOptions } from "../../src/node/network/gossip/index.ts";
import type { Message } from "../../src/node/network/messages/index.ts";
import { Validator, type NetworkFacts } from "../../src/node/network/validation/index.ts";
import { openDatabase, type Database } from "../../src/node/storage/index.ts";
import { HostilePeer } from "../../tools/chaos/hostilePeer.ts";
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
  async hostile(): Promise<HostilePeer> {
    const hostile = await HostilePeer.start();
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
export async function until(holds: () => boolean, what: string, limit = 60_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > limit) throw new Error(`not within ${limit} ms: ${what}`);
    await sleep(20);
  }
}

/** Whether a host is connected to so many peers that take part in the gossip. */
export const hasPeers = ({ gossip }: Host, count: number): boolean =>
  gossip.peers.filter(({ isGossiping }) => isGossiping).length >= count;

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
