// SPDX-License-Identifier: MIT
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Random } from "../random.ts";
import type { Trouble } from "./plan.ts";

/** A request of JSON-RPC. */
export interface RpcRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** How a proxy treats a request. */
export type Handling =
  | { readonly do: "pass" }
  | { readonly do: "delay"; readonly milliseconds: number }
  /** Cuts the connection, before or after L1 has had the request. */
  | { readonly do: "drop"; readonly isSent: boolean }
  | { readonly do: "limit" }
  | { readonly do: "answer"; readonly result: unknown }
  /** Asks L1 as it was so many blocks ago. */
  | { readonly do: "lag"; readonly blocks: number };

/** A backend that is behind is so many blocks behind. */
export const LAG = 20;

const EMPTY: Readonly<Record<string, unknown>> = {
  ...{ eth_getLogs: [], eth_getTransactionReceipt: null, eth_getTransactionByHash: null },
};

/** Decides what a troubled endpoint does with a request. */
export function handlingOf(trouble: Trouble | undefined, { method }: RpcRequest, random: Random): Handling {
  const isSending = method === "eth_sendRawTransaction";
  switch (trouble) {
    case undefined:
      return { do: "pass" };
    case "delay":
      return { do: "delay", milliseconds: random.int(3_000) };
    case "drop":
      return random.chance(1 / 3) ? { do: "drop", isSent: random.chance(0.5) } : { do: "pass" };
    case "limit":
      return random.chance(2 / 3) ? { do: "limit" } : { do: "pass" };
    case "empty":
      return method in EMPTY && random.chance(0.5) ? { do: "answer", result: EMPTY[method] } : { do: "pass" };
    case "stale":
      return !isSending && random.chance(0.5) ? { do: "lag", blocks: LAG } : { do: "pass" };
  }
}

const hex = (number: number): string => `0x${number.toString(16)}`;
const isTag = (value: unknown): boolean => value === "latest" || value === "pending" || value === undefined;

/** Position of the block among the parameters of a method. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  ...{ eth_getBlockByNumber: 0, eth_call: 1, eth_estimateGas: 1, eth_getBalance: 1, eth_getTransactionCount: 1 },
  ...{ eth_getCode: 1, eth_getStorageAt: 2, eth_feeHistory: 1 },
};

/**
 * A request as a backend answers it whose newest block is `head`.
 *
 * @returns the request for L1, or the answer if L1 need not be asked
 */
export function laggingRequest(
  request: RpcRequest,
  head: number,
): { readonly request: RpcRequest } | { readonly result: unknown } {
  const { method, params = [] } = request;
  if (method === "eth_blockNumber") return { result: hex(head) };
  if (method === "eth_getLogs") {
    const [filter] = params as [Readonly<Record<string, unknown>> | undefined];
    if (filter === undefined || filter["blockHash"] !== undefined) return { request };
    const { fromBlock, toBlock } = filter;
    const from = isTag(fromBlock) ? head : Number(fromBlock);
    const to = isTag(toBlock) ? head : Math.min(head, Number(toBlock));
    if (from > to) return { result: [] };
    return { request: { ...request, params: [{ ...filter, fromBlock: hex(from), toBlock: hex(to) }] } };
  }
  const position = BLOCK_PARAMETER[method];
  if (position === undefined) return { request };
  const block = params[position];
  if (typeof block === "object" && block !== null) return { request };
  if (!isTag(block) && block !== "earliest" && Number(block) > head) {
    return method === "eth_getBlockByNumber" ? { result: null } : { request };
  }
  if (!isTag(block)) return { request };
  const changed = [...params];
  while (changed.length < position) changed.push(undefined);
  changed[position] = hex(head);
  return { request: { ...request, params: changed } };
}

/**
 * An answer as a backend gives it whose newest block is `head`: it knows no later one.
 *
 * @param result of L1
 */
