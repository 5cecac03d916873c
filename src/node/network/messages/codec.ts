// SPDX-License-Identifier: MIT
import { getAddress } from "ethers";

import { MAX_TICKET, TREE_NODES, TREE_SIZES, type Draft, type Vote } from "../../../b52/index.ts";
import { SLOT_BYTES } from "../../../codec/index.ts";
import { L } from "../../../field.ts";
import { PRODUCTION } from "../../../profile.ts";
import { badMessage, Reader, Writer } from "./bytes.ts";
import type {
  BlockMessage,
  Message,
  ProofMessage,
  PurchaseMessage,
  QuoteMessage,
  TranscriptMessage,
  VoteMessage,
} from "./message.ts";

/** First byte of each message. */
export const MESSAGE_VERSION = 1;

export type MessageKind = Message["kind"];

/** Second byte of each message. */
const NUMBERS = {
  transaction: 1,
  proposal: 2,
  vote: 3,
  transcript: 4,
  block: 5,
  proof: 6,
  quote: 7,
  purchase: 8,
  sale: 9,
} as const satisfies Record<MessageKind, number>;

export const MESSAGE_KINDS = Object.keys(NUMBERS) as readonly MessageKind[];

/** Kinds about an escrow of builders: nodes without one take no part in their topics. */
export const BUILDER_KINDS = ["quote", "purchase", "sale"] as const satisfies readonly MessageKind[];
export type BuilderKind = (typeof BUILDER_KINDS)[number];

export const isBuilderKind = (kind: string): kind is BuilderKind => BUILDER_KINDS.some((other) => other === kind);

const HEAD_BYTES = 2;
const DRAFT_BYTES = 108;
const SIGNATURE_BYTES = 65;
const VOTE_BYTES = 96;
/** Of a vote, where tickets are drawn. */
const POINT_BYTES = 64;
const WORDS = 8;
/** Of payment and cover: as many as L1 has for them. */
const AMOUNT_BYTES = 12;

/** Most bytes of the data of a block: eight leaves of the production profile. */
export const MAX_DATA_BYTES = 8 * PRODUCTION.slots * SLOT_BYTES;
/** Most bytes of an include list: one leaf of the production profile. */
export const MAX_LIST_BYTES = PRODUCTION.slots * SLOT_BYTES;

const MAX_TRANSCRIPT_BYTES =
  HEAD_BYTES + DRAFT_BYTES + 1 + 32 + TREE_NODES + 2 + (TREE_NODES - 1) * (VOTE_BYTES + POINT_BYTES);

/** Most bytes of a message, by its kind. A decoded message holds no more than twice as many. */
export const MAX_MESSAGE_BYTES: Readonly<Record<MessageKind, number>> = {
  transaction: HEAD_BYTES + SLOT_BYTES,
  proposal: HEAD_BYTES + DRAFT_BYTES + SIGNATURE_BYTES,
  vote: HEAD_BYTES + 30 + 1 + 2 + 64 + POINT_BYTES,
  transcript: MAX_TRANSCRIPT_BYTES,
  block: HEAD_BYTES + 32 + 32 + 2 + 4 + 2 + 4 + MAX_DATA_BYTES + 2 + MAX_LIST_BYTES,
  proof: HEAD_BYTES + 32 + 3 + WORDS * 32 + 64 + 31 + 4,
  quote: HEAD_BYTES + 20 + 5 + 5 + 32 + 32 + 1 + 2 * AMOUNT_BYTES + SIGNATURE_BYTES,
  purchase: MAX_TRANSCRIPT_BYTES + 32 + SIGNATURE_BYTES,
  sale: HEAD_BYTES + 32 + 5 + SIGNATURE_BYTES,
};

/** Order of the field of BN254's points: a coordinate is below it. */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Order of secp256k1: of the two signatures with the same meaning, the one with the lower half is taken (EIP-2). */
const SECP256K1_HALF = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const SECP256K1 = 2n * SECP256K1_HALF + 1n;

