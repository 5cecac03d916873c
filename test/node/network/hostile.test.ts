// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";

import {
  CONNECTIONS,
  MESSAGE_RATES,
  parseAddress,
  PeerBudgets,
  REQUEST_LIMITS,
  SCORE,
  topicOf,
} from "../../../src/node/network/gossip/index.ts";
import {
  encodeAnswer,
  encodeMessage,
  encodeQuestion,
  MAX_MESSAGE_BYTES,
  MESSAGE_KINDS,
  type MessageKind,
} from "../../../src/node/network/messages/index.ts";
import type { HostilePeer } from "../../../tools/chaos/hostilePeer.ts";
import { hasPeers, Hosts, IDENTITY, until, type Host } from "../../helpers/gossipHosts.ts";
import {
  BLOCK,
  ID,
  MESSAGES,
  OFFER,
  PAYMENT,
  proofMessage,
  PURCHASE,
  QUOTE,
  SALE,
  TRANSACTION,
  TRANSCRIPT_MESSAGE,
  voteOf,
} from "../../helpers/gossipWorld.ts";
import { Random } from "../../helpers/random.ts";

const PREFIX = "/b52/31337/0x29ae4de4b94e5a1c6d568de047eb9315ed4132f2/1";
const REQUEST = `${PREFIX}/request`;
const topic = (kind: MessageKind): string => topicOf(IDENTITY, kind);

/** Most bytes that a host sends for one that a peer sends it, beside the answers to questions (docs/network.md §8). */
const MOST_AMPLIFICATION = 9;

