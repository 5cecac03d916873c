// SPDX-License-Identifier: MIT
import type { IncomingMessage } from "node:http";
import { isIP, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { fastify, type FastifyInstance } from "fastify";
import { WebSocketServer, type WebSocket } from "ws";

import { ProtocolError } from "../../errors.ts";
import { answer, type DispatchOptions } from "./dispatch.ts";
import { serveExplorer } from "./explorer.ts";
import { Metrics } from "./metrics.ts";
import { method, type ApiSource, type Method } from "./method.ts";
import { openRpc } from "./openRpc.ts";
import { BadParameter, INTEGER, type Parameter } from "./parameters.ts";
import { TokenBuckets } from "../tokenBucket.ts";

/** Limits of an API. */
export interface ApiLimits {
  /** Bytes of a message. Default 128 KiB. */
  readonly maxBody?: number;
  /** Requests and news of subscriptions a second to one address, and at once. Default 50 and 100. */
  readonly perSecond?: number;
  readonly burst?: number;
  /** Connections in all. Default 64. At most a quarter are WebSockets of one address, and three quarters are of all. */
  readonly maxConnections?: number;
  /** Subscriptions of a connection. Default 16. */
  readonly maxSubscriptions?: number;
  /** Bytes that a connection may leave unread before it is cut. Default 1 MiB. */
  readonly maxBacklog?: number;
  /** Milliseconds between two looks for news. Default 500. */
  readonly newsInterval?: number;
  /** Milliseconds between two pings to a WebSocket; one that has not answered before the next is cut. Default 30,000. */
  readonly pingInterval?: number;
}

export interface ApiOptions extends ApiLimits {
  /** Default: the loopback device. */
  readonly host?: string;
  /** 0, the default, for a free one. */
  readonly port?: number;
  /** Whether a reverse proxy on this machine says in `X-Forwarded-For` who asks. Default: no. */
  readonly isBehindProxy?: boolean;
  /** Folder of the built explorer, which is served at `/explorer/`. Default: none. */
  readonly explorer?: string;
  /** Why the node is not healthy, in one sentence; undefined if it is. */
  readonly trouble?: () => string | undefined;
  /** Told what no method should throw. */
  readonly onFault?: (error: unknown) => void;
}

/** Milliseconds since the node was at L1's head from which on it is not ready. */
const READY_AGE = 60_000;
/** Messages of a connection that wait for their answers. */
const MAX_QUEUE = 32;
const MAX_CONNECTIONS = 64;
const PING_INTERVAL = 30_000;
/** Milliseconds within which a request has to be there. */
const REQUEST_TIMEOUT = 10_000;

const VERSION = "1.0.0";

/**
 * The API of a node: JSON-RPC by HTTP (`POST /`) and by WebSocket (`/ws`), its description (`GET /openrpc.json`), and
 * `/health`, `/ready` and `/metrics` for those who run it; and the explorer.
 */
export class Api {
  readonly #source: ApiSource;
  readonly #app: FastifyInstance;
  readonly #sockets: WebSocketServer;
  readonly #options: ApiOptions;
  readonly #metrics: Metrics;
  readonly #buckets: TokenBuckets;
  readonly #news: NodeJS.Timeout;
  readonly #pings: NodeJS.Timeout;
  readonly #subscribers = new Set<Subscriber>();
  #isClosing = false;

  private constructor(source: ApiSource, options: ApiOptions) {
    const { maxBody = 128 * 1_024, perSecond = 50, burst = 100, newsInterval = 500 } = options;
    const { maxConnections = MAX_CONNECTIONS } = options;
    this.#source = source;
    this.#options = options;
    this.#metrics = new Metrics(source);
    this.#buckets = new TokenBuckets({ perSecond, burst });
    this.#app = fastify({
      ...{ bodyLimit: maxBody, requestTimeout: REQUEST_TIMEOUT, keepAliveTimeout: 5_000, logger: false },
      ...{ connectionTimeout: 2 * REQUEST_TIMEOUT, forceCloseConnections: true },
    });
    this.#app.server.maxConnections = maxConnections;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: maxBody, perMessageDeflate: false });
    this.#route();
    this.#app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    this.#news = setInterval(() => this.#tell(), newsInterval);
    this.#news.unref();
    this.#pings = setInterval(() => this.#ping(), options.pingInterval ?? PING_INTERVAL);
    this.#pings.unref();
  }

  /** Starts to listen. @throws {Error} if the port is taken, as `node:net` */
  static async listen(source: ApiSource, options: ApiOptions = {}): Promise<Api> {
    const api = new Api(source, options);
    try {
      await api.#app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
    } catch (error) {
      await api.close();
      throw error;
    }
    return api;
  }

  /** Where it listens. */
  get url(): string {
    const { address, port, family } = this.#app.server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#news);
    clearInterval(this.#pings);
    for (const { socket } of this.#subscribers) socket.terminate();
    this.#sockets.close();
    await this.#app.close();
  }

  #route(): void {
    const app = this.#app;
    app.addHook("onRequest", async (request, reply) => {
      const { host } = request.headers;
      if (this.#isForeignHost(host)) return reply.code(403).send({ error: `this node is not called ${host ?? ""}` });
      return undefined;
    });
    // The API reads the text itself, so that a message that is no JSON has an answer of JSON-RPC, too.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
      done(null, body);
    });
    app.post("/", async (request, reply) => {
      const text = await answer(
        this.#source,
        request.body as string,
        this.#dispatch(this.#clientOf(request.raw), [DISCOVER]),
      );
      if (text === undefined) return reply.code(204).send();
      return reply.type("application/json").send(text);
    });
    serveExplorer(app, this.#options.explorer);
    app.get("/openrpc.json", async (_request, reply) => reply.send(OPEN_RPC));
    app.get("/health", async (_request, reply) => {
      const trouble = this.#options.trouble?.();
      return reply.code(trouble === undefined ? 200 : 503).send({ isHealthy: trouble === undefined, trouble });
    });
    app.get("/ready", async (_request, reply) => {
      const isReady = !this.#isClosing && this.#source.age < READY_AGE;
      return reply.code(isReady ? 200 : 503).send({ isReady, l1Block: this.#source.node.block });
    });
    app.get("/metrics", async (_request, reply) => {
      const { registry } = this.#metrics;
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  }

  #dispatch(address: string, more: readonly Method[]): DispatchOptions {
    const { onFault } = this.#options;
    return {
      more,
      admit: (requests) => this.#buckets.take(address, requests, performance.now()),
      onRequest: (name, outcome) => this.#metrics.count(name, outcome),
      ...(onFault === undefined ? {} : { onFault }),
    };
  }

  /**
   * Whether a request on the loopback device names another machine. A page of another site can have its own name point
   * to the reader's machine ("DNS rebinding"); then its requests are of its own origin, but they carry that name.
   */
  #isForeignHost(header: string | undefined): boolean {
    const { host = "127.0.0.1" } = this.#options;
    if (host !== "localhost" && !isLoopback(host)) return false;
    const name = URL.parse(`http://${header ?? ""}`)?.hostname.replace(/^\[|\]$/gu, "") ?? "";
    return name !== "localhost" && isIP(name) === 0;
  }

  /**
   * The address that shares a rate. Of the list in `X-Forwarded-For` the proxy wrote the last one, and the client the
   * others.
   */
  #clientOf({ socket, headers }: IncomingMessage): string {
    const { remoteAddress = "unknown" } = socket;
    const isProxy = this.#options.isBehindProxy === true && isLoopback(remoteAddress);
    const forwarded = isProxy ? [headers["x-forwarded-for"] ?? []].flat().at(-1)?.split(",").at(-1)?.trim() : undefined;
    return networkOf(forwarded === undefined || isIP(forwarded) === 0 ? remoteAddress : forwarded);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { origin, host } = request.headers;
    // Nobody else listens to this socket now, and an error that nobody hears would end the process.
    socket.on("error", () => socket.destroy());
    // A page of another site must not talk to a node on its reader's machine.
    const isForeign = this.#isForeignHost(host) || (origin !== undefined && URL.parse(origin)?.host !== host);
    const address = this.#clientOf(request);
    const refusal =
      request.url !== "/ws" || this.#isClosing
        ? "404 Not Found"
        : isForeign
          ? "403 Forbidden"
          : this.#hasRoomFor(address)
            ? undefined
            : "503 Service Unavailable";
    if (refusal !== undefined) {
      // The client may leave its side open for ever.
      socket.once("finish", () => socket.destroy());
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#serve(webSocket, address);
    });
  }

  /** WebSockets stay open. So they leave a quarter of the connections to requests, and no address has more than a quarter. */
  #hasRoomFor(address: string): boolean {
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    const quarter = Math.max(1, Math.floor(maxConnections / 4));
    const own = [...this.#subscribers].filter((subscriber) => subscriber.address === address);
    return own.length < quarter && this.#subscribers.size < Math.max(1, maxConnections - quarter);
  }

  /** Cuts each WebSocket that has not answered the last ping: a client may have gone without a word. */
  #ping(): void {
    for (const subscriber of this.#subscribers) subscriber.ping();
  }

  #serve(socket: WebSocket, address: string): void {
    const subscriber = new Subscriber(
      socket,
      address,
      this.#options.maxBacklog ?? 2 ** 20,
      this.#options.maxSubscriptions ?? 16,
      () => this.#buckets.take(address, 1, performance.now()),
    );
    const dispatch = this.#dispatch(address, [DISCOVER, ...subscriber.methods]);
    this.#subscribers.add(subscriber);
    let queue: Promise<void> = Promise.resolve();
    let waiting = 0;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary || waiting >= MAX_QUEUE) {
        socket.close(1008, isBinary ? "text alone" : "too many requests at once");
        return;
      }
      waiting += 1;
      queue = queue.then(async () => {
        const text = await answer(this.#source, data.toString(), dispatch);
        waiting -= 1;
        if (text !== undefined) subscriber.send(text);
      });
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => this.#subscribers.delete(subscriber));
  }

  /** Tells each connection what is new. One that waits for an answer of L1 keeps no other from its news. */
  #tell(): void {
    for (const subscriber of this.#subscribers) {
      subscriber.tell(this.#source).catch((error: unknown) => this.#options.onFault?.(error));
    }
  }
}

