// SPDX-License-Identifier: GPL-3.0-or-later
import { gunzipSync, gzipSync } from "node:zlib";

import { malformed, MsgpackReader, MsgpackWriter } from "./msgpack.ts";
import type { AssertZero, Opcode, Program, VerifyProof } from "./program.ts";

/**
 * The files of bb 5.0.0. Programs and witnesses are gzipped msgpack behind one byte for the format, in which structures
 * are arrays without names ("msgpack-compact", the only format of this version).
 */

const MSGPACK_COMPACT = 3;
const FUNCTION_NAME = "main";
/** Of `VerifyProof`: UltraHonk without zero knowledge. */
const PROOF_TYPE_HONK = 0;
/** Files are read once and deleted: speed beats size. */
const COMPRESSION = { level: 1 };

/** The largest program before compression: that of a node of the production profile has a quarter of it. */
const MAX_PROGRAM_BYTES = 2 ** 30;

/** Fields that bb wants beside the program's bytes, and does not use. */
const UNUSED = {
  noir_version: "1.0.0-beta.26",
  hash: "0",
  abi: { parameters: [], return_type: null, error_types: {} },
  debug_symbols: "",
  file_map: {},
};

/** Writes the file for `bb -b`. */
export function encodeProgram(program: Program): string {
  const bytecode = gzipSync(writeProgram(program), COMPRESSION).toString("base64");
  return JSON.stringify({ ...UNUSED, bytecode });
}

/**
 * Reads what `encodeProgram` writes.
 *
 * @throws {ProtocolError} `MALFORMED_ACIR` for other bytes; `NOT_A_FIELD_ELEMENT`
 */
