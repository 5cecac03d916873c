// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import {
  encodeQuestion,
  MAX_MESSAGE_BYTES,
  MESSAGE_KINDS,
  requestProtocol,
  topicOf,
  type NetworkIdentity,
} from "../../src/node/index.ts";
import type { Random } from "../random.ts";
import { HostilePeer } from "./hostilePeer.ts";

/**
 * Things that a rude peer does to all nodes that it reaches:
 *
 * - `junk`: random bytes on every topic.
 * - `oversized`: messages above the maximum of their kind, up to 256 KiB.
 * - `unknownTopic`: messages on a topic that there is not.
 * - `replay`: everything that was heard of late, once more.
 * - `forged`: things that were heard, each with one bit changed, so that a signature, a proof or a hash is wrong.
 * - `control`: subscriptions and requests of gossipsub by the hundred.
 * - `questions`: questions that are none, endless ones, and the same one without a pause.
 */
export const RUDENESS = ["junk", "oversized", "unknownTopic", "replay", "forged", "control", "questions"] as const;
export type Rudeness = (typeof RUDENESS)[number];

/** A message as it was heard. */
export interface Heard {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** Breaks the rules of the network under one name after the other: one that all nodes have banned is of no use. */
export class RudePeer {
  /** Names that were banned everywhere, or cut off. */
  names = 0;
  readonly #identity: NetworkIdentity;
  readonly #addresses: readonly string[];
  readonly #random: Random;
  #peer: HostilePeer | undefined;
  /** Looks in a row at which nobody let it in. */
  #refused = 0;

  /** @param addresses of the nodes */
  constructor(identity: NetworkIdentity, addresses: readonly string[], random: Random) {
    this.#identity = identity;
    this.#addresses = addresses;
    this.#random = random;
  }

  /**
   * Connects where it can, and does one rude thing.
   *
   * @param heard messages of late
   * @returns the thing, and the number of nodes that it was done to; undefined if nobody lets it in
   */
  async step(heard: readonly Heard[]): Promise<{ readonly did: Rudeness; readonly to: number } | undefined> {
    this.#peer ??= await HostilePeer.start();
    const peer = this.#peer;
    const connections = await Promise.all(
      this.#addresses.map(async (address) => ({
        address,
        connection: await peer.dial(address).catch(() => undefined),
      })),
    );
    // One that has banned this name closes the connection at once, and a stream for gossip takes a moment.
    await sleep(300);
    const open = connections.flatMap(({ address, connection }) =>
      connection?.status === "open" ? [{ address, id: connection.remotePeer.toString() }] : [],
    );
    this.#refused = open.length === 0 ? this.#refused + 1 : 0;
    if (this.#refused >= 3) {
      await peer.stop();
      [this.#peer, this.#refused] = [undefined, 0];
      this.names += 1;
    }
    if (open.length === 0) return undefined;
    const did = this.#random.pick(RUDENESS);
    for (const { id, address } of open) await this.#do(did, peer, { id, address, heard });
    return { did, to: open.length };
  }

  async stop(): Promise<void> {
    await this.#peer?.stop();
  }

  async #do(
    did: Rudeness,
    peer: HostilePeer,
    { id, address, heard }: { readonly id: string; readonly address: string; readonly heard: readonly Heard[] },
  ): Promise<void> {
    const random = this.#random;
    const send = (messages: readonly Heard[]): boolean =>
      peer.send(id, { messages: messages.map(({ topic, bytes }) => ({ topic, data: bytes })) });
    const noise = (topic: string, length: number): Heard => ({ topic, bytes: random.bytes(length) });
    const kind = random.pick(MESSAGE_KINDS);
    const topic = topicOf(this.#identity, kind);
    switch (did) {
      case "junk":
        send(
          MESSAGE_KINDS.flatMap((each) =>
            Array.from({ length: 8 }, () =>
              noise(topicOf(this.#identity, each), 1 + random.int(MAX_MESSAGE_BYTES[each])),
            ),
          ),
        );
        return;
      case "oversized":
        send([noise(topic, MAX_MESSAGE_BYTES[kind] + 1), noise(topic, 2 ** 18)]);
        return;
      case "unknownTopic":
        send([noise(`${topic}s`, 32)]);
        return;
      case "replay":
        send(heard);
        return;
      case "forged":
        send(
          heard.slice(-16).map(({ topic: of, bytes }) => {
            const changed = Uint8Array.from(bytes);
            changed[2 + random.int(bytes.length - 2)]! ^= 1 << random.int(8);
            return { topic: of, bytes: changed };
          }),
        );
        return;
      case "control": {
        const messageIDs = Array.from({ length: 200 }, () => random.bytes(32));
        const subscriptions = Array.from({ length: 60 }, (_, i) => ({ subscribe: true, topic: `${topic}${i}` }));
        peer.send(id, { subscriptions, control: { iwant: [{ messageIDs }], ihave: [{ topicID: topic, messageIDs }] } });
        return;
      }
      case "questions":
        await this.#ask(peer, address);
    }
  }

  async #ask(peer: HostilePeer, address: string): Promise<void> {
    const questions = [
      Uint8Array.of(1, 99),
      new Uint8Array(4_096),
      ...Array.from({ length: 20 }, () => encodeQuestion({ kind: "peers" })),
    ];
    for (const question of questions) {
      try {
        const stream = await peer.stream(address, requestProtocol(this.#identity));
        stream.send(question);
        await stream.close({ signal: AbortSignal.timeout(1_000) });
      } catch {
        // Refused, as it should be.
      }
    }
  }
}