/**
 * The bytes of a message (docs/network.md §3): one message has one encoding.
 *
 * @throws {ProtocolError} `BAD_MESSAGE`, `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT` for a message that no peer would take
 */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer().uint(MESSAGE_VERSION, 1).uint(NUMBERS[message.kind], 1);
  switch (message.kind) {
    case "transaction":
      writer.raw(message.slot);
      break;
    case "proposal":
      writeDraft(writer, message.draft).hex(message.signature, SIGNATURE_BYTES, "signature");
      break;
    case "vote":
      writeVoteMessage(writer, message);
      break;
    case "transcript":
      writeTranscript(writer, message);
      break;
    case "block":
      writeBlock(writer, message);
      break;
    case "proof":
      writeProof(writer, message);
      break;
    case "quote":
      writeQuote(writer, message);
      break;
    case "purchase":
      writeTranscript(writer, message).hex(message.quote, 32, "quote");
      writer.hex(message.signature, SIGNATURE_BYTES, "signature");
      break;
    case "sale":
      writer.hex(message.id, 32, "id").uint(message.deadline, 5);
      writer.hex(message.signature, SIGNATURE_BYTES, "signature");
      break;
  }
  const bytes = writer.done();
  // The strict reader is the one place that says what is canonical.
  decodeMessage(bytes, message.kind);
  return bytes;
}

/**
 * Reads a message. Every byte string is at most one message, and every message is one byte string.
 *
 * @param expected kind of the topic, or of what was asked for; default: any
 * @throws {ProtocolError} `BAD_MESSAGE`
 */
export function decodeMessage(bytes: Uint8Array, expected?: MessageKind): Message {
  const [version, number] = bytes;
  if (version !== MESSAGE_VERSION) throw badMessage("version", version === undefined ? "LENGTH" : "VERSION");
  const kind = MESSAGE_KINDS.find((candidate) => NUMBERS[candidate] === number);
  if (kind === undefined || (expected !== undefined && kind !== expected)) throw badMessage("kind", "KIND");
  if (bytes.length > MAX_MESSAGE_BYTES[kind]) throw badMessage(kind, "TOO_LONG");
  const reader = new Reader(bytes);
  reader.raw(HEAD_BYTES, "head");
  const message = READERS[kind](reader);
  reader.end();
  return message;
}

const READERS: { readonly [Kind in MessageKind]: (reader: Reader) => Extract<Message, { readonly kind: Kind }> } = {
  transaction: (reader) => ({ kind: "transaction", slot: reader.raw(SLOT_BYTES, "slot") }),
  proposal: (reader) => ({ kind: "proposal", draft: readDraft(reader), signature: readSignature(reader) }),
  vote: readVoteMessage,
  transcript: (reader) => ({ kind: "transcript", ...readTranscript(reader) }),
  block: readBlock,
  proof: readProof,
  quote: readQuote,
  purchase: (reader) => ({
    ...{ kind: "purchase", ...readTranscript(reader) },
    ...{ quote: reader.hex(32, "quote"), signature: readSignature(reader) },
  }),
  sale: (reader) => ({
    ...{ kind: "sale", id: reader.hex(32, "id"), deadline: reader.big(5, "deadline") },
    signature: readSignature(reader),
  }),
};

// ─── Proposal ────────────────────────────────────────────────────────────────────────────────────────────────────────

const writeDraft = (writer: Writer, draft: Draft): Writer =>
  writer
    .hex(draft.proposer, 20, "proposer")
    .uint(draft.round, 5)
    .uint(draft.height, 5)
    .hex(draft.parent, 32, "parent")
    .hex(draft.contentHash, 32, "contentHash")
    .uint(draft.bid, 11)
    .uint(draft.share, 2)
    .uint(draft.leaves, 1);

function readDraft(reader: Reader): Draft {
  return {
    proposer: getAddress(reader.hex(20, "proposer")),
    ...readPlace(reader),
    bid: reader.big(11, "bid"),
    share: BigInt(reader.uint(2, "share", 0, 10_000)),
    leaves: readLeaves(reader),
  };
}

/** Where a block would be, and the hash of its content. */
const readPlace = (reader: Reader): Pick<Draft, "round" | "height" | "parent" | "contentHash"> => ({
  round: BigInt(reader.uint(5, "round", 1)),
  height: BigInt(reader.uint(5, "height", 1)),
  parent: reader.hex(32, "parent"),
  contentHash: reader.hex(32, "contentHash"),
});

function readLeaves(reader: Reader): bigint {
  const leaves = BigInt(reader.uint(1, "leaves"));
  if (!TREE_SIZES.some((size) => BigInt(size) === leaves)) throw badMessage("leaves", "RANGE");
  return leaves;
}

