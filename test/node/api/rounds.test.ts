// SPDX-License-Identifier: MIT
import { EventEmitter, once } from "node:events";

import { expect } from "chai";
import { parseEther } from "ethers";
import { network } from "hardhat";
import { WebSocket } from "ws";

import { Wallet } from "../../../src/agents/index.ts";
import { commitmentHash } from "../../../src/b52/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { answer, Api, Metrics, METHODS, type ApiSource, type NetworkView } from "../../../src/node/api/index.ts";
import { RoundWatch, WatcherRole } from "../../../src/node/roles/index.ts";
import { scoreOf } from "../../../src/node/strategies/index.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { B52Rig } from "../../helpers/b52Rig.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { fuzzMethod } from "../../helpers/fuzzMethod.ts";
import { differencesFrom } from "../../helpers/jsonSchema.ts";

const PROPOSER = ["proposer", "closing", "court"] as const;
const PROVER = ["voter", "prover", "closing", "court"] as const;

interface Tree {
  readonly isContentKnown: boolean;
  readonly isLiable?: boolean;
  readonly court?: Readonly<Record<string, number>>;
  readonly nodes: readonly {
    readonly state: string;
    readonly ticket?: number;
    readonly worker?: number;
    readonly demand?: object;
  }[];
}

interface Round {
  readonly phase: string;
  readonly tickets: number;
  readonly windows?: Readonly<Record<string, number>>;
  readonly total: number;
  readonly offers: readonly { readonly voters: number; readonly isCommitted: boolean }[];
  readonly commitments: readonly {
    readonly state: string;
    readonly isTranscriptKnown: boolean;
    readonly isContentKnown: boolean;
    readonly promisedScore?: string;
    readonly proven?: Readonly<Record<string, unknown>>;
  }[];
}

