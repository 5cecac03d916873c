// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import type { GossipSub } from "@libp2p/gossipsub";

import { isProtocolError, ProtocolError } from "../../../errors.ts";
import { RecentCache } from "../../recentCache.ts";
import type { Database } from "../../storage/index.ts";
import type { Gossip, Wanted } from "../gossip.ts";
import {
  decodeAddresses,
  decodeAnswer,
  decodeMessage,
  encodeAddresses,
  encodeAnswer,
  encodeMessage,
  keyOf,
  MAX_MESSAGE_BYTES,
  nameOf,
  type Message,
  type MessageKind,
} from "../messages/index.ts";
import type { IgnoreReason, Validator, Verdict } from "../validation/index.ts";
import { parseAddress } from "./addresses.ts";
import { BanList, type Ban } from "./bans.ts";
import { PeerBudgets } from "./budgets.ts";
import { canBeJudged, LaterList, wantedAfter } from "./later.ts";
import { CONNECTIONS, OUTGOING, REQUEST_LIMITS, SCORE } from "./limits.ts";
import type { NetworkLog } from "./log.ts";
import { Outgoing, type Waiting } from "./outgoing.ts";
import { Peers, type PeerStatus } from "./peers.ts";
import { Questions } from "./questions.ts";
import { canReach, type Rpc, type RouterVerdict } from "./router.ts";
import { PeerScores } from "./scores.ts";
import { requestProtocol, topicOf, topicsOf, type NetworkIdentity } from "./topics.ts";
import { Traffic } from "./traffic.ts";
import { createTransport, type Transport } from "./transport.ts";

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
  /** Counts the messages. Default: one of its own. */
  readonly traffic?: Traffic;
  /** Told when a peer comes or goes, or is banned. */
  readonly onPeers?: () => void;
  /** Unix milliseconds; default: `Date.now`. */
  readonly clock?: () => number;
}

const SILENT: NetworkLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

const COUNTED = { accept: "accepted", ignore: "ignored", reject: "refused" } as const;

/** How many ids of messages are remembered that were announced to the listeners. */
const ANNOUNCED = 8_192;

/**
 * The gossip network over libp2p: gossipsub for what all should know, and questions by hash for what a node has missed.
 * docs/network.md specifies it.
 */
export class Libp2pGossip implements Gossip {
  readonly #options: Libp2pGossipOptions;
  readonly #transport: Transport;
  readonly #peers: Peers;
  readonly #questions: Questions;
  readonly #bans: BanList;
  readonly #log: NetworkLog;
  readonly #validator: Validator;
  readonly #clock: () => number;
  readonly #kinds: ReadonlyMap<string, MessageKind>;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #announced = new RecentCache<string, true>(ANNOUNCED);
  readonly #budgets = new PeerBudgets();
  readonly #traffic: Traffic;
  readonly #outgoing = new Outgoing();
  readonly #later = new LaterList();
  /** Questions that are being asked, by the name of what is wanted. */
  readonly #requests = new Map<string, Promise<Message | undefined>>();
  readonly #stopping = new AbortController();
  #exchangeAt = 0;
  #loop: Promise<void> = Promise.resolve();
  #isTrying = false;

  private constructor(
    options: Libp2pGossipOptions,
    parts: {
      readonly transport: Transport;
      readonly scores: PeerScores;
      readonly bans: BanList;
      readonly traffic: Traffic;
    },
  ) {
    const { validator, log = SILENT, clock = Date.now, identity } = options;
    this.#options = options;
    this.#transport = parts.transport;
    this.#bans = parts.bans;
    this.#traffic = parts.traffic;
    this.#validator = validator;
    this.#log = log;
    this.#clock = clock;
    this.#kinds = topicsOf(identity);
    this.#peers = new Peers({
      ...{ libp2p: parts.transport, pubsub: this.#pubsub, scores: parts.scores, bans: parts.bans, log, clock },
      ...{ signal: this.#stopping.signal, friends: options.peers ?? [], bootstrap: options.bootstrap ?? [] },
      traffic: parts.traffic,
      onBan: () => options.onPeers?.(),
    });
    this.#questions = new Questions({
      ...{ protocol: requestProtocol(identity), peers: this.#peers, clock },
      answer: async (question, { remotePeer, remoteAddr }) => {
        if (question.kind === "peers") {
          return encodeAddresses(await this.#peers.addressesFor(remotePeer.toString(), remoteAddr));
        }
        const message = this.#validator.find(question);
        return encodeAnswer(message && encodeMessage(message));
      },
    });
  }