function readSignature(reader: Reader): string {
  const [r, s, v] = [reader.big(32, "signature"), reader.big(32, "signature"), reader.uint(1, "signature")];
  if (r === 0n || r >= SECP256K1 || s === 0n) throw badMessage("signature", "RANGE");
  if (s > SECP256K1_HALF || (v !== 27 && v !== 28)) throw badMessage("signature", "NOT_CANONICAL");
  return `0x${[r, s].map((word) => word.toString(16).padStart(64, "0")).join("")}${v.toString(16)}`;
}

// ─── Vote ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeVoteMessage(writer: Writer, { context, ticket, vote }: VoteMessage): void {
  // The lowest 8 bits are 0 (docs/b52.md §2).
  if ((context & 0xffn) !== 0n) throw badMessage("context", "RANGE");
  if ((vote.nodes & 1n) !== 0n) throw badMessage("nodes", "RANGE");
  const { gamma } = vote;
  // There is no node 0: its bit says whether a point follows.
  writer
    .uint(context >> 8n, 30)
    .uint(ticket, 1)
    .uint(vote.nodes | (gamma === undefined ? 0n : 1n), 2)
    .uint(vote.h, 32)
    .uint(vote.s, 32);
  if (gamma !== undefined) writer.uint(gamma.x, 32).uint(gamma.y, 32);
}

function readVoteMessage(reader: Reader): VoteMessage {
  const context = reader.big(30, "context") << 8n;
  const ticket = reader.uint(1, "ticket", 1, MAX_TICKET);
  const bits = BigInt(reader.uint(2, "nodes", 2));
  const nodes = bits & ~1n;
  const h = reader.field("h");
  const s = reader.big(32, "s");
  if (s >= L) throw badMessage("s", "NOT_CANONICAL");
  const gamma = (bits & 1n) === 0n ? {} : { gamma: { x: reader.field("gamma"), y: reader.field("gamma") } };
  return { kind: "vote", context, ticket, vote: { nodes, h, s, ...gamma } };
}

// ─── Transcript ──────────────────────────────────────────────────────────────────────────────────────────────────────

type ShownTranscript = Pick<TranscriptMessage | PurchaseMessage, "proposal" | "promised" | "votes">;

function writeTranscript(writer: Writer, { proposal, promised, votes }: ShownTranscript): Writer {
  if (votes.length !== TREE_NODES || votes[0] !== undefined) throw badMessage("votes", "LENGTH");
  const exists = votes.reduce((bits, vote, node) => bits | (vote === undefined ? 0 : 1 << node), 0);
  // There is no node 0: its bit says whether the votes have points. All have, or none has.
  const given = votes.filter((vote) => vote !== undefined);
  const points = given.filter(({ gamma }) => gamma !== undefined).length;
  if (points !== 0 && points !== given.length) throw badMessage("votes", "RANGE");
  writeDraft(writer, proposal)
    .uint(proposal.promisedProvers, 1)
    .hex(proposal.transcript, 32, "transcript")
    .uint(promised, TREE_NODES)
    .uint(exists | (points === 0 ? 0 : 1), 2);
  for (const vote of votes) {
    if (vote !== undefined) writer.uint(vote.nodes, 32).uint(vote.h, 32).uint(vote.s, 32);
    if (vote?.gamma !== undefined) writer.uint(vote.gamma.x, 32).uint(vote.gamma.y, 32);
  }
  return writer;
}

/** Any field elements are a vote in a transcript, valid or not (docs/b52.md §2): L1 has only the root. */
function readTranscript(reader: Reader): ShownTranscript {
  const draft = readDraft(reader);
  const promisedProvers = BigInt(reader.uint(1, "promisedProvers", 0, 2 * Number(draft.leaves) - 1));
  const transcript = reader.hex(32, "transcript");
  const promised = reader.big(TREE_NODES, "promised");
  if ((promised & 0xffn) !== 0n) throw badMessage("promised", "RANGE");
  const exists = reader.uint(2, "votes");
  const hasPoints = (exists & 1) !== 0;
  // Without a vote there is one form.
  if (exists === 1) throw badMessage("votes", "NOT_CANONICAL");
  const votes = Array.from({ length: TREE_NODES }, (_, node): Vote | undefined => {
    if (node === 0 || ((exists >> node) & 1) === 0) return undefined;
    const vote = { nodes: reader.field("nodes"), h: reader.field("h"), s: reader.field("s") };
    return hasPoints ? { ...vote, gamma: { x: reader.field("gamma"), y: reader.field("gamma") } } : vote;
  });
  return { proposal: { ...draft, promisedProvers, transcript }, promised, votes };
}

