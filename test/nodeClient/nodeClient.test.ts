// SPDX-License-Identifier: MIT
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

import { expect } from "chai";
import fc from "fast-check";

import { decodeTransactionSlot, encodeDomain, encodePayload } from "../../src/codec/index.ts";
import { createSigner, transactionMessage, verifySignature } from "../../src/crypto/index.ts";
import { isProtocolError } from "../../src/errors.ts";
import { P } from "../../src/field.ts";
import { NodeClient, type NodeClientOptions } from "../../src/nodeClient/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const SIGNER = createSigner(new Uint8Array(32).fill(7));
const OTHER = createSigner(new Uint8Array(32).fill(8));
const OWNER = `0x${"a1".repeat(20)}`;
const ROLLUP = `0x${"ab".repeat(20)}`;
const IDENTITY = { chainId: "31337", rollup: ROLLUP, consensus: `0x${"cd".repeat(20)}`, deploymentBlock: 3 };
const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const { x, y } = SIGNER.publicKey;
const ACCOUNT = {
  ...{ index: 5, token: "0", balance: "1000", nonce: "2", nextNonce: "4", owner: OWNER, x: hex(x), y: hex(y) },
};
const STATUS = {
  ...{ l1Block: 9, batches: 3, finalBatches: 2, virtualRoot: hex(1n), finalRoot: hex(2n), accounts: 7 },
  ...{ isFrozen: false, waiting: 1 },
};
const PLACE = { batch: 1, leaf: 0, slot: 2 };
const TRANSACTION = new Uint8Array(93);