const DISCOVER = method(
  "rpc.discover",
  "The OpenRPC document of this API.",
  [],
  { name: "document", schema: {} },
  () => OPEN_RPC,
);

const TOPICS = [
  ...["rollup_status", "rollup_transaction", "rollup_operation", "rollup_account", "rollup_forcedQueue"],
  ...["rollup_l1Head", "rollup_batches", "rollup_leaf", "rollup_forcedClock", "rollup_feeHistory"],
];

/** Topics whose answers also change with what the node hears of its peers. */
const HEARD_TOPICS = ["rollup_rounds", "rollup_round", "rollup_proofTree", "rollup_tickets", "rollup_peers"];

const ALL_TOPICS = [...TOPICS, ...HEARD_TOPICS];

const TOPIC: Parameter<string> = {
  ...{ name: "topic", description: `A method: one of ${ALL_TOPICS.join(", ")}.`, schema: { enum: ALL_TOPICS } },
  read: (given) => {
    const found = ALL_TOPICS.find((name) => name === given);
    if (found === undefined) throw new BadParameter(`must be one of ${ALL_TOPICS.join(", ")}`);
    return found;
  },
};

const ARGUMENTS: Parameter<readonly unknown[]> = {
  ...{ name: "arguments", description: "Parameters of the method by position.", schema: { type: "array" } },
  read: (given) => {
    if (Array.isArray(given) && given.length <= 4) return given as unknown[];
    throw new BadParameter("must be a list of at most 4 values");
  },
};

