// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import fc from "fast-check";
import { getAddress, Wallet } from "ethers";

import { ProofTree, type NodeProof, type ProofTreeBlock } from "../../../src/agents/index.ts";
import {
  MAX_TICKET,
  mergeNodes,
  mergeProofSignals,
  TREE_SIZES,
  type Draft,
  type Vote,
} from "../../../src/b52/index.ts";
import { isProtocolError } from "../../../src/errors.ts";
import { L, P, toField } from "../../../src/field.ts";
import {
  decodeAddresses,
  decodeAnswer,
  decodeMessage,
  decodeQuestion,
  encodeAddresses,
  encodeAnswer,
  encodeMessage,
  encodeQuestion,
  fromProofMessage,
  isSaleOf,
  isSignedByBuilder,
  isSignedByBuyer,
  isSignedByProposer,
  MAX_DATA_BYTES,
  MAX_LIST_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_QUESTION_BYTES,
  MESSAGE_KINDS,
  Q,
  toProofMessage,
  type Message,
  type ProofMessage,
  type Question,
} from "../../../src/node/network/messages/index.ts";
import { createProver, SnarkjsVerifier, artifactsByName, type Prover } from "../../../src/prover/index.ts";
import { MESSAGE_RATES, TIME_RATES } from "../../../src/node/network/gossip/index.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { prepareAll } from "../../../src/setup/index.ts";
import { expectError } from "../../helpers/expectError.ts";
import { bytes, check, field, uint } from "../../helpers/properties.ts";
import {
  BLOCK,
  DOMAIN,
  DRAFT,
  drawnVoteOf,
  ESCROW,
  ID,
  MESSAGES,
  mockProof,
  OFFER,
  PROMISED,
  proofMessage,
  proposer,
  PURCHASE,
  QUOTE,
  QUOTE_HASH,
  SALE,
  TRANSCRIPT_MESSAGE,
  TREE,
  voteOf,
} from "../../helpers/gossipWorld.ts";

const hex = (length: number): fc.Arbitrary<string> =>
  bytes(length).map((value) => `0x${Buffer.from(value).toString("hex")}`);
const below = (limit: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: limit - 1n });

const drafts: fc.Arbitrary<Draft> = fc.record({
  proposer: hex(20).map(getAddress),
  round: fc.bigInt({ min: 1n, max: (1n << 40n) - 1n }),
  height: fc.bigInt({ min: 1n, max: (1n << 40n) - 1n }),
  parent: hex(32),
  contentHash: hex(32),
  bid: uint(88),
  share: fc.bigInt({ min: 0n, max: 10_000n }),
  leaves: fc.constantFrom(...TREE_SIZES).map(BigInt),
});
const anyVote: fc.Arbitrary<Vote> = fc.record({ nodes: field(), h: field(), s: field() });
const points = fc.record({ x: field(), y: field() });
const evenNodes = fc.nat(2 ** 15 - 1).map((bits) => 2 * bits);

const listOfVotes = (vote: fc.Arbitrary<Vote>): fc.Arbitrary<(Vote | undefined)[]> =>
  fc.array(fc.option(vote, { nil: undefined }), { minLength: 15, maxLength: 15 });
/** All votes of a transcript have points, or none has. */
const drawnVotes = fc.tuple(anyVote, points).map(([vote, gamma]): Vote => ({ ...vote, gamma }));
const transcripts = fc
  .tuple(drafts, hex(32), uint(120), fc.oneof(listOfVotes(anyVote), listOfVotes(drawnVotes)))
  .map(([draft, transcript, promised, votes]) => ({
    proposal: { ...draft, promisedProvers: 2n * draft.leaves - 1n, transcript },
    promised: promised << 8n,
    votes: [undefined, ...votes],
  }));

