// SPDX-License-Identifier: MIT
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { TROUBLES } from "../../tools/chaos/plan.ts";
import { handlingOf, laggingRequest, laggingResult, LAG, Proxy, type RpcRequest } from "../../tools/chaos/proxy.ts";
import { Random } from "../../tools/random.ts";

const ask = (method: string, ...params: unknown[]): RpcRequest => ({ id: 1, method, params });
const HEAD = 100;

describe("A troubled endpoint", () => {
  it("passes everything on without trouble", () => {
    expect(handlingOf(undefined, ask("eth_getLogs"), new Random("none"))).to.deep.equal({ do: "pass" });
  });

  it("does each of its troubles, and not always", () => {
    for (const trouble of TROUBLES) {
      const random = new Random(trouble);
      const done = Array.from({ length: 200 }, () => handlingOf(trouble, ask("eth_getLogs"), random).do);
      const expected = { delay: "delay", drop: "drop", limit: "limit", empty: "answer", stale: "lag" }[trouble];
      expect(new Set(done)).to.deep.equal(new Set(trouble === "delay" ? [expected] : [expected, "pass"]));
    }
  });

  it("drops requests before and after L1 has had them", () => {
    const random = new Random("drop");
    const done = Array.from({ length: 200 }, () => handlingOf("drop", ask("eth_sendRawTransaction"), random));
    const isSent = new Set(done.flatMap((handling) => (handling.do === "drop" ? [handling.isSent] : [])));
    expect(isSent).to.deep.equal(new Set([true, false]));
  });

  it("answers nothing to questions for logs alone where a list is asked for", () => {
    const random = new Random("empty");
    const answers = Array.from({ length: 100 }, () => handlingOf("empty", ask("eth_getLogs"), random));
    expect(answers).to.deep.include({ do: "answer", result: [] });
    const others = Array.from({ length: 100 }, () => handlingOf("empty", ask("eth_call"), random).do);
    expect(new Set(others)).to.deep.equal(new Set(["pass"]));
  });

  it("that is behind does not know later blocks, logs, receipts and states", () => {
    expect(laggingRequest(ask("eth_blockNumber"), HEAD)).to.deep.equal({ result: "0x64" });
    expect(laggingRequest(ask("eth_getBlockByNumber", "0x65", false), HEAD)).to.deep.equal({ result: null });
    expect(laggingRequest(ask("eth_getBlockByNumber", "0x64", false), HEAD)).to.have.property("request");
    expect(laggingRequest(ask("eth_call", {}, "latest"), HEAD)).to.deep.include({
      request: ask("eth_call", {}, "0x64"),
    });
    expect(laggingRequest(ask("eth_call", {}), HEAD)).to.deep.include({ request: ask("eth_call", {}, "0x64") });
    expect(laggingRequest(ask("eth_getTransactionCount", "0x1", "pending"), HEAD)).to.deep.include({
      request: ask("eth_getTransactionCount", "0x1", "0x64"),
    });
    const range = { fromBlock: "0x60", toBlock: "0x70" };
    expect(laggingRequest(ask("eth_getLogs", range), HEAD)).to.deep.include({
      request: ask("eth_getLogs", { ...range, toBlock: "0x64" }),
    });
    expect(laggingRequest(ask("eth_getLogs", { fromBlock: "0x65", toBlock: "0x70" }), HEAD)).to.deep.equal({
      result: [],
    });
    const receipt = ask("eth_getTransactionReceipt", "0x1");
    expect(laggingResult(receipt, { blockNumber: "0x65" }, HEAD)).to.equal(null);
    expect(laggingResult(receipt, { blockNumber: "0x64" }, HEAD)).to.deep.equal({ blockNumber: "0x64" });
    expect(laggingResult(ask("eth_getTransactionByHash", "0x1"), { blockNumber: null }, HEAD)).to.not.equal(null);
  });
});

describe("The proxy", () => {
  let l1: Server;
  let url: string;
  const asked: string[] = [];

  before(async () => {
    l1 = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const { id, method } = JSON.parse(text) as RpcRequest;
        asked.push(method);
        const result = method === "eth_blockNumber" ? "0x64" : method === "eth_getLogs" ? [{}] : "0xdone";
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      });
    });
    await new Promise<void>((resolve) => l1.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(l1.address() as AddressInfo).port}`;
  });

  after(() => {
    l1.closeAllConnections();
    l1.close();
  });

  beforeEach(() => asked.splice(0));

  const post = async (to: string, request: RpcRequest): Promise<{ status: number; body: string }> => {
    const response = await fetch(to, { method: "POST", body: JSON.stringify(request) });
    return { status: response.status, body: await response.text() };
  };

  it("tells what passes, by node: transactions before and after L1 has them, and logs", async () => {
    const heard: string[] = [];
    const proxy = await Proxy.listen(url, new Random("proxy"), {
      sending: (name, raw) => heard.push(`sending ${name} ${raw}`) > 0,
      sent: (name) => void heard.push(`sent ${name}`),
      read: (name) => void heard.push(`read ${name}`),
      troubled: () => undefined,
    });
    try {
      const { body } = await post(proxy.urlOf("boot"), ask("eth_sendRawTransaction", "0xab"));
      expect(JSON.parse(body)).to.deep.equal({ jsonrpc: "2.0", id: 1, result: "0xdone" });
      await post(proxy.urlOf("follower"), ask("eth_getLogs", {}));
      expect(heard).to.deep.equal(["sending boot 0xab", "sent boot", "read follower"]);
    } finally {
      await proxy.close();
    }
  });

  it("keeps a transaction from L1 that may not pass, and cuts the connection", async () => {
    const proxy = await Proxy.listen(url, new Random("proxy"), {
      ...{ sending: () => false, sent: () => undefined, read: () => undefined, troubled: () => undefined },
    });
    try {
      const failed = await post(proxy.urlOf("boot"), ask("eth_sendRawTransaction", "0xab")).catch(() => "cut");
      expect(failed).to.equal("cut");
      expect(asked).to.deep.equal([]);
    } finally {
      await proxy.close();
    }
  });

  it("gives each node its own trouble", async () => {
    const troubled: string[] = [];
    const proxy = await Proxy.listen(url, new Random("proxy"), {
      ...{ sending: () => true, sent: () => undefined, read: () => undefined },
      troubled: (name, handling) => void troubled.push(`${name} ${handling}`),
    });
    try {
      proxy.trouble("boot", "limit");
      const statuses = new Set<number>();
      for (let i = 0; i < 20; i++) statuses.add((await post(proxy.urlOf("boot"), ask("eth_chainId"))).status);
      expect(statuses).to.deep.equal(new Set([200, 429]));
      expect((await post(proxy.urlOf("follower"), ask("eth_chainId"))).status).to.equal(200);
      proxy.trouble("boot", "stale");
      const heads = new Set<string>();
      for (let i = 0; i < 20; i++) heads.add((await post(proxy.urlOf("boot"), ask("eth_blockNumber"))).body);
      expect([...heads].map((body) => Number((JSON.parse(body) as { result: string }).result)).sort()).to.deep.equal(
        [100, 100 - LAG].sort(),
      );
      proxy.trouble("boot", undefined);
      expect((await post(proxy.urlOf("boot"), ask("eth_chainId"))).status).to.equal(200);
      expect(new Set(troubled)).to.deep.equal(new Set(["boot limit", "boot lag"]));
    } finally {
      await proxy.close();
    }
  });
});
