// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import type { Vote } from "../../../src/b52/index.ts";
import { B52Store, type StoredCommitment, type StoredDraft } from "../../../src/node/b52Store/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

const ROLLUP = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };
const PROPOSER = `0x${"Ab".repeat(20)}`;

const draft = (context: bigint, round = 1n): StoredDraft => ({
  ...{ context, data: Uint8Array.of(1, 2, 3), includeList: new Uint8Array(0), signature: "0x12", offeredAt: 7 },
  draft: {
    ...{
      proposer: PROPOSER,
      round,
      height: 1n,
      parent: ZeroHash,
      contentHash: ZeroHash,
      bid: 5n,
      share: 1n,
      leaves: 2n,
    },
  },
  content: {
    ...{ salt: ZeroHash, dataHash: ZeroHash, forcedCount: 1, includeListHash: ZeroHash, feeAccount: 2, feeToken: 0n },
  },
});

const commitment = (id: string, round = 1n, parent = ZeroHash): StoredCommitment => ({
  ...{ id, context: 9n, promised: 2n ** 100n, votes: [undefined, voteOf(2n)], parentProposer: ZeroAddress },
  proposal: { ...draft(9n, round).draft, parent, promisedProvers: 1n, transcript: ZeroHash },
});

/** A signature of nothing, which tells which nodes it is for. */
const voteOf = (nodes: bigint): Vote => ({ nodes, h: 2n ** 250n + nodes, s: 3n * nodes });

const OFFER = { context: 2n ** 247n - 256n, ticket: 7, round: 1n, leaves: 2 };