describe("A client of a node's API", function () {
  this.timeout(30_000);
  let server: Server;
  let url: string;
  let questions: Question[] = [];
  /** Answers with raw HTTP. */
  let handle: (question: Question, response: ServerResponse, incoming: IncomingMessage) => void;

  before(async () => {
    server = createServer((incoming, response) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => {
        const question = JSON.parse(text) as Question;
        questions.push(question);
        handle(question, response, incoming);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  beforeEach(() => {
    questions = [];
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (options: NodeClientOptions = {}): NodeClient => new NodeClient(url, options);
  const send = (text: string, status = 200, headers: Record<string, string> = {}): void => {
    handle = (_question, response) => response.writeHead(status, headers).end(text);
  };
  const resultFor = (answers: (question: Question) => unknown): void => {
    handle = (question, response) =>
      response.end(JSON.stringify({ jsonrpc: "2.0", id: question.id, result: answers(question) }));
  };
  const result = (value: unknown): void => resultFor(() => value);
  const failure = (error: unknown): void => {
    handle = ({ id }, response) => response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
  };
  /** Of a node that knows one account. */
  const honest = ({ method, params }: Question): unknown => {
    if (method === "rollup_identity") return IDENTITY;
    if (method === "rollup_account") return params[0] === ACCOUNT.index ? ACCOUNT : null;
    return { nonce: "4", isKnown: false };
  };

  describe("reads", () => {
    it("status, identity, accounts, fees and what became of a transaction", async () => {
      result(STATUS);
      expect(await client().status()).to.deep.equal({ ...STATUS, virtualRoot: 1n, finalRoot: 2n });
      result(IDENTITY);
      const domain = encodeDomain({ chainId: 31_337n, rollup: ROLLUP });
      expect(await client().identity()).to.deep.equal({ ...IDENTITY, chainId: 31_337n, domain });
      result(ACCOUNT);
      const account = { ax: x, ay: y, nonce: 2n, token: 0n, balance: 1000n, owner: BigInt(OWNER) };
      expect(await client().account(5)).to.deep.equal({ index: 5, account, nextNonce: 4n });
      result(null);
      expect(await client().account(5)).to.equal(undefined);
      result({ baseFee: "12" });
      expect(await client().fees()).to.deep.equal({ baseFee: 12n });
      for (const [given, read] of [
        [{ status: "unknown", reason: "NOT_QUEUED" }],
        [
          { status: "removed", reason: "it was\nreplaced" },
          { status: "removed", reason: "it was replaced" },
        ],
        [
          { status: "waiting", nonce: "3" },
          { status: "waiting", nonce: 3n },
        ],
        [{ status: "pending" }],
        [
          { status: "pending", dueBy: 5 },
          { status: "pending", dueBy: 5n },
        ],
        [
          { status: "virtual", ...PLACE, l1Block: 4, isFinal: false },
          { status: "virtual", place: PLACE, l1Block: 4 },
        ],
        [
          { status: "void", reason: "R", ...PLACE, l1Block: 4, isFinal: true },
          { status: "void", reason: "R", place: PLACE, l1Block: 4, isFinal: true },
        ],
      ] as const) {
        result(given);
        expect(await client().transaction(TRANSACTION)).to.deep.equal(read ?? given);
      }
    });

    it("accounts by key and by owner, page by page", async () => {
      const at = (index: number): unknown => ({ ...ACCOUNT, index });
      resultFor(({ params: [, , after] }) => {
        if (after === 0) return { accounts: [at(2), at(5)], after: 6 };
        return after === 6 ? { accounts: [], after: 90 } : { accounts: [at(91)] };
      });
      const found = await client().accounts({ key: SIGNER.publicKey, owner: OWNER });
      expect(found.map(({ index }) => index)).to.deep.equal([2, 5, 91]);
      const key = `0x${hex(x).slice(2)}${hex(y).slice(2)}`;
      expect(questions.map(({ params }) => params)).to.deep.equal([0, 6, 90].map((after) => [key, OWNER, after]));
      await client().accounts({ owner: OWNER });
      expect(questions.at(-1)?.params).to.deep.equal([null, OWNER, 90]);
      await expectRejection(client().accounts({ owner: OWNER }, 2), "OUT_OF_RANGE");
    });
  });

  describe("signs", () => {
    it("with the account's token and the nonce behind what waits, for the rollup of the node", async () => {
      resultFor(honest);
      const bytes = await client().transfer(SIGNER, { from: 5, to: 9, amount: 3n });
      const slot = decodeTransactionSlot(bytes);
      expect(slot).to.deep.include({ from: 5, to: 9, token: 0n, amount: 3n });
      const message = transactionMessage({
        domain: encodeDomain({ chainId: 31_337n, rollup: ROLLUP }),
        payload: encodePayload(slot),
        nonce: 4n,
        bound: 0n,
      });
      expect(verifySignature(SIGNER.publicKey, message, slot)).to.equal(true);
    });

    it("nothing for an account of another key, and nothing to a payee that is not what it says", async () => {
      resultFor(honest);
      await expectRejection(client().transfer(OTHER, { from: 5, to: 9, amount: 3n }), "UNKNOWN_ACCOUNT");
      await expectRejection(client().transfer(SIGNER, { from: 6, to: 9, amount: 3n }), "UNKNOWN_ACCOUNT");
      const payee = { index: 5, token: 0n, key: SIGNER.publicKey, owner: OWNER };
      await client().transfer(SIGNER, { from: 5, to: payee, amount: 3n });
      for (const change of [
        { index: 6 },
        { token: 1n },
        { key: OTHER.publicKey },
        { owner: `0x${"a2".repeat(20)}` },
      ] as const) {
        const wrong = client().transfer(SIGNER, { from: 5, to: { ...payee, ...change }, amount: 3n });
        await expectRejection(wrong, "WRONG_PAYEE");
      }
    });

    it("nothing for a rollup or a chain that it was not given", async () => {
      resultFor(honest);
      const transfer = { from: 5, to: 9, amount: 3n };
      for (const options of [{ rollup: `0x${"ac".repeat(20)}` }, { chainId: 1n }]) {
        const error = await expectRejection(client(options).transfer(SIGNER, transfer), "NODE_OF_ANOTHER_ROLLUP");
        expect(error.message).to.match(/^the node follows (rollup 0xab|chain id 31337)\S*, not (0xac|1)/u);
      }
      await client({ rollup: ROLLUP.toUpperCase().replace("0X", "0x"), chainId: 31_337n }).transfer(SIGNER, transfer);
    });
  });

  describe("refuses", () => {
    it("an answer of another type or beyond a limit, in one sentence with value and limit", async () => {
      const wrong = async (answer: unknown, call: (of: NodeClient) => Promise<unknown>, field: string) => {
        result(answer);
        const { data, message } = await expectRejection(call(client()), "BAD_NODE_ANSWER");
        expect(data.field).to.equal(field);
        expect(message).to.match(/^the node's answer to \w+ is not usable: \S+ must be [^\n]+, and is [^\n]+$/u);
        expect(message.length).to.be.lessThan(400);
      };
      const account = (change: object) => ({ ...ACCOUNT, ...change });
      const ask = (of: NodeClient): Promise<unknown> => of.account(5);
      await wrong([], ask, "result");
      await wrong("x".repeat(500_000), ask, "result");
      await wrong(account({ index: 6 }), ask, "result.index");
      await wrong(account({ index: "5" }), ask, "result.index");
      await wrong(account({ index: 5.5 }), ask, "result.index");
      await wrong(account({ balance: 1000 }), ask, "result.balance");
      await wrong(account({ balance: "-1" }), ask, "result.balance");
      await wrong(account({ balance: "1e3" }), ask, "result.balance");
      await wrong(account({ balance: String(2n ** 128n) }), ask, "result.balance");
      await wrong(account({ balance: "9".repeat(900_000) }), ask, "result.balance");
      await wrong(account({ token: "65536" }), ask, "result.token");
      await wrong(account({ owner: "0x12" }), ask, "result.owner");
      await wrong(account({ x: hex(P) }), ask, "result.x");
      await wrong(account({ x: hex(x ^ 1n) }), ask, "result");
      await wrong(account({ nextNonce: "1" }), ask, "result.nextNonce");
      await wrong(account({ nonce: undefined }), ask, "result.nonce");
      await wrong({ ...STATUS, finalBatches: 4 }, (of) => of.status(), "result.finalBatches");
      await wrong({ ...STATUS, isFrozen: "no" }, (of) => of.status(), "result.isFrozen");
      await wrong({ ...STATUS, l1Block: 2 ** 60 }, (of) => of.status(), "result.l1Block");
      await wrong({ status: "done" }, (of) => of.transaction(TRANSACTION), "result.status");
      await wrong({ status: "final", l1Block: 2 }, (of) => of.transaction(1), "result.batch");
      await wrong({ accounts: Array(101).fill(ACCOUNT) }, (of) => of.accounts({ owner: OWNER }), "result.accounts");
      await wrong({ accounts: [ACCOUNT, ACCOUNT] }, (of) => of.accounts({ owner: OWNER }), "result.accounts[1].index");
      const stranger = `0x${"99".repeat(20)}`;
      await wrong({ accounts: [ACCOUNT] }, (of) => of.accounts({ owner: stranger }), "result.accounts[0]");
      await wrong({ accounts: [ACCOUNT] }, (of) => of.accounts({ key: OTHER.publicKey }), "result.accounts[0]");
      await wrong({ accounts: [], after: 0 }, (of) => of.accounts({ owner: OWNER }), "result.after");
    });

    it("pages that never end", async () => {
      resultFor(({ params }) => ({ accounts: [], after: (params[2] as number) + 1 }));
      await expectRejection(client().accounts({ owner: OWNER }), "BAD_NODE_ANSWER");
      expect(questions.length).to.be.within(2, 200);
    });

    it("an answer to another question, of another version, and two answers", async () => {
      for (const text of [
        JSON.stringify({ jsonrpc: "2.0", id: 99, result: STATUS }),
        JSON.stringify({ jsonrpc: "1.0", id: 1, result: STATUS }),
        JSON.stringify([{ jsonrpc: "2.0", id: 1, result: STATUS }]),
        "null",
        "",
        "<html><body>Welcome to the hotel's network</body></html>",
        "[".repeat(500_000),
        '{"jsonrpc":"2.0","id":1,"result":{"__proto__":{"batches":1}}}',
      ]) {
        send(text);
        await expectRejection(client().status(), "BAD_NODE_ANSWER");
      }
    });

    it("HTTP errors, redirections, and a connection that breaks", async () => {
      for (const [status, headers] of [
        [500, {}],
        [404, {}],
        [204, {}],
        [302, { location: "http://127.0.0.1:1/" }],
        [307, { location: "/other" }],
      ] as const) {
        send(status === 204 ? "" : "<html>", status, headers);
        await expectRejection(client().status(), "NODE_UNAVAILABLE");
      }
      expect(questions).to.have.length(5);
      handle = (_question, _response, incoming) => incoming.socket.destroy();
      await expectRejection(client().status(), "NODE_UNAVAILABLE");
      handle = (_question, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("{");
        setTimeout(() => response.destroy(), 20);
      };
      await expectRejection(client().status(), "NODE_UNAVAILABLE");
      const { message } = await expectRejection(new NodeClient("http://127.0.0.1:1").status(), "NODE_UNAVAILABLE");
      expect(message).to.match(/^the node does not answer rollup_status: [^\n]+$/u);
    });

    it("an answer that is too large, and stops to read", async () => {
      let written = 0;
      handle = (_question, response) => {
        response.on("error", () => undefined);
        const more = (): void => {
          while (!response.destroyed && response.write("x".repeat(65_536))) written += 65_536;
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      };
      const error = await expectRejection(client({ maxBytes: 100_000 }).status(), "ANSWER_TOO_LARGE");
      expect(error.data).to.deep.equal({ maximum: 100_000 });
      const soon = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(written - soon).to.be.lessThan(64 * 2 ** 20);
      expect(written).to.be.lessThan(256 * 2 ** 20);
    });

    it("a small answer that becomes a large one", async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, " "));
      expect(bomb.length).to.be.lessThan(100_000);
      handle = (_question, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
      await expectRejection(client().status(), "ANSWER_TOO_LARGE");
    });

    it("an answer that does not come, or comes a byte at a time, after its time limit", async () => {
      handle = () => undefined;
      const silent = await expectRejection(client({ timeout: 100 }).status(), "NODE_UNAVAILABLE");
      expect(silent.message).to.include("no whole answer came within 100 ms");
      let timer: NodeJS.Timeout | undefined;
      handle = (_question, response) => {
        timer = setInterval(() => response.write(" "), 10);
      };
      const start = performance.now();
      await expectRejection(client({ timeout: 200 }).status(), "NODE_UNAVAILABLE");
      expect(performance.now() - start).to.be.lessThan(5_000);
      clearInterval(timer);
    });

    it("an error of the node, with its code, and without what a terminal obeys", async () => {
      failure({ code: -32_000, message: "nonce 1 \u001b[2Jis\nused", data: { code: "NONCE_USED" } });
      const refused = await expectRejection(client().send(TRANSACTION), "NODE_REFUSED");
      expect(refused.data).to.deep.equal({
        method: "rollup_sendTransaction",
        rpcCode: -32_000,
        reason: "NONCE_USED",
      });
      expect(refused.message).to.equal("the node refuses rollup_sendTransaction: NONCE_USED: nonce 1 [2Jis used");
      failure({ code: 1, message: "x".repeat(500_000), data: { code: "not a code" } });
      const long = await expectRejection(client().send(TRANSACTION), "NODE_REFUSED");
      expect(long.data.reason).to.equal(undefined);
      expect(long.message.length).to.be.lessThan(400);
      for (const error of [5, { message: "no code" }, { code: "x", message: "" }, { code: 1 }]) {
        failure(error);
        await expectRejection(client().send(TRANSACTION), "BAD_NODE_ANSWER");
      }
    });

    it("an address that is none, and one with a password, which it does not repeat", () => {
      for (const address of ["", "ftp://node", "127.0.0.1:8555", "https://user:secret@node.example/"]) {
        const { message } = expectError(() => new NodeClient(address), "INVALID_URL");
        expect(message).not.to.include("secret");
      }
    });

    it("indexes and numbers that no rollup has, before it asks", async () => {
      for (const value of [0, -1, 2 ** 32, 1.5, Number.NaN]) {
        await expectRejection(client().account(value), "OUT_OF_RANGE");
        await expectRejection(client().transaction(value), "OUT_OF_RANGE");
      }
      expect(questions).to.deep.equal([]);
    });

    it("any answer with a ProtocolError, or reads it", async () => {
      const value = fc.jsonValue({ maxDepth: 3 });
      const almost = fc
        .tuple(fc.constantFrom<object>(ACCOUNT, STATUS, IDENTITY, { status: "final", ...PLACE }), fc.nat(), value)
        .map(([base, place, other]) => {
          const names = Object.keys(base);
          return { ...base, [names[place % names.length]!]: other };
        });
      const calls: ((of: NodeClient) => Promise<unknown>)[] = [
        (of) => of.status(),
        (of) => of.identity(),
        (of) => of.account(5),
        (of) => of.accounts({ owner: OWNER }),
        (of) => of.fees(),
        (of) => of.send(TRANSACTION),
        (of) => of.transaction(TRANSACTION),
      ];
      const check = async (answer: unknown, call: number): Promise<void> => {
        result(answer);
        try {
          await calls[call % calls.length]!(client());
        } catch (error) {
          expect(isProtocolError(error), String(error)).to.equal(true);
        }
      };
      await fc.assert(fc.asyncProperty(fc.oneof(value, almost), fc.nat(), check), {
        seed: Number(process.env["SEED"] ?? 20),
        numRuns: 300,
      });
    });
  });

  describe("waits", () => {
    const patient = { pollingInterval: 5 };
    const sequence = (...answers: readonly (object | number)[]): void => {
      let place = 0;
      handle = ({ id }, response) => {
        const next = answers[Math.min(place++, answers.length - 1)]!;
        if (typeof next === "number") response.writeHead(next).end();
        else response.end(JSON.stringify({ jsonrpc: "2.0", id, ...next }));
      };
    };
    const placed = (status: string, more: object = {}): object => ({
      result: { status, ...PLACE, l1Block: 4, isFinal: status === "final", ...more },
    });

    it("until a transaction is virtual, or final, over errors that pass", async () => {
      const waiting = { result: { status: "waiting", nonce: "0" } };
      const limited = { error: { code: -32_005, message: "too many requests" } };
      sequence(waiting, 503, limited, placed("virtual"), placed("virtual"), placed("final"));
      expect(await client().waitFor(TRANSACTION, "virtual", patient)).to.have.property("status", "virtual");
      expect(await client().waitFor(TRANSACTION, "final", patient)).to.have.property("status", "final");
      expect(questions).to.have.length(6);
    });

    it("no longer than a place says that it does nothing, or the node that it will not be executed", async () => {
      const isVoid = placed("void", { reason: "BAD_SIGNATURE" });
      sequence(isVoid, isVoid, placed("void", { reason: "BAD_SIGNATURE", isFinal: true }));
      expect(await client().waitFor(1, "virtual", patient)).to.have.property("status", "void");
      expect(await client().waitFor(1, "final", patient)).to.have.property("isFinal", true);
      for (const status of ["unknown", "removed"]) {
        sequence({ result: { status, reason: "REPLACED" } });
        const { data } = await expectRejection(client().waitFor(TRANSACTION, "final", patient), "NOT_EXECUTABLE");
        expect(data.reason).to.equal("REPLACED");
      }
    });

    it("until its signal, and no longer than its patience for a node that is gone", async () => {
      sequence({ result: { status: "pending" } });
      await expectRejection(client().waitFor(1, "final", { ...patient, signal: AbortSignal.timeout(50) }), "ABORTED");
      handle = () => undefined;
      const start = performance.now();
      const ended = client().waitFor(1, "final", { signal: AbortSignal.timeout(50) });
      await expectRejection(ended, "ABORTED");
      expect(performance.now() - start).to.be.lessThan(5_000);
      sequence(503);
      await expectRejection(client().waitFor(1, "final", { ...patient, patience: 50 }), "NODE_UNAVAILABLE");
    });
  });
});
