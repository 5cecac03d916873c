// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { concat, hexlify, parseEther, toBeHex, type Signer } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { WebSocket } from "ws";

import { addressToUint, Aggregator, RollupNode, Sequencer, Wallet } from "../../../src/agents/index.ts";
import { encodeDomain } from "../../../src/codec/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { AccountIndex } from "../../../src/node/accountIndex/index.ts";
import { answer, Api, METHODS, RPC, type ApiOptions, type ApiSource } from "../../../src/node/api/index.ts";
import { TokenBuckets } from "../../../src/node/tokenBucket.ts";
import { Mempool } from "../../../src/node/mempool/index.ts";
import { openDatabase } from "../../../src/node/storage/index.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { fuzzMethod } from "../../helpers/fuzzMethod.ts";
import { differencesFrom } from "../../helpers/jsonSchema.ts";
import { deployWithMockProofs, mockProver } from "../../helpers/mockProofs.ts";

const ROLLUP = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code: string } };
}

async function deploy() {
  const connection = await network.create();
  const system = await deployWithMockProofs(connection, { forcedDeadline: 600, escapeDelay: 7_800 });
  const { consensus, token } = system;
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer & { address: string }, Signer];
  await token.approve(consensus, parseEther("100000"));
  await consensus.deposit(parseEther("100000"));
  const node = await RollupNode.open(system);
  const terms = {
    domain: node.domain,
    sequencer: addressToUint(operator.address),
    baseFee: node.baseFee,
    feeToken: ETH,
  };
  const database = openDatabase(":memory:", ROLLUP);
  const mempool = new Mempool(database, terms);
  const accountIndex = new AccountIndex(database);
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH, pool: mempool });
  const wallet = new Wallet(node, user, createFastSigner("user"));
  await wallet.deposit(ETH, parseEther("1"));
  await sequencer.post({});
  await node.sync();
  mempool.follow(node.virtualState, node.block);
  await accountIndex.follow(node.virtualState, node.block);
  const source = { node, mempool, sequencer, accountIndex, outbox: undefined, age: 5 } satisfies ApiSource;
  return { connection, node, mempool, sequencer, wallet, operator, source };
}

