// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { GossipSub } from "@libp2p/gossipsub";
import { identify, type Identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createLibp2p } from "libp2p";

import { createRouter } from "../../src/node/network/gossip/router.ts";
import { MESSAGE_KINDS, topicOf, topicsOf, type MessageKind } from "../../src/node/index.ts";
import { NO_BUILDERS } from "../../tools/simulation/defaults.ts";
import { simulateRelays, type RelayPlan } from "../../tools/simulation/relays.ts";
import { Counter, IDENTITY, until } from "../helpers/gossipHosts.ts";

type Node = Libp2p<{ readonly identify: Identify; readonly pubsub: GossipSub }>;

/** Bytes of a message of each kind that is published. */
const SIZES: Readonly<Record<MessageKind, number>> = {
  ...{ transaction: 95, proposal: 175, vote: 99, transcript: 1_601, block: 12_064, proof: 392 },
  ...NO_BUILDERS,
};
/** Below and above gossipsub's limit for IDONTWANT. */
const SMALL = ["transaction", "proposal", "vote", "proof"] as const;
const LARGE = ["transcript", "block"] as const;
/** Messages of each kind. */
const COUNT = 6;
const NODES = 5;
/** Seconds between two messages, and milliseconds that a decision takes: long enough for IDONTWANT to come before its end. */
const [PAUSE, DECISION] = [0.2, 120];
/** How much more or less the bytes may be than those of the simulation. */
const TOLERANCE = 0.02;
const IDENTITY_IN_LOWER_CASE = { ...IDENTITY, rollup: IDENTITY.rollup.toLowerCase() };

describe("The simulated gossipsub beside the real one", function () {
  this.timeout(120_000);
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const topics = [...topicsOf(IDENTITY).keys()];

  async function start(received: Record<MessageKind, number>): Promise<Node> {
    const node = await createLibp2p({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // Its pings are traffic, too.
      connectionMonitor: { enabled: false },
      services: {
        identify: identify(),
        pubsub: createRouter({
          topics,
          admit: (_peer, { messages = [] }) => {
            for (const { topic = "" } of messages) received[topicsOf(IDENTITY).get(topic)!] += 1;
            return true;
          },
          judge: () => sleep(DECISION, "accept" as const),
          score: () => 0,
          onSent: () => undefined,
        }),
      },
    });
    ends.push(() => node.stop());
    for (const topic of topics) node.services.pubsub.subscribe(topic);
    return node;
  }

  it("sends as many messages and bytes as the real one, between all of five nodes", async () => {
    const received = Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, 0])) as Record<MessageKind, number>;
    const nodes: Node[] = [];
    const counters: Counter[] = [];
    const dials: [number, number][] = [];
    for (let i = 0; i < NODES; i++) {
      const node = await start(received);
      for (const [j, counter] of counters.entries()) {
        await node.dial(multiaddr(counter.address));
        dials.push([i, j]);
      }
      nodes.push(node);
      const counter = await Counter.start(node.getMultiaddrs()[0]!.toString());
      ends.push(() => counter.stop());
      counters.push(counter);
    }
    const meshOf = ({ services: { pubsub } }: Node): ReadonlyMap<string, ReadonlySet<string>> =>
      (pubsub as GossipSub & { readonly mesh: ReadonlyMap<string, ReadonlySet<string>> }).mesh;
    const isWhole = (node: Node): boolean => topics.every((topic) => meshOf(node).get(topic)?.size === NODES - 1);
    await until(() => nodes.every(isWhole), "a whole mesh", 60_000);
    await sleep(1_000);
    const total = (): number => counters.reduce((sum, { sent, received: came }) => sum + sent + came, 0);

    const published: RelayPlan["published"][number][] = [];
    const publish = async (kinds: readonly MessageKind[]): Promise<number> => {
      const before = total();
      for (let i = 0; i < COUNT * kinds.length; i++) {
        const kind = kinds[i % kinds.length]!;
        const host = i % NODES;
        await nodes[host]!.services.pubsub.publish(topicOf(IDENTITY, kind), randomBytes(SIZES[kind]));
        published.push({ at: 10 + published.length * PAUSE, host, kind, bytes: SIZES[kind] });
        await sleep(PAUSE * 1_000);
      }
      await sleep(1_500);
      return total() - before;
    };
    const simulate = (kinds: readonly MessageKind[]): ReturnType<typeof simulateRelays> =>
      simulateRelays({
        ...{ seed: 1, identity: IDENTITY_IN_LOWER_CASE, dials, decision: DECISION, after: 10 },
        published: published.filter(({ kind }) => kinds.includes(kind)),
        internet: { hosts: NODES, roundTrip: () => 0.001, jitter: 0.2, bandwidth: 1e9, loss: 0, drop: 0 },
      });

    const small = { bytes: await publish(SMALL), simulated: simulate(SMALL) };
    for (const kind of SMALL) expect(small.simulated.received[kind], kind).to.equal(received[kind]);
    expect(small.bytes / small.simulated.bytes).to.be.within(1 - TOLERANCE, 1 + TOLERANCE);

    // On a machine that is busy some of the IDONTWANT come too late; more than without any are never sent.
    const large = { bytes: await publish(LARGE), simulated: simulate(LARGE) };
    for (const kind of LARGE) {
      const most = COUNT * (NODES - 1) * (NODES - 1);
      expect(received[kind], kind).to.be.within(large.simulated.received[kind]!, most);
    }
    console.log(
      `      bytes, real and simulated: small ${small.bytes} and ${small.simulated.bytes}, large ${large.bytes} and ${large.simulated.bytes};`,
      `large messages received ${JSON.stringify(received)} and ${JSON.stringify(large.simulated.received)}`,
    );
  });
});