const messages: Record<Message["kind"], fc.Arbitrary<Message>> = {
  transaction: fc.record({ kind: fc.constant("transaction" as const), slot: bytes(93) }),
  proposal: drafts.map((draft) => ({ kind: "proposal", draft, signature: OFFER.signature })),
  vote: fc
    .record({
      kind: fc.constant("vote" as const),
      context: uint(240).map((value) => value << 8n),
      ticket: fc.integer({ min: 1, max: MAX_TICKET }),
      vote: fc.record({
        nodes: fc.integer({ min: 1, max: 2 ** 15 - 1 }).map((bits) => BigInt(2 * bits)),
        h: field(),
        s: below(L),
      }),
      gamma: fc.option(points, { nil: undefined }),
    })
    .map(({ gamma, vote, ...message }) => ({ ...message, vote: gamma === undefined ? vote : { ...vote, gamma } })),
  transcript: transcripts.map((shown) => ({ kind: "transcript", ...shown })),
  quote: fc
    .tuple(drafts, uint(96), uint(96))
    .map(([{ proposer: builder, round, height, parent, contentHash, leaves }, payment, cover]) => ({
      kind: "quote",
      quote: { builder, round, height, parent, contentHash, leaves, payment, cover },
      signature: QUOTE.signature,
    })),
  purchase: fc
    .tuple(transcripts, hex(32))
    .map(([shown, quote]) => ({ kind: "purchase", ...shown, quote, signature: PURCHASE.signature })),
  sale: fc
    .tuple(hex(32), uint(40))
    .map(([id, deadline]) => ({ kind: "sale", id, deadline, signature: SALE.signature })),
  block: fc.record({
    kind: fc.constant("block" as const),
    id: hex(32),
    content: fc.record({
      salt: hex(32),
      forcedCount: fc.nat(2 ** 16 - 1),
      feeAccount: fc.nat(2 ** 32 - 1),
      feeToken: uint(16),
    }),
    data: fc.uint8Array({ maxLength: 400 }),
    includeList: fc.nat(4).chain((slots) => bytes(93 * slots)),
  }),
  proof: fc
    .tuple(
      hex(32),
      fc.integer({ min: 1, max: 15 }),
      fc.nat(MAX_TICKET),
      fc.boolean(),
      fc.array(below(Q), { minLength: 8, maxLength: 8 }),
    )
    .chain(([id, node, worker, wantsMerge, words]) => {
      const isMerge = node === 1 || (node < 8 && wantsMerge);
      const merge = fc.record({
        leftDigest: field(),
        rightDigest: field(),
        delivered: uint(247).map((bits) => bits << 1n),
        nodes: fc.tuple(evenNodes, evenNodes).map(([a, b]) => BigInt(a) | (BigInt(b & ~a) << 16n)),
      });
      return (isMerge ? merge : fc.constant(undefined)).map((found) => ({
        ...{ kind: "proof" as const, id, node, worker, words },
        merge: found,
      }));
    }),
};

/** The message that a byte string is; undefined if it is none. Any other error is a fault. */
function tryDecode(given: Uint8Array): Message | undefined {
  try {
    return decodeMessage(given);
  } catch (error) {
    if (!isProtocolError(error, "BAD_MESSAGE")) throw error;
    return undefined;
  }
}