  /**
   * Joins the network.
   *
   * @throws {ProtocolError} `BAD_PEER_KEY`; `NETWORK_FAILED` if an address is none, or cannot be listened at; as
   *   `Database.definePart`
   */
  static async start(options: Libp2pGossipOptions): Promise<Libp2pGossip> {
    const { identity, database, keyPath, listen = [], announce = [], bootstrap = [] } = options;
    const { clock = Date.now, traffic = new Traffic() } = options;
    const kinds = topicsOf(identity);
    for (const address of [...listen, ...announce, ...bootstrap, ...(options.peers ?? [])]) parseAddress(address);
    const [bans, scores] = [new BanList(database), new PeerScores()];
    const made: { gossip?: Libp2pGossip } = {};
    try {
      const transport = await createTransport({
        ...{ keyPath, listen, announce, bans, clock },
        router: {
          topics: [...kinds.keys()],
          admit: (peer, rpc) => made.gossip?.admit(peer, rpc) ?? false,
          judge: (peer, topic, data) => made.gossip?.judge(peer, topic, data) ?? Promise.resolve("ignore"),
          score: (peer) => scores.score(peer, clock()),
          onSent: (peer, topic) => traffic.count("sent", kinds.get(topic), peer),
        },
      });
      made.gossip = new Libp2pGossip(options, { transport, scores, bans, traffic });
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
    return this.#transport.peerId.toString();
  }

  /** Addresses at which peers reach this node, with its id. */
  get addresses(): string[] {
    return this.#transport.getMultiaddrs().map(String);
  }

  /** The peers with a connection. */
  get peers(): PeerStatus[] {
    return this.#peers.all;
  }

  /** The bans that are in force, and the newest of them. @param count of those, at most; @throws {ProtocolError} as `BanList` */
  bans(count: number): { readonly total: number; readonly bans: readonly Ban[] } {
    return this.#bans.newest(count, this.#clock());
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
    const topic = topicOf(this.#options.identity, message.kind);
    await this.#send({ topic, bytes, until: this.#clock() + OUTGOING.time });
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
    this.#detach(this.#tryLater());
  }

  /** Leaves the network. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#validator.close();
    await this.#loop;
    await this.#transport.stop();
    this.#traffic.left();
  }

  // ─── What comes by gossip ──────────────────────────────────────────────────────────────────────────────────────────

  /** @internal Drops of an RPC what the peer may not send, before the router knows of it. */
  admit(peer: string, rpc: Rpc): boolean {
    const now = this.#clock();
    if (this.#bans.isBanned(`peer:${peer}`, now)) return false;
    const entries = controlEntries(rpc);
    if (!this.#budgets.takeControl(peer, entries, now)) {
      if (this.#budgets.exceeds(peer, "control", entries)) {
        this.#peers.penalise(peer, SCORE.excess, "too many control messages");
      }
      return false;
    }
    // An IWANT is a question as well: the messages that it pulls count as answers.
    const pulled = idsOf(rpc.control?.iwant);
    if (pulled > 0 && !this.#questions.takePulled(peer, pulled)) rpc.control = { ...rpc.control, iwant: [] };
    const ofTopic = new Map<string, number>();
    rpc.messages = (rpc.messages ?? []).filter(({ topic = "", data }) => {
      const before = ofTopic.get(topic) ?? 0;
      const isAdmitted = this.#admits(peer, topic, data, before, now);
      if (isAdmitted) ofTopic.set(topic, before + 1);
      return isAdmitted;
    });
    return true;
  }

  /** @param before messages of the topic that were admitted of the same RPC, and will be in the queue before it */
  #admits(peer: string, topic: string, data: Uint8Array | undefined, before: number, now: number): boolean {
    const kind = this.#kinds.get(topic);
    this.#traffic.count("received", kind, peer);
    if (kind === undefined || data === undefined || data.length > MAX_MESSAGE_BYTES[kind]) {
      this.#traffic.count("refused", kind, peer);
      this.#peers.penalise(peer, SCORE.abuse, kind === undefined ? "an unknown topic" : `a ${kind} of a wrong size`);
      return false;
    }
    const hasRoom = this.#validator.hasRoom(kind, before);
    if (hasRoom && this.#budgets.take(peer, kind, data.length, now)) return true;
    this.#traffic.count("dropped", kind);
    if (hasRoom && this.#budgets.exceeds(peer, kind)) {
      this.#peers.penalise(peer, SCORE.excess, `too many messages of kind ${kind}`);
    }
    return false;
  }

  /** @internal Decides about a message of a peer. */
  async judge(peer: string, topic: string, data: Uint8Array): Promise<RouterVerdict> {
    const kind = this.#kinds.get(topic);
    if (kind === undefined) return "ignore";
    const message = tryDecode(data, kind);
    if (message === undefined) {
      this.#traffic.count("refused", kind, peer);
      this.#peers.penalise(peer, SCORE.invalid, `a malformed ${kind}`);
      return "reject";
    }
    const verdict = await this.#take(message, data, peer);
    return verdict.verdict;
  }

  /** Decides about a message that a peer sent, and tells the listeners if it is accepted. */
  async #take(message: Message, bytes: Uint8Array, peer: string): Promise<Verdict> {
    const verdict = await this.#validator.judge(message, {
      isBanned: () => this.#bans.isBanned(`peer:${peer}`, this.#clock()),
      spend: (milliseconds) => this.#budgets.spend(peer, message.kind, milliseconds, this.#clock()),
    });
    this.#traffic.count(COUNTED[verdict.verdict], message.kind, peer);
    if (verdict.verdict === "accept") this.#announce(message, bytes);
    if (verdict.verdict === "reject") this.#peers.penalise(peer, SCORE.invalid, `${message.kind}: ${verdict.reason}`);
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
    if (message.kind !== "vote" && message.kind !== "transaction") this.#detach(this.#tryLater());
  }

  #nameOf(message: Message): Wanted | undefined {
    const { domain, escrow } = this.#validator.facts;
    return nameOf(message, domain, escrow?.domain);
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

  async #send(message: Waiting): Promise<void> {
    const { topic, bytes } = message;
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
    this.#outgoing.add(message);
  }

