// SPDX-License-Identifier: MIT
import { integer, object, optional, ShapeError, text } from "./decode.ts";

/** How the connection is. `lost`: it was open, or could not be opened, and is tried again. */
export type Connection = "connecting" | "open" | "lost";

/** The node has an answer, and it is no. */
export class Refusal extends Error {}

const LIMITED = -32_005;
/** Methods whose requests mean nothing to the next connection. */
const OF_CONNECTION = ["rollup_subscribe", "rollup_unsubscribe"];

/** Milliseconds. */
const FIRST_RETRY = 500;
const LAST_RETRY = 8_000;
const LIMITED_RETRY = 1_000;
const TIMEOUT = 15_000;

const ERROR = object({ code: (given) => given, message: text });
const NEWS = object({ subscription: integer, result: (given) => given, error: optional(ERROR) });
const MESSAGE = object({
  ...{ id: optional((given) => given), method: optional(text), params: optional((given) => given) },
  ...{ result: (given) => given, error: optional(ERROR) },
});

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Subscription {
  readonly topic: string;
  readonly values: readonly unknown[];
  readonly onNews: (result: unknown) => void;
  readonly onError: (error: Error) => void;
  /** By the node, in this connection; undefined until it is known. */
  number: number | undefined;
}

/**
 * JSON-RPC over one WebSocket. A lost connection is opened again, and what was subscribed is subscribed again. Requests
 * that the node's rate limit refuses are repeated. Nothing that the node sends makes it stop.
 */
export class NodeClient {
  readonly #url: string;
  readonly #calls = new Map<number, Call>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #listeners = new Set<() => void>();
  #socket: WebSocket | undefined;
  #connection: Connection = "connecting";
  #trouble: string | undefined;
  #failures = 0;
  #next = 1;

  /** @param url begins with ws: or wss: */
  constructor(url: string) {
    this.#url = url;
    this.#open();
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Why the last message of the node could not be read; undefined after one that could. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Calls `listener` when `connection` or `trouble` changes. @returns a function that ends it */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Asks once. A request that a lost connection leaves without an answer is asked again on the next one.
   *
   * @throws {Refusal} the node's sentence
   */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#call({ method, params, resolve, reject });
    });
  }

  /** Hears the answer of a method now and after each change. @returns a function that ends it */
  subscribe(
    topic: string,
    values: readonly unknown[],
    onNews: (result: unknown) => void,
    onError: (error: Error) => void,
  ): () => void {
    const subscription: Subscription = { topic, values, onNews, onError, number: undefined };
    this.#subscriptions.add(subscription);
    if (this.#connection === "open") this.#begin(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      const { number } = subscription;
      if (number !== undefined && this.#connection === "open") void this.#end(number);
    };
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#set("open");
      // Before the subscriptions, which are requests, too: else the node would hear them twice.
      const calls = [...this.#calls.values()];
      this.#calls.clear();
      for (const call of calls) this.#call(call);
      for (const subscription of this.#subscriptions) this.#begin(subscription);
    };
    socket.onmessage = ({ data }) => {
      this.#hear(data);
    };
    socket.onclose = () => {
      for (const subscription of this.#subscriptions) subscription.number = undefined;
      for (const [id, { method }] of this.#calls) if (OF_CONNECTION.includes(method)) this.#calls.delete(id);
      this.#set("lost");
      const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.#failures++);
      setTimeout(() => {
        this.#open();
      }, delay);
    };
  }

  #begin(subscription: Subscription): void {
    const socket = this.#socket;
    this.request("rollup_subscribe", [subscription.topic, subscription.values]).then(
      (number) => {
        if (socket !== this.#socket || typeof number !== "number") return;
        if (this.#subscriptions.has(subscription)) subscription.number = number;
        else void this.#end(number);
      },
      (error: unknown) => {
        subscription.onError(error as Error);
      },
    );
  }

  async #end(number: number): Promise<void> {
    await this.request("rollup_unsubscribe", [number]).catch(() => undefined);
  }

  #call(call: Call): void {
    const id = this.#next++;
    this.#calls.set(id, call);
    if (this.#connection !== "open") return;
    const { method, params } = call;
    this.#socket?.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    setTimeout(() => {
      if (this.#calls.delete(id)) call.reject(new Refusal("The node does not answer."));
    }, TIMEOUT);
  }

  #hear(data: unknown): void {
    try {
      const message = MESSAGE(JSON.parse(String(data)) as unknown, "message");
      if (message.method === "rollup_subscription") this.#tell(message.params);
      else if (typeof message.id === "number") this.#answer(message.id, message);
      if (this.#trouble !== undefined) this.#set(this.#connection);
    } catch (error) {
      const reason = error instanceof ShapeError ? error.message : "it is not JSON";
      this.#set(this.#connection, `A message of the node could not be read: ${reason}.`);
    }
  }

  #answer(
    id: number,
    { result, error }: { readonly result: unknown; readonly error: { code: unknown; message: string } | undefined },
  ): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (error === undefined) call.resolve(result);
    else if (error.code === LIMITED) setTimeout(() => this.#call(call), LIMITED_RETRY);
    else call.reject(new Refusal(error.message));
  }

  #tell(params: unknown): void {
    const { subscription: number, result, error } = NEWS(params, "news");
    for (const subscription of this.#subscriptions) {
      if (subscription.number !== number) continue;
      if (error === undefined) subscription.onNews(result);
      else subscription.onError(new Refusal(error.message));
    }
  }

  #set(connection: Connection, trouble?: string): void {
    this.#connection = connection;
    this.#trouble = trouble;
    for (const listener of this.#listeners) listener();
  }
}
