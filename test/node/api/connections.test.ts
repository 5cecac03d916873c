// SPDX-License-Identifier: MIT
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { WebSocket } from "ws";

import type { RollupNode } from "../../../src/agents/index.ts";
import { Api, type ApiOptions, type ApiSource } from "../../../src/node/api/index.ts";
import type { Mempool } from "../../../src/node/mempool/index.ts";

/** Connections ask the node nothing. */
const NOTHING: unknown = {};
const SOURCE: ApiSource = {
  ...{ node: NOTHING as RollupNode, mempool: NOTHING as Mempool, sequencer: undefined, outbox: undefined, age: 0 },
};

describe("The connections of an API", function () {
  this.timeout(30_000);
  const apis: Api[] = [];
  const sockets: (WebSocket | Socket)[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) {
      if ("terminate" in socket) socket.terminate();
      else socket.destroy();
    }
    for (const api of apis.splice(0)) await api.close();
  });

  const listen = async (options: ApiOptions = {}): Promise<Api> => {
    const api = await Api.listen(SOURCE, options);
    apis.push(api);
    return api;
  };

  /** Sends the bytes of a request for a WebSocket, and keeps its side open. */
  const ask = async (api: Api, path: string): Promise<Socket> => {
    const { hostname, port, host } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.on("error", () => undefined);
    sockets.push(socket);
    await new Promise((resolve) => socket.once("connect", resolve));
    const key = Buffer.alloc(16).toString("base64");
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    return socket;
  };

  /** Whether the other side has closed a connection altogether: it answers with a reset then. */
  const isCut = async (socket: Socket): Promise<boolean> => {
    socket.resume();
    for (let i = 0; i < 500; i++) {
      if (socket.destroyed) return true;
      socket.write("x");
      await sleep(10);
    }
    return false;
  };

  /** Opens a WebSocket. @param from address that a proxy names @returns its status, 101 if it is open */
  const open = (api: Api, from?: string): Promise<number> => {
    const headers = from === undefined ? {} : { "x-forwarded-for": from };
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/ws`, { headers });
    sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
      socket.once("error", reject);
    });
  };

  it("do not end the process when a client resets one that was refused", async () => {
    const api = await listen();
    for (let i = 0; i < 50; i++) {
      const socket = await ask(api, "/other");
      socket.write("x".repeat(1_000));
      if (i % 2 === 0) await sleep(i / 10);
      socket.resetAndDestroy();
    }
    await sleep(100);
    expect((await fetch(`${api.url}/health`)).status).to.equal(200);
  });

  it("end when they were refused, also if the client keeps its side open", async () => {
    const api = await listen();
    expect(await isCut(await ask(api, "/other"))).to.equal(true);
  });

  it("end when the client gives no sign of life, and not before", async () => {
    const api = await listen({ pingInterval: 300 });
    const mute = await ask(api, "/ws");
    mute.resume();
    expect(await open(api)).to.equal(101);
    const alive = sockets.at(-1) as WebSocket;
    // The end of what the API sends.
    for (let i = 0; i < 500 && !mute.readableEnded && !mute.destroyed; i++) await sleep(10);
    expect(mute.readableEnded || mute.destroyed).to.equal(true);
    await sleep(1_000);
    expect(alive.readyState).to.equal(WebSocket.OPEN);
  });

  it("of one address are a quarter of all at most, and requests have their answers beside them", async () => {
    const api = await listen({ maxConnections: 8 });
    expect([await open(api), await open(api)]).to.deep.equal([101, 101]);
    expect(await open(api)).to.equal(503);
    expect((await fetch(`${api.url}/health`)).status).to.equal(200);
    (sockets[0] as WebSocket).close();
    await sleep(200);
    expect(await open(api)).to.equal(101);
  });

  it("of all addresses leave a quarter to requests", async () => {
    const api = await listen({ maxConnections: 8, isBehindProxy: true });
    const statuses: number[] = [];
    for (let i = 1; i <= 7; i++) statuses.push(await open(api, `10.0.0.${i}`));
    expect(statuses).to.deep.equal([101, 101, 101, 101, 101, 101, 503]);
    expect((await fetch(`${api.url}/health`)).status).to.equal(200);
  });

  it("of one network of IPv6 are those of one client", async () => {
    const api = await listen({ maxConnections: 8, isBehindProxy: true });
    for (const [address, status] of [
      ["2001:db8::1", 101],
      ["2001:0DB8:0:0:ffff::2", 101],
      ["2001:db8::ab:3", 503],
      ["2001:db8:0:1::1", 101],
      ["::ffff:10.0.0.1", 101],
      ["10.0.0.1", 101],
      ["::ffff:10.0.0.1", 503],
    ] as const) {
      expect(await open(api, address), address).to.equal(status);
    }
  });

  it("wait for L1 each by itself: one that does keeps no other from its news", async () => {
    const state = { root: 0n, nextIndex: 1 };
    const node = {
      ...{ block: 1, batches: [], verifiedBatches: 0, isFrozen: false, virtualState: state, finalState: state },
      system: { provider: { getBlock: () => new Promise(() => undefined) } },
    };
    const source = { ...SOURCE, node: node as never, mempool: { size: 0, revision: 0 } as never };
    const api = await Api.listen(source, { newsInterval: 20 });
    apis.push(api);
    const news: unknown[] = [];
    for (const topic of ["rollup_l1Head", "rollup_status"]) {
      expect(await open(api)).to.equal(101);
      const socket = sockets.at(-1) as WebSocket;
      socket.on("message", (data: Buffer) => {
        const { params } = JSON.parse(data.toString()) as { readonly params?: { readonly result: unknown } };
        if (params !== undefined) news.push(params.result);
      });
      const params = [topic, []];
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rollup_subscribe", params }));
      await sleep(200);
    }
    for (let i = 0; i < 300 && news.length === 0; i++) await sleep(10);
    expect(news).to.have.length(1);
    expect(news[0]).to.include({ l1Block: 1 });
  });
});