describe("The API of a node", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deploy>>;
  let source: ApiSource;
  const apis: Api[] = [];
  const sockets: WebSocket[] = [];

  before(async () => {
    world = await deploy();
    ({ source } = world);
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    for (const api of apis.splice(0)) await api.close();
  });

  const ask = async (method: string, params: unknown = [], of: ApiSource = source): Promise<Answer> =>
    JSON.parse((await answer(of, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })))!) as Answer;
  const resultOf = async (method: string, ...params: unknown[]): Promise<unknown> => (await ask(method, params)).result;
  const listen = async (options: ApiOptions = {}): Promise<Api> => {
    const api = await Api.listen(source, { newsInterval: 20, ...options });
    apis.push(api);
    return api;
  };
  const post = (api: Api, body: string, type = "application/json"): Promise<Response> =>
    fetch(api.url, { method: "POST", headers: { "content-type": type }, body });
  const request = (method: string, params: unknown = []): string =>
    JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const openSocket = async (api: Api): Promise<{ socket: WebSocket; messages: Answer[] }> => {
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/ws`);
    sockets.push(socket);
    const messages: Answer[] = [];
    socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString()) as Answer));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return { socket, messages };
  };
  const until = async (holds: () => boolean): Promise<void> => {
    const deadline = Date.now() + 10_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error("not in time");
      await sleep(10);
    }
  };

  describe("answers", () => {
    it("the way of a transaction: waiting, virtual, final", async () => {
      const { sequencer, wallet, node, mempool, operator } = world;
      const transaction = wallet.transfer(ETH, { to: 1, amount: 5n });
      const hex = hexlify(transaction);
      expect(await resultOf("rollup_transaction", hex)).to.deep.equal({ status: "pending" });
      expect(await resultOf("rollup_sendTransaction", hex)).to.deep.equal({ nonce: "0", isKnown: false });
      expect(await resultOf("rollup_sendTransaction", hex)).to.deep.equal({ nonce: "0", isKnown: true });
      expect(await resultOf("rollup_transaction", hex)).to.deep.equal({ status: "waiting", nonce: "0" });
      await sequencer.post(await sequencer.nextBatch());
      await node.sync();
      mempool.follow(node.virtualState, node.block);
      const place = { batch: node.batches.length, leaf: 0, slot: 0 };
      expect(await resultOf("rollup_transaction", hex)).to.deep.include({
        status: "virtual",
        isFinal: false,
        ...place,
      });
      await new Aggregator(node, operator, await mockProver()).step();
      await node.sync();
      expect(await resultOf("rollup_transaction", hex)).to.deep.include({ status: "final", isFinal: true, ...place });
      expect(await ask("rollup_sendTransaction", [hex])).to.have.nested.property("error.data.code", "NONCE_USED");
    });

    it("accounts, batches, fees and the forced queue", async () => {
      const { node, wallet } = world;
      const account = { index: 1, token: "0", owner: wallet.owner.toLowerCase() };
      expect(await resultOf("rollup_account", 1)).to.deep.include(account);
      expect(await resultOf("rollup_account", 999)).to.equal(null);
      expect(await resultOf("rollup_account", 2 ** 32 - 1)).to.equal(null);
      expect(await resultOf("rollup_batch", 1)).to.deep.include({ number: 1, forcedCount: 1, leaves: 1 });
      expect(await resultOf("rollup_batch", 99)).to.equal(null);
      expect(await resultOf("rollup_fees")).to.deep.equal({ baseFee: String(node.baseFee) });
      expect(await resultOf("rollup_forcedQueue")).to.deep.equal([]);
      await wallet.deposit(ETH, 7n);
      await node.sync();
      const [operation] = (await resultOf("rollup_forcedQueue")) as { number: number; dueBy: number }[];
      expect(operation).to.have.property("number", 2);
      expect(operation?.dueBy).to.be.a("number");
      const { provider } = world.connection;
      const requestL1 = provider.request.bind(provider);
      let calls = 0;
      provider.request = (args) => {
        calls += Number(args.method === "eth_call");
        return requestL1(args);
      };
      for (let i = 0; i < 5; i++) expect(await resultOf("rollup_forcedQueue")).to.deep.equal([operation]);
      provider.request = requestL1;
      expect(calls, "questions to L1 for what is known").to.equal(0);
      expect(await resultOf("rollup_operation", 2)).to.deep.equal({ status: "pending", dueBy: operation?.dueBy });
      expect(await resultOf("rollup_operation", 1)).to.deep.include({ status: "final", batch: 1 });
      expect(await resultOf("rollup_operation", 99)).to.deep.equal({ status: "unknown", reason: "NOT_QUEUED" });
      expect(await resultOf("rollup_status")).to.deep.include({ accounts: 1, isFrozen: false });
    });

    it("a batch with its sequencer and its prover, its slots, and its fees", async () => {
      const { node, operator, wallet, connection } = world;
      const { proof, ...batch } = ((await resultOf("rollup_batches", 2, 1)) as Record<string, unknown>[])[0]!;
      const { record, header, provenAt } = node.batch(1);
      const address = operator.address.toLowerCase();
      expect(batch).to.deep.include({
        ...{ number: 1, sequencer: address, timestamp: Number(header.timestamp), postedAt: node.batch(1).postedAt },
        ...{ leaves: 1, transactions: 0, forcedCount: 1, void: 0, isTruthful: true, feeToken: 0 },
        ...{ fee: String(record.fee), leafFee: String(record.fee), bond: String(record.bond) },
      });
      const l1 = await connection.ethers.provider.getBlock(provenAt!);
      expect(proof).to.deep.include({
        aggregator: address,
        l1Block: provenAt,
        timestamp: l1?.timestamp,
        from: 1,
        to: node.verifiedBatches,
      });
      const { slots } = (await resultOf("rollup_leaf", 1, 0)) as { slots: Record<string, unknown>[] };
      expect(slots).to.have.length(1);
      expect(slots[0]).to.deep.include({
        ...{ slot: 0, isForced: true, kind: "createAccount", status: "executed", from: 0, to: 0, token: 0 },
        ...{
          amount: String(parseEther("1")),
          l1Address: wallet.owner.toLowerCase(),
          bytes: hexlify(node.batch(1).data),
        },
      });
      expect(await resultOf("rollup_leaf", 1, 1)).to.equal(null);
      expect(await resultOf("rollup_leaf", 99, 0)).to.equal(null);
      const fees = (await resultOf("rollup_feeHistory", 50)) as { batchFee: string; batches: { number: number }[] };
      expect(fees.batchFee).to.equal(String(await node.system.consensus.batchFee({ blockTag: node.block })));
      expect(fees.batches.map(({ number }) => number)).to.deep.equal(node.batches.map(({ number }) => number));
      const head = await connection.ethers.provider.getBlock(node.block);
      expect(await resultOf("rollup_l1Head")).to.deep.equal({ l1Block: node.block, timestamp: head?.timestamp });
      expect(await resultOf("rollup_rules")).to.deep.include({
        ...{ chainId: "31337", forcedDeadline: 600, escapeDelay: 7_800, slots: node.system.profile.slots },
        rollup: (await node.system.rollup.getAddress()).toLowerCase(),
      });
    });

    it("as the schemas of its methods say; and no methods of B52", async () => {
      const bytes = hexlify(world.node.batch(1).data.subarray(0, 93));
      const questions: Readonly<Record<string, readonly unknown[]>> = {
        rollup_transaction: [bytes],
        rollup_operation: [1],
        rollup_account: [1],
        rollup_accounts: [null, world.wallet.owner, 0],
        rollup_batch: [1],
        rollup_batches: [99, 50],
        rollup_leaf: [1, 0],
        rollup_feeHistory: [50],
      };
      const ofB52 = { rollup_rounds: [9, 1], rollup_round: [1], rollup_tickets: [0], rollup_peers: [] };
      for (const { name, parameters, result } of METHODS) {
        const params = { ...questions, ...ofB52, rollup_proofTree: [1, world.wallet.owner] }[name] ?? [];
        if (parameters.length !== params.length) continue;
        const { result: answered, error } = await ask(name, params);
        if (name in ofB52 || name === "rollup_proofTree") {
          expect(error?.data?.code, name).to.equal("UNSUPPORTED_CONSENSUS");
        } else {
          expect(differencesFrom(result.schema, answered), name).to.deep.equal([]);
        }
      }
    });

    it("the clock of forced operations that are not final, taken or not", async () => {
      const { node, sequencer, wallet } = world;
      const first = node.sequencedForced + 1;
      await sequencer.post({});
      await wallet.deposit(ETH, 9n);
      await node.sync();
      const { total, operations } = (await resultOf("rollup_forcedClock")) as {
        total: number;
        operations: { number: number; queuedAt: number; batch?: number }[];
      };
      expect([total, operations.map(({ number, batch }) => [number, batch])]).to.deep.equal([
        ...[
          2,
          [
            [first, node.batches.length],
            [first + 1, undefined],
          ],
        ],
      ]);
      const [, time] = await node.system.rollup.forcedOperation(first);
      const queuedAt = Number(time);
      expect(operations[0]).to.deep.include({
        ...{ kind: "createAccount", from: 0, to: 0, amount: "7", queuedAt, dueBy: queuedAt + 600 },
        // The rollup may be frozen when more than ESCAPE_DELAY has passed.
        freezableFrom: queuedAt + 7_801,
      });
      await sequencer.post({});
      await node.sync();
    });

    it("a page of batches, with a bounded number of questions to L1, of which each is asked once", async () => {
      const { node } = world;
      const [proven] = node.batches;
      const batches = Array.from({ length: 10_000 }, (_, i) => ({ ...proven!, number: i + 1, provenAt: i + 1 }));
      let [asked, running, most] = [0, 0, 0];
      const provider = {
        getBlock: async (number: number) => {
          asked += 1;
          most = Math.max(most, ++running);
          await sleep(1);
          running -= 1;
          return { timestamp: number };
        },
      };
      const system = { ...node.system, provider };
      const many = { batches, system } as unknown as typeof node;
      const of = { ...source, node: many, mempool: world.mempool, age: 0, sequencer: undefined, outbox: undefined };
      const numbers = async (before: number, count: number): Promise<number[]> =>
        ((await ask("rollup_batches", [before, count], of)).result as { number: number }[]).map(({ number }) => number);
      expect(await numbers(2 ** 32 - 1, 3)).to.deep.equal([10_000, 9_999, 9_998]);
      expect([await numbers(3, 50), await numbers(1, 50)]).to.deep.equal([[2, 1], []]);
      asked = 0;
      expect(await numbers(5_001, 50)).to.have.length(50);
      expect([asked, most]).to.deep.equal([50, 8]);
      expect(await numbers(5_001, 50)).to.have.length(50);
      expect(asked).to.equal(50);
      expect((await ask("rollup_batches", [5_001, 51], of)).error?.code).to.equal(RPC.PARAMETERS);
    });

    it("accounts by key and by owner, and the rollup that it follows", async () => {
      const { wallet, node } = world;
      const [own] = wallet.accounts();
      const { x, y } = wallet.l2.publicKey;
      const key = concat([x, y].map((value) => toBeHex(value, 32)));
      const account = await resultOf("rollup_account", own!.index);
      for (const [by, of] of [
        [key, null],
        [null, wallet.owner],
        [key, wallet.owner.toLowerCase()],
      ]) {
        expect(await resultOf("rollup_accounts", by, of, 0)).to.deep.equal({ accounts: [account] });
        expect(await resultOf("rollup_accounts", by, of, own!.index)).to.deep.equal({ accounts: [] });
      }
      const stranger = `0x${"77".repeat(20)}`;
      expect(await resultOf("rollup_accounts", key, stranger, 0)).to.deep.equal({ accounts: [] });
      expect(await resultOf("rollup_accounts", `0x${"ff".repeat(64)}`, null, 0)).to.deep.equal({ accounts: [] });
      expect((await ask("rollup_accounts", [null, null, 0])).error?.code).to.equal(RPC.PARAMETERS);
      const { accountIndex: _, ...without } = source;
      const refused = await ask("rollup_accounts", [key, null, 0], without);
      expect(refused).to.have.nested.property("error.data.code", "NO_ACCOUNT_INDEX");
      const identity = (await resultOf("rollup_identity")) as { chainId: string; rollup: string };
      expect(identity.rollup).to.equal((await node.system.rollup.getAddress()).toLowerCase());
      const domain = encodeDomain({ chainId: BigInt(identity.chainId), rollup: identity.rollup });
      expect(domain).to.equal(node.domain);
    });

    it("the nonce behind transactions that wait", async () => {
      const { wallet, node } = world;
      const [own] = wallet.accounts();
      const nonces = async (): Promise<unknown> => {
        const { nonce, nextNonce } = (await resultOf("rollup_account", own!.index)) as Record<string, string>;
        return [nonce, nextNonce].map((value) => BigInt(value!) - node.virtualState.account(own!.index)!.nonce);
      };
      const { nonce } = own!.account;
      for (const [ahead, next] of [
        [1n, 0n],
        [0n, 2n],
        [2n, 3n],
      ] as const) {
        const bytes = wallet.transfer(ETH, { to: 1, amount: 1n, nonce: nonce + ahead, from: own!.index });
        await ask("rollup_sendTransaction", [hexlify(bytes)]);
        expect(await nonces()).to.deep.equal([0n, next]);
      }
    });

    it("with the reason why a transaction is void, or left the mempool", async () => {
      const { sequencer, wallet, node, mempool } = world;
      const useless = wallet.transfer(ETH, { to: 1, amount: parseEther("100") });
      await sequencer.post({ transactions: [useless], forced: 0 });
      await node.sync();
      mempool.follow(node.virtualState, node.block);
      expect(await resultOf("rollup_transaction", hexlify(useless))).to.deep.include({
        ...{ status: "void", reason: "INSUFFICIENT_BALANCE" },
      });
      const cheap = wallet.transfer(ETH, { to: 1, amount: 1n });
      const dear = wallet.transfer(ETH, { to: 1, amount: 1n, tip: 1_024n });
      for (const bytes of [cheap, dear]) await ask("rollup_sendTransaction", [hexlify(bytes)]);
      expect(await resultOf("rollup_transaction", hexlify(cheap))).to.deep.include({ status: "removed" });
    });

    it("parameters by name as by position, notifications with nothing, and batches in order", async () => {
      expect((await ask("rollup_account", { index: 1 })).result).to.deep.equal(await resultOf("rollup_account", 1));
      expect(await answer(source, JSON.stringify({ jsonrpc: "2.0", method: "rollup_fees" }))).to.equal(undefined);
      const requests = ["a", 2, null].map((id) => ({ jsonrpc: "2.0", id, method: "rollup_fees" }));
      const answers = JSON.parse((await answer(source, JSON.stringify(requests)))!) as Answer[];
      expect(answers.map(({ id }) => id)).to.deep.equal(["a", 2, null]);
    });

    it("a refusal of a node that posts nothing", async () => {
      const follower = {
        ...source,
        node: world.node,
        mempool: world.mempool,
        age: 0,
        sequencer: undefined,
        outbox: undefined,
      };
      const { error } = await ask("rollup_sendTransaction", [`0x${"00".repeat(93)}`], follower);
      expect(error).to.deep.equal({
        code: RPC.REFUSED,
        message: "this node orders no transactions: send it to a sequencer or a proposer",
        data: { code: "NOT_A_SEQUENCER" },
      });
    });
  });

  describe("goes on after", () => {
    const seed = Number(process.env["SEED"] ?? 20);

    for (const method of METHODS) {
      it(`any parameters of ${method.name}`, async () => {
        await fuzzMethod(source, method, { seed, numRuns: 150 });
        expect(await resultOf("rollup_status")).to.have.property("l1Block");
      });
    }

    it("any message", async () => {
      const requestLike = fc.record(
        {
          jsonrpc: fc.constantFrom("2.0", "1.0", 2),
          id: fc.jsonValue(),
          method: fc.oneof(fc.constantFrom(...METHODS.map(({ name }) => name), "toString"), fc.jsonValue()),
          params: fc.jsonValue(),
        },
        { requiredKeys: [] },
      );
      const message = fc.oneof(
        fc.string(),
        fc.json(),
        requestLike.map((value) => JSON.stringify(value)),
        fc.array(requestLike, { maxLength: 25 }).map((value) => JSON.stringify(value)),
      );
      await fc.assert(
        fc.asyncProperty(message, async (text) => {
          const answered = await answer(source, text);
          if (answered !== undefined) JSON.parse(answered);
        }),
        { seed, numRuns: 300 },
      );
      expect(await answer(source, "[".repeat(100_000))).to.include(String(RPC.PARSE));
    });
  });

  it("goes on after any parameters of the methods that only a WebSocket has", async () => {
    const api = await listen({ perSecond: 10_000, burst: 10_000 });
    const { socket, messages } = await openSocket(api);
    const topics = fc.constantFrom("rollup_account", "rollup_transaction", "rollup_status", "rpc.discover");
    const likely = fc.oneof(topics, fc.array(fc.jsonValue(), { maxLength: 6 }), fc.jsonValue());
    const params = fc.oneof(fc.tuple(likely, likely), fc.array(likely, { maxLength: 3 }), fc.jsonValue());
    let id = 1;
    const check = async (method: string, given: unknown): Promise<void> => {
      const own = ++id;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: own, method, params: given }));
      await until(() => messages.some((message) => message.id === own));
      const { result, error } = messages.find((message) => message.id === own)!;
      if (error === undefined) {
        expect(result).to.satisfy((value: unknown) => ["number", "boolean"].includes(typeof value));
      } else {
        expect(error.code).to.be.oneOf([RPC.PARAMETERS, RPC.REFUSED]);
      }
    };
    const methods = fc.constantFrom("rollup_subscribe", "rollup_unsubscribe");
    await fc.assert(fc.asyncProperty(methods, params, check), {
      seed: Number(process.env["SEED"] ?? 20),
      numRuns: 100,
    });
    expect(await (await post(api, request("rollup_fees"))).json()).to.have.property("result");
  });

  describe("limits", () => {
    it("the size of a message, of a batch, and its type", async () => {
      const api = await listen();
      expect((await post(api, JSON.stringify("x".repeat(128 * 1_024)))).status).to.equal(413);
      expect((await post(api, request("rollup_fees"), "text/plain")).status).to.equal(415);
      const many = JSON.stringify(Array.from({ length: 21 }, () => ({ jsonrpc: "2.0", id: 1, method: "rollup_fees" })));
      expect(await (await post(api, many)).json()).to.have.nested.property("error.code", RPC.REQUEST);
      expect(await (await post(api, request("rollup_fees"))).json()).to.have.property("result");
    });

    it("how often one client of a proxy asks, as the proxy says it", async () => {
      const ask = async (api: Api, forwarded: string): Promise<unknown> => {
        const headers = { "content-type": "application/json", "x-forwarded-for": forwarded };
        const response = await fetch(api.url, { method: "POST", headers, body: request("rollup_fees") });
        return ((await response.json()) as { error?: { code: number } }).error?.code;
      };
      const limits = { perSecond: 1e-6, burst: 2 };
      const behind = await listen({ ...limits, isBehindProxy: true });
      for (const client of ["192.0.2.1", "192.0.2.2, 192.0.2.3", "2001:db8::1"]) {
        const answers = [await ask(behind, client), await ask(behind, client), await ask(behind, client)];
        expect(answers).to.deep.equal([undefined, undefined, RPC.LIMITED]);
      }
      // The client writes all but the last one.
      expect(await ask(behind, "192.0.2.9, 192.0.2.3")).to.equal(RPC.LIMITED);
      for (const noAddress of ["", "me", "192.0.2.4,"]) await ask(behind, noAddress);
      expect(await ask(behind, "nobody")).to.equal(RPC.LIMITED);
      const direct = await listen(limits);
      expect([await ask(direct, "192.0.2.1"), await ask(direct, "192.0.2.2")]).to.deep.equal([undefined, undefined]);
      expect(await ask(direct, "192.0.2.3")).to.equal(RPC.LIMITED);
    });

    it("how often one address asks, with all requests of a batch", async () => {
      const api = await listen({ perSecond: 1, burst: 10 });
      const batch = JSON.stringify(Array.from({ length: 8 }, () => ({ jsonrpc: "2.0", id: 1, method: "rollup_fees" })));
      expect(await (await post(api, batch)).json()).to.have.length(8);
      expect(await (await post(api, batch)).json()).to.have.nested.property("error.code", RPC.LIMITED);
      expect(await (await post(api, request("rollup_fees"))).json()).to.have.property("result");
      await post(api, batch);
      await post(api, request("rollup_fees"));
      // A client of a WebSocket knows by the id which of its requests it has to repeat.
      const refused = {
        jsonrpc: "2.0",
        id: 1,
        error: { code: RPC.LIMITED, message: "too many requests: ask again in a second" },
      };
      expect(await (await post(api, request("rollup_fees"))).json()).to.deep.equal(refused);
    });

    it("how often one address hears news, with all of its subscriptions", async () => {
      const api = await listen({ perSecond: 1e-6, burst: 5, newsInterval: 10 });
      const { socket, messages } = await openSocket(api);
      for (let id = 1; id <= 4; id++) {
        const params = ["rollup_account", [id]];
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "rollup_subscribe", params }));
      }
      const news = (): number => messages.filter((message) => "method" in message).length;
      await until(() => messages.filter(({ id }) => id !== undefined).length === 4);
      await until(() => news() > 0);
      await sleep(100);
      expect(news()).to.equal(1);
    });

    it("the number of connections", async () => {
      const api = await listen({ maxConnections: 3 });
      const { port } = new URL(api.url);
      const raw = Array.from({ length: 6 }, () => connect(Number(port), "127.0.0.1"));
      for (const socket of raw) socket.on("error", () => undefined);
      await until(() => raw.filter(({ destroyed }) => destroyed).length === 3);
      for (const socket of raw) socket.destroy();
    });

    it("refuses requests by a foreign name that points to this machine (DNS rebinding)", async () => {
      const api = await listen();
      const { port } = new URL(api.url);
      const statusFor = (host: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          get({ port, host: "127.0.0.1", path: "/health", headers: { host } }, (response) => {
            response.resume();
            resolve(response.statusCode);
          }).on("error", reject);
        });
      for (const host of [`evil.example:${port}`, "evil.example", "localhost.evil.example"]) {
        expect(await statusFor(host), host).to.equal(403);
        const options = { origin: `http://${host}`, headers: { host } };
        const socket = new WebSocket(`${api.url.replace("http", "ws")}/ws`, options);
        const error = await new Promise((resolve) => socket.once("error", resolve).once("open", resolve));
        expect(String(error), host).to.include("403");
      }
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
        expect(await statusFor(host), host).to.equal(200);
      }
    });

    it("refuses a WebSocket that a page of another site opens", async () => {
      const api = await listen();
      const socket = new WebSocket(`${api.url.replace("http", "ws")}/ws`, { origin: "https://evil.example" });
      const error = await new Promise((resolve) => socket.once("error", resolve).once("open", resolve));
      expect(String(error)).to.include("403");
    });

    it("subscriptions of a connection", async () => {
      const api = await listen({ maxSubscriptions: 2 });
      const { socket, messages } = await openSocket(api);
      for (let i = 0; i < 3; i++) socket.send(request("rollup_subscribe", ["rollup_status", []]));
      await until(() => messages.some(({ error }) => error !== undefined));
      expect(messages.find(({ error }) => error !== undefined)?.error?.data?.code).to.equal("TOO_MANY_SUBSCRIPTIONS");
    });

    it("closes the connection of a slow reader, so that others do not wait for it (bor 2335)", async () => {
      const api = await listen({ maxBacklog: 10_000, perSecond: 1e6, burst: 1e6 });
      const slow = await openSocket(api);
      const quick = await openSocket(api);
      // It reads nothing more, and asks for long answers.
      slow.socket.pause();
      let isClosed = false;
      slow.socket.on("close", () => (isClosed = true));
      for (let i = 0; i < 4_000; i++) {
        slow.socket.send(request("rpc.discover"));
        if (i % 20 === 0) await sleep(5);
        if (slow.socket.readyState !== WebSocket.OPEN) break;
      }
      quick.socket.send(request("rollup_fees"));
      await until(() => quick.messages.length > 0);
      slow.socket.resume();
      await until(() => isClosed);
    });
  });

  it("tells a subscriber what is new, until it has heard enough", async () => {
    const { sequencer, node } = world;
    const api = await listen();
    const { socket, messages } = await openSocket(api);
    socket.send(request("rollup_subscribe", { topic: "rollup_status", arguments: [] }));
    const told = (): { batches: number }[] =>
      messages.flatMap((message) => {
        const { method, params } = message as { method?: string; params?: { result: { batches: number } } };
        return method === "rollup_subscription" && params !== undefined ? [params.result] : [];
      });
    await until(() => told().length === 1);
    const before = node.batches.length;
    await sequencer.post({ forced: 0 });
    await node.sync();
    await until(() => told().length === 2);
    expect(told().map(({ batches }) => batches)).to.deep.equal([before, before + 1]);
    socket.send(request("rollup_unsubscribe", [1]));
    await until(() => messages.some(({ result }) => result === true));
    await sequencer.post({ forced: 0 });
    await node.sync();
    await sleep(100);
    expect(told()).to.have.length(2);
  });

  it("is described by an OpenRPC document that has every method", async () => {
    const api = await listen();
    const document = (await (await fetch(`${api.url}/openrpc.json`)).json()) as {
      openrpc: string;
      methods: { name: string; summary: string; params: { name: string; schema: object }[]; result: object }[];
    };
    expect(document.openrpc).to.equal("1.3.2");
    const committed = readFileSync(join(PROJECT_ROOT, "docs", "api", "rpc", "openrpc.json"), "utf8");
    expect(JSON.parse(committed)).to.deep.equal(document);
    const names = document.methods.map(({ name }) => name);
    expect(names).to.include.members([...METHODS.map(({ name }) => name), "rpc.discover", "rollup_subscribe"]);
    expect(new Set(names).size).to.equal(names.length);
    for (const { params, summary, name } of document.methods) {
      expect(summary, name).to.match(/^[A-Z].*\.$/u);
      for (const { schema } of params) expect(Object.keys(schema), name).not.to.deep.equal([]);
    }
    expect(await (await post(api, request("rpc.discover"))).json()).to.deep.include({ result: document });
  });

  it("says whether the node is well, whether it is ready, and its numbers", async () => {
    const state: { trouble?: string } = {};
    const api = await listen({ trouble: () => state.trouble });
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${api.url}${path}`);
      return [response.status, await response.text()];
    };
    expect((await get("/health"))[0]).to.equal(200);
    state.trouble = "the disk has no room";
    expect(await get("/health")).to.deep.equal([503, '{"isHealthy":false,"trouble":"the disk has no room"}']);
    expect((await get("/ready"))[0]).to.equal(200);
    await post(api, request("rollup_fees"));
    await post(api, request("no_such_method"));
    const [, metrics] = await get("/metrics");
    expect(metrics).to.include('rollup_api_requests_total{method="rollup_fees",outcome="ok"} 1');
    expect(metrics).to.include('rollup_api_requests_total{method="unknown",outcome="error"} 1');
    expect(metrics).to.match(/^rollup_batches\{stage="posted"\} \d+$/mu);
    const late = await Api.listen({ ...source, node: world.node, mempool: world.mempool, age: 61_000 });
    apis.push(late);
    expect((await fetch(`${late.url}/ready`)).status).to.equal(503);
  });

  it("listens on the loopback device alone unless it is told otherwise", async () => {
    expect((await listen()).url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/u);
  });
});

describe("Buckets of tokens", () => {
  it("let a burst through, and then so many a second, for each name", () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
    expect([1, 2, 3, 4].map(() => buckets.take("a", 1, 0))).to.deep.equal([true, true, true, false]);
    expect(buckets.take("b", 3, 0)).to.equal(true);
    expect([buckets.take("a", 1, 499), buckets.take("a", 1, 500), buckets.take("a", 1, 500)]).to.deep.equal([
      ...[false, true, false],
    ]);
    expect([buckets.take("a", 4, 10_000), buckets.take("a", 3, 10_000)]).to.deep.equal([false, true]);
  });

  it("forget the one that has not asked for the longest time", () => {
    const buckets = new TokenBuckets({ perSecond: 0, burst: 1 });
    for (let i = 0; i < 10_001; i++) buckets.take(String(i), 1, 0);
    expect([buckets.take("0", 1, 0), buckets.take("10000", 1, 0)]).to.deep.equal([true, false]);
  });
});
