// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, getBytes, hexlify, parseEther, toBeHex, Wallet, ZeroAddress, type Log } from "ethers";

import { B52Node, Proposer } from "../../../src/agents/index.ts";
import { applyBlock } from "../../../src/b52/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { toField } from "../../../src/field.ts";
import { State } from "../../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import { contentOf, slotsOf } from "../../helpers/b52Block.ts";
import {
  deployB52,
  freshB52,
  type B52Harness,
  type Block,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";
import { systemOf } from "../../helpers/b52SystemOf.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { expectUnreadable, signJunk } from "../../helpers/junkAuthorization.ts";
import { altered, liar } from "../../helpers/liar.ts";

const GENESIS = State.genesis(DEVELOPMENT).root;
/** A block of transactions that are all void leaves the state as it is. */
const UNCHANGED = { 0: GENESIS, 1: GENESIS };

const submitCall = (h: B52Harness, { proposal, submission }: Block): string =>
  h.b52.interface.encodeFunctionData("submit", [proposal, submission]);

describe("A node that follows B52", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  const commit = (claim: ProposalClaim = {}): Promise<Draft> => h.commit({ newStateRoots: UNCHANGED, ...claim });

  /** Moves to the proof window. */
  const toProofs = async (): Promise<void> => h.moveTo((await h.windows()).proposalEnd);

  // ─── Forged logs ───────────────────────────────────────────────────────────────────────────────────────────────────

  const deployForger = () => h.network.connection.ethers.deployContract("Forger", [[]]);
  const call = async (data: string) => ({ target: await h.b52.getAddress(), value: 0n, topics: [], data });
  const published = (block: Block) => {
    const { round, proposer } = block.proposal;
    const { topics, data } = h.b52.interface.encodeEventLog("BlockPublished", [round, proposer, block.submission]);
    return { target: ZeroAddress, value: 0n, topics: topics, data };
  };

  it("takes no data of a block from a contract that logs them in its own name", async () => {
    const draft = await commit({ data: slotsOf("real", 1) });
    const { round, height, parent } = draft.proposal;
    const other = h.draftFor({ round, height, parent, data: slotsOf("forged", 1), newStateRoots: UNCHANGED });
    await toProofs();
    const [block, forged] = [await h.prove(draft), await h.prove(other)];
    const forger = await deployForger();
    await mined(forger.run([published(forged), await call(submitCall(h, block)), published(forged)]));
    const node = await B52Node.open(systemOf(h));
    const found = node.provenBlock(draft.proposal.round, draft.proposal.proposer);
    expect(hexlify(getBytes(found.submission.data))).to.equal(block.submission.data);
    await h.advance(block);
    await node.sync();
    expect(node.batches.length).to.equal(1);
    expect(hexlify(node.batch(1).data)).to.equal(block.submission.data);
  });

  it("gives each of two versions of a block in one transaction its own data", async () => {
    const draft = await commit({ promised: { 2: 3, 3: 9 } });
    await toProofs();
    const best = await h.prove(draft);
    const { content } = draft;
    const workers = { 2: 3, 3: 0 };
    const worse = await h.prove({ ...draft, content: { ...content, claim: { ...content.claim, workers } } });
    expect(best.record.statements).not.to.equal(worse.record.statements);
    const forger = await deployForger();
    await mined(forger.run([await call(submitCall(h, worse)), await call(submitCall(h, best))]));
    const node = await B52Node.open(systemOf(h));
    const { submission, record } = node.provenBlock(draft.proposal.round, draft.proposal.proposer);
    expect(record.statements).to.equal(best.record.statements);
    expect(submission.leaves.map(({ worker }) => worker)).to.deep.equal(
      best.submission.leaves.map((leaf) => leaf.worker),
    );
  });

  // ─── Drafts ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("drafts blocks with an include list that is due as long as the queue leaves room for it, and never none", async () => {
    const { slots } = DEVELOPMENT;
    h = await deployB52({ params: { maxLeaves: 2n } });
    const capacity = 2 * slots;
    const includeList = slotsOf("list", 2);
    const losing = await commit({ proposer: 2, promised: { 1: 1 }, includeList });
    const winning = await commit({ promised: { 1: 1 }, bid: parseEther("20") });
    const winner = await h.submit(winning);
    await h.submit(losing);
    await h.advance(winner);
    let queued: string[] = [];
    for (const [waiting, hasList] of [
      [0, true],
      [capacity - 2, true],
      [capacity - 1, false],
      [capacity, false],
      [capacity + 3, false],
    ] as const) {
      queued = [...queued, ...(await h.force(waiting - queued.length))];
      const { networkHelpers } = h.network.connection;
      const snapshot = await networkHelpers.takeSnapshot();
      // The operations are overdue: a block without them is refused.
      await h.moveTo((await h.now()) + h.core.forcedDeadline + 1n);
      const node = await B52Node.open(systemOf(h));
      const proposer = new Proposer(node, h.signer(1), { feeAccount: 5, feeToken: 0n });
      const draft = await proposer.draft({ bid: parseEther("1"), share: 0n });
      const forced = queued.slice(0, capacity);
      expect(draft.content.forcedCount).to.equal(forced.length);
      expect(hexlify(draft.data)).to.equal(concat([...forced, hasList ? includeList : "0x"]));
      const { committed } = await proposer.commit(draft, []);
      await toProofs();
      const { votesRoot } = committed.transcript;
      const { salt } = draft.content;
      const claim = { forced, data: hexlify(draft.data), salt, votesRoot, newStateRoots: UNCHANGED };
      const { proposal } = committed;
      const block = await h.prove({ proposer: h.signer(1), proposal, content: contentOf(claim), id: committed.id });
      await h.sendSubmit(block);
      expect((await h.b52.ranking()).proposers).to.deep.equal([h.address(1)]);
      await snapshot.restore();
    }
  });

  // ─── Calldata ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Words after the selector: 10 of the proposal, the offset of the submission, then the submission; `data` is the 7th. */
  const SUBMISSION = 10;
  const STRUCT = 11;
  const DATA = STRUCT + 6;
  const wordsOf = (strict: string): string[] =>
    Array.from({ length: (strict.length - 10) / 64 }, (_, i) => `0x${strict.slice(10 + 64 * i, 74 + 64 * i)}`);

  for (const [how, encode] of [
    [
      "without padding at the end",
      (strict: string, data: string) => {
        const words = wordsOf(strict);
        words[DATA] = toBeHex(32 * (words.length - STRUCT), 32);
        return concat([strict.slice(0, 10), ...words, toBeHex(getBytes(data).length, 32), data]);
      },
    ],
    [
      "with an offset of 2^256 − 0xc0",
      (strict: string, data: string) => {
        const words = wordsOf(strict);
        words[DATA] = toBeHex(2n ** 256n - 0xc0n, 32);
        words[SUBMISSION] = toBeHex(32 * STRUCT + 0xc0, 32);
        const before = concat([toBeHex(getBytes(data).length, 32), data, new Uint8Array(0xa0)]).slice(0, 2 + 2 * 0xc0);
        return concat([strict.slice(0, 10), ...words.slice(0, STRUCT), before, ...words.slice(STRUCT)]);
      },
    ],
  ] as const) {
    it(`reads a block that a stranger submits ${how}`, async () => {
      const node = await B52Node.open(systemOf(h));
      const draft = await commit({ data: slotsOf("real", 1) });
      await toProofs();
      const block = await h.prove(draft);
      const data = encode(submitCall(h, block), block.submission.data);
      const sent = await h.signer(7).sendTransaction({ to: await h.b52.getAddress(), data });
      expect((await sent.wait())?.status).to.equal(1);
      await node.sync();
      const { submission } = node.provenBlock(draft.proposal.round, draft.proposal.proposer);
      expect(hexlify(getBytes(submission.data))).to.equal(block.submission.data);
      await h.advance(block);
      await node.sync();
      expect(hexlify(node.batch(1).data)).to.equal(block.submission.data);
    });
  }

  it("reads a block that a stranger submits in a transaction that ethers does not read", async () => {
    const { connection } = h.network;
    const { provider } = systemOf(h);
    const node = await B52Node.open(systemOf(h));
    const draft = await commit({ data: slotsOf("real", 1) });
    await toProofs();
    const block = await h.prove(draft);
    const stranger = Wallet.createRandom();
    await connection.networkHelpers.setBalance(stranger.address, parseEther("10"));
    const junk = await signJunk(stranger, provider, { to: await h.b52.getAddress(), data: submitCall(h, block) });
    const hash = (await connection.ethers.provider.send("eth_sendRawTransaction", [junk])) as string;
    expect((await provider.getTransactionReceipt(hash))?.status).to.equal(1);
    await expectUnreadable(provider.getTransaction(hash));
    await node.sync();
    const { submission } = node.provenBlock(draft.proposal.round, draft.proposal.proposer);
    expect(hexlify(getBytes(submission.data))).to.equal(block.submission.data);
  });

  // ─── Missing events ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Queues a deposit for an account that does not exist: it leaves as an exit. Gives its slot. */
  const refused = async (): Promise<string> => {
    const value = (await h.rollup.forcedFee()) + 1_000n;
    const receipt = await mined(h.rollup.topUp(0, 1_000n, 99, h.address(1), { value }));
    const [event] = await h.rollup.queryFilter(h.rollup.filters.ForcedOperationQueued(), receipt.blockNumber);
    return event!.args.slot;
  };

  /** A block that does nothing but execute forced operations, with its true results. */
  const claimFor = (forced: readonly string[]): ProposalClaim => {
    const header = { baseFee: 7n, feeToken: 0n, feeAccount: 5, forcedCount: forced.length, timestamp: 0n };
    const environment = { sequencer: BigInt(h.address(1)), domain: toField(h.domain), arrivals: new Map() };
    const block = { header, data: getBytes(concat(forced)) };
    const { leaves } = applyBlock(DEVELOPMENT, State.genesis(DEVELOPMENT), block, environment);
    expect(leaves.flatMap(({ exits }) => exits)).to.have.length(1);
    return {
      forced,
      newStateRoots: Object.fromEntries(leaves.map(({ state }, i) => [i, state.root])),
      exits: Object.fromEntries(leaves.map(({ exits }, i) => [i, exits])),
    };
  };

  it("misses each event without which it would not know the state, the keys, the rounds or the best blocks", async () => {
    await h.join(3);
    const forced = [...(await h.force(1)), await refused()];
    await h.advance(await h.submit(await commit(claimFor(forced))));
    await commit({ proposer: 2 });
    expect((await B52Node.open(systemOf(h))).settlements).to.have.length(1);
    const last = await commit({ proposer: 1 });
    await h.submit(last);
    const system = systemOf(h);
    const node = await B52Node.open(system);
    expect(node.batches.length).to.equal(1);

    const essential = [
      "ForcedOperationQueued",
      "TicketJoined",
      "RoundOpened",
      "BlockProven",
      "RoundEnded",
      "StateAdvanced",
      "ExitsSettled",
      "ConsensusDeployed",
      "CoreDeployed",
    ];
    const contracts = [h.b52, h.rollup, h.registry];
    const address = await Promise.all(contracts.map((contract) => contract.getAddress()));
    const logs = await system.provider.getLogs({ address, fromBlock: h.startBlock });
    const met = new Map<string, number>();
    for (const target of logs) {
      const name = contracts.map((contract) => contract.interface.parseLog(target)?.name).find(Boolean) ?? "";
      if (!essential.includes(name)) continue;
      met.set(name, (met.get(name) ?? 0) + 1);
      const drop = (all: Log[]): Log[] =>
        all.filter((log) => log.blockNumber !== target.blockNumber || log.index !== target.index);
      const lying = systemOf(h, liar(system.provider, { getLogs: drop }));
      const code = name === "ConsensusDeployed" ? "UNKNOWN_DEPLOYMENT" : "EVENTS_MISSING";
      await expectRejection(B52Node.open(lying), code);
    }
    expect(Object.fromEntries(met)).to.deep.equal({
      ForcedOperationQueued: 2,
      TicketJoined: 1,
      RoundOpened: 2,
      BlockProven: 2,
      RoundEnded: 1,
      StateAdvanced: 1,
      ExitsSettled: 1,
      ConsensusDeployed: 1,
      CoreDeployed: 1,
    });
  });

  it("takes no parameters that L1 did not record", async () => {
    const { provider } = systemOf(h);
    const { topicHash } = h.b52.interface.getEvent("ConsensusDeployed");
    const other = await deployB52({ params: { minBid: 2n } }, h.network);
    const [{ data }] = (await provider.getLogs({
      address: await other.b52.getAddress(),
      topics: [topicHash],
      fromBlock: 0,
    })) as [Log];
    const lying = liar(provider, {
      getLogs: (logs) => logs.map((log) => (log.topics[0] === topicHash ? altered(log, { data }) : log)),
    });
    await expectRejection(B52Node.open(systemOf(h, lying)), "DATA_UNAVAILABLE");
  });

  /** An endpoint that leaves out the logs of an event while `isHiding` says so. */
  const hiding = (name: "ProposalCommitted" | "CommitmentSettled", isHiding: () => boolean) => {
    const { topicHash } = h.b52.interface.getEvent(name);
    const { provider } = systemOf(h);
    return liar(provider, { getLogs: (logs) => logs.filter(({ topics }) => !isHiding() || topics[0] !== topicHash) });
  };

  it("finds a commitment that was left out once, when its block is proven", async () => {
    let isHiding = true;
    const system = systemOf(
      h,
      hiding("ProposalCommitted", () => isHiding),
    );
    const draft = await commit();
    const node = await B52Node.open(system);
    expect(node.proposalsOf(1n)).to.have.length(0);
    isHiding = false;
    const block = await h.submit(draft);
    await node.sync();
    expect(node.proposalsOf(1n)).to.have.length(1);
    await h.advance(block);
    await node.sync();
    expect(node.batches.length).to.equal(1);

    isHiding = true;
    const next = await commit();
    await node.sync();
    await h.submit(next);
    await expectRejection(node.sync(), "EVENTS_MISSING");
  });

  it("finds what L1's state does not show, if an endpoint left it out once, within 16 blocks", async () => {
    let isHiding = true;
    const system = systemOf(
      h,
      hiding("CommitmentSettled", () => isHiding),
    );
    const losing = await commit({ proposer: 2 });
    const block = await h.submit(await commit());
    const node = await B52Node.open(system);
    await h.advance(block);
    // With the winner's bid.
    const settledAt = await h.network.connection.ethers.provider.getBlockNumber();
    await h.settle(losing);
    await node.sync();
    expect(node.isSettled(losing.proposal)).to.equal(false);
    isHiding = false;
    const found = async (): Promise<void> => {
      for (let blocks = 0; blocks < 16; blocks++) {
        await h.network.connection.networkHelpers.mine(1);
        await node.sync();
        expect(node.isSettled(losing.proposal)).to.equal(false);
      }
    };
    const { data } = await expectRejection(found(), "REORGANISED");
    expect(data.block).to.equal(settledAt);
    expect((await B52Node.open(system)).isSettled(losing.proposal)).to.equal(true);
  });

  it("asks again after an empty answer", async () => {
    let empty = 1;
    const provider = liar(systemOf(h).provider, { getLogs: (logs) => (empty-- > 0 ? [] : logs) });
    const node = await B52Node.open(systemOf(h, provider));
    const block = await h.submit(await commit());
    empty = 1;
    await node.sync();
    expect(node.findProven(1n, block.proposal.proposer)).not.to.equal(undefined);
    await h.advance(block);
    empty = 1;
    await node.sync();
    expect(node.batches.length).to.equal(1);
    expect(empty).to.equal(-1);
  });
});
