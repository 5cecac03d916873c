// SPDX-License-Identifier: MIT
import { expect } from "chai";
import {
  FetchRequest,
  JsonRpcProvider,
  makeError,
  parseEther,
  type Filter,
  type Log,
  type Provider,
  type Signer,
} from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { ask, EndpointProvider, fetchLogs, reasonOf, reverts, troubleOf, viewOf } from "../../src/chain/index.ts";
import { RollupNode, Wallet } from "../../src/agents/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { ProtocolError } from "../../src/errors.ts";
import { openRollup } from "../../src/escape/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { startEndpoint, type Endpoint } from "../../tools/testing/endpoint.ts";

const QUICK = { attempts: 3, delay: 1 };

/** Error answers of providers of public chains, word for word, that refuse a range. */
const REFUSALS: readonly (readonly [string, number, string])[] = [
  ["Infura", -32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."],
  ["Alchemy", -32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"],
  ["Alchemy, free", -32600, "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range."],
  ["Ankr", -32600, "block range is too wide"],
  ["QuickNode", -32614, "eth_getLogs is limited to a 10,000 range"],
  ["Cloudflare", -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800"],
  ["dRPC", 35, "ranges over 10000 blocks are not supported on freetier"],
  ["publicnode", -32701, "exceed maximum block range: 50000"],
  ["Nethermind", -32005, "Too many logs requested. Max logs per response is 20000."],
  ["Besu", -32005, "Requested range exceeds maximum RPC range limit"],
  ["LlamaNodes", -32602, "query exceeds max results 20000, retry with the range 1-2"],
  ["in no words that are known", -32000, "computer says no"],
  ["a time limit", -32000, "query timeout exceeded"],
];

const LIMITS: readonly (readonly [string, number, string])[] = [
  ["Infura", -32005, "daily request count exceeded, request rate limited"],
  ["Alchemy", 429, "Your app has exceeded its compute units per second capacity."],
  ["QuickNode", -32007, "50/second request limit reached - reduce calls per second"],
  ["a proxy", -32016, "over rate limit"],
];

/** A provider of made-up logs, one in each block, that refuses some queries. */
function providerOf(refuse: (from: number, to: number, query: number) => Error | undefined) {
  const queries: (readonly [number, number])[] = [];
  const provider = {
    getBlockNumber: () => Promise.resolve(1_000_000),
    getLogs: ({ fromBlock, toBlock }: Filter): Promise<Log[]> => {
      const [from, to] = [Number(fromBlock), Number(toBlock)];
      queries.push([from, to]);
      const error = refuse(from, to, queries.length);
      if (error !== undefined) return Promise.reject(error);
      return Promise.resolve(
        Array.from({ length: to - from + 1 }, (_, i) => ({ blockNumber: from + i }) as unknown as Log),
      );
    },
  } as unknown as Provider;
  return { provider, queries };
}

const blocksOf = (logs: readonly Log[]): number[] => logs.map(({ blockNumber }) => blockNumber);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const rpcError = (code: number, message: string): Error =>
  makeError("could not coalesce error", "UNKNOWN_ERROR", { error: { code, message } });

describe("fetchLogs", () => {
  for (const [who, code, message] of REFUSALS) {
    it(`halves a range that is refused as by ${who}, and gives every log once`, async () => {
      const { provider, queries } = providerOf((from, to) => (to - from >= 10 ? rpcError(code, message) : undefined));
      const logs = await fetchLogs(provider, { fromBlock: 1, toBlock: 100 }, QUICK);
      expect(blocksOf(logs)).to.deep.equal(numbers(1, 100));
      expect(queries.slice(0, 4).map(([from, to]) => to - from + 1)).to.deep.equal([100, 50, 25, 13]);
    });
  }

  it("remembers the limit of an endpoint, and tries more again later", async () => {
    let limit = 10;
    const { provider, queries } = providerOf((from, to) =>
      to - from + 1 > limit ? rpcError(-32602, "block range is too wide") : undefined,
    );
    await fetchLogs(provider, { fromBlock: 1, toBlock: 100 }, QUICK);
    queries.length = 0;
    limit = 1_000;
    await fetchLogs(provider, { fromBlock: 101, toBlock: 2_000 }, QUICK);
    const sizes = queries.map(([from, to]) => to - from + 1);
    expect(sizes[0]).to.be.at.most(10);
    expect(Math.max(...sizes)).to.be.greaterThan(50);
  });

  it("goes down to one block, and says which one is refused even so", async () => {
    const { provider } = providerOf((from, to) =>
      from <= 7 && 7 <= to ? rpcError(-32005, "query returned more than 10000 results") : undefined,
    );
    const error = await expectRejection(
      fetchLogs(provider, { fromBlock: 1, toBlock: 100 }, QUICK),
      "ENDPOINT_REFUSED_RANGE",
    );
    expect(error.message).to.include("blocks 7 to 7").and.include("more than 10000 results");
  });

  for (const [who, code, message] of LIMITS) {
    it(`waits for a rate limit as ${who} words it, and asks for the same range again`, async () => {
      const { provider, queries } = providerOf((_from, _to, query) =>
        query <= 2 ? rpcError(code, message) : undefined,
      );
      const logs = await fetchLogs(provider, { fromBlock: 1, toBlock: 100 }, QUICK);
      expect(blocksOf(logs)).to.deep.equal(numbers(1, 100));
      expect(queries).to.deep.equal([
        [1, 100],
        [1, 100],
        [1, 100],
      ]);
    });
  }

  it("says that the endpoint does not answer if a rate limit does not end", async () => {
    const { provider, queries } = providerOf(() => rpcError(429, "Too Many Requests"));
    const error = await expectRejection(
      fetchLogs(provider, { fromBlock: 1, toBlock: 100 }, QUICK),
      "ENDPOINT_UNAVAILABLE",
    );
    expect(error.message).to.include("Too Many Requests");
    expect(queries.length).to.equal(QUICK.attempts);
  });

  it("waits for a block that the endpoint does not have yet", async () => {
    const { provider, queries } = providerOf((_from, _to, query) =>
      query === 1 ? rpcError(-32000, "block range extends beyond current head block") : undefined,
    );
    expect(blocksOf(await fetchLogs(provider, { fromBlock: 5, toBlock: 9 }, QUICK))).to.deep.equal(numbers(5, 9));
    expect(queries.length).to.equal(2);
  });

  it("does not divide the range of an endpoint that is dead", async () => {
    const { provider, queries } = providerOf(() => new Error("connect ECONNREFUSED 127.0.0.1:1"));
    const dead = { ...provider, getBlockNumber: () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:1")) };
    const logs = fetchLogs(dead, { fromBlock: 1, toBlock: 100 }, QUICK);
    const error = await expectRejection(logs, "ENDPOINT_UNAVAILABLE");
    expect(error.message).to.include("ECONNREFUSED");
    expect(queries.length).to.equal(1);
  });
});

describe("The kind of trouble that an endpoint's error tells of", () => {
  const callError = (error: unknown): Error => {
    const exception = makeError("missing revert data", "CALL_EXCEPTION", {
      action: "call",
      data: null,
      reason: null,
      transaction: { to: null, data: "0x" },
      invocation: null,
      revert: null,
    });
    return Object.assign(exception, { info: { error } });
  };

  it("tells a revert without data from a rate limit, which ethers gives the same name", () => {
    expect(troubleOf(callError({ code: 3, message: "execution reverted" }))).to.equal("REVERT");
    expect(troubleOf(callError({ code: -32000, message: "execution reverted" }))).to.equal("REVERT");
    expect(troubleOf(callError({ code: -32000, message: "out of gas" }))).to.equal("REVERT");
    expect(troubleOf(callError({ code: -32005, message: "rate limit exceeded" }))).to.equal("LIMITED");
    expect(troubleOf(callError({ code: -32603, message: "internal error" }))).to.equal("OTHER");
    expect(troubleOf(callError({ code: -32000, message: "header not found" }))).to.equal("BEHIND");
  });

  it("takes the contract's own words for an answer, whatever they are", () => {
    const data = "0x08c379a0";
    const error = Object.assign(callError({ code: 3, message: "execution reverted: rate limit exceeded", data }), {
      data,
    });
    expect(troubleOf(error)).to.equal("REVERT");
    expect(troubleOf(new Error("VM Exception: reverted with reason string 'too many requests'"))).to.equal("REVERT");
  });

  it("knows ethers' own errors of HTTP", () => {
    const http = (responseStatus: string, responseBody = ""): Error =>
      makeError("server response", "SERVER_ERROR", {
        request: new FetchRequest("http://127.0.0.1"),
        info: { responseStatus, responseBody },
      });
    expect(troubleOf(http("413 Payload Too Large"))).to.equal("RANGE");
    expect(troubleOf(http("429 Too Many Requests"))).to.equal("LIMITED");
    expect(troubleOf(http("504 Gateway Timeout"))).to.equal("SILENT");
    expect(troubleOf(http("502 Bad Gateway"))).to.equal("OTHER");
    const body = JSON.stringify({ error: { code: -32602, message: "Log response size exceeded." } });
    expect(troubleOf(http("400 Bad Request", body))).to.equal("RANGE");
  });
});

describe("reasonOf", () => {
  it("gives one line without control characters, whatever a contract says", () => {
    const reason = reasonOf(new Error("reverted\u001b[2J\nAll is done"));
    expect(reason).to.equal("reverted [2J All is done");
    expect(reasonOf(new ProtocolError("NOT_LATE", {}, "words"))).to.equal("NOT_LATE: words");
  });
});

describe("An endpoint by HTTP", () => {
  let connection: NetworkConnection;
  let endpoint: Endpoint;
  let system: Awaited<ReturnType<typeof deployProofOfEfficiency>>;
  let core: string;

  before(async () => {
    connection = await network.create();
    system = await deployProofOfEfficiency(connection);
    core = await system.rollup.getAddress();
    const node = await RollupNode.open(system);
    const [, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
    const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
    for (let i = 0; i < 3; i++) await wallet.deposit(ETH, parseEther("1"));
  });

  beforeEach(async () => {
    endpoint = await startEndpoint(connection);
  });

  afterEach(async () => {
    await endpoint.stop();
  });

  const open = (timeout = 30_000): EndpointProvider => new EndpointProvider(endpoint.url, { timeout, patience: QUICK });

  it("opens a rollup although a third of all requests fail, each in another way", async () => {
    let count = 0;
    const faults = [
      "cut",
      { status: 429, body: "slow down", headers: { "retry-after": "0" } },
      { status: 503, body: "<html>" },
      { status: 200, body: '{"jsonrpc": "2.0", "id' },
      { error: { code: -32005, message: "request rate limited" } },
      { status: 429, body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: 429, message: "capacity" } }) },
    ] as const;
    endpoint.misbehave(() => (++count % 3 === 0 ? faults[(count / 3) % faults.length] : undefined));
    const { node, consensus } = await openRollup(open(), core);
    expect(consensus).to.equal("Proof of Efficiency");
    expect(node.forcedOperations.length).to.equal(3);
    expect(count).to.be.greaterThan(30);
  });

  it("opens a rollup although the endpoint gives logs of two blocks at most", async () => {
    endpoint.misbehave(({ method, params }) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
      if (Number(toBlock) - Number(fromBlock) < 2) return undefined;
      return { status: 413, body: "Request Entity Too Large" };
    });
    const { node } = await openRollup(open(), core);
    expect(node.forcedOperations.length).to.equal(3);
  });

  it("does not take an endpoint that is down for a chain without the rollup", async () => {
    const { url } = endpoint;
    await endpoint.stop();
    const provider = new EndpointProvider(url, { patience: QUICK });
    const error = await expectRejection(openRollup(provider, core), "ENDPOINT_UNAVAILABLE");
    expect(error.message).to.include("ECONNREFUSED");
    endpoint = await startEndpoint(connection);
    await expectRejection(openRollup(open(), "0x00000000000000000000000000000000000000aa"), "UNKNOWN_DEPLOYMENT");
  });

  it("gives up on an endpoint that accepts the connection and says nothing", async () => {
    endpoint.misbehave(() => "silence");
    const error = await expectRejection(openRollup(open(50), core), "ENDPOINT_UNAVAILABLE");
    expect(error.message).to.match(/timeout/iu);
    endpoint.misbehave(({ method }) => (method === "eth_getLogs" ? "silence" : undefined));
    await expectRejection(openRollup(open(200), core, { maxRange: 2 }), "ENDPOINT_UNAVAILABLE");
  });

  it("takes no answer into memory that is larger than its limit, and asks for fewer logs", async () => {
    const small = new EndpointProvider(endpoint.url, { patience: QUICK, maxBytes: 8_192 });
    const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, result: `0x${"00".repeat(10_000)}` });
    endpoint.misbehave(({ method, params }) => {
      if (method === "eth_getCode") return { status: 200, body: answer };
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
      return Number(toBlock) - Number(fromBlock) < 2 ? undefined : { status: 200, body: answer };
    });
    const error = await expectRejection(small.getCode(core), "ANSWER_TOO_LARGE");
    expect(error.message).to.include("8192 bytes");
    expect(endpoint.requests.filter(({ method }) => method === "eth_getCode").length).to.equal(1);
    const toBlock = await small.getBlockNumber();
    const logs = await fetchLogs(small, { address: core, fromBlock: toBlock - 3, toBlock }, QUICK);
    expect(logs.length).to.equal(3);
  });

  it("gives up on an endpoint that falls silent in the middle of an answer", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const provider = new EndpointProvider(`http://127.0.0.1:${port}`, { timeout: 100, patience: QUICK });
    await expectRejection(provider.getBlockNumber(), "ENDPOINT_UNAVAILABLE");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("does not take a rate limit for another consensus, nor for a contract that has no such view", async () => {
    const view = system.consensus.interface.getFunction("ROLLUP").selector;
    endpoint.misbehave(({ method, params }) =>
      method === "eth_call" && (params[0] as { data?: string }).data === view
        ? { error: { code: -32005, message: "rate limit exceeded" } }
        : undefined,
    );
    for (const provider of [open(), new JsonRpcProvider(endpoint.url, undefined, { batchMaxCount: 1 })]) {
      const consensus = system.consensus.connect(provider);
      const answer = viewOf("ROLLUP", () => consensus.ROLLUP(), QUICK);
      expect((await expectRejection(answer, "ENDPOINT_UNAVAILABLE")).message).to.include("rate limit");
      await expectRejection(
        reverts("ROLLUP", () => consensus.ROLLUP(), QUICK),
        "ENDPOINT_UNAVAILABLE",
      );
      provider.destroy();
    }
    endpoint.misbehave(() => undefined);
    const rollup = system.rollup.connect(open());
    const other = system.consensus.attach(core).connect(open()) as typeof system.consensus;
    expect(await viewOf("ROLLUP", () => other.ROLLUP())).to.equal(undefined);
    expect(await reverts("freeze", () => rollup.freeze.staticCall())).to.equal(true);
    expect(await reverts("stateRoot", () => rollup.stateRoot.staticCall())).to.equal(false);
  });

  it("does not send a transaction again that may have arrived", async () => {
    endpoint.misbehave(({ method }) => (method === "eth_sendRawTransaction" ? "cut" : undefined));
    await expectRejection(open().send("eth_sendRawTransaction", ["0x00"]), "ENDPOINT_UNAVAILABLE");
    expect(endpoint.requests.filter(({ method }) => method === "eth_sendRawTransaction").length).to.equal(1);
    let isFirst = true;
    endpoint.misbehave(({ method }) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      const fault = isFirst ? ({ status: 429, body: "" } as const) : ({ result: "0x01" } as const);
      isFirst = false;
      return fault;
    });
    expect(await open().send("eth_sendRawTransaction", ["0x00"])).to.equal("0x01");
  });

  it("asks an endpoint that is down once for each further request, until it answers", async () => {
    const provider = open();
    await provider.getBlockNumber();
    endpoint.misbehave(() => "cut");
    await expectRejection(provider.getBlockNumber(), "ENDPOINT_UNAVAILABLE");
    endpoint.requests.length = 0;
    await expectRejection(provider.getBlockNumber(), "ENDPOINT_UNAVAILABLE");
    expect(endpoint.requests.length).to.equal(1);
    endpoint.misbehave(() => undefined);
    expect(await provider.getBlockNumber()).to.be.greaterThan(0);
  });

  describe("of which there are several", () => {
    let second: Endpoint;
    let foreign: Endpoint;
    const several = (...all: readonly Endpoint[]): EndpointProvider =>
      new EndpointProvider(
        all.map(({ url }) => url),
        { patience: QUICK, timeout: 300 },
      );
    /** Numbers of requests that each got since the last call. */
    const asked = (): number[] => [endpoint, second, foreign].map(({ requests }) => requests.splice(0).length);

    before(async () => {
      second = await startEndpoint(connection);
      foreign = await startEndpoint(await network.create({ override: { chainId: 77 } }));
    });

    beforeEach(() => {
      for (const each of [endpoint, second, foreign]) each.misbehave(() => undefined);
      asked();
    });

    after(async () => {
      await second.stop();
      await foreign.stop();
    });

    it("asks the next one when one is down or silent, stays with it, and leaves out one of another chain", async () => {
      const provider = several(endpoint, foreign, second);
      await provider.getBlockNumber();
      expect(asked()).to.deep.equal([2, 0, 0]);
      for (const fault of ["cut", "silence", { status: 503, body: "no" }] as const) {
        endpoint.misbehave(() => fault);
        expect(await provider.getBlockNumber()).to.be.greaterThan(0);
        const [, ofSecond, ofForeign] = asked();
        expect(ofSecond).to.be.at.least(1);
        expect(ofForeign).to.be.at.most(1);
        await provider.getBlockNumber();
        expect(asked()).to.deep.equal([0, 1, 0]);
        endpoint.misbehave(() => undefined);
        second.misbehave(() => "cut");
        expect(await provider.getBlockNumber()).to.be.greaterThan(0);
        second.misbehave(() => undefined);
        expect(asked()[0]).to.equal(1);
      }
      endpoint.misbehave(() => "cut");
      second.misbehave(() => "cut");
      await expectRejection(provider.getBlockNumber(), "ENDPOINT_UNAVAILABLE");
      expect(asked()[2]).to.equal(0);
    });

    it("asks the next one for logs, but not for what the first one refuses with a reason", async () => {
      const provider = several(endpoint, second);
      await provider.getBlockNumber();
      asked();
      endpoint.misbehave(({ method }) => (method === "eth_getLogs" ? "cut" : undefined));
      expect(await provider.getLogs({ fromBlock: 0, toBlock: 1 })).to.be.an("array");
      expect(asked()).to.deep.equal([1, 2, 0]);
      second.misbehave(() => ({ error: { code: -32005, message: "query returned more than 10 results" } }));
      await provider.getLogs({ fromBlock: 0, toBlock: 1 }).catch(() => undefined);
      expect(asked()).to.deep.equal([0, 1, 0]);
    });

    it("gives a transaction to one alone, and goes to the next one after it", async () => {
      const provider = several(endpoint, second);
      await provider.getBlockNumber();
      asked();
      endpoint.misbehave(() => "cut");
      await expectRejection(provider.send("eth_sendRawTransaction", ["0x00"]), "ENDPOINT_UNAVAILABLE");
      expect(asked()).to.deep.equal([1, 1, 0]);
      await provider.getBlockNumber();
      expect(asked()).to.deep.equal([0, 1, 0]);
    });
  });

  it("sends user and password of an address as a header, and refuses what is no address", async () => {
    const { createServer } = await import("node:http");
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new EndpointProvider(`http://user:pass%3A@127.0.0.1:${port}`, { patience: QUICK }).getNetwork();
    expect(seen[0]).to.equal(`Basic ${Buffer.from("user:pass:").toString("base64")}`);
    await new Promise((resolve) => server.close(resolve));
    for (const text of ["", "localhost:8545", "ftp://x", "ws://127.0.0.1"]) {
      expectError(() => new EndpointProvider(text), "INVALID_URL");
    }
  });

  it("asks again with any provider, and keeps what the contract says", async () => {
    let count = 0;
    expect(
      await ask("x", () => (++count < 3 ? Promise.reject(new Error("socket hang up")) : Promise.resolve(7)), QUICK),
    ).to.equal(7);
    const own = new ProtocolError("NOT_LATE", {}, "own");
    await expectRejection(
      ask("x", () => Promise.reject(own), QUICK),
      "NOT_LATE",
    );
    await expectRejection(
      ask("x", () => Promise.reject(new Error("socket hang up")), QUICK),
      "ENDPOINT_UNAVAILABLE",
    );
  });
});