// ─── Block ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeBlock(writer: Writer, { id, content, data, includeList }: BlockMessage): void {
  writer
    .hex(id, 32, "id")
    .hex(content.salt, 32, "salt")
    .uint(content.forcedCount, 2)
    .uint(content.feeAccount, 4)
    .uint(content.feeToken, 2)
    .uint(data.length, 4)
    .raw(data)
    .uint(includeList.length, 2)
    .raw(includeList);
}

function readBlock(reader: Reader): BlockMessage {
  const id = reader.hex(32, "id");
  const content = {
    salt: reader.hex(32, "salt"),
    forcedCount: reader.uint(2, "forcedCount"),
    feeAccount: reader.uint(4, "feeAccount"),
    feeToken: BigInt(reader.uint(2, "feeToken")),
  };
  const data = reader.raw(reader.uint(4, "data", 0, MAX_DATA_BYTES), "data");
  const includeList = reader.raw(reader.uint(2, "includeList", 0, MAX_LIST_BYTES), "includeList");
  if (includeList.length % SLOT_BYTES !== 0) throw badMessage("includeList", "LENGTH");
  return { kind: "block", id, content, data, includeList };
}

// ─── Proof ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeProof(writer: Writer, { id, node, worker, words, merge }: ProofMessage): void {
  if (words.length !== WORDS) throw badMessage("words", "LENGTH");
  writer
    .hex(id, 32, "id")
    .uint(node, 1)
    .uint(worker, 1)
    .uint(merge === undefined ? 0 : 1, 1);
  for (const word of words) writer.uint(word, 32);
  if (merge === undefined) return;
  writer.uint(merge.leftDigest, 32).uint(merge.rightDigest, 32).uint(merge.delivered, 31).uint(merge.nodes, 4);
}

function readProof(reader: Reader): ProofMessage {
  const id = reader.hex(32, "id");
  const node = reader.uint(1, "node", 1, TREE_NODES - 1);
  const worker = reader.uint(1, "worker", 0, MAX_TICKET);
  const isMerge = reader.uint(1, "merge", 0, 1) === 1;
  // The root is a merge in every tree, and nodes from 8 on are leaves.
  if (isMerge ? node >= TREE_NODES / 2 : node === 1) throw badMessage("merge", "RANGE");
  const words = Array.from({ length: WORDS }, () => {
    const word = reader.big(32, "words");
    if (word >= Q) throw badMessage("words", "NOT_CANONICAL");
    return word;
  });
  return { kind: "proof", id, node, worker, words, merge: isMerge ? readMerge(reader) : undefined };
}

function readMerge(reader: Reader): NonNullable<ProofMessage["merge"]> {
  const [leftDigest, rightDigest] = [reader.field("leftDigest"), reader.field("rightDigest")];
  const delivered = reader.big(31, "delivered");
  if ((delivered & 1n) !== 0n) throw badMessage("delivered", "RANGE");
  const nodes = reader.big(4, "nodes");
  const [credited, defaulted] = [nodes & 0xffffn, nodes >> 16n];
  if (((credited | defaulted) & 1n) !== 0n || (credited & defaulted) !== 0n) throw badMessage("nodes", "RANGE");
  return { leftDigest, rightDigest, delivered, nodes };
}

// ─── Quote ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const writeQuote = (writer: Writer, { quote, signature }: QuoteMessage): Writer =>
  writer
    .hex(quote.builder, 20, "builder")
    .uint(quote.round, 5)
    .uint(quote.height, 5)
    .hex(quote.parent, 32, "parent")
    .hex(quote.contentHash, 32, "contentHash")
    .uint(quote.leaves, 1)
    .uint(quote.payment, AMOUNT_BYTES)
    .uint(quote.cover, AMOUNT_BYTES)
    .hex(signature, SIGNATURE_BYTES, "signature");

function readQuote(reader: Reader): QuoteMessage {
  return {
    kind: "quote",
    quote: {
      builder: getAddress(reader.hex(20, "builder")),
      ...readPlace(reader),
      leaves: readLeaves(reader),
      payment: reader.big(AMOUNT_BYTES, "payment"),
      cover: reader.big(AMOUNT_BYTES, "cover"),
    },
    signature: readSignature(reader),
  };
}