describe("The API of a node of B52", function () {
  this.timeout(600_000);
  let rig: B52Rig;
  let source: ApiSource;

  /** The answer of a method, which is as its schema says. */
  async function ask(method: string, ...params: unknown[]): Promise<unknown> {
    const text = await answer(source, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    const { result, error } = JSON.parse(text!) as { result?: unknown; error?: { data?: { code: string } } };
    if (error !== undefined) return error.data?.code ?? error;
    const { schema } = METHODS.find(({ name }) => name === method)!.result;
    expect(differencesFrom(schema, result), method).to.deep.equal([]);
    return result;
  }
  const roundOf = (round: number): Promise<Round> => ask("rollup_round", round) as Promise<Round>;
  const treeOf = (round: number, proposer: string): Promise<Tree> =>
    ask("rollup_proofTree", round, proposer) as Promise<Tree>;
  const statesOf = async (round: number, proposer: string): Promise<string[]> =>
    (await treeOf(round, proposer)).nodes.map(({ state }) => state);

  /** A rollup with mock proofs, and a source that hears the network and does nothing. */
  async function begin(): Promise<void> {
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const system = await deployB52(connection);
    await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
    rig = await B52Rig.create(connection, system, await mockProver());
    const { setting, mempool } = await rig.add({ name: "follower", account: 9, roles: [] });
    const heard = new RoundWatch(rig.node, setting.book, setting.store);
    source = { node: rig.node, mempool, heard, sequencer: undefined, outbox: undefined, age: 0 };
  }

  async function deposit(): Promise<void> {
    const l1 = (await rig.connection.ethers.getSigners())[15]!;
    await new Wallet(rig.node, l1, createFastSigner("user")).deposit(ETH, parseEther("1"));
  }

  it("shows a round from its first offer to the slash of the one who was silent", async () => {
    await begin();
    const a = (await rig.add({ name: "A", account: 1, roles: PROPOSER })).wallet.address.toLowerCase();
    const b = (await rig.add({ name: "B", account: 2, roles: PROPOSER })).wallet.address.toLowerCase();
    for (const ticket of [1, 2]) await rig.add({ name: `P${ticket}`, account: 2 + ticket, roles: PROVER, ticket });
    const silent = await rig.add({ name: "silent", account: 5, roles: ["voter"], ticket: 3 });
    await deposit();
    const { parameters } = rig.node;
    let round = 0;
    let next = { round: 0, height: 0, isOpen: false };
    await rig.until("both offer, and are voted for", async () => {
      ({ next } = (await ask("rollup_rounds", 2 ** 32 - 1, 10)) as { next: typeof next });
      ({ round } = next);
      const { offers } = await roundOf(round);
      return offers.length === 2 && offers.every(({ voters }) => voters === 3);
    });
    const offer = { bid: String(parseEther("10")), share: 4_000, leaves: 2, voters: 3, nodes: [1, 2, 3] };
    const { offers, tickets } = await roundOf(round);
    expect(offers.map(({ isCommitted: _, ...others }) => others)).to.have.deep.members([
      { proposer: a, ...offer },
      { proposer: b, ...offer },
    ]);
    expect([tickets, next.height, next.isOpen]).to.deep.equal([3, 1, true]);
    await rig.until("both are committed", async () => (await roundOf(round)).total === 2);
    const { commitments, phase, windows } = await roundOf(round);
    expect(phase).to.equal("proposing");
    const { opensAt } = rig.node.round(BigInt(round));
    const ends = [
      opensAt,
      opensAt + parameters.proposalWindow,
      opensAt + parameters.proposalWindow + parameters.proofWindow,
    ];
    expect(Object.values(windows!)).to.deep.equal(ends.map(Number));
    for (const { state, isContentKnown, promisedScore } of commitments) {
      expect([state, isContentKnown]).to.deep.equal(["committed", false]);
      const [, , slope] = await rig.system.consensus.treasury();
      const rule = { target: parameters.targetProvers, slope };
      expect(promisedScore).to.equal(String(scoreOf(3, parseEther("10"), rule)));
      expect(promisedScore).to.equal(String(await rig.system.consensus.scoreOf(3, parseEther("10"))));
    }
    await rig.until("A shows its votes", async () =>
      (await roundOf(round)).commitments.every((of) => of.isTranscriptKnown),
    );
    expect(await statesOf(round, a)).to.deep.equal(["promised", "promised", "promised"]);
    await rig.until(
      "two proofs are known",
      async () => (await statesOf(round, a)).filter((state) => state === "delivered").length > 1,
    );
    const proving = await treeOf(round, a);
    expect([proving.isContentKnown, (await roundOf(round)).phase]).to.deep.equal([true, "proving"]);
    const holders = proving.nodes.map(({ ticket }) => ticket);
    expect([...holders].sort()).to.deep.equal([1, 2, 3]);

    // Another node comes late, and has missed all of it.
    const { setting } = await rig.add({ name: "late", account: 10, roles: [] });
    const late = new RoundWatch(rig.node, setting.book, setting.store);
    const [proposal] = rig.node.proposalsBy(rig.parties.find(({ options }) => options.name === "A")!.wallet.address);
    const id = commitmentHash(rig.node.domain, proposal!);
    const watcher = new WatcherRole(rig.node, setting.book, setting.workshop);
    const delivered = (): number => [1, 2, 3].filter((at) => late.workersOf(id, at, 0).length > 0).length;
    await watcher.step();
    expect([late.promisesOf(id, proposal!), late.hasContent(id), delivered()]).to.deep.equal([undefined, false, 0]);
    const { opensAt: shownAt } = rig.node.proofWindowOf(proposal!.round);
    await rig.until("it has asked", async () => {
      await watcher.step();
      return delivered() > 1 || rig.node.now > shownAt + 400n;
    });
    expect(late.promisesOf(id, proposal!)?.slice(1, 4)).to.deep.equal(holders);
    expect([late.hasContent(id), delivered() > 1]).to.deep.equal([true, true]);

    await rig.until("A is proven", async () =>
      (await roundOf(round)).commitments.some(({ state }) => state === "leads"),
    );
    expect(await ask("rollup_rounds", round + 1, 1)).to.have.nested.property("rounds[0].phase", "proving");
    await rig.until("height 1", () => rig.node.batches.length === 1);
    const block = rig.node.batch(1);
    const won = await roundOf(round);
    expect([won.phase, won.commitments.map(({ state }) => state)]).to.deep.equal(["won", ["won", "uncle"]]);
    expect(won.commitments[0]?.proven).to.include({
      ...{ l1Block: block.postedAt, score: String(block.score), provers: 2, credited: 2, defaulted: 1, slashed: 0 },
    });
    expect(won).to.have.nested.property("result.winner", block.proposal.proposer.toLowerCase());
    const summary = (await ask("rollup_rounds", 2 ** 32 - 1, 1)) as { total: number; rounds: { round: number }[] };
    expect([summary.total, summary.rounds.map((of) => of.round)]).to.deep.equal([round + 1, [round + 1]]);
    expect(await ask("rollup_rounds", round + 1, 1)).to.nested.include({
      ...{ "rounds[0].phase": "won", "rounds[0].winner": block.proposal.proposer.toLowerCase() },
      ...{ "rounds[0].commitments": 2, "rounds[0].proven": 2, "rounds[0].provers": 2 },
    });
    const winner = block.proposal.proposer;
    const tree = await treeOf(round, winner);
    expect(tree.nodes.map(({ state }) => state).sort()).to.deep.equal(["credited", "credited", "defaulted"]);
    expect(tree).to.include({ isLiable: true });
    expect(tree.court).to.include({ defencesEnd: Number(block.record.defenceEnd) });
    const gap = tree.nodes.find(({ state }) => state === "defaulted");
    expect([gap?.ticket, gap?.worker]).to.deep.equal([3, 0]);

    await rig.until("the silent one is slashed", async () => (await statesOf(round, winner)).includes("slashed"), {
      step: 600,
    });
    expect(await ask("rollup_tickets", 2)).to.deep.equal({
      total: 3,
      tickets: [
        {
          ...{ ticket: 3, state: "active", owner: silent.wallet.address.toLowerCase(), misses: 1, slashes: 1 },
          ...{ payout: silent.wallet.address.toLowerCase(), slashed: String(parseEther("50")) },
          stake: String((await rig.system.registry.getTicket(3)).stake),
        },
      ],
    });
    const [told] = (await ask("rollup_batches", 2 ** 32 - 1, 50)) as object[];
    expect(told).to.nested.include({
      ...{ number: 1, sequencer: winner.toLowerCase(), forcedCount: 1, "block.round": round },
      ...{ "block.score": String(block.score), "block.endedAt": block.provenAt },
    });
    expect(await ask("rollup_rules")).to.include({
      ...{ kind: "B52", proposalWindow: 600, stake: String(parseEther("1000")), isPipelined: false, maxUncles: 2 },
      roundsKept: Number(await rig.system.consensus.ROUNDS_KEPT()),
    });
    expect(await ask("rollup_feeHistory", 1)).to.equal("UNSUPPORTED_CONSENSUS");
    const { next: coming } = (await ask("rollup_rounds", 1, 1)) as { next: { round: number } };
    expect(await roundOf(coming.round)).to.include({ phase: "unopened", height: 2, total: 0 });
    expect(await ask("rollup_round", coming.round + 1)).to.equal(null);
    expect(await ask("rollup_proofTree", round, `0x${"12".repeat(20)}`)).to.equal(null);
    for (const method of METHODS) {
      await fuzzMethod(source, method, { seed: Number(process.env["SEED"] ?? 20), numRuns: 60 });
    }
  });

  it("shows what it was not told as unknown, defences, and defaults that are void", async () => {
    await begin();
    await rig.add({ name: "A", account: 1, roles: ["proposer", "closing", "prover"] });
    await rig.add({ name: "P1", account: 3, roles: PROVER, ticket: 1 });
    await rig.add({ name: "P2", account: 4, roles: PROVER, ticket: 2 });
    // The transcript reaches nobody but A, who makes all proofs, and shows no votes on L1 either.
    rig.network.passes = ({ kind }, _, to) => kind !== "transcript" || to === "A";
    const { store } = rig.parties.find(({ options }) => options.name === "A")!;
    store.recordTime("leaf", 15);
    store.recordTime("merge", 15);
    await deposit();
    for (const { wallet, options } of rig.parties) {
      if (options.ticket === undefined) continue;
      const l1 = (await rig.connection.ethers.getSigners())[options.account]!;
      await (await rig.system.token.transfer(wallet.address, parseEther("2"))).wait();
      await (await rig.system.consensus.connect(l1).deposit(parseEther("2"))).wait();
    }
    await rig.until("the content is shown", async () => {
      const { rounds } = (await ask("rollup_rounds", 2 ** 32 - 1, 1)) as { rounds: { round: number }[] };
      return (await roundOf(rounds[0]!.round)).commitments.some(({ isContentKnown }) => isContentKnown);
    });
    const round = rig.node.rounds;
    const { proposer } = rig.node.proposalsOf(BigInt(round))[0]!;
    expect(
      (await treeOf(round, proposer)).nodes.every(({ state }) => state === "unknown" || state === "delivered"),
    ).to.equal(true);
    await rig.until("height 1", () => rig.node.batches.length === 1);
    expect((await roundOf(round)).commitments[0]?.proven).to.include({ credited: 0, defaulted: 3 });
    await rig.until(
      "the votes are demanded",
      async () => (await treeOf(round, proposer)).nodes[0]!.demand !== undefined,
      {
        step: 60,
      },
    );
    await rig.until("all is cleared", async () => !(await statesOf(round, proposer)).includes("defaulted"), {
      step: 240,
    });
    expect(await statesOf(round, proposer)).to.deep.equal(["cleared", "defended", "defended"]);
    expect((await roundOf(round)).commitments[0]?.proven).to.include({
      defaulted: 3,
      defended: 2,
      cleared: 1,
      slashed: 0,
    });
  });

  describe("says of its network", () => {
    const counts = { received: 5, accepted: 2, ignored: 1, refused: 1, dropped: 0, sent: 3 };
    const network: NetworkView = {
      ...{ peerId: "self", addresses: ["/ip4/10.0.0.1/tcp/9252/p2p/self"], revision: 1 },
      peers: [
        {
          ...{
            id: "peer",
            address: "/ip4/10.0.0.2/tcp/9252",
            score: -0.001,
            isGossiping: true,
            since: 1_700_000_000_500,
          },
          ...{ direction: "inbound", traffic: { received: 5, refused: 1, sent: 3 } },
        },
      ],
      traffic: new Map([["vote", counts]]),
      bans: (count) => ({
        total: 2,
        bans: [
          { name: "ip:10.0.0.3" as const, until: 1_800_000_000_000, reason: "proof: INVALID_PROOF" },
          { name: "peer:evil" as const, until: 1_800_000_000_000, reason: "proof: INVALID_PROOF" },
        ].slice(0, count),
      }),
    };
    before(async () => {
      await begin();
    });

    it("peers with their scores and messages, bans, and counts of messages", async () => {
      source = { ...source, network };
      expect(await ask("rollup_peers")).to.deep.equal({
        ...{ isJoined: true, id: "self", addresses: network.addresses },
        peers: [
          {
            ...{ id: "peer", address: "/ip4/10.0.0.2/tcp/9252", direction: "inbound", since: 1_700_000_000, score: 0 },
            ...{ isGossiping: true, received: 5, refused: 1, sent: 3 },
          },
        ],
        bans: {
          total: 2,
          newest: ["ip:10.0.0.3", "peer:evil"].map((name) => ({
            ...{ name, until: 1_800_000_000, reason: "proof: INVALID_PROOF" },
          })),
        },
        messages: [{ kind: "vote", ...counts }],
      });
    });

    it("no IP address to others than users of its machine", async () => {
      source = { ...source, network, isPublic: true };
      const told = (await ask("rollup_peers")) as { peers: object[]; bans: { total: number; newest: object[] } };
      expect(JSON.stringify([told.peers, told.bans])).not.to.match(/10\.0\.0/u);
      expect([told.peers.length, told.bans.total, told.bans.newest.length]).to.deep.equal([1, 2, 1]);
    });

    it("when a peer comes, without a new block of L1", async () => {
      const changing = { ...network, revision: 1, peers: network.peers };
      const api = await Api.listen({ ...source, network: changing }, { newsInterval: 20 });
      try {
        const socket = new WebSocket(`${api.url.replace("http", "ws")}/ws`);
        const told: number[] = [];
        const news = new EventEmitter();
        socket.on("message", (data: Buffer) => {
          const { params } = JSON.parse(data.toString()) as { params?: { result: { peers: unknown[] } } };
          if (params === undefined) return;
          told.push(params.result.peers.length);
          news.emit("news");
        });
        await once(socket, "open");
        const first = once(news, "news");
        const request = { jsonrpc: "2.0", id: 1, method: "rollup_subscribe", params: ["rollup_peers", []] };
        socket.send(JSON.stringify(request));
        await first;
        const second = once(news, "news", { signal: AbortSignal.timeout(10_000) });
        Object.assign(changing, { revision: 2, peers: [] });
        await second;
        expect(told).to.deep.equal([1, 0]);
      } finally {
        await api.close();
      }
    });

    it("the same numbers for Prometheus", async () => {
      const { registry } = new Metrics({ ...source, network });
      const text = await registry.metrics();
      for (const line of [
        ...[
          'rollup_messages_total{kind="vote",outcome="received"} 5',
          'rollup_messages_total{kind="vote",outcome="sent"} 3',
        ],
        ...['rollup_peers{stage="connected"} 1', 'rollup_peers{stage="gossiping"} 1', "rollup_bans 2"],
        ...['rollup_rounds{stage="opened"} 1', 'rollup_rounds{stage="won"} 0'],
      ]) {
        expect(text).to.include(`${line}\n`);
      }
      // A counter is not counted twice.
      expect(await registry.metrics()).to.include('rollup_messages_total{kind="vote",outcome="received"} 5\n');
    });
  });
});