interface Subscription {
  readonly id: number;
  readonly topic: string;
  readonly request: string;
  /** The last answer that was told, as JSON, and what the node knew then. */
  last: string;
  version: string;
}

/** A text that changes when the answer of a topic may change. */
const versionOf = ({ node, mempool, heard, network }: ApiSource, topic: string): string =>
  [
    ...(HEARD_TOPICS.includes(topic) ? [heard?.revision, network?.revision] : []),
    node.block,
    node.batches.length,
    node.verifiedBatches,
    node.virtualState.root,
    mempool.revision,
    mempool.size,
  ].join();

/** The methods of a connection that stays open. */
function methodsOf(subscriptions: Map<number, Subscription>, maxSubscriptions: number): readonly Method[] {
  let next = 1;
  return [
    method(
      "rollup_subscribe",
      "Tells the answer of a method now and after each change, as `rollup_subscription`. WebSocket alone.",
      [TOPIC, ARGUMENTS],
      { name: "subscription", schema: INTEGER },
      (_source, topic: string, values: readonly unknown[]) => {
        if (subscriptions.size >= maxSubscriptions) {
          throw new ProtocolError(
            "TOO_MANY_SUBSCRIPTIONS",
            { maximum: maxSubscriptions },
            `a connection has at most ${maxSubscriptions} subscriptions`,
          );
        }
        const id = next++;
        const request = JSON.stringify({ jsonrpc: "2.0", id, method: topic, params: values });
        subscriptions.set(id, { id, topic, request, last: "", version: "" });
        return id;
      },
    ),
    method(
      "rollup_unsubscribe",
      "Ends a subscription; false if there was none. WebSocket alone.",
      [{ name: "subscription", description: "Its number.", schema: INTEGER, read: (given) => given }],
      { name: "ended", schema: { type: "boolean" } },
      (_source, id: unknown) => subscriptions.delete(id as number),
    ),
  ];
}