export function laggingResult({ method }: RpcRequest, result: unknown, head: number): unknown {
  if (method !== "eth_getTransactionReceipt" && method !== "eth_getTransactionByHash") return result;
  const { blockNumber } = (result ?? {}) as { readonly blockNumber?: string | null };
  return blockNumber !== undefined && blockNumber !== null && Number(blockNumber) > head ? null : result;
}

/** A listener to all that passes. Names are those of the paths: `/sequencer-1`. */
export interface ProxyListener {
  /** An L1 transaction is about to be passed on, as signed bytes in hex. @returns whether it may pass */
  sending(name: string, raw: string): boolean | Promise<boolean>;
  /** L1 has had it, and its answer is about to be passed on. */
  sent(name: string): void | Promise<void>;
  /** Logs are about to be passed on, of which there are some. */
  read(name: string): void;
  /** A request met with trouble. */
  troubled(name: string, handling: Handling["do"]): void;
}

/** An endpoint between the nodes and L1 that can have any trouble, with each node by itself. */
export class Proxy {
  readonly #l1: string;
  readonly #random: Random;
  readonly #listener: ProxyListener;
  readonly #troubles = new Map<string, Trouble>();
  readonly #server: Server;

  private constructor(l1: string, random: Random, listener: ProxyListener) {
    this.#l1 = l1;
    this.#random = random;
    this.#listener = listener;
    this.#server = createServer((incoming, response) => {
      void this.#handle(incoming, response).catch(() => incoming.socket.destroy());
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async listen(l1: string, random: Random, listener: ProxyListener): Promise<Proxy> {
    const proxy = new Proxy(l1, random, listener);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Endpoint of a node. */
  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  /** Gives the endpoint of a node a trouble, or none. */
  trouble(name: string, trouble: Trouble | undefined): void {
    if (trouble === undefined) this.#troubles.delete(name);
    else this.#troubles.set(name, trouble);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.closeAllConnections();
      this.#server.close(() => resolve());
    });
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const name = (incoming.url ?? "/").slice(1);
    // The nodes send each request alone.
    const request = JSON.parse(Buffer.concat(chunks).toString()) as RpcRequest;
    const handling = handlingOf(this.#troubles.get(name), request, this.#random);
    if (handling.do !== "pass") this.#listener.troubled(name, handling.do);
    if (handling.do === "delay") await sleep(handling.milliseconds);
    if (handling.do === "limit") {
      response.writeHead(429, { "retry-after": "1" }).end("too many requests");
      return;
    }
    if (handling.do === "drop" && !handling.isSent) {
      incoming.socket.destroy();
      return;
    }
    const isSending = request.method === "eth_sendRawTransaction";
    if (isSending && !(await this.#listener.sending(name, String(request.params?.[0])))) {
      incoming.socket.destroy();
      return;
    }
    const answer = handling.do === "answer" ? { result: handling.result } : await this.#ask(request, handling);
    if (isSending) await this.#listener.sent(name);
    if (handling.do === "drop") {
      incoming.socket.destroy();
      return;
    }
    const { result } = answer as { readonly result?: unknown };
    if (request.method === "eth_getLogs" && Array.isArray(result) && result.length > 0) this.#listener.read(name);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id: request.id, ...answer }));
  }

  async #ask(request: RpcRequest, handling: Handling): Promise<object> {
    if (handling.do !== "lag") return this.#forward(request);
    const now = await this.#forward({ id: 0, method: "eth_blockNumber", params: [] });
    const head = Math.max(0, Number((now as { readonly result: string }).result) - handling.blocks);
    const lagging = laggingRequest(request, head);
    if ("result" in lagging) return lagging;
    const answer = await this.#forward(lagging.request);
    return "result" in answer ? { result: laggingResult(request, answer.result, head) } : answer;
  }

  async #forward(request: RpcRequest): Promise<object> {
    const response = await fetch(this.#l1, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", ...request }),
    });
    const { result, error } = (await response.json()) as { readonly result?: unknown; readonly error?: unknown };
    return error === undefined ? { result: result ?? null } : { error };
  }
}
