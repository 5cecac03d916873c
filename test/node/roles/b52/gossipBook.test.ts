// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Wallet, ZeroHash } from "ethers";

import { commitmentHash, draftContext, type Draft, type Proposal, type Vote } from "../../../../src/b52/index.ts";
import { fromProofWords, toProofWords } from "../../../../src/codec/index.ts";
import { toField } from "../../../../src/field.ts";
import {
  KEPT,
  type Gossip,
  type ProofMessage,
  type ProposalMessage,
  type VoteMessage,
} from "../../../../src/node/network/index.ts";
import { GossipBook, LoneGossip } from "../../../../src/node/roles/index.ts";
import { expectError } from "../../../helpers/expectError.ts";
import { LocalNetwork } from "../../../helpers/localGossip.ts";

const DOMAIN = 12_345n;
const KEY = new Wallet(`0x${"01".repeat(32)}`);

const draft = (changes: Partial<Draft> = {}): Draft => ({
  ...{ proposer: KEY.address, round: 5n, height: 1n, parent: ZeroHash, contentHash: ZeroHash, bid: 7n, share: 4_000n },
  ...{ leaves: 2n, ...changes },
});
const offer = (changes: Partial<Draft> = {}): ProposalMessage => ({
  ...{ kind: "proposal", draft: draft(changes), signature: "0x" },
});
const vote = (context: bigint, ticket: number, nodes: bigint): VoteMessage => ({
  ...{ kind: "vote", context, ticket, vote: { nodes, h: toField(1n), s: 2n } satisfies Vote },
});
const proof = (node: number, worker: number, leftDigest?: bigint): ProofMessage => ({
  ...{ kind: "proof", id: "0x01", node, worker, words: [1n] },
  merge:
    leftDigest === undefined
      ? undefined
      : { leftDigest: toField(leftDigest), rightDigest: toField(0n), delivered: 0n, nodes: 0n },
});

/** After all that has been resolved was taken in. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("The memory of a node for the network", () => {
  const bookOf = (): { readonly gossip: LoneGossip; readonly book: GossipBook } => {
    const gossip = new LoneGossip();
    return { gossip, book: new GossipBook(gossip, DOMAIN) };
  };

  it("has votes for offers that it knows, each once, and those for nothing not at all", async () => {
    const { gossip, book } = bookOf();
    const context = draftContext(DOMAIN, draft());
    await gossip.publish(vote(context, 1, 2n));
    expect(book.votesFor(context)).to.deep.equal([]);
    await gossip.publish(offer());
    for (const message of [vote(context, 1, 2n), vote(context, 1, 2n), vote(context, 1, 6n), vote(context, 2, 2n)]) {
      await gossip.publish(message);
    }
    expect(book.votesFor(context).map(({ ticket, vote: { nodes } }) => [ticket, nodes])).to.deep.equal([
      [1, 2n],
      [1, 6n],
      [2, 2n],
    ]);
    book.prune(6n);
    expect([book.offersOf(5n), book.votesFor(context)]).to.deep.equal([[], []]);
  });

  it("is bounded, whatever comes", async () => {
    const { gossip, book } = bookOf();
    for (let i = 0n; i < 200n; i++) {
      await gossip.publish(offer({ bid: i + 1n }));
      const { id, ...rest } = proof(2, 3);
      await gossip.publish({ ...rest, id: `${id}${i}` });
    }
    expect(book.offersOf(5n).length).to.equal(64);
    expect([book.proofsOf("0x010"), book.proofsOf("0x01199").length]).to.deep.equal([[], 1]);
    const context = draftContext(DOMAIN, draft({ bid: 200n }));
    for (let i = 0n; i < 1_000n; i++) await gossip.publish(vote(context, 1, i));
    expect(book.votesFor(context).length).to.equal(512);
    for (let worker = 0; worker < 100; worker++) await gossip.publish(proof(2, worker));
    expect(book.proofsOf("0x01").length).to.equal(42);
  });

  it("tells proofs of a node apart by their makers and by the proofs below", async () => {
    const { gossip, book } = bookOf();
    for (const message of [proof(1, 1, 5n), proof(1, 1, 5n), proof(1, 1, 6n), proof(1, 2, 5n)]) {
      await gossip.publish(message);
    }
    expect(book.proofsOf("0x01").length).to.equal(3);
  });

  it("has room for all proofs of a node that the network lets through, whoever was faster", async () => {
    const { gossip, book } = bookOf();
    for (let worker = 10; worker < 10 + KEPT.proofsOfOthers; worker++) await gossip.publish(proof(2, worker));
    await gossip.publish(proof(2, 3));
    expect(book.proofsOf("0x01").at(-1)?.worker).to.equal(3);
  });

  it("asks the network for what it does not have, and not again at once", async () => {
    const network = new LocalNetwork(DOMAIN);
    const [one, two] = [network.join("one"), network.join("two")];
    network.passes = () => false;
    const proposal: Proposal = { ...draft(), promisedProvers: 1n, transcript: ZeroHash };
    const id = commitmentHash(DOMAIN, proposal);
    await one.publish({ kind: "transcript", proposal, promised: 0n, votes: [] });
    const book = new GossipBook(two, DOMAIN);
    const ask = async (now: number): Promise<void> => {
      book.ask({ kind: "transcript", id }, now);
      await settled();
    };
    await ask(100);
    expect(book.transcript(id)).to.equal(undefined);
    network.passes = () => true;
    await ask(119);
    expect(book.transcript(id)).to.equal(undefined);
    await ask(120);
    expect(book.transcript(id)?.proposal).to.deep.equal(proposal);
    book.forget("transcript", id);
    expect(book.transcript(id)).to.equal(undefined);
  });

  it("waits for no answer, has eight questions open at most, and asks again after one that failed", async () => {
    const asked: string[] = [];
    const ends: { readonly resolve: (message: undefined) => void; readonly reject: (error: Error) => void }[] = [];
    const silent: Gossip = {
      publish: () => Promise.resolve(),
      subscribe: () => () => undefined,
      request: (wanted) => {
        asked.push("id" in wanted ? wanted.id : "");
        return new Promise((resolve, reject) => ends.push({ resolve, reject }));
      },
    };
    const book = new GossipBook(silent, DOMAIN);
    for (let i = 0; i < 20; i++) book.ask({ kind: "block", id: `0x${i}` }, 100);
    expect(asked).to.deep.equal(Array.from({ length: 8 }, (_, i) => `0x${i}`));
    ends[0]!.reject(new Error("the node has not joined the network yet"));
    ends[1]!.resolve(undefined);
    await settled();
    for (const id of ["0x0", "0x8", "0x9", "0x10"]) book.ask({ kind: "block", id }, 110);
    expect(asked.slice(8)).to.deep.equal(["0x8", "0x9"]);
  });
});

describe("The words of a proof", () => {
  it("become the proof that they are of, and eight of them only", () => {
    const words = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
    expect(toProofWords(fromProofWords(words))).to.deep.equal(words);
    for (const other of [[], words.slice(1), [...words, 9n]]) expectError(() => fromProofWords(other), "BAD_LENGTH");
  });
});