describe("A hostile peer", function () {
  this.timeout(90_000);
  const hosts = new Hosts();

  afterEach(() => hosts.end());

  /** A host with a hostile peer, and an honest one that hears what the host passes on. */
  async function besieged(clock?: () => number): Promise<{ host: Host; honest: Host; enemy: HostilePeer }> {
    const host = await hosts.start(clock === undefined ? {} : { clock });
    const honest = await hosts.start({ peers: [host.address] });
    const enemy = await hosts.hostile();
    await enemy.join(host.address, topic("proposal"));
    await until(() => hasPeers(host, 2) && hasPeers(honest, 1), "both peers");
    // The streams for gossip open after the connections.
    await sleep(1_000);
    return { host, honest, enemy };
  }

  /** No point comes back while a test waits, however long that is. */
  const standing = (): (() => number) => {
    const now = Date.now();
    return () => now;
  };

  const scoreOf = ({ gossip }: Host, { id }: HostilePeer): number | undefined =>
    gossip.peers.find((peer) => peer.id === id)?.score;

  /** The honest peer can still be heard on every topic. */
  async function expectAlive(host: Host, honest: Host): Promise<void> {
    for (const message of MESSAGES) await honest.gossip.publish(message);
    await until(
      () => MESSAGES.every(({ kind }) => host.heard.some((heard) => heard.kind === kind)),
      "all kinds",
      20_000,
    );
  }

  it("that sends random bytes on every topic is cut off and then banned, and its bytes reach nobody", async () => {
    const { host, honest, enemy } = await besieged();
    const random = new Random("rubbish");
    for (let i = 0; i < 5; i++) {
      for (const kind of MESSAGE_KINDS) {
        const bytes = Uint8Array.from({ length: MAX_MESSAGE_BYTES[kind] }, () => Number(random.bigint(256n)));
        enemy.send(host.gossip.peerId, { messages: [{ topic: topic(kind), data: bytes }] });
      }
      await sleep(100);
    }
    await until(() => scoreOf(host, enemy) === undefined, "the enemy cut off");
    await expectBanned(host, enemy);
    expect(honest.heard).to.deep.equal([]);
    await expectAlive(host, honest);
  });

  /** The host closes each connection of the enemy at once. */
  async function expectBanned(host: Host, enemy: HostilePeer): Promise<void> {
    const rows = host.database.prepare("SELECT name FROM network_ban").all();
    expect(rows.map(({ name }) => name)).to.deep.equal([`peer:${enemy.id}`]);
    await enemy.libp2p.dial(parseAddress(host.address)).catch(() => undefined);
    await sleep(300);
    expect(scoreOf(host, enemy)).to.equal(undefined);
  }

  it("stays banned when the host is started again, for a day", async () => {
    let now = Date.now();
    const { host, enemy } = await besieged(() => now);
    for (let i = 0; i < 6; i++) {
      const bytes = encodeMessage(proofMessage(2)).with(0, 9).with(40, i);
      enemy.send(host.gossip.peerId, { messages: [{ topic: topic("proof"), data: bytes }] });
    }
    await until(() => scoreOf(host, enemy) === undefined, "the enemy cut off");
    await host.gossip.stop();
    host.database.close();
    const again = await hosts.start({ clock: () => now }, {}, host.folder);
    await expectBanned(again, enemy);
    now += SCORE.banTime - 1_000;
    await expectBanned(again, enemy);
    now += 2_000;
    await enemy.join(again.address, topic("proposal"));
    await until(() => scoreOf(again, enemy) !== undefined, "the enemy back");
  });

  it("that sends an impossible message loses ten points; one that may be valid in another state costs nothing", async () => {
    const { host, enemy } = await besieged(standing());
    await host.gossip.publish(OFFER);
    const send = (message: Parameters<typeof encodeMessage>[0]): boolean =>
      enemy.send(host.gossip.peerId, { messages: [{ topic: topic(message.kind), data: encodeMessage(message) }] });
    // Unknown contexts, and what is known.
    send(voteOf(2, [2], 512n));
    send({ ...BLOCK, id: `0x${"ab".repeat(32)}` });
    send(proofMessage(2));
    send(OFFER);
    // A purchase of nothing that was quoted, and a sale that nobody asked for.
    send({ ...PURCHASE, quote: `0x${"ab".repeat(32)}` });
    send({ ...SALE, id: `0x${"ab".repeat(32)}` });
    await sleep(500);
    expect(scoreOf(host, enemy)).to.equal(0);
    send({ ...voteOf(2, [2]), ticket: 4 });
    await until(() => (scoreOf(host, enemy) ?? 0) < -9.9, "the first penalty");
    expect(Math.round(scoreOf(host, enemy)!)).to.equal(-SCORE.invalid);
  });

  it("that forges messages of builders loses ten points for each, and nobody hears of them", async () => {
    const { host, honest, enemy } = await besieged(standing());
    for (const message of [OFFER, QUOTE, PURCHASE]) await host.gossip.publish(message);
    await until(() => honest.heard.length === 3, "what is true");
    const send = (message: Parameters<typeof encodeMessage>[0]): boolean =>
      enemy.send(host.gossip.peerId, { messages: [{ topic: topic(message.kind), data: encodeMessage(message) }] });
    send({ ...QUOTE, quote: { ...QUOTE.quote, payment: PAYMENT + 1n } });
    await until(() => (scoreOf(host, enemy) ?? -99) < -9.9, "the first penalty");
    // The builder's own signature, for another deadline.
    send({ ...SALE, deadline: SALE.deadline + 1n });
    await until(() => scoreOf(host, enemy) === undefined, "the enemy cut off");
    await sleep(300);
    expect(honest.heard).to.deep.equal([OFFER, QUOTE, PURCHASE]);
    await honest.gossip.publish(SALE);
    await until(() => host.heard.some(({ kind }) => kind === "sale"), "the sale");
  });

  it("that floods a topic with valid messages delays no other topic, and every message of the others arrives", async () => {
    const { host, honest, enemy } = await besieged();
    const random = new Random("flood");
    const flooding = new AbortController();
    const flood = (async (): Promise<void> => {
      while (!flooding.signal.aborted) {
        const messages = Array.from({ length: 100 }, () => {
          const slot = TRANSACTION.slot.slice();
          for (let i = 20; i < 28; i++) slot[i] = Number(random.bigint(256n));
          return { topic: topic("transaction"), data: encodeMessage({ ...TRANSACTION, slot: slot.with(0, 0) }) };
        });
        enemy.send(host.gossip.peerId, { messages });
        await sleep(20);
      }
    })();
    await sleep(500);
    await expectAlive(host, honest);
    flooding.abort();
    await flood;
    // Five thousand in a second are beyond any budget: it was cut off, not the honest peer.
    expect(honest.gossip.peers.some(({ id }) => id === host.gossip.peerId)).to.equal(true);
  });

  it("that sends messages above their maximum, or on topics that there are not, costs no memory and is cut off", async () => {
    const { host, honest, enemy } = await besieged();
    for (let i = 0; i < 5; i++) {
      const data = new Uint8Array(1 << 20).fill(i);
      enemy.send(host.gossip.peerId, { messages: [{ topic: topic("vote"), data }] });
    }
    await until(() => scoreOf(host, enemy) === undefined, "the enemy cut off");
    expect(honest.heard).to.deep.equal([]);
    await expectAlive(host, honest);
  });

  it("that speaks on a topic of another rollup loses five points: its RPCs are looked at before gossipsub has them", async () => {
    const { host, enemy } = await besieged();
    enemy.send(host.gossip.peerId, { messages: [{ topic: "/b52/1/0x00/1/vote", data: Uint8Array.of(1) }] });
    await until(() => (scoreOf(host, enemy) ?? 0) < 0, "a penalty");
    expect(Math.round(scoreOf(host, enemy)!)).to.equal(-SCORE.abuse);
  });

  it("that is beyond its budget cannot suppress a message by sending it first", async () => {
    const { host, honest, enemy } = await besieged();
    const send = (data: Uint8Array): boolean =>
      enemy.send(host.gossip.peerId, { messages: [{ topic: topic("transcript"), data }] });
    const message = encodeMessage(TRANSCRIPT_MESSAGE);
    // Of other commitments, which cost it nothing.
    for (let i = 0; i < 2 * MESSAGE_RATES.transcript.burst; i++) send(message.with(66, 100 + i));
    send(message);
    await sleep(300);
    expect(host.heard).to.deep.equal([]);
    await honest.gossip.publish(TRANSCRIPT_MESSAGE);
    await until(() => host.heard.length > 0, "the transcript");
    expect(host.heard).to.deep.equal([TRANSCRIPT_MESSAGE]);
  });

  it("that subscribes to a million topics has its subscriptions dropped before they are kept", async () => {
    const { host, honest, enemy } = await besieged();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000; i += 50) {
      const subscriptions = Array.from({ length: 50 }, (_, j) => ({ subscribe: true, topic: `/spam/${i + j}` }));
      enemy.send(host.gossip.peerId, { subscriptions });
      if (i % 50_000 === 0) await sleep(5);
    }
    // And one list that is too long to be decoded.
    const many = Array.from({ length: 20_000 }, (_, i) => ({ subscribe: true, topic: `/list/${i}` }));
    enemy.send(host.gossip.peerId, { subscriptions: many });
    await sleep(1_000);
    await expectAlive(host, honest);
    global.gc?.();
    expect(process.memoryUsage().heapUsed - before).to.be.below(200 * 2 ** 20);
  });

  it("that answers a question without end is read no further than the answer may be long", async () => {
    const { host, enemy } = await besieged(standing());
    let sent = 0;
    await enemy.libp2p.handle(REQUEST, async (stream) => {
      const chunk = new Uint8Array(64 * 1_024).fill(1);
      try {
        for (; sent < 1 << 28; sent += chunk.length) {
          if (!stream.send(chunk)) await stream.onDrain();
        }
      } catch {
        // The host has ended the stream.
      }
    });
    await sleep(300);
    expect(await host.gossip.request({ kind: "block", id: ID })).to.equal(undefined);
    expect(sent).to.be.below(8 * 2 ** 20);
    await until(() => (scoreOf(host, enemy) ?? -SCORE.invalid) <= -9.9, "a penalty");
  });

  it("that answers another question, or with what is no message, loses points and is not believed", async () => {
    const { host, honest, enemy } = await besieged(standing());
    const other = { ...BLOCK, id: `0x${"ab".repeat(32)}` };
    const answers = [encodeAnswer(encodeMessage(other)), Uint8Array.of(1, 2, 3)];
    await enemy.libp2p.handle(REQUEST, async (stream) => {
      let question = Buffer.alloc(0);
      for await (const part of stream) question = Buffer.concat([question, part.subarray()]);
      const isForPeers = question[1] === 128;
      stream.send(isForPeers ? Uint8Array.of(1, 0) : (answers.shift() ?? Uint8Array.of(0)));
      await stream.close();
    });
    await sleep(300);
    for (const points of [10, 20, 30]) {
      expect(await host.gossip.request({ kind: "block", id: ID })).to.equal(undefined);
      if (points < 30) await until(() => (scoreOf(host, enemy) ?? -99) < 0.5 - points, `${points} points less`);
    }
    expect(honest.heard).to.deep.equal([]);
  });

  it("that asks for everything gets no more than its budget, also while others are answered", async () => {
    const { host, honest, enemy } = await besieged();
    for (const message of MESSAGES) await host.gossip.publish(message);
    let got = 0;
    const ask = async (): Promise<void> => {
      const stream = await enemy.stream(host.address, REQUEST).catch(() => undefined);
      if (stream === undefined) return;
      try {
        stream.send(encodeQuestion({ kind: "transcript", id: ID }));
        await stream.close();
        for await (const part of stream) got += part.byteLength;
      } catch {
        // Refused.
      }
    };
    const start = performance.now();
    while (performance.now() - start < 5_000) await Promise.all(Array.from({ length: 4 }, ask));
    const { answerBytes, questions } = REQUEST_LIMITS;
    const seconds = (performance.now() - start) / 1_000;
    expect(got).to.be.at.most(answerBytes.burst + answerBytes.perSecond * seconds);
    expect(got).to.be.at.most((questions.burst + questions.perSecond * seconds + 1) * MAX_MESSAGE_BYTES.transcript);
    expect(got).to.be.above(0);
    await until(() => honest.heard.length > 0, "gossip goes on");
    expect(await honest.gossip.request({ kind: "block", id: ID })).to.deep.equal(BLOCK);
  });

  it("that sends questions that are none loses points", async () => {
    const { host, enemy } = await besieged(standing());
    for (const bytes of [Uint8Array.of(1, 99), new Uint8Array(1_000)]) {
      const stream = await enemy.stream(host.address, REQUEST);
      stream.send(bytes);
      await stream.close().catch(() => undefined);
      await sleep(200);
    }
    await until(() => (scoreOf(host, enemy) ?? -99) <= -9.9, "two penalties");
  });

  it(`makes a host send at most ${MOST_AMPLIFICATION} bytes for each byte that it sends, and next to none for what it does not pass on`, async () => {
    const host = await hosts.start();
    const counter = await hosts.counter(host.address);
    for (let i = 0; i < 4; i++) await hosts.start({ peers: [counter.address] });
    await until(() => hasPeers(host, 4), "four peers");
    const enemy = await hosts.hostile();
    const own = await hosts.counter(host.address);
    await enemy.join(own.address, topic("proof"));
    await sleep(2_000);
    const measure = async (send: () => Promise<unknown>): Promise<number> => {
      const idleSent = counter.sent + own.sent;
      await sleep(2_000);
      const idle = counter.sent + own.sent - idleSent;
      const [received, sent] = [own.received, counter.sent + own.sent];
      await send();
      await sleep(2_000);
      return (counter.sent + own.sent - sent - idle) / (own.received - received);
    };
    const valid = await measure(async () => {
      for (const message of MESSAGES) {
        await enemy.publish(topic(message.kind), encodeMessage(message));
        await sleep(50);
      }
    });
    // Votes for nothing, which cost the enemy no points, so that it can send many.
    const useless = await measure(async () => {
      for (let i = 1n; i <= 300n; i++) {
        const data = encodeMessage({ ...voteOf(2, [2]), context: i << 8n });
        enemy.send(host.gossip.peerId, { messages: [{ topic: topic("vote"), data }] });
        if (i % 50n === 0n) await sleep(100);
      }
    });
    console.log(`      bytes sent for each received: valid ${valid.toFixed(2)}, useless ${useless.toFixed(2)}`);
    expect(valid).to.be.within(1, MOST_AMPLIFICATION);
    expect(useless).to.be.below(0.5);
  });
});