/** A connection that stays open, and what it wants to hear. */
class Subscriber {
  readonly socket: WebSocket;
  /** Of the client. */
  readonly address: string;
  readonly methods: readonly Method[];
  #isAlive = true;
  #isTelling = false;
  readonly #maxBacklog: number;
  readonly #admit: () => boolean;
  readonly #subscriptions = new Map<number, Subscription>();

  /** @param admit whether one more answer is within the rate of the connection's address */
  constructor(socket: WebSocket, address: string, maxBacklog: number, maxSubscriptions: number, admit: () => boolean) {
    this.socket = socket;
    this.address = address;
    socket.on("pong", () => (this.#isAlive = true));
    this.#maxBacklog = maxBacklog;
    this.#admit = admit;
    this.methods = methodsOf(this.#subscriptions, maxSubscriptions);
  }

  /** Asks the client for a sign of life; cuts the connection if it has given none since the last time. */
  ping(): void {
    if (!this.#isAlive) {
      this.socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.socket.ping();
  }

  /** Sends a message; cuts the connection if it leaves too much unread. */
  send(text: string): void {
    if (this.socket.bufferedAmount > this.#maxBacklog) this.socket.terminate();
    else this.socket.send(text);
  }

  /** Tells what is new since the last time, unless it is at it. */
  async tell(source: ApiSource): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      await this.#tellAll(source);
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellAll(source: ApiSource): Promise<void> {
    for (const subscription of this.#subscriptions.values()) {
      const version = versionOf(source, subscription.topic);
      if (subscription.version === version) continue;
      // An answer costs as much as one to a request, and is counted as one. News over the rate are told later.
      if (!this.#admit()) return;
      await setImmediate();
      subscription.version = version;
      const text = (await answer(source, subscription.request)) ?? "";
      const { result, error } = JSON.parse(text) as { readonly result?: unknown; readonly error?: unknown };
      const news = JSON.stringify(error === undefined ? { result } : { error });
      if (news === subscription.last) continue;
      subscription.last = news;
      const params = { subscription: subscription.id, ...(error === undefined ? { result } : { error }) };
      this.send(JSON.stringify({ jsonrpc: "2.0", method: "rollup_subscription", params }));
    }
  }
}

/** The OpenRPC document that every node gives: the methods of every connection. */
export const OPEN_RPC = openRpc(VERSION, [DISCOVER, ...methodsOf(new Map(), 0)]);

/** Whether an IP address is of the loopback device. */
export const isLoopback = (address: string): boolean => address === "::1" || /^(::ffff:)?127\./u.test(address);

/** An IPv4 address, or the first 64 bits of one of IPv6: one customer has all addresses behind them. */
function networkOf(address: string): string {
  const [, ipv4] = /^::ffff:([0-9.]+)$/iu.exec(address) ?? [];
  if (ipv4 !== undefined) return ipv4;
  // In the shortest form, with hexadecimal groups alone; without the zone.
  const text = URL.parse(`http://[${address.replace(/%.*$/u, "")}]`)?.hostname.slice(1, -1);
  if (text === undefined) return address;
  const [left = [], right] = text.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = right === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...(right ?? [])];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
