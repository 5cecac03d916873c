// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import { bootstrap } from "@libp2p/bootstrap";
import type { GossipSub } from "@libp2p/gossipsub";
import { identify, type Identify } from "@libp2p/identify";
import type { Connection, Libp2p, MultiaddrConnection, PeerId, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import type { Multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

import { commitmentHash, draftContext } from "../../../b52/index.ts";
import { isProtocolError, ProtocolError } from "../../../errors.ts";
import { RecentCache } from "../../recentCache.ts";
import type { Database } from "../../storage/index.ts";
import { TokenBuckets } from "../../tokenBucket.ts";
import type { Gossip, Wanted } from "../gossip.ts";
import {
  decodeAddresses,
  decodeAnswer,
  decodeMessage,
  decodeQuestion,
  encodeAddresses,
  encodeAnswer,
  encodeMessage,
  encodeQuestion,
  isAnswerTo,
  MAX_MESSAGE_BYTES,
  MAX_QUESTION_BYTES,
  maxAnswerBytes,
  type Message,
  type MessageKind,
  type Question,
} from "../messages/index.ts";
import type { IgnoreReason, Validator, Verdict } from "../validation/index.ts";
import { ipOf, mayBeTold, parseAddress, peerOf, reachOf, toldAddress } from "./addresses.ts";
import { BanList, type BanName } from "./bans.ts";
import { PeerBudgets } from "./budgets.ts";
import { canBeJudged, keyOf, LaterList, wantedAfter } from "./later.ts";
import { CONNECTIONS, REQUEST_LIMITS, SCORE } from "./limits.ts";
import { Outgoing } from "./outgoing.ts";
import { openPeerKey } from "./peerKey.ts";
import { canReach, createRouter, type Rpc, type RouterVerdict } from "./router.ts";
import { PeerScores } from "./scores.ts";
import { readStream, writeStream } from "./streams.ts";
import { requestProtocol, topicOf, topicsOf, type NetworkIdentity } from "./topics.ts";

/** Where the network says what it does. */
export interface NetworkLog {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}

export interface Libp2pGossipOptions {
  readonly identity: NetworkIdentity;
  readonly validator: Validator;
  /** Of the node: bans are in it. */
  readonly database: Database;
  /** File of the key by which peers know the node; it is made if it is not there. */
  readonly keyPath: string;
  /** Addresses to listen at, as in `/ip4/0.0.0.0/tcp/9252`. Default: none. */
  readonly listen?: readonly string[];
  /** Addresses that peers are told, if they are others than those it listens at. */
  readonly announce?: readonly string[];
  /** Peers to which the node keeps a connection: `/ip4/…/tcp/…/p2p/…`. */
  readonly peers?: readonly string[];
  /** Peers that are asked for others. */
  readonly bootstrap?: readonly string[];
  readonly log?: NetworkLog;
  /** Unix milliseconds; default: `Date.now`. */
  readonly clock?: () => number;
}

/** A connected peer. */
export interface PeerStatus {
  readonly id: string;
  readonly address: string;
  readonly score: number;
  /** Whether it takes part in the gossip, besides being connected. */
  readonly isGossiping: boolean;
}

const SILENT: NetworkLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** How many ids of messages are remembered that were announced to the listeners. */
const ANNOUNCED = 8_192;

type Services = { readonly identify: Identify; readonly pubsub: GossipSub };

/** A peer of the list. */
interface Friend {
  readonly address: Multiaddr;
  /** Known from its address, or since it was reached. */
  id: string | undefined;
  failures: number;
  nextAt: number;
}

/**
 * The gossip network over libp2p: gossipsub for what all should know, and questions by hash for what a node has missed.
 * docs/network.md specifies it.
 */
export class Libp2pGossip implements Gossip {
  readonly #options: Libp2pGossipOptions;
  readonly #libp2p: Libp2p<Services>;
  readonly #log: NetworkLog;
  readonly #validator: Validator;
  readonly #clock: () => number;
  readonly #kinds: ReadonlyMap<string, MessageKind>;
  readonly #protocol: string;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #announced = new RecentCache<string, true>(ANNOUNCED);
  readonly #budgets: PeerBudgets;
  readonly #scores: PeerScores;
  readonly #bans: BanList;
  readonly #outgoing = new Outgoing();
  readonly #later = new LaterList();
  readonly #questions = new TokenBuckets(REQUEST_LIMITS.questions);
  readonly #answerBytes = new TokenBuckets(REQUEST_LIMITS.answerBytes);
  readonly #allAnswerBytes = new TokenBuckets(REQUEST_LIMITS.allAnswerBytes);
  /** Open questions to a peer. */
  readonly #open = new Map<string, number>();
  /** When a peer did not answer last: others are asked before it. */
  readonly #unanswered = new Map<string, number>();
  readonly #requests = new Map<string, Promise<Message | undefined>>();
  readonly #friends: readonly Friend[];
  /** When a connected peer was seen first without taking part in the gossip. */
  readonly #silentSince = new Map<string, number>();
  readonly #stopping = new AbortController();
  #exchangeAt = 0;
  #loop: Promise<void> = Promise.resolve();
  #isTrying = false;

  private constructor(
    options: Libp2pGossipOptions,
    parts: {
      readonly libp2p: Libp2p<Services>;
      readonly budgets: PeerBudgets;
      readonly scores: PeerScores;
      readonly bans: BanList;
    },
  ) {
    this.#options = options;
    this.#libp2p = parts.libp2p;
    this.#budgets = parts.budgets;
    this.#scores = parts.scores;
    this.#bans = parts.bans;
    this.#validator = options.validator;
    this.#log = options.log ?? SILENT;
    this.#clock = options.clock ?? Date.now;
    this.#kinds = topicsOf(options.identity);
    this.#protocol = requestProtocol(options.identity);
    this.#friends = (options.peers ?? []).map((text) => {
      const address = parseAddress(text);
      return { address, id: peerOf(address), failures: 0, nextAt: 0 };
    });
  }

  /**
   * Joins the network.
   *
   * @throws {ProtocolError} `BAD_PEER_KEY`; `NETWORK_FAILED` if an address is none, or cannot be listened at; as
   *   `Database.definePart`
   */
  static async start(options: Libp2pGossipOptions): Promise<Libp2pGossip> {
    const {
      identity,
      database,
      keyPath,
      listen = [],
      announce = [],
      bootstrap: first = [],
      clock = Date.now,
    } = options;
    for (const address of [...listen, ...announce, ...first, ...(options.peers ?? [])]) parseAddress(address);
    const privateKey = await openPeerKey(keyPath);
    const [bans, scores, budgets] = [new BanList(database), new PeerScores(), new PeerBudgets()];
    const made: { gossip?: Libp2pGossip } = {};
    const isBanned = (name: BanName): boolean => bans.isBanned(name, clock());
    const isBannedAt = (address: Multiaddr): boolean => {
      const ip = ipOf(address);
      return ip !== undefined && reachOf(ip) !== "loopback" && isBanned(`ip:${ip}`);
    };
    const isRefused = (peer: PeerId): boolean => isBanned(`peer:${peer.toString()}`);
    let libp2p: Libp2p<Services>;
    try {
      libp2p = await createLibp2p<Services>({
        privateKey,
        addresses: { listen: [...listen], announce: [...announce] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        peerDiscovery: first.length === 0 ? [] : [bootstrap({ list: [...first], timeout: 0 })],
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
        services: {
          identify: identify(),
          pubsub: createRouter({
            topics: [...topicsOf(identity).keys()],
            admit: (peer, rpc) => made.gossip?.admit(peer, rpc) ?? false,
            judge: (peer, topic, data) => made.gossip?.judge(peer, topic, data) ?? Promise.resolve("ignore"),
            score: (peer) => scores.score(peer, clock()),
          }),
        },
        start: false,
      });
      made.gossip = new Libp2pGossip(options, { libp2p, bans, scores, budgets });
      await made.gossip.#start();
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ProtocolError("NETWORK_FAILED", { reason }, `the network cannot be joined: ${reason}`, {
        cause: error,
      });
    }
    return made.gossip;
  }

  /** Id by which peers know this node. */
  get peerId(): string {
    return this.#libp2p.peerId.toString();
  }

  /** Addresses at which peers reach this node, with its id. */
  get addresses(): string[] {
    return this.#libp2p.getMultiaddrs().map(String);
  }

  /** The peers with a connection. */
  get peers(): PeerStatus[] {
    const gossiping = new Set(this.#pubsub.getPeers().map(String));
    return this.#libp2p.getConnections().map(({ remotePeer, remoteAddr }) => ({
      id: remotePeer.toString(),
      address: remoteAddr.toString(),
      score: this.#scores.score(remotePeer.toString(), this.#clock()),
      isGossiping: gossiping.has(remotePeer.toString()),
    }));
  }

  /** @throws {ProtocolError} `MESSAGE_REFUSED` if peers would not take it, as things stand; `BAD_MESSAGE` */
  async publish(message: Message): Promise<void> {
    const bytes = encodeMessage(message);
    const verdict = await this.#validator.judge(message);
    const isKnown = verdict.verdict === "ignore" && verdict.reason === "KNOWN";
    if (verdict.verdict !== "accept" && !isKnown) {
      const { reason } = verdict;
      throw new ProtocolError(
        "MESSAGE_REFUSED",
        { kind: message.kind, reason },
        `peers would not take this ${message.kind}: ${reason}`,
      );
    }
    this.#announce(message, bytes);
    await this.#send(topicOf(this.#options.identity, message.kind), bytes);
  }

  subscribe(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  request(wanted: Wanted): Promise<Message | undefined> {
    const known = this.#validator.find(wanted);
    if (known !== undefined) return Promise.resolve(known);
    const key = keyOf(wanted);
    const running = this.#requests.get(key);
    if (running !== undefined) return running;
    const request = this.#askAll(wanted).finally(() => this.#requests.delete(key));
    this.#requests.set(key, request);
    return request;
  }

  /** Asks again for messages that came too early. To be called when the validator's facts have changed. */
  factsChanged(): void {
    this.#validator.prune();
    void this.#tryLater();
  }

  /** Leaves the network. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#validator.close();
    await this.#loop;
    await this.#libp2p.stop();
  }

  // ─── What comes by gossip ──────────────────────────────────────────────────────────────────────────────────────────

  /** @internal Drops of an RPC what the peer may not send, before the router knows of it. */
  admit(peer: string, rpc: Rpc): boolean {
    const now = this.#clock();
    if (this.#bans.isBanned(`peer:${peer}`, now)) return false;
    const entries = controlEntries(rpc);
    if (!this.#budgets.takeControl(peer, entries, now)) {
      if (this.#budgets.exceeds(peer, "control", entries)) {
        this.#penalise(peer, SCORE.excess, "too many control messages");
      }
      return false;
    }
    // An IWANT is a question as well: the messages that it pulls count as answers.
    const pulled = idsOf(rpc.control?.iwant) * REQUEST_LIMITS.pulledBytes;
    if (pulled > 0 && !this.#answerBytes.take(peer, pulled, now)) rpc.control = { ...rpc.control, iwant: [] };
    const admitted = (rpc.messages ?? []).filter(({ topic = "", data }) => this.#admits(peer, topic, data, now));
    rpc.messages = admitted;
    return true;
  }

  #admits(peer: string, topic: string, data: Uint8Array | undefined, now: number): boolean {
    const kind = this.#kinds.get(topic);
    if (kind === undefined || data === undefined || data.length > MAX_MESSAGE_BYTES[kind]) {
      this.#penalise(peer, SCORE.abuse, kind === undefined ? "an unknown topic" : `a ${kind} of a wrong size`);
      return false;
    }
    if (!this.#validator.hasRoom(kind)) return false;
    if (this.#budgets.take(peer, kind, data.length, now)) return true;
    if (this.#budgets.exceeds(peer, kind)) this.#penalise(peer, SCORE.excess, `too many messages of kind ${kind}`);
    return false;
  }

  /** @internal Decides about a message of a peer. */
  async judge(peer: string, topic: string, data: Uint8Array): Promise<RouterVerdict> {
    const kind = this.#kinds.get(topic);
    if (kind === undefined) return "ignore";
    const message = tryDecode(data, kind);
    if (message === undefined) {
      this.#penalise(peer, SCORE.invalid, `a malformed ${kind}`);
      return "reject";
    }
    const verdict = await this.#take(message, data, peer);
    return verdict.verdict;
  }

  /** Decides about a message that a peer sent, and tells the listeners if it is accepted. */
  async #take(message: Message, bytes: Uint8Array, peer: string): Promise<Verdict> {
    const verdict = await this.#validator.judge(message, (milliseconds) =>
      this.#budgets.spend(peer, message.kind, milliseconds, this.#clock()),
    );
    if (verdict.verdict === "accept") this.#announce(message, bytes);
    if (verdict.verdict === "reject") this.#penalise(peer, SCORE.invalid, `${message.kind}: ${verdict.reason}`);
    if (verdict.verdict === "ignore") this.#remember(message, verdict.reason, peer);
    return verdict;
  }

  #announce(message: Message, bytes: Uint8Array): void {
    const id = Buffer.from(bytes).toString("base64");
    if (this.#announced.get(id) === true) return;
    this.#announced.set(id, true);
    const wanted = this.#nameOf(message);
    if (wanted !== undefined) this.#later.found(wanted);
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#log.warn({ reason: String(error) }, "a listener of the network failed");
      }
    }
    // Messages that waited for this one can be judged now.
    if (message.kind !== "vote" && message.kind !== "transaction") void this.#tryLater();
  }

  /** The name by which a message can be asked for; undefined if it has none. */
  #nameOf(message: Message): Wanted | undefined {
    const { domain } = this.#validator.facts;
    switch (message.kind) {
      case "proposal":
        return { kind: "proposal", context: draftContext(domain, message.draft) };
      case "transcript":
        return { kind: "transcript", id: commitmentHash(domain, message.proposal) };
      case "block":
        return { kind: "block", id: message.id };
      case "proof":
        return { kind: "proof", id: message.id, node: message.node };
      default:
        return undefined;
    }
  }

  // ─── What came too early ───────────────────────────────────────────────────────────────────────────────────────────

  #remember(message: Message, reason: IgnoreReason, peer: string): void {
    const now = this.#clock();
    const wanted = wantedAfter(message, reason, (named) => this.#nameOf(named));
    for (const name of wanted) this.#later.add(name, peer, now);
  }

  async #tryLater(): Promise<void> {
    if (this.#isTrying || this.#stopping.signal.aborted) return;
    this.#isTrying = true;
    try {
      const validator = this.#validator;
      const isPossible = (wanted: Wanted): boolean =>
        canBeJudged(wanted, validator.facts, (name) => validator.find(name));
      const due = this.#later.due(isPossible, this.#clock());
      await Promise.all(
        due.map(async ({ wanted, peers }) => {
          if (this.#validator.find(wanted) !== undefined) {
            this.#later.found(wanted);
            return;
          }
          for (const peer of peers) if ((await this.#ask(peer, wanted)) !== undefined) return;
        }),
      );
    } finally {
      this.#isTrying = false;
    }
  }

  // ─── What goes out ─────────────────────────────────────────────────────────────────────────────────────────────────

  async #send(topic: string, bytes: Uint8Array): Promise<void> {
    try {
      // The router would remember a message as sent that it could send to nobody (taiko-mono 22060).
      if (canReach(this.#pubsub, topic)) {
        const { recipients } = await this.#pubsub.publish(topic, bytes);
        this.#log.debug({ topic, peers: recipients.length }, "published");
        return;
      }
    } catch (error) {
      this.#log.debug({ topic, reason: String(error) }, "not published yet");
    }
    this.#outgoing.add(topic, bytes, this.#clock());
  }

  async #sendWaiting(): Promise<void> {
    for (const { topic, bytes } of this.#outgoing.takeAll(this.#clock())) await this.#send(topic, bytes);
  }

  // ─── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #askAll(wanted: Wanted): Promise<Message | undefined> {
    const candidates = this.#candidates();
    for (let i = 0; i < candidates.length; i += REQUEST_LIMITS.atOnce) {
      const answers = candidates.slice(i, i + REQUEST_LIMITS.atOnce).map(async (peer) => {
        const answer = await this.#ask(peer, wanted);
        if (answer === undefined) throw new Error("not there");
        return answer;
      });
      const found = await Promise.any(answers).catch(() => undefined);
      if (found !== undefined) return found;
      if (this.#stopping.signal.aborted) return undefined;
    }
    // It may have come by gossip meanwhile.
    return this.#validator.find(wanted);
  }

  /** Connected peers, those first that have answered. */
  #candidates(): string[] {
    const peers = [...new Set(this.#libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))];
    const shuffled = peers.map((peer) => [peer, Math.random()] as const).sort(([, a], [, b]) => a - b);
    return shuffled
      .map(([peer]) => peer)
      .sort((a, b) => (this.#unanswered.get(a) ?? 0) - (this.#unanswered.get(b) ?? 0))
      .slice(0, REQUEST_LIMITS.peers);
  }

  /** Asks one peer. Only what was judged is returned. */
  async #ask(peer: string, wanted: Wanted): Promise<Message | undefined> {
    const answer = await this.#question(peer, wanted);
    if (answer === undefined) return undefined;
    let message: Message | undefined;
    let bytes: Uint8Array | undefined;
    try {
      bytes = decodeAnswer(answer);
      message = bytes && decodeMessage(bytes, wanted.kind);
    } catch (error) {
      if (!isProtocolError(error, "BAD_MESSAGE")) throw error;
      this.#penalise(peer, SCORE.invalid, "a malformed answer");
      return undefined;
    }
    if (message === undefined || bytes === undefined) return undefined;
    const { domain } = this.#validator.facts;
    const isRight = isAnswerTo(
      wanted,
      message,
      ({ draft }) => draftContext(domain, draft),
      ({ proposal }) => commitmentHash(domain, proposal),
    );
    if (!isRight) {
      this.#penalise(peer, SCORE.invalid, "an answer to another question");
      return undefined;
    }
    const verdict = await this.#take(message, bytes, peer);
    if (verdict.verdict === "accept") return message;
    return verdict.verdict === "ignore" && verdict.reason === "KNOWN" ? this.#validator.find(wanted) : undefined;
  }

  /** The bytes of a peer's answer; undefined if it gave none in time. */
  async #question(peer: string, question: Question): Promise<Uint8Array | undefined> {
    const connection = this.#connectionTo(peer);
    const open = this.#open.get(peer) ?? 0;
    if (connection === undefined || open >= REQUEST_LIMITS.concurrent) return undefined;
    this.#open.set(peer, open + 1);
    try {
      const { firstByte, total } = REQUEST_LIMITS;
      const stream = await connection.newStream(this.#protocol, { signal: AbortSignal.timeout(firstByte) });
      stream.send(encodeQuestion(question));
      const closing = stream.close({ signal: AbortSignal.timeout(total) }).catch(() => undefined);
      const received = await readStream(stream, { maximum: maxAnswerBytes(question), firstByte, total });
      await closing;
      if ("bytes" in received && received.bytes.length > 0) {
        this.#unanswered.delete(peer);
        return received.bytes;
      }
      if ("failure" in received && received.failure === "TOO_LONG") {
        this.#penalise(peer, SCORE.invalid, "an endless answer");
      }
    } catch {
      // The peer is gone, or does not speak the protocol.
    } finally {
      const left = (this.#open.get(peer) ?? 1) - 1;
      if (left > 0) this.#open.set(peer, left);
      else this.#open.delete(peer);
    }
    this.#unanswered.set(peer, this.#clock());
    return undefined;
  }

  async #serve(stream: Stream, { remotePeer, remoteAddr }: Connection): Promise<void> {
    const peer = remotePeer.toString();
    const { firstByte, total } = REQUEST_LIMITS;
    const received = await readStream(stream, { maximum: MAX_QUESTION_BYTES, firstByte, total: firstByte });
    if (!("bytes" in received)) {
      if (received.failure === "TOO_LONG") this.#penalise(peer, SCORE.abuse, "an endless question");
      return;
    }
    let question: Question;
    try {
      question = decodeQuestion(received.bytes);
    } catch {
      this.#penalise(peer, SCORE.abuse, "a malformed question");
      stream.abort(new Error("malformed"));
      return;
    }
    const now = this.#clock();
    const answer = this.#questions.take(peer, 1, now) ? await this.#answerTo(question, peer, remoteAddr) : undefined;
    const isWithin =
      answer !== undefined &&
      this.#answerBytes.left(peer, now) >= answer.length &&
      this.#allAnswerBytes.take("", answer.length, now) &&
      this.#answerBytes.take(peer, answer.length, now);
    // Without an answer the other side asks somebody else, and holds it against nobody.
    if (!isWithin) stream.abort(new Error("busy"));
    else await writeStream(stream, answer, total);
  }

  async #answerTo(question: Question, peer: string, asker: Multiaddr): Promise<Uint8Array> {
    if (question.kind === "peers") return encodeAddresses(await this.#addressesFor(peer, asker));
    const message = this.#validator.find(question);
    return encodeAnswer(message && encodeMessage(message));
  }

  // ─── Peers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #start(): Promise<void> {
    await this.#libp2p.handle(
      this.#protocol,
      (stream, connection) => {
        this.#serve(stream, connection).catch((error: unknown) => {
          this.#log.warn({ reason: String(error) }, "a question was not answered");
        });
      },
      { maxInboundStreams: REQUEST_LIMITS.concurrent, maxOutboundStreams: REQUEST_LIMITS.concurrent },
    );
    this.#libp2p.addEventListener("peer:discovery", ({ detail: { id, multiaddrs } }) => {
      if (multiaddrs.length > 0) {
        this.#dial(multiaddrs).catch(() => this.#log.debug({ peer: String(id) }, "not reached"));
      }
    });
    this.#libp2p.addEventListener("peer:disconnect", ({ detail }) => {
      const peer = detail.toString();
      this.#budgets.forget(peer);
      this.#silentSince.delete(peer);
      this.#unanswered.delete(peer);
    });
    this.#pubsub.addEventListener("subscription-change", () => void this.#sendWaiting());
    await this.#libp2p.start();
    for (const topic of this.#kinds.keys()) this.#pubsub.subscribe(topic);
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        this.#log.warn({ reason: String(error) }, "the network could not look after its peers");
      }
      await sleep(CONNECTIONS.interval, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Looks after the connections, and tries again what did not go before. */
  async #look(): Promise<void> {
    const now = this.#clock();
    for (const friend of this.#friends) {
      if (friend.nextAt <= now && !this.#isConnected(friend.id)) void this.#reach(friend);
    }
    const gossiping = new Set(this.#pubsub.getPeers().map(String));
    for (const { remotePeer } of this.#libp2p.getConnections()) {
      const peer = remotePeer.toString();
      if (gossiping.has(peer)) {
        this.#silentSince.delete(peer);
        continue;
      }
      const since = this.#silentSince.get(peer) ?? now;
      this.#silentSince.set(peer, since);
      // A connection without gossip stays so: a new one can have it again.
      if (now - since >= CONNECTIONS.silent) await this.#hangUp(peer, "it takes no part in the gossip");
    }
    if (now >= this.#exchangeAt && this.#libp2p.getConnections().length < CONNECTIONS.wanted) {
      this.#exchangeAt =
        now + (this.#libp2p.getConnections().length === 0 ? CONNECTIONS.interval : CONNECTIONS.exchange);
      void this.#askForPeers();
    }
    await this.#sendWaiting();
    void this.#tryLater();
  }

  async #reach(friend: Friend): Promise<void> {
    friend.nextAt = Number.POSITIVE_INFINITY;
    try {
      const { remotePeer } = await this.#dial(friend.address);
      friend.id = remotePeer.toString();
      friend.failures = 0;
      friend.nextAt = this.#clock() + CONNECTIONS.redial;
    } catch {
      const pause = Math.min(CONNECTIONS.redialMost, CONNECTIONS.redial * 2 ** friend.failures);
      friend.failures += 1;
      friend.nextAt = this.#clock() + pause;
    }
  }

  #dial(address: Multiaddr | Multiaddr[]): Promise<Connection> {
    return this.#libp2p.dial(address, {
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(REQUEST_LIMITS.total)]),
    });
  }

  async #askForPeers(): Promise<void> {
    const [peer] = this.#candidates();
    const connection = peer === undefined ? undefined : this.#connectionTo(peer);
    if (peer === undefined || connection === undefined) return;
    const answer = await this.#question(peer, { kind: "peers" });
    if (answer === undefined) return;
    let told: Uint8Array[];
    try {
      told = decodeAddresses(answer);
    } catch {
      this.#penalise(peer, SCORE.invalid, "a malformed answer");
      return;
    }
    const teller = ipOf(connection.remoteAddr) ?? "";
    const fresh = told.flatMap((bytes) => {
      const address = toldAddress(bytes);
      const id = address && peerOf(address);
      if (address === undefined || id === undefined || id === this.peerId || this.#isConnected(id)) return [];
      // A stranger may not make this node knock at the doors of its own network.
      return mayBeTold(ipOf(address) ?? "", teller) ? [address] : [];
    });
    for (const address of fresh.slice(0, CONNECTIONS.dialsOfAnswer)) {
      await this.#dial(address).catch(() => this.#log.debug({ address: address.toString() }, "not reached"));
    }
  }

  /** Addresses of other peers, for a peer. */
  async #addressesFor(peer: string, asker: Multiaddr): Promise<Uint8Array[]> {
    const from = ipOf(asker) ?? "";
    const told: Uint8Array[] = [];
    for (const { remotePeer } of this.#libp2p.getConnections()) {
      if (remotePeer.toString() === peer) continue;
      const { addresses } = await this.#libp2p.peerStore.get(remotePeer).catch(() => ({ addresses: [] }));
      const reachable = addresses.flatMap(({ multiaddr: address }) => {
        const full = peerOf(address) === undefined ? address.encapsulate(`/p2p/${remotePeer.toString()}`) : address;
        const plain = toldAddress(full.bytes);
        return plain !== undefined && mayBeTold(ipOf(plain) ?? "", from) ? [plain.bytes] : [];
      });
      told.push(...reachable.slice(0, 2));
    }
    return told;
  }

  #penalise(peer: string, points: number, reason: string): void {
    const sanction = this.#scores.penalise(peer, points, this.#clock());
    this.#log.debug({ peer, points, reason }, "a peer broke the rules");
    if (sanction === "none") return;
    const connection = this.#connectionTo(peer);
    if (sanction === "ban") {
      const ip = connection && ipOf(connection.remoteAddr);
      const names: BanName[] = [`peer:${peer}`];
      // Peers on this machine share its address, and so may honest ones.
      if (ip !== undefined && reachOf(ip) !== "loopback") names.push(`ip:${ip}`);
      this.#log.warn({ peer, ip, reason }, "a peer is banned for a day");
      try {
        this.#bans.ban(names, reason, this.#clock());
      } catch (error) {
        this.#log.warn({ reason: String(error) }, "a ban could not be written");
      }
    }
    void this.#hangUp(peer, reason);
  }

  async #hangUp(peer: string, reason: string): Promise<void> {
    const connections = this.#libp2p.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peer);
    this.#log.info({ peer, reason }, "a connection is closed");
    for (const connection of connections) {
      await connection.close({ signal: AbortSignal.timeout(1_000) }).catch(() => connection.abort(new Error(reason)));
    }
  }

  #isConnected(peer: string | undefined): boolean {
    return peer !== undefined && this.#connectionTo(peer) !== undefined;
  }

  #connectionTo(peer: string): Connection | undefined {
    return this.#libp2p
      .getConnections()
      .find(({ remotePeer, status }) => remotePeer.toString() === peer && status === "open");
  }

  get #pubsub(): GossipSub {
    return this.#libp2p.services.pubsub;
  }
}

/** The message that bytes are; undefined if they are none. */
function tryDecode(bytes: Uint8Array, kind: MessageKind): Message | undefined {
  try {
    return decodeMessage(bytes, kind);
  } catch (error) {
    if (isProtocolError(error, "BAD_MESSAGE")) return undefined;
    throw error;
  }
}

/** Entries that the router looks at one by one. */
function controlEntries({ subscriptions = [], control = {} }: Rpc): number {
  const { ihave = [], iwant = [], idontwant = [], graft = [], prune = [] } = control;
  const lists = [...ihave, ...iwant, ...idontwant];
  return subscriptions.length + lists.length + idsOf(lists) + graft.length + prune.length;
}

const idsOf = (lists: NonNullable<NonNullable<Rpc["control"]>["iwant"]> = []): number =>
  lists.reduce((sum, { messageIDs = [] }) => sum + messageIDs.length, 0);