describe("The budgets of a peer", () => {
  it("let it send what may come at once, and then so many in a second", () => {
    const budgets = new PeerBudgets();
    const { burst, perSecond } = MESSAGE_RATES.vote;
    const take = (now: number): boolean => budgets.take("a", "vote", 99, now);
    for (let i = 0; i < burst; i++) expect(take(0)).to.equal(true);
    expect(take(0)).to.equal(false);
    expect(budgets.take("b", "vote", 99, 0)).to.equal(true);
    expect(budgets.take("a", "proof", 99, 0)).to.equal(true);
    for (let i = 0; i < perSecond; i++) expect(take(1_000)).to.equal(true);
    expect(take(1_000)).to.equal(false);
  });

  it("end with the time that its messages took", () => {
    const budgets = new PeerBudgets();
    budgets.spend("a", "proof", 60_000, 0);
    expect(budgets.take("a", "proof", 1, 0)).to.equal(false);
    expect(budgets.take("a", "vote", 1, 0)).to.equal(true);
    expect(budgets.take("a", "proof", 1, 200_000)).to.equal(true);
  });

  it("count what is beyond as a fault only when it is a multiple of what may come at once", () => {
    const budgets = new PeerBudgets();
    const { burst } = MESSAGE_RATES.block;
    const faults = Array.from({ length: 3 * burst }, () => budgets.exceeds("a", "block")).filter(Boolean);
    expect(faults).to.have.lengthOf(3);
  });

  it("leave room for the network's own: fewer connections than the node may have ask for peers", () => {
    expect(CONNECTIONS.wanted).to.be.below(CONNECTIONS.most);
  });
});
