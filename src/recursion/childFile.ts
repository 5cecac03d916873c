// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";
import { CHAIN_INPUTS, type ChainChild } from "./chain/index.ts";
import { KEY_WORDS, PROOF_WORDS, type ProofWithKey } from "./child.ts";
import { JOIN_INPUTS, type JoinChild } from "./join/index.ts";

const WORD_BYTES = 32;

/** Words under the digest of a leaf. */
const LEAF_WORDS = 12;

/** Writes a proof that can be joined, for a prover in another process: one line of JSON. */
export function encodeChild(child: JoinChild | ChainChild): string {
  const { kind, key, proof } = child;
  const opened = "opened" in child ? { words: texts(child.opened.words), exits: texts(child.opened.exits) } : undefined;
  return JSON.stringify({
    kind,
    key: { bytes: key.bytes.toString("base64"), hash: String(key.hash), power: key.power, program: key.program },
    proof: { bytes: proof.bytes.toString("base64"), publicInputs: texts(proof.publicInputs) },
    opened,
  });
}

/**
 * Reads what another prover wrote, for a list of statements. Whether the proof is valid is only found out when it is joined.
 *
 * @throws {ProtocolError} `INVALID_INPUT` for anything but a key, a proof and public inputs of the sizes that can be
 *   joined, with words in [0, p)
 */
export function decodeChild(text: string): JoinChild {
  const value = parse(text);
  const kind = (["leaf", "merge", "node"] as const).find((known) => known === value["kind"]);
  return { kind: kind ?? refuse("kind", value["kind"]), ...readProof(value, JOIN_INPUTS) };
}

/**
 * As `decodeChild`, for a chain of leaves.
 *
 * @param slots of a leaf
 * @throws {ProtocolError} `INVALID_INPUT`; also for a leaf without the words under its digest
 */
export function decodeChainChild(text: string, slots: number): ChainChild {
  const value = parse(text);
  const proof = readProof(value, CHAIN_INPUTS);
  if (value["kind"] === "node") return { kind: "node", ...proof };
  if (value["kind"] !== "leaf") return refuse("kind", value["kind"]);
  const opened = value["opened"];
  const words = elements("words", at(opened, "words"), LEAF_WORDS);
  return { kind: "leaf", ...proof, opened: { words, exits: elements("exits", at(opened, "exits"), 2 * slots) } };
}

const texts = (values: readonly bigint[]): string[] => values.map(String);

function readProof({ key, proof }: Readonly<Record<string, unknown>>, inputs: number): ProofWithKey {
  return {
    key: {
      audience: "node",
      bytes: bytes("key", at(key, "bytes"), KEY_WORDS),
      hash: element("hash", at(key, "hash")),
      power: integer("power", at(key, "power")),
      program: text64(at(key, "program")),
      publicInputs: inputs,
    },
    proof: {
      audience: "node",
      bytes: bytes("proof", at(proof, "bytes"), PROOF_WORDS),
      publicInputs: elements("public inputs", at(proof, "publicInputs"), inputs),
    },
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  return refuse("JSON", text.slice(0, 40));
}

const at = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : refuse(name, value);

function elements(name: string, value: unknown, count: number): readonly bigint[] {
  if (!Array.isArray(value) || value.length !== count) return refuse(name, value);
  return value.map((word) => element(name, word));
}

function element(name: string, value: unknown): bigint {
  if (typeof value !== "string" || !/^(0|[1-9]\d{0,76})$/.test(value) || BigInt(value) >= P) return refuse(name, value);
  return BigInt(value);
}

function integer(name: string, value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 32 ? value : refuse(name, value);
}

function text64(value: unknown): string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : refuse("program", value);
}

/** Words in base64, each in [0, p). */
function bytes(name: string, value: unknown, words: number): Buffer {
  const read = Buffer.from(typeof value === "string" ? value : "", "base64");
  if (read.length !== words * WORD_BYTES || read.toString("base64") !== value) return refuse(name, read.length);
  for (let offset = 0; offset < read.length; offset += WORD_BYTES) {
    if (BigInt(`0x${read.toString("hex", offset, offset + WORD_BYTES)}`) >= P) return refuse(name, offset / WORD_BYTES);
  }
  return read;
}

function refuse(name: string, found: unknown): never {
  const shown = found === undefined ? "missing" : JSON.stringify(found).slice(0, 80);
  throw new ProtocolError("INVALID_INPUT", { reason: name }, `no proof that can be joined: its ${name} is ${shown}`);
}