describe("The store of the roles of B52", () => {
  let directory: string;
  let database: Database;
  let store: B52Store;

  /** As the next process would: with nothing in memory. */
  const restart = (): B52Store => {
    database.close();
    database = openDatabase(join(directory, "node.sqlite"), ROLLUP);
    return (store = new B52Store(database));
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "b52-"));
    database = openDatabase(join(directory, "node.sqlite"), ROLLUP);
    store = new B52Store(database);
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  // ─── Votes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("gives the same vote for an offer and a ticket again, whatever nodes are asked for, also after a restart", async () => {
    const first = await store.vote({ ...OFFER, nodes: 6n }, voteOf);
    expect(first.vote).to.deep.equal(voteOf(6n));
    const signed: bigint[] = [];
    const sign = (nodes: bigint): Vote => {
      signed.push(nodes);
      return voteOf(nodes);
    };
    for (const nodes of [6n, 14n, 2n]) {
      expect((await store.vote({ ...OFFER, nodes }, sign)).vote).to.deep.equal(voteOf(6n));
      expect((await restart().vote({ ...OFFER, nodes }, sign)).vote).to.deep.equal(voteOf(6n));
    }
    expect(signed).to.deep.equal([]);
    // Another ticket and another offer have votes of their own.
    expect((await store.vote({ ...OFFER, ticket: 8, nodes: 2n }, sign)).nodes).to.equal(2n);
    expect((await store.vote({ ...OFFER, context: 512n, nodes: 4n }, sign)).nodes).to.equal(4n);
    expect(
      store
        .votesIn(1n, 7)
        .map(({ nodes }) => nodes)
        .sort(),
    ).to.deep.equal([4n, 6n]);
  });

  it("keeps the point of a vote where tickets are drawn, of an own one and of a ballot", async () => {
    const gamma = { x: 2n ** 253n, y: 5n };
    const sign = (nodes: bigint): Vote => ({ ...voteOf(nodes), gamma });
    await store.vote({ ...OFFER, nodes: 6n }, sign);
    const ballot = { kind: "vote", context: 256n, ticket: 3, vote: sign(2n) } as const;
    store.keepBallot(1n, ballot);
    restart();
    expect(store.voteOf(OFFER.context, OFFER.ticket)?.vote).to.deep.equal(sign(6n));
    expect(store.ballotsFor(256n)).to.deep.equal([ballot]);
  });

  it("has the nodes on the disk before the signer is asked, and asks for the same ones after it was killed", async () => {
    const killed = new Error("killed");
    const sign = (): Vote => {
      expect(store.voteOf(OFFER.context, OFFER.ticket)).to.include({ nodes: 6n, vote: undefined });
      throw killed;
    };
    expect(await store.vote({ ...OFFER, nodes: 6n }, sign).catch((error: unknown) => error)).to.equal(killed);
    expect((await restart().vote({ ...OFFER, nodes: 14n }, voteOf)).vote).to.deep.equal(voteOf(6n));
  });

  it("has the signature on the disk before the vote can be told", async () => {
    const { vote } = await store.vote({ ...OFFER, nodes: 6n }, voteOf);
    expect(restart().voteOf(OFFER.context, OFFER.ticket)?.vote).to.deep.equal(vote);
  });

  it("gives one vote if a slow signer is asked twice at the same time", async () => {
    const slow: ((vote: Vote) => void)[] = [];
    const sign = (): Promise<Vote> => new Promise((resolve) => slow.push(resolve));
    const first = store.vote({ ...OFFER, nodes: 6n }, sign);
    const second = store.vote({ ...OFFER, nodes: 14n }, sign);
    await Promise.resolve();
    // Both were asked to sign the same nodes; the signatures differ, and the first that comes counts.
    slow[1]!({ ...voteOf(6n), s: 100n });
    slow[0]!({ ...voteOf(6n), s: 200n });
    expect((await second).vote.s).to.equal(100n);
    expect((await first).vote.s).to.equal(100n);
  });

  it("keeps a vote that is being signed, also if everything of its round is forgotten in the meantime", async () => {
    let finish: (vote: Vote) => void = () => undefined;
    const given = store.vote({ ...OFFER, nodes: 6n }, () => new Promise<Vote>((resolve) => (finish = resolve)));
    await Promise.resolve();
    store.prune(100n);
    expect(store.voteOf(OFFER.context, OFFER.ticket)?.nodes).to.equal(6n);
    // Not even somebody who deletes the row lets the vote be told without being on the disk.
    database.exec("DELETE FROM b52_vote");
    finish(voteOf(6n));
    expect((await given).vote).to.deep.equal(voteOf(6n));
    expect(store.voteOf(OFFER.context, OFFER.ticket)?.vote).to.deep.equal(voteOf(6n));
    store.prune(100n);
    expect(store.voteOf(OFFER.context, OFFER.ticket)).to.equal(undefined);
  });

  it("refuses the signature of a signer that voted for other nodes", async () => {
    await expectRejection(
      store.vote({ ...OFFER, nodes: 6n }, () => voteOf(14n)),
      "WRONG_SIGNATURE",
    );
    expect(store.voteOf(OFFER.context, OFFER.ticket)?.vote).to.equal(undefined);
  });

  // ─── Drafts, commitments, proofs ───────────────────────────────────────────────────────────────────────────────────

  it("has drafts with salt and content after a restart, by round and by offer", () => {
    store.saveDraft(draft(256n));
    store.saveDraft(draft(512n, 2n));
    expect(restart().draftsOf(1n)).to.deep.equal([draft(256n)]);
    expect(store.draft(512n)).to.deep.equal(draft(512n, 2n));
    expect(store.draft(1n)).to.equal(undefined);
  });

  it("keeps one commitment of a proposer for a round and a parent: the first one", () => {
    const first = commitment("0x01");
    expect(store.saveCommitment(first)).to.deep.equal(first);
    expect(restart().saveCommitment(commitment("0x02"))).to.deep.equal(first);
    // In a reorganised chain the round may have another parent.
    const other = commitment("0x03", 1n, `0x${"11".repeat(32)}`);
    expect(store.saveCommitment(other)).to.deep.equal(other);
    expect(store.commitmentOf(PROPOSER.toLowerCase(), 1n, ZeroHash)).to.deep.equal(first);
    expect(store.commitmentsBy(PROPOSER.toUpperCase().replace("0X", "0x")).length).to.equal(2);
  });

  it("has the votes for its offers, the proofs that it made, and what was shown to it", () => {
    const ballot = { kind: "vote", context: 256n, ticket: 3, vote: voteOf(2n) } as const;
    const proof = { kind: "proof", id: "0x01", node: 2, worker: 3, words: [1n, 2n], merge: undefined } as const;
    const block = {
      kind: "block" as const,
      ...{ id: "0x01", data: Uint8Array.of(5), includeList: new Uint8Array(0) },
      content: { salt: ZeroHash, forcedCount: 0, feeAccount: 1, feeToken: 0n },
    };
    store.keepBallot(1n, ballot);
    store.keepBallot(1n, ballot);
    store.saveProof(1n, proof);
    store.keep(1n, block, "0x01");
    restart();
    expect(store.ballotsFor(256n)).to.deep.equal([ballot]);
    expect(store.proofsOf("0x01")).to.deep.equal([proof]);
    expect(store.block("0x01")).to.deep.equal(block);
    expect(store.transcript("0x01")).to.equal(undefined);
    store.prune(2n);
    expect([store.ballotsFor(256n), store.proofsOf("0x01"), store.block("0x01")]).to.deep.equal([[], [], undefined]);
  });

  it("keeps four votes of a ticket for an offer, however many it signs", () => {
    for (let nodes = 1n; nodes <= 100n; nodes++) {
      store.keepBallot(1n, { kind: "vote", context: 256n, ticket: 3, vote: voteOf(2n * nodes) });
    }
    store.keepBallot(1n, { kind: "vote", context: 256n, ticket: 4, vote: voteOf(2n) });
    expect(store.ballotsFor(256n).map(({ ticket, vote }) => [ticket, vote.nodes])).to.deep.equal([
      [3, 2n],
      [3, 4n],
      [3, 6n],
      [3, 8n],
      [4, 2n],
    ]);
  });

  it("says the longest of the last sixteen times of each circuit, when both were measured", () => {
    store.recordTime("leaf", 90);
    expect(store.times).to.equal(undefined);
    store.recordTime("merge", 5);
    expect(store.times).to.deep.equal({ leaf: 90, merge: 5 });
    for (let i = 0; i < 16; i++) store.recordTime("leaf", 10 + i);
    expect(restart().times).to.deep.equal({ leaf: 25, merge: 5 });
  });

  // ─── Schema ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("is not opened by an older program: votes that it cannot read could be contradicted", async () => {
    await store.vote({ ...OFFER, nodes: 6n }, voteOf);
    database.exec("UPDATE part SET version = 3 WHERE name = 'b52'");
    await expectRejection(
      Promise.resolve().then(() => new B52Store(database)),
      "DATABASE_VERSION",
    );
    database.exec("UPDATE part SET version = 2 WHERE name = 'b52'");
    expect(restart().voteOf(OFFER.context, OFFER.ticket)?.vote).to.deep.equal(voteOf(6n));
  });
});
