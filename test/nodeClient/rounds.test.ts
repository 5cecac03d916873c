// SPDX-License-Identifier: MIT
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { isProtocolError } from "../../src/errors.ts";
import { METHODS } from "../../src/node/api/index.ts";
import { NodeClient } from "../../src/nodeClient/index.ts";
import { bend, leavesOf } from "../helpers/bend.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { differencesFrom } from "../helpers/jsonSchema.ts";

const [A, B] = [`0x${"a1".repeat(20)}`, `0x${"b2".repeat(20)}`];
const ID = `0x${"cd".repeat(32)}`;
const WINDOWS = { opensAt: 1_000, proposalsEnd: 1_600, proofsEnd: 2_200 };
const COMMITMENT = {
  ...{ id: ID, proposer: A, bid: "10", share: 4_000, leaves: 2, promisedProvers: 3, parent: ID, committedAt: 48 },
  ...{ isSettled: true, isTranscriptKnown: true, isContentKnown: false },
};

/** Answers as the node's schemas have them, with each optional field somewhere. */
const ANSWERS: Readonly<Record<string, object>> = {
  rollup_rounds: {
    ...{ total: 2, next: { round: 2, height: 2, isOpen: true }, pool: "100", slope: "7" },
    rounds: [
      { round: 2, height: 2, phase: "proposing", ...WINDOWS, commitments: 0, proven: 0 },
      {
        ...{ round: 1, height: 1, phase: "won", ...WINDOWS, commitments: 2, proven: 1 },
        ...{ winner: A, bid: "10", score: String(2n ** 200n), provers: 3 },
      },
    ],
  },
  rollup_round: {
    ...{ round: 1, height: 1, phase: "won", tickets: 3, windows: WINDOWS, total: 2 },
    offers: [{ proposer: B, bid: "9", share: 1, leaves: 4, voters: 2, nodes: [1, 4], isCommitted: false }],
    commitments: [
      {
        ...{ ...COMMITMENT, state: "won" },
        proven: {
          ...{ l1Block: 92, score: "5", provers: 2, credited: 2, defaulted: 1, defended: 0, cleared: 0, slashed: 1 },
        },
      },
      { ...COMMITMENT, proposer: B, state: "committed", promisedScore: "77" },
    ],
    result: { winner: A, uncles: [B], proposerReward: "6", proversReward: "4", uncleNodeReward: "1" },
  },
  rollup_proofTree: {
    ...{ id: ID, round: 1, proposer: A, leaves: 2, isTranscriptKnown: true, isContentKnown: true, isProven: true },
    ...{ isLiable: true, court: { demandsEnd: 1, answersEnd: 2, defencesEnd: 3, slashesEnd: 4 } },
    nodes: [
      {
        ...{ node: 1, kind: "merge", state: "defaulted", ticket: 3, known: [0], worker: 0 },
        demand: { asker: A, answerer: B },
      },
      { node: 2, kind: "leaf", state: "credited", ticket: 2, known: [2], worker: 2 },
      { node: 3, kind: "leaf", state: "unpromised", known: [] },
    ],
  },
  rollup_tickets: {
    total: 1,
    tickets: [
      {
        ...{ ticket: 3, owner: A, payout: B, state: "leaving", stake: "950", misses: 1, slashes: 1, slashed: "50" },
        withdrawableAt: 9,
      },
    ],
  },
  rollup_peers: {
    ...{ isJoined: true, id: "self", addresses: ["/ip4/127.0.0.1/tcp/1"] },
    peers: [
      {
        ...{ id: "peer", address: "/ip4/127.0.0.1/tcp/2", direction: "inbound", since: 5, score: -0.5 },
        ...{ isGossiping: true, received: 1, refused: 2, sent: 3 },
      },
    ],
    bans: { total: 1, newest: [{ name: "peer:x", until: 7, reason: "a\nreason" }] },
    messages: [{ kind: "vote", received: 6, accepted: 5, ignored: 4, refused: 3, dropped: 2, sent: 1 }],
  },
};

const CALLS: Readonly<Record<string, (client: NodeClient) => Promise<unknown>>> = {
  rollup_rounds: (client) => client.rounds(),
  rollup_round: (client) => client.round(1),
  rollup_proofTree: (client) => client.proofTree(1, A),
  rollup_tickets: (client) => client.tickets(),
  rollup_peers: (client) => client.peers(),
};