  async #sendWaiting(): Promise<void> {
    for (const waiting of this.#outgoing.takeAll(this.#clock())) await this.#send(waiting);
  }

  // ─── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #askAll(wanted: Wanted): Promise<Message | undefined> {
    const { candidates } = this.#questions;
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

  /** Asks one peer. Only what was judged is returned. */
  async #ask(peer: string, wanted: Wanted): Promise<Message | undefined> {
    const answer = await this.#questions.ask(peer, wanted);
    if (answer === undefined) return undefined;
    let message: Message | undefined;
    let bytes: Uint8Array | undefined;
    try {
      bytes = decodeAnswer(answer);
      message = bytes && decodeMessage(bytes, wanted.kind);
    } catch (error) {
      if (!isProtocolError(error, "BAD_MESSAGE")) throw error;
      this.#peers.penalise(peer, SCORE.invalid, "a malformed answer");
      return undefined;
    }
    if (message === undefined || bytes === undefined) return undefined;
    const name = this.#nameOf(message);
    if (name === undefined || keyOf(name) !== keyOf(wanted)) {
      this.#peers.penalise(peer, SCORE.invalid, "an answer to another question");
      return undefined;
    }
    const verdict = await this.#take(message, bytes, peer);
    if (verdict.verdict === "accept") return message;
    return verdict.verdict === "ignore" && verdict.reason === "KNOWN" ? this.#validator.find(wanted) : undefined;
  }

  // ─── Peers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #start(): Promise<void> {
    const transport = this.#transport;
    await transport.handle(
      requestProtocol(this.#options.identity),
      (stream, connection) => {
        this.#questions.serve(stream, connection).catch((error: unknown) => {
          this.#log.warn({ reason: String(error) }, "a question was not answered");
        });
      },
      { maxInboundStreams: REQUEST_LIMITS.concurrent, maxOutboundStreams: REQUEST_LIMITS.concurrent },
    );
    transport.addEventListener("peer:disconnect", ({ detail }) => {
      const peer = detail.toString();
      for (const part of [this.#budgets, this.#peers, this.#questions, this.#traffic]) part.forget(peer);
      this.#options.onPeers?.();
    });
    transport.addEventListener("peer:connect", ({ detail }) => {
      this.#traffic.connected(detail.toString());
      this.#options.onPeers?.();
    });
    this.#pubsub.addEventListener("subscription-change", () => this.#detach(this.#sendWaiting()));
    await transport.start();
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
    await this.#peers.look();
    const connected = this.#transport.getConnections().length;
    if (now >= this.#exchangeAt && connected < CONNECTIONS.wanted) {
      this.#exchangeAt = now + (connected === 0 ? CONNECTIONS.interval : CONNECTIONS.exchange);
      this.#detach(this.#askForPeers());
    }
    await this.#sendWaiting();
    this.#detach(this.#tryLater());
  }

  async #askForPeers(): Promise<void> {
    const [peer] = this.#questions.candidates;
    const connection = peer === undefined ? undefined : this.#peers.connectionTo(peer);
    if (peer === undefined || connection === undefined) return;
    const answer = await this.#questions.ask(peer, { kind: "peers" });
    if (answer === undefined) return;
    let told: Uint8Array[];
    try {
      told = decodeAddresses(answer);
    } catch {
      this.#peers.penalise(peer, SCORE.invalid, "a malformed answer");
      return;
    }
    await this.#peers.meet(told, connection.remoteAddr);
  }

  /** Nobody waits for this: an error of it must not end the process. */
  #detach(work: Promise<void>): void {
    work.catch((error: unknown) => this.#log.warn({ reason: String(error) }, "the network failed in part"));
  }

  get #pubsub(): GossipSub {
    return this.#transport.services.pubsub;
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
