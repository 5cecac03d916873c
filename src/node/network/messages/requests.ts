// SPDX-License-Identifier: MIT
import type { EscrowDomain } from "../../../agents/index.ts";
import { commitmentHash, draftContext, TREE_NODES } from "../../../b52/index.ts";
import type { Wanted } from "../gossip.ts";
import { badMessage, Reader, Writer } from "./bytes.ts";
import { MAX_MESSAGE_BYTES, MESSAGE_VERSION } from "./codec.ts";
import type { Message } from "./message.ts";
import { quoteHash } from "./signing.ts";

/** A question to a peer: for a message, or for addresses of its other peers. */
export type Question = Wanted | { readonly kind: "peers" };

/** Second byte of a question; those of messages are the numbers of the messages. */
const NUMBERS = {
  proposal: 2,
  transcript: 4,
  block: 5,
  proof: 6,
  quote: 7,
  purchase: 8,
  sale: 9,
  peers: 128,
} as const satisfies Record<Question["kind"], number>;

/** Most bytes of a question. */
export const MAX_QUESTION_BYTES = 35;
/** Most addresses in an answer, and bytes of one of them. */
export const MAX_ADDRESSES = 16;
export const MAX_ADDRESS_BYTES = 128;

/** First byte of an answer. */
const NOTHING = 0;
const FOUND = 1;

/** Most bytes of the answer to a question, known before any of them is read. */
export const maxAnswerBytes = ({ kind }: Question): number =>
  kind === "peers" ? 2 + MAX_ADDRESSES * (1 + MAX_ADDRESS_BYTES) : 1 + MAX_MESSAGE_BYTES[kind];

/** @throws {ProtocolError} `BAD_MESSAGE`, `OUT_OF_RANGE` */
export function encodeQuestion(question: Question): Uint8Array {
  const writer = new Writer().uint(MESSAGE_VERSION, 1).uint(NUMBERS[question.kind], 1);
  if (question.kind === "proposal") writer.uint(question.context >> 8n, 30);
  else if (question.kind === "quote") writer.hex(question.hash, 32, "hash");
  else if (question.kind !== "peers") writer.hex(question.id, 32, "id");
  if (question.kind === "proof") writer.uint(question.node, 1);
  return writer.done();
}

/** @throws {ProtocolError} `BAD_MESSAGE` */
export function decodeQuestion(bytes: Uint8Array): Question {
  if (bytes.length > MAX_QUESTION_BYTES) throw badMessage("question", "TOO_LONG");
  const reader = new Reader(bytes);
  if (reader.uint(1, "version") !== MESSAGE_VERSION) throw badMessage("version", "VERSION");
  const number = reader.uint(1, "kind");
  const kind = (Object.keys(NUMBERS) as Question["kind"][]).find((candidate) => NUMBERS[candidate] === number);
  const question = readQuestion(kind, reader);
  reader.end();
  return question;
}

function readQuestion(kind: Question["kind"] | undefined, reader: Reader): Question {
  switch (kind) {
    case "peers":
      return { kind };
    case "proposal":
      return { kind, context: reader.big(30, "context") << 8n };
    case "transcript":
    case "block":
    case "purchase":
    case "sale":
      return { kind, id: reader.hex(32, "id") };
    case "proof":
      return { kind, id: reader.hex(32, "id"), node: reader.uint(1, "node", 1, TREE_NODES - 1) };
    case "quote":
      return { kind, hash: reader.hex(32, "hash") };
    case undefined:
      throw badMessage("kind", "KIND");
  }
}

/** @param message bytes of the message; undefined if it is not there */
export const encodeAnswer = (message: Uint8Array | undefined): Uint8Array =>
  message === undefined ? Uint8Array.of(NOTHING) : new Writer().uint(FOUND, 1).raw(message).done();

/** The bytes of the message; undefined if the peer does not have it. @throws {ProtocolError} `BAD_MESSAGE` */
export function decodeAnswer(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(bytes);
  if (reader.uint(1, "answer", NOTHING, FOUND) === FOUND) return reader.raw(bytes.length - 1, "answer");
  reader.end();
  return undefined;
}

/** @param addresses in their binary form; of those that are too long or too many none are told */
export function encodeAddresses(addresses: readonly Uint8Array[]): Uint8Array {
  const told = addresses.filter(({ length }) => length > 0 && length <= MAX_ADDRESS_BYTES).slice(0, MAX_ADDRESSES);
  const writer = new Writer().uint(FOUND, 1).uint(told.length, 1);
  for (const address of told) writer.uint(address.length, 1).raw(address);
  return writer.done();
}

/** @throws {ProtocolError} `BAD_MESSAGE` */
export function decodeAddresses(bytes: Uint8Array): Uint8Array[] {
  const reader = new Reader(bytes);
  reader.uint(1, "answer", FOUND, FOUND);
  const count = reader.uint(1, "addresses", 0, MAX_ADDRESSES);
  const addresses = Array.from({ length: count }, () =>
    reader.raw(reader.uint(1, "address", 1, MAX_ADDRESS_BYTES), "address"),
  );
  reader.end();
  return addresses;
}

/** One word for a message that is wanted: two names are the same if their words are. */
export const keyOf = (wanted: Wanted): string => {
  if (wanted.kind === "proposal") return `proposal ${wanted.context}`;
  if (wanted.kind === "quote") return `quote ${wanted.hash.toLowerCase()}`;
  return `${wanted.kind} ${wanted.id.toLowerCase()}${wanted.kind === "proof" ? ` ${wanted.node}` : ""}`;
};

/**
 * The name by which a message can be asked for; undefined if it has none.
 *
 * @param domain of the rollup
 * @param escrow undefined if the node knows no escrow of builders
 */
export function nameOf(message: Message, domain: bigint, escrow: EscrowDomain | undefined): Wanted | undefined {
  switch (message.kind) {
    case "proposal":
      return { kind: "proposal", context: draftContext(domain, message.draft) };
    case "transcript":
    case "purchase":
      return { kind: message.kind, id: commitmentHash(domain, message.proposal) };
    case "block":
    case "sale":
      return { kind: message.kind, id: message.id };
    case "proof":
      return { kind: "proof", id: message.id, node: message.node };
    case "quote":
      return escrow && { kind: "quote", hash: quoteHash(escrow, message.quote) };
    case "vote":
    case "transaction":
      return undefined;
  }
}