describe("A client of a node of B52", () => {
  let server: Server;
  let client: NodeClient;
  let questions: { readonly method: string; readonly params: readonly unknown[] }[] = [];
  let answerTo: (params: readonly unknown[]) => unknown;

  before(async () => {
    server = createServer((incoming, response) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => {
        const question = JSON.parse(text) as { id: number; method: string; params: unknown[] };
        questions.push(question);
        response.end(JSON.stringify({ jsonrpc: "2.0", id: question.id, result: answerTo(question.params) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = new NodeClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  beforeEach(() => {
    questions = [];
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("reads rounds, their proposals, proof trees, tickets and peers, as the node's schemas have them", async () => {
    for (const [method, answer] of Object.entries(ANSWERS)) {
      const { schema } = METHODS.find(({ name }) => name === method)!.result;
      expect(differencesFrom(schema, answer), method).to.deep.equal([]);
    }
    const read = async (method: string): Promise<unknown> => {
      answerTo = () => ANSWERS[method];
      return CALLS[method]!(client);
    };
    expect(await read("rollup_rounds"))
      .to.deep.include({ total: 2, pool: 100n, slope: 7n })
      .and.to.nested.include({
        ...{ "rounds[0].winner": undefined, "rounds[1].winner.proposer": A, "rounds[1].winner.score": 2n ** 200n },
      });
    expect(await read("rollup_round")).to.nested.include({
      ...{ "windows.proofsEnd": 2_200, "offers[0].bid": 9n, "commitments[0].state": "won", "result.uncles[0]": B },
      ...{ "commitments[0].proven.score": 5n, "commitments[1].promisedScore": 77n, "commitments[0].id": ID },
    });
    expect(await read("rollup_proofTree")).to.nested.include({
      ...{ "court.slashesEnd": 4, "nodes[0].demand.answerer": B, "nodes[2].ticket": undefined, isLiable: true },
    });
    expect(await read("rollup_tickets")).to.deep.equal([
      {
        ...{ ticket: 3, owner: A, payout: B, state: "leaving", stake: 950n, misses: 1, slashes: 1, slashed: 50n },
        withdrawableAt: 9,
      },
    ]);
    expect(await read("rollup_peers")).to.nested.include({
      ...{ "peers[0].score": -0.5, "bans.newest[0].reason": "a reason", "messages[0].sent": 1 },
    });
    expect(questions.map(({ params }) => params)).to.deep.equal([[2 ** 32 - 1, 10], [1], [1, A], [0], []]);
    answerTo = () => null;
    expect([await client.round(1), await client.proofTree(1, A)]).to.deep.equal([undefined, undefined]);
    await expectRejection(client.rounds(1, 51), "OUT_OF_RANGE");
    await expectRejection(client.proofTree(1, `0x1${"00".repeat(20)}`), "OUT_OF_RANGE");
  });

  it("reads all pages of tickets, and refuses pages that do not go on", async () => {
    const [of] = (ANSWERS["rollup_tickets"] as { tickets: object[] }).tickets;
    answerTo = ([after]) =>
      after === 0
        ? { total: 2, tickets: [{ ...of, ticket: 1 }], after: 1 }
        : { total: 2, tickets: [{ ...of, ticket: 2 }] };
    expect((await client.tickets()).map(({ ticket }) => ticket)).to.deep.equal([1, 2]);
    answerTo = () => ({ total: 2, tickets: [], after: 0 });
    await expectRejection(client.tickets(), "BAD_NODE_ANSWER");
    answerTo = ([after]) => ({ total: 2, tickets: [], after: (after as number) + 1 });
    await expectRejection(client.tickets(), "BAD_NODE_ANSWER");
  });

  it("refuses a wrong value in any field with BAD_NODE_ANSWER, or reads it", async () => {
    const wrong = [-1, 1e300, "x", [], {}, true, "0x12", 2 ** 53, "9".repeat(500), null, 1.5];
    let [refused, tried] = [0, 0];
    for (const [method, answer] of Object.entries(ANSWERS)) {
      for (const path of leavesOf(answer)) {
        for (let i = 0; i < 3; i++) {
          const value = wrong[tried++ % wrong.length];
          answerTo = () => bend(answer, path, value);
          await CALLS[method]!(client).catch((error: unknown) => {
            refused += 1;
            expect(isProtocolError(error, "BAD_NODE_ANSWER"), `${method} ${path.join(".")}: ${String(error)}`).to.equal(
              true,
            );
          });
        }
      }
    }
    expect([tried > 250, refused > tried / 2]).to.deep.equal([true, true]);
  });
});