export function decodeProgram(file: string): Program {
  let bytecode: Buffer;
  try {
    const parsed = JSON.parse(file) as { readonly bytecode?: unknown } | null;
    bytecode = gunzipSync(ofBase64(parsed?.bytecode), { maxOutputLength: MAX_PROGRAM_BYTES });
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  return readProgram(bytecode);
}

/** Node skips what is not base64; bb does not. */
function ofBase64(text: unknown): Buffer {
  if (typeof text !== "string") throw new Error("the bytecode is no text");
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new Error("the bytecode is not base64");
  return bytes;
}

/**
 * The program's bytes before compression.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`; `OUT_OF_RANGE` for a witness's number
 */
export function writeProgram({ opcodes, publicWitnesses }: Program): Buffer {
  const writer = new MsgpackWriter();
  writer.byte(MSGPACK_COMPACT);
  writer.array(2); // functions, unconstrained functions
  writer.array(1);
  writer.array(6); // name, opcodes, private inputs, public inputs, returned values, messages of assertions
  writer.text(FUNCTION_NAME);
  writer.array(opcodes.length);
  for (const opcode of opcodes) writeOpcode(writer, opcode);
  writer.array(0);
  writeList(writer, publicWitnesses);
  writer.array(0);
  writer.array(0);
  writer.array(0);
  return writer.bytes();
}

/** @throws {ProtocolError} `MALFORMED_ACIR`, `NOT_A_FIELD_ELEMENT` */
export function readProgram(bytes: Buffer): Program {
  const reader = new MsgpackReader(bytes);
  readFormat(reader);
  reader.arrayOf(2);
  reader.arrayOf(1);
  reader.arrayOf(6);
  const name = reader.text();
  if (name !== FUNCTION_NAME) throw malformed(`a function ${name}`);
  const opcodes = readArray(reader, () => readOpcode(reader));
  reader.arrayOf(0);
  const publicWitnesses = readArray(reader, () => reader.uint());
  if (publicWitnesses.some((witness, i) => i > 0 && witness <= publicWitnesses[i - 1]!)) {
    throw malformed("the public witnesses do not ascend");
  }
  reader.arrayOf(0);
  reader.arrayOf(0);
  reader.arrayOf(0);
  reader.end();
  return { opcodes, publicWitnesses };
}

/**
 * Writes the file for `bb -w`.
 *
 * @param values of all witnesses, in [0, p)
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export function encodeWitness(values: readonly bigint[]): Buffer {
  const writer = new MsgpackWriter();
  writer.byte(MSGPACK_COMPACT);
  writer.array(1); // the stack,
  writer.array(1); // which has one call,
  writer.array(2); // of function 0, with its witnesses
  writer.uint(0);
  writer.map(values.length);
  values.forEach((value, witness) => {
    writer.uint(witness);
    writer.field(value);
  });
  return gzipSync(writer.bytes(), COMPRESSION);
}

function writeOpcode(writer: MsgpackWriter, opcode: Opcode): void {
  if (opcode.kind === "zero") writeAssertZero(writer, opcode);
  else writeVerifyProof(writer, opcode);
}

function writeAssertZero(writer: MsgpackWriter, { products, terms, constant }: AssertZero): void {
  writer.map(1);
  writer.text("AssertZero");
  writer.array(3);
  writer.array(products.length);
  for (const [coefficient, left, right] of products) {
    writer.array(3);
    writer.field(coefficient);
    writer.uint(left);
    writer.uint(right);
  }
  writer.array(terms.length);
  for (const [coefficient, witness] of terms) {
    writer.array(2);
    writer.field(coefficient);
    writer.uint(witness);
  }
  writer.field(constant);
}

function writeVerifyProof(writer: MsgpackWriter, { key, proof, publicInputs, keyHash }: VerifyProof): void {
  writer.map(1);
  writer.text("BlackBoxFuncCall");
  writer.map(1);
  writer.text("RecursiveAggregation");
  writer.array(6);
  for (const list of [key, proof, publicInputs]) {
    writer.array(list.length);
    for (const witness of list) writeInput(writer, witness);
  }
  writeInput(writer, keyHash);
  writer.uint(PROOF_TYPE_HONK);
  // The predicate. With anything but the constant 1 a prover could switch the verification off.
  writer.map(1);
  writer.text("Constant");
  writer.field(1n);
}

function writeInput(writer: MsgpackWriter, witness: number): void {
  writer.map(1);
  writer.text("Witness");
  writer.uint(witness);
}

function writeList(writer: MsgpackWriter, witnesses: readonly number[]): void {
  writer.array(witnesses.length);
  for (const witness of witnesses) writer.uint(witness);
}

function readOpcode(reader: MsgpackReader): Opcode {
  const kind = reader.variant("AssertZero", "BlackBoxFuncCall");
  return kind === "AssertZero" ? readAssertZero(reader) : readVerifyProof(reader);
}

function readAssertZero(reader: MsgpackReader): AssertZero {
  reader.arrayOf(3);
  const products = readArray(reader, () => {
    reader.arrayOf(3);
    return [reader.field(), reader.uint(), reader.uint()] as const;
  });
  const terms = readArray(reader, () => {
    reader.arrayOf(2);
    return [reader.field(), reader.uint()] as const;
  });
  return { kind: "zero", products, terms, constant: reader.field() };
}

function readVerifyProof(reader: MsgpackReader): VerifyProof {
  reader.variant("RecursiveAggregation");
  reader.arrayOf(6);
  const readInput = (): number => {
    reader.variant("Witness");
    return reader.uint();
  };
  const [key, proof, publicInputs] = [0, 1, 2].map(() => readArray(reader, readInput)) as [
    number[],
    number[],
    number[],
  ];
  const keyHash = readInput();
  const type = reader.uint();
  if (type !== PROOF_TYPE_HONK) throw malformed(`proofs of type ${type}`);
  reader.variant("Constant");
  if (reader.field() !== 1n) throw malformed("a verification with a predicate");
  return { kind: "verify", key, proof, publicInputs, keyHash };
}

function readFormat(reader: MsgpackReader): void {
  const format = reader.byte();
  if (format !== MSGPACK_COMPACT) throw malformed(`format ${format}`);
}

function readArray<T>(reader: MsgpackReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.array(); left > 0; left--) items.push(read());
  return items;
}