describe("Messages of the gossip network", () => {
  for (const kind of MESSAGE_KINDS) {
    it(`of kind ${kind} come back from their bytes as they were, and have no more than their maximum`, () => {
      check([messages[kind]], (message) => {
        const encoded = encodeMessage(message);
        expect(decodeMessage(encoded, kind)).to.deep.equal(message);
        expect(encoded.length).to.be.at.most(MAX_MESSAGE_BYTES[kind]);
      });
    });
  }

  it("have one byte string each: a mutated string is refused, or encodes to itself", () => {
    const valid = MESSAGES.map((message) => encodeMessage(message));
    check(
      [
        fc.constantFrom(...valid),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -3, max: 3 }),
      ],
      (original, changes, more) => {
        const mutated = Uint8Array.from({ length: Math.max(0, original.length + more) }, (_, i) => original[i] ?? 7);
        for (const [place, value] of changes) if (mutated.length > 0) mutated[place % mutated.length] = value;
        const message = tryDecode(mutated);
        if (message !== undefined) expect(Buffer.from(encodeMessage(message)).equals(mutated)).to.equal(true);
      },
      2_000,
    );
  });

  it("are not found in random bytes, and random bytes throw nothing but BAD_MESSAGE", () => {
    check(
      [fc.uint8Array({ maxLength: 600 }), fc.nat(11)],
      (random, kind) => {
        const named = Uint8Array.from([1, kind, ...random]);
        for (const given of [random, named]) {
          const message = tryDecode(given);
          if (message !== undefined) expect(Buffer.from(encodeMessage(message)).equals(given)).to.equal(true);
        }
      },
      1_000,
    );
  });

  it("are bounded before they are read: one byte more than the maximum is refused", () => {
    for (const kind of MESSAGE_KINDS) {
      const number = MESSAGE_KINDS.indexOf(kind) + 1;
      const long = new Uint8Array(MAX_MESSAGE_BYTES[kind] + 1);
      long.set([1, number]);
      expect(expectError(() => decodeMessage(long, kind), "BAD_MESSAGE").data.fault).to.equal("TOO_LONG");
    }
    const largest = { ...BLOCK, data: new Uint8Array(MAX_DATA_BYTES), includeList: new Uint8Array(MAX_LIST_BYTES) };
    expect(encodeMessage(largest).length).to.equal(MAX_MESSAGE_BYTES.block);
  });

  const faults: readonly (readonly [
    name: string,
    edit: (copy: Uint8Array) => Uint8Array,
    message: Message,
    fault: string,
  ])[] = [
    ["an unknown version", (copy) => copy.with(0, 2), OFFER, "VERSION"],
    ["version 0", (copy) => copy.with(0, 0), OFFER, "VERSION"],
    ["an unknown kind", (copy) => copy.with(1, 10), OFFER, "KIND"],
    ["the kind of another topic", (copy) => copy, OFFER, "KIND"],
    ["no bytes", () => new Uint8Array(), OFFER, "LENGTH"],
    ["a trailing byte", (copy) => Uint8Array.from([...copy, 0]), voteOf(2, [2]), "TRAILING_BYTES"],
    ["a trailing byte after a point", (copy) => Uint8Array.from([...copy, 0]), drawnVoteOf(2, [2]), "TOO_LONG"],
    ["a trailing byte in a block", (copy) => Uint8Array.from([...copy, 0]), BLOCK, "TRAILING_BYTES"],
    ["a missing byte", (copy) => copy.slice(0, -1), OFFER, "LENGTH"],
    ["ticket 0", (copy) => copy.with(32, 0), voteOf(2, [2]), "RANGE"],
    ["ticket 248", (copy) => copy.with(32, 248), voteOf(2, [2]), "RANGE"],
    ["a point that is not there", (copy) => copy.with(34, 5), voteOf(2, [2]), "LENGTH"],
    ["a point that nothing announces", (copy) => copy.with(34, 4), drawnVoteOf(2, [2]), "TRAILING_BYTES"],
    [
      "a point that is no pair of field elements",
      (copy) => replaced(copy, 99, P),
      drawnVoteOf(2, [2]),
      "NOT_CANONICAL",
    ],
    ["a vote with a point for no node", (copy) => copy.with(34, 1), drawnVoteOf(2, [2]), "RANGE"],
    ["a vote for no node", (copy) => copy.with(34, 0), voteOf(2, [2]), "RANGE"],
    ["h = p", (copy) => replaced(copy, 35, P), voteOf(2, [2]), "NOT_CANONICAL"],
    ["S = l", (copy) => replaced(copy, 67, L), voteOf(2, [2]), "NOT_CANONICAL"],
    ["three leaves", (copy) => copy.with(109, 3), OFFER, "RANGE"],
    ["round 0", (copy) => copy.fill(0, 22, 27), OFFER, "RANGE"],
    ["v = 29", (copy) => copy.with(174, 29), OFFER, "NOT_CANONICAL"],
    ["the other half of the signatures", flippedSignature, OFFER, "NOT_CANONICAL"],
    ["a ticket for node 0", (copy) => copy.with(158, 1), TRANSCRIPT_MESSAGE, "RANGE"],
    ["points that are not there", (copy) => copy.with(160, copy[160]! | 1), TRANSCRIPT_MESSAGE, "LENGTH"],
    ["points of no votes", (copy) => copy.slice(0, 161).with(159, 0).with(160, 1), TRANSCRIPT_MESSAGE, "NOT_CANONICAL"],
    ["a vote that is no field element", (copy) => replaced(copy, 161, P), TRANSCRIPT_MESSAGE, "NOT_CANONICAL"],
    ["more promised provers than nodes", (copy) => copy.with(110, 4), TRANSCRIPT_MESSAGE, "RANGE"],
    ["a list that is no whole slot", (copy) => Uint8Array.from([...copy.slice(0, -1), 1, 9]), BLOCK, "LENGTH"],
    ["data beyond the end", (copy) => copy.with(77, 255), BLOCK, "LENGTH"],
    ["more data than a block may have", (copy) => copy.with(74, 1), BLOCK, "RANGE"],
    ["a proof of node 0", (copy) => copy.with(34, 0), proofMessage(2), "RANGE"],
    ["a proof of node 16", (copy) => copy.with(34, 16), proofMessage(2), "RANGE"],
    ["worker 248", (copy) => copy.with(35, 248), proofMessage(2), "RANGE"],
    ["a root that is a leaf", (copy) => copy.with(34, 1), proofMessage(2), "RANGE"],
    ["a merge at node 8", (copy) => copy.with(34, 8), proofMessage(1), "RANGE"],
    ["a coordinate that is not below q", (copy) => replaced(copy, 37, Q), proofMessage(2), "NOT_CANONICAL"],
    ["a digest that is no field element", (copy) => replaced(copy, 293, P), proofMessage(1), "NOT_CANONICAL"],
    ["ticket 0 among those who delivered", (copy) => copy.with(387, 1), proofMessage(1), "RANGE"],
    ["a quote of round 0", (copy) => copy.fill(0, 22, 27), QUOTE, "RANGE"],
    ["a quote of three leaves", (copy) => copy.with(96, 3), QUOTE, "RANGE"],
    ["a quote without the last byte", (copy) => copy.slice(0, -1), QUOTE, "LENGTH"],
    ["a quote with the other half of the signatures", flippedSignature, QUOTE, "NOT_CANONICAL"],
    ["a purchase with a ticket for node 0", (copy) => copy.with(158, 1), PURCHASE, "RANGE"],
    ["a purchase with a vote that is no field element", (copy) => replaced(copy, 161, P), PURCHASE, "NOT_CANONICAL"],
    ["a purchase with v = 0", (copy) => copy.with(copy.length - 1, 0), PURCHASE, "NOT_CANONICAL"],
    ["a sale whose signature has r = 0", (copy) => copy.fill(0, 39, 71), SALE, "RANGE"],
    ["a trailing byte in a sale", (copy) => Uint8Array.from([...copy, 0]), SALE, "TOO_LONG"],
    ["a node both credited and defaulted", (copy) => copy.with(389, 4).with(391, 4), proofMessage(1), "RANGE"],
  ];
  for (const [name, edit, message, fault] of faults) {
    it(`are refused with ${name}`, () => {
      const kind = name === "the kind of another topic" ? "vote" : undefined;
      const given = edit(encodeMessage(message));
      expect(expectError(() => decodeMessage(given, kind), "BAD_MESSAGE").data.fault).to.equal(fault);
    });
  }

  it("are not encoded if no peer would take them", () => {
    const [vote] = [voteOf(2, [2])];
    expectError(() => encodeMessage({ ...vote, context: vote.context + 1n }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...vote, ticket: 248 }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...vote, vote: { ...vote.vote, nodes: 5n } }), "BAD_MESSAGE");
    const mixed = TRANSCRIPT_MESSAGE.votes.with(2, drawnVoteOf(2, [2]).vote);
    expectError(() => encodeMessage({ ...TRANSCRIPT_MESSAGE, votes: mixed }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...OFFER, signature: "0x12" }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...BLOCK, data: new Uint8Array(MAX_DATA_BYTES + 1) }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...proofMessage(2), words: [1n] }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...TRANSCRIPT_MESSAGE, votes: [] }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...PURCHASE, quote: "0x12" }), "BAD_MESSAGE");
    expectError(() => encodeMessage({ ...QUOTE, quote: { ...QUOTE.quote, cover: 2n ** 96n } }), "OUT_OF_RANGE");
    expectError(() => encodeMessage({ ...SALE, deadline: 2n ** 40n }), "OUT_OF_RANGE");
  });

  it("of builders are signed by their authors, for one escrow, and the offer is the one that L1 takes", () => {
    const elsewhere = { ...ESCROW, chainId: ESCROW.chainId + 1n };
    const { quote } = QUOTE;
    expect(isSignedByBuilder(ESCROW, QUOTE)).to.equal(true);
    expect(isSignedByBuilder(elsewhere, QUOTE)).to.equal(false);
    for (const change of [{ payment: 1n }, { cover: 0n }, { contentHash: ID }, { builder: DRAFT.proposer }]) {
      expect(isSignedByBuilder(ESCROW, { ...QUOTE, quote: { ...quote, ...change } })).to.equal(false);
    }
    expect(isSignedByBuyer(ESCROW, ID, PURCHASE)).to.equal(true);
    expect(isSignedByBuyer(ESCROW, QUOTE_HASH, PURCHASE)).to.equal(false);
    expect(isSignedByBuyer(elsewhere, ID, PURCHASE)).to.equal(false);
    expect(isSignedByBuyer(ESCROW, ID, { ...PURCHASE, quote: ID })).to.equal(false);
    expect(isSaleOf(quote, ESCROW, SALE)).to.equal(true);
    expect(isSaleOf(quote, elsewhere, SALE)).to.equal(false);
    expect(isSaleOf({ ...quote, payment: quote.payment - 1n }, ESCROW, SALE)).to.equal(false);
    expect(isSaleOf(quote, ESCROW, { ...SALE, deadline: SALE.deadline + 1n })).to.equal(false);
    expect(isSaleOf({ ...quote, builder: DRAFT.proposer }, ESCROW, SALE)).to.equal(false);
    // r = 5 is the x of no point of secp256k1.
    const signature = `0x${"5".padStart(64, "0")}${"1".padStart(64, "0")}1b`;
    expect(isSaleOf(quote, ESCROW, { ...SALE, signature })).to.equal(false);
  });

  it("of a proposal are signed by its proposer, for one rollup", () => {
    expect(isSignedByProposer(DOMAIN, OFFER)).to.equal(true);
    expect(isSignedByProposer(toField(DOMAIN + 1n), OFFER)).to.equal(false);
    expect(isSignedByProposer(DOMAIN, { ...OFFER, draft: { ...DRAFT, bid: DRAFT.bid + 1n } })).to.equal(false);
    const other: Wallet = proposer("another");
    expect(isSignedByProposer(DOMAIN, { ...OFFER, draft: { ...DRAFT, proposer: other.address } })).to.equal(false);
    // r = 5 is the x of no point of secp256k1.
    const signature = `0x${"5".padStart(64, "0")}${"1".padStart(64, "0")}1b`;
    expect(isSignedByProposer(DOMAIN, { ...OFFER, signature })).to.equal(false);
  });

  it("carry questions and answers that come back as they were", () => {
    const questions: readonly Question[] = [
      { kind: "peers" },
      { kind: "proposal", context: voteOf(2, [2]).context },
      { kind: "transcript", id: ID },
      { kind: "block", id: ID },
      { kind: "proof", id: ID, node: 15 },
      { kind: "quote", hash: QUOTE_HASH },
      { kind: "purchase", id: ID },
      { kind: "sale", id: ID },
    ];
    for (const question of questions) {
      const encoded = encodeQuestion(question);
      expect(decodeQuestion(encoded)).to.deep.equal(question);
      expect(encoded.length).to.be.at.most(MAX_QUESTION_BYTES);
      expectError(() => decodeQuestion(Uint8Array.from([...encoded, 0])), "BAD_MESSAGE");
      expectError(() => decodeQuestion(encoded.slice(0, -1)), "BAD_MESSAGE");
    }
    expectError(() => decodeQuestion(Uint8Array.from([1, 3])), "BAD_MESSAGE");
    expect(decodeAnswer(encodeAnswer(undefined))).to.equal(undefined);
    expect(decodeAnswer(encodeAnswer(Uint8Array.of(1, 2)))).to.deep.equal(Uint8Array.of(1, 2));
    expectError(() => decodeAnswer(Uint8Array.of(0, 1)), "BAD_MESSAGE");
    expectError(() => decodeAnswer(Uint8Array.of(2)), "BAD_MESSAGE");
    const many = Array.from({ length: 20 }, (_, i) => new Uint8Array(i * 10));
    expect(decodeAddresses(encodeAddresses(many))).to.deep.equal(many.slice(1, 13));
    check([fc.uint8Array({ maxLength: 64 })], (random) => {
      for (const decode of [decodeQuestion, decodeAnswer, decodeAddresses]) {
        try {
          decode(random);
        } catch (error) {
          expect(isProtocolError(error, "BAD_MESSAGE")).to.equal(true);
        }
      }
    });
  });
});

