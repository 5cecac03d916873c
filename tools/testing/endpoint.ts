// SPDX-License-Identifier: MIT
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { NetworkConnection } from "hardhat/types/network";

/** A request as an endpoint gets it. */
export interface RpcRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Fault of an endpoint, in the place of its answer. */
export type Fault =
  /** Accepts the request, and says nothing. */
  | "silence"
  /** Cuts the connection. */
  | "cut"
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  | { readonly result: unknown };

export interface Endpoint {
  readonly url: string;
  /** All that were asked, in order. */
  readonly requests: RpcRequest[];
  /** Sets the endpoint's faults from now on; it answers a request for which this gives undefined. */
  misbehave(fault: (request: RpcRequest) => Fault | undefined): void;
  stop(): Promise<void>;
}

/** An endpoint by HTTP for a chain of this process, which can be told to have any trouble. */
export async function startEndpoint({ provider }: NetworkConnection): Promise<Endpoint> {
  const requests: RpcRequest[] = [];
  let faultOf: (request: RpcRequest) => Fault | undefined = () => undefined;

  async function answer(request: RpcRequest): Promise<{ result: unknown } | { error: unknown }> {
    try {
      return { result: await provider.request({ method: request.method, params: [...request.params] }) };
    } catch (error) {
      const { code, message, data } = error as { code?: number; message: string; data?: unknown };
      return { error: { code: code ?? -32603, message, ...(data === undefined ? {} : { data }) } };
    }
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as RpcRequest & { id: number };
    const request = { method, params };
    requests.push(request);
    const fault = faultOf(request);
    if (fault === "silence") return;
    if (fault === "cut") {
      incoming.socket.destroy();
      return;
    }
    if (fault !== undefined && "status" in fault) {
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body);
      return;
    }
    const outcome = fault ?? (await answer(request));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }));
  }

  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    misbehave: (fault) => (faultOf = fault),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
