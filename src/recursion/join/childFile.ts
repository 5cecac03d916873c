// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { P } from "../../field.ts";
import { KEY_WORDS, PROOF_WORDS } from "../child.ts";
import { JOIN_INPUTS } from "./inputs.ts";
import type { JoinChild } from "./node.ts";
import type { JoinKind } from "./statements.ts";

const KINDS: readonly JoinKind[] = ["leaf", "merge", "node"];
const WORD_BYTES = 32;

/** Writes a proof that can be joined, for a prover in another process: one line of JSON. */
export function encodeChild({ kind, key, proof }: JoinChild): string {
  return JSON.stringify({
    kind,
    key: { bytes: key.bytes.toString("base64"), hash: String(key.hash), power: key.power, program: key.program },
    proof: { bytes: proof.bytes.toString("base64"), publicInputs: proof.publicInputs.map(String) },
  });
}

/**
 * Reads what another prover wrote. Whether the proof is valid is only found out when it is joined.
 *
 * @throws {ProtocolError} `INVALID_INPUT` for anything but a key, a proof and public inputs of the sizes that can be
 *   joined, with words in [0, p)
 */
export function decodeChild(text: string): JoinChild {
  const value = parse(text);
  const { kind, key, proof } = value;
  const publicInputs = list(at(proof, "publicInputs"));
  return {
    kind: KINDS.find((known) => known === kind) ?? refuse("kind", kind),
    key: {
      audience: "node",
      bytes: bytes("key", at(key, "bytes"), KEY_WORDS),
      hash: element("hash", at(key, "hash")),
      power: integer("power", at(key, "power")),
      program: text64(at(key, "program")),
      publicInputs: JOIN_INPUTS,
    },
    proof: {
      audience: "node",
      bytes: bytes("proof", at(proof, "bytes"), PROOF_WORDS),
      publicInputs: publicInputs.map((input) => element("public input", input)),
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

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length === JOIN_INPUTS ? (value as unknown[]) : refuse("public inputs", value);
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