describe("docs/network.md", () => {
  const text = readFileSync(join(PROJECT_ROOT, "docs", "network.md"), "utf8");
  const words = text.replaceAll(/\s/gu, "");
  const count = (value: number): string => value.toLocaleString("en-US");

  it("has the sizes and budgets of the code", () => {
    for (const [i, kind] of MESSAGE_KINDS.entries()) {
      expect(words).to.include(`|\`${kind}\`|${i + 1}|${count(MAX_MESSAGE_BYTES[kind])}|`);
      const [messageRate, time] = [MESSAGE_RATES[kind], TIME_RATES[kind]];
      const row = [messageRate.burst, messageRate.perSecond, `${count(time.burst)}ms`, `${time.perSecond}ms`];
      expect(words).to.include(`|\`${kind}\`|${row.join("|")}|`);
    }
  });

  it("has the examples of the vectors", () => {
    const examples = [
      encodeMessage(OFFER),
      encodeMessage(voteOf(2, [2])),
      encodeMessage(QUOTE),
      encodeMessage(SALE),
      encodeQuestion({ kind: "proof", id: ID, node: 1 }),
    ];
    for (const bytes of examples) expect(words).to.include(`0x${Buffer.from(bytes).toString("hex")}`);
  });
});

describe("Messages that carry proofs", function () {
  this.timeout(600_000);
  let prover: Prover;
  let verifier: SnarkjsVerifier;
  let proofs: readonly NodeProof[];

  before(async () => {
    const artifacts = await prepareAll("development");
    prover = createProver(artifacts);
    verifier = new SnarkjsVerifier(artifactsByName(artifacts));
    proofs = await new ProofTree(TREE).proveAll(
      prover,
      new Map([
        [1, 1],
        [2, 2],
        [3, 100],
      ]),
    );
  });

  after(async () => {
    await Promise.all([prover.dispose(), verifier.dispose()]);
  });

  const overTheWire = (proof: NodeProof): ProofMessage =>
    decodeMessage(encodeMessage(toProofMessage(ID, proof, proofs)), "proof") as ProofMessage;

  it("give the receiver the whole proof, from its own execution of the block, and the real verifier takes it", async () => {
    for (const proof of proofs) {
      const message = overTheWire(proof);
      const rebuilt = fromProofMessage(message, TREE);
      expect(rebuilt).to.deep.equal({ ...proof, seconds: 0, cached: false });
      expect(await verifier.verify(rebuilt.circuit, rebuilt.publicSignals, message.words)).to.equal(true);
    }
  });

  it("carry a proof of one statement: any change of what they say makes it invalid", async () => {
    const [, , root] = proofs;
    const message = overTheWire(root!);
    const merge = message.merge!;
    const changes: readonly ProofMessage[] = [
      { ...message, worker: 2 },
      { ...message, merge: { ...merge, leftDigest: merge.rightDigest } },
      { ...message, merge: { ...merge, delivered: merge.delivered | (1n << 9n) } },
      { ...message, merge: { ...merge, nodes: 0n } },
    ];
    for (const changed of changes) {
      const { circuit, publicSignals } = fromProofMessage(changed, TREE);
      expect(await verifier.verify(circuit, publicSignals, message.words)).to.equal(false);
    }
    // Of another block, whose data are evaluated at another point.
    const other: ProofTreeBlock = { ...TREE, z: TREE.z + 1n };
    const leaf = overTheWire(proofs[0]!);
    const rebuilt = fromProofMessage(leaf, other);
    expect(await verifier.verify(rebuilt.circuit, rebuilt.publicSignals, leaf.words)).to.equal(false);
  });

  it("need the children of a merge, and a node of the tree", () => {
    const [right, , root] = proofs;
    expectError(() => toProofMessage(ID, root!, [right!]), "PROOF_MISSING");
    expectError(() => fromProofMessage({ ...overTheWire(right!), node: 4 }, TREE), "BAD_MESSAGE");
    expectError(() => fromProofMessage({ ...overTheWire(right!), node: 1 }, TREE), "BAD_MESSAGE");
    expectError(() => fromProofMessage({ ...overTheWire(root!), node: 2 }, TREE), "BAD_MESSAGE");
  });

  it("rebuild every merge of a tree of eight leaves as the model of the circuit has it", () => {
    const [first, empty] = TREE.leaves;
    const leaves = [first!, ...Array.from({ length: 7 }, () => empty!)];
    const tree: ProofTreeBlock = { ...TREE, leaves };
    const made: NodeProof[] = [];
    for (let node = 15; node >= 1; node--) {
      const proof = mockProof(node, PROMISED.get(node) ?? 0, made, tree);
      made.push(proof);
      if (proof.opening.kind === "leaf") continue;
      const [left, right] = [2 * node, 2 * node + 1].map(
        (child) => made.find((other) => other.node === child)!.opening,
      );
      const task = { node, left: left!, right: right!, worker: BigInt(PROMISED.get(node) ?? 0) };
      const { opening, signals } = mergeNodes(tree, task);
      expect(proof.opening.merge).to.deep.equal(opening);
      expect(proof.publicSignals).to.deep.equal(mergeProofSignals(signals));
    }
    expect(made).to.have.lengthOf(15);
  });
});

function replaced(copy: Uint8Array, at: number, value: bigint): Uint8Array {
  const result = Uint8Array.from(copy);
  result.set(Buffer.from(value.toString(16).padStart(64, "0"), "hex"), at);
  return result;
}

/** Of (r, s, v) the signature (r, n − s, v'), which the same key made. */
function flippedSignature(copy: Uint8Array): Uint8Array {
  const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = BigInt(`0x${Buffer.from(copy.slice(142, 174)).toString("hex")}`);
  return replaced(copy, 142, n - s).with(174, copy[174] === 27 ? 28 : 27);
}
