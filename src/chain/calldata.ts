// SPDX-License-Identifier: MIT
import { getAddress, hexlify, type FunctionFragment, type ParamType } from "ethers";

import { ProtocolError } from "../errors.ts";

/** A value as Solidity reads it: numbers as `bigint`, `bytes` as a view of the calldata, `bytesN` and `address` in hex. */
export type CalldataValue =
  bigint | boolean | string | Uint8Array | readonly CalldataValue[] | { readonly [name: string]: CalldataValue };

const WORD = 32n;
const SELECTOR = 4n;
const MAX_LENGTH = (1n << 64n) - 1n;

/**
 * Most values of a call: items of arrays and members of structs, each as often as an offset leads to it. L1 spends 16 gas
 * at the least on a value that it reads and checks or hashes, and a transaction has 2^24 (EIP-7825).
 */
const MAX_VALUES = 1n << 20n;

const wrap = (value: bigint): bigint => BigInt.asUintN(256, value);
const signed = (value: bigint): bigint => BigInt.asIntN(256, value);

/**
 * The arguments of a call, read as the code does that solc 0.8.37 makes for parameters in calldata.
 *
 * Everybody encodes calls as they like, and L1 executes whatever Solidity can read. That is more than ethers reads:
 *
 * - nothing has to be padded, and what no offset leads to is ignored;
 * - several offsets may lead to the same place;
 * - offsets inside of arrays and structs are added modulo 2^256 and compared as signed numbers, so they may lead back,
 *   also to before the calldata, where all is zero.
 *
 * A call of more than 2^20 values is refused, before they are made: L1 has no gas for it, so it never succeeded there.
 *
 * Values are checked as Solidity checks them when it reads them: a `uint16` of more than 16 bits is refused.
 *
 * @param fragment of the function
 * @param data of the call, with the selector
 * @param count how many arguments the contract reads as a whole, the first ones. Of the rest nothing is read here: L1 may
 *   execute a call of which it reads only parts of an argument, while others are what no type allows.
 * @returns these arguments, in order
 * @throws {ProtocolError} `BAD_CALLDATA` if a contract that reads all of it would revert
 */
export function readCalldata(
  fragment: FunctionFragment,
  data: Uint8Array,
  count = fragment.inputs.length,
): CalldataValue[] {
  const calldata = new Calldata(data);
  const head = fragment.inputs.reduce((sum, type) => sum + headSize(type), 0n);
  require(calldata.size - SELECTOR >= head, "the arguments are cut");
  let pointer = SELECTOR;
  return fragment.inputs.slice(0, count).map((type) => {
    const value = isDynamic(type) ? readArgument(calldata, type, pointer) : readStatic(calldata, type, pointer);
    pointer += headSize(type);
    return value;
  });
}

/** Bytes beyond the end, and before the beginning, are zero. */
class Calldata {
  readonly size: bigint;
  readonly #bytes: Uint8Array;
  #left = MAX_VALUES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = BigInt(bytes.length);
  }

  /** Accounts for values that are read next. */
  count(values: bigint): void {
    require(values <= this.#left, `it has more than ${MAX_VALUES} values`);
    this.#left -= values;
  }

  /** `calldataload` */
  word(at: bigint): bigint {
    if (at >= this.size) return 0n;
    const found = Buffer.from(this.slice(at, WORD)).toString("hex");
    return BigInt(`0x${found.padEnd(64, "0")}`);
  }

  /** A view, shorter than asked for at the end of the calldata. */
  slice(at: bigint, length: bigint): Uint8Array {
    if (at >= this.size) return new Uint8Array();
    return this.#bytes.subarray(Number(at), Number(at) + Number(length));
  }
}

// ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const isArray = (type: ParamType): boolean => type.baseType === "array";
const isTuple = (type: ParamType): boolean => type.baseType === "tuple";
const isOpen = (type: ParamType): boolean => isArray(type) && type.arrayLength === -1;
const isBytes = (type: ParamType): boolean => type.type === "bytes" || type.type === "string";

const itemOf = (type: ParamType): ParamType => type.arrayChildren!;
const membersOf = (type: ParamType): readonly ParamType[] => type.components!;

function isDynamic(type: ParamType): boolean {
  if (isArray(type)) return isOpen(type) || isDynamic(itemOf(type));
  if (isTuple(type)) return membersOf(type).some(isDynamic);
  return isBytes(type);
}

/** Bytes of a value where its type stands: of a dynamic one those of its offset. */
const headSize = (type: ParamType): bigint => (isDynamic(type) ? WORD : bodySize(type));

/** Least bytes of a value where its offset leads to. */
function bodySize(type: ParamType): bigint {
  if (isOpen(type) || isBytes(type)) return WORD;
  if (isArray(type)) return BigInt(type.arrayLength!) * headSize(itemOf(type));
  if (isTuple(type)) return membersOf(type).reduce((sum, member) => sum + headSize(member), 0n);
  return WORD;
}

/** Bytes from one item to the next. */
const stride = (type: ParamType): bigint => (isBytes(type) ? 1n : headSize(itemOf(type)));

// ─── Places ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An argument that has an offset: `abi_decode_tuple`. Nothing wraps here, as offsets and lengths are below 2^64. */
function readArgument(calldata: Calldata, type: ParamType, pointer: bigint): CalldataValue {
  const offset = calldata.word(pointer);
  require(offset <= MAX_LENGTH, "an offset of an argument is 2^64 or more");
  const start = SELECTOR + offset;
  if (!isOpen(type) && !isBytes(type)) {
    require(calldata.size - start >= bodySize(type), "an argument ends behind the calldata");
    return readBody(calldata, type, start, 0n);
  }
  require(start + WORD <= calldata.size, "the length of an argument is behind the calldata");
  const length = calldata.word(start);
  require(length <= MAX_LENGTH, "a length is 2^64 or more");
  require(start + WORD + length * stride(type) <= calldata.size, "an argument ends behind the calldata");
  return readBody(calldata, type, start + WORD, length);
}

/** A member or an item, whose offset counts from `base`: `access_calldata_tail`. */
function readMember(calldata: Calldata, type: ParamType, base: bigint, pointer: bigint): CalldataValue {
  if (!isDynamic(type)) return readStatic(calldata, type, pointer);
  const offset = calldata.word(pointer);
  const room = wrap(calldata.size - base - (bodySize(type) - 1n));
  require(signed(offset) < signed(room), "an offset leads behind the calldata");
  const start = wrap(base + offset);
  if (!isOpen(type) && !isBytes(type)) return readBody(calldata, type, start, 0n);
  const length = calldata.word(start);
  require(length <= MAX_LENGTH, "a length is 2^64 or more");
  const items = wrap(start + WORD);
  require(signed(items) <= signed(wrap(calldata.size - length * stride(type))), "a value ends behind the calldata");
  return readBody(calldata, type, items, length);
}

/** @param length of what has one: of `bytes` and of arrays without a fixed length */
function readBody(calldata: Calldata, type: ParamType, start: bigint, length: bigint): CalldataValue {
  if (isBytes(type)) return calldata.slice(start, length);
  if (isTuple(type)) return readTuple(calldata, type, start);
  const count = isOpen(type) ? length : BigInt(type.arrayLength!);
  return readItems(calldata, type, start, count);
}

function readTuple(calldata: Calldata, type: ParamType, start: bigint): CalldataValue {
  const members: [string, CalldataValue][] = [];
  calldata.count(BigInt(membersOf(type).length));
  let pointer = start;
  for (const member of membersOf(type)) {
    members.push([member.name, readMember(calldata, member, start, pointer)]);
    pointer = wrap(pointer + headSize(member));
  }
  return Object.fromEntries(members);
}

function readItems(calldata: Calldata, type: ParamType, start: bigint, count: bigint): CalldataValue[] {
  const item = itemOf(type);
  calldata.count(count);
  return Array.from({ length: Number(count) }, (_, i) =>
    readMember(calldata, item, start, wrap(start + BigInt(i) * headSize(item))),
  );
}

// ─── Values ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function readStatic(calldata: Calldata, type: ParamType, pointer: bigint): CalldataValue {
  if (isTuple(type)) return readTuple(calldata, type, pointer);
  if (isArray(type)) return readItems(calldata, type, pointer, BigInt(type.arrayLength!));
  return readWord(type.type, calldata.word(pointer));
}

function readWord(type: string, word: bigint): CalldataValue {
  const [, kind, size] = /^([a-z]+)(\d*)$/.exec(type) ?? [];
  switch (kind) {
    case "uint":
      require(word >> BigInt(size ?? 0) === 0n, `a ${type} has further bits`);
      return word;
    case "int": {
      const value = BigInt.asIntN(Number(size), word);
      require(wrap(value) === word, `an ${type} has further bits`);
      return value;
    }
    case "bool":
      require(word <= 1n, "a bool is neither 0 nor 1");
      return word === 1n;
    case "address":
      require(word >> 160n === 0n, "an address has further bits");
      return getAddress(hexlify(toWord(word).subarray(12)));
    case "bytes": {
      const rest = 8n * (WORD - BigInt(size ?? 0));
      require(BigInt.asUintN(Number(rest), word) === 0n, `a ${type} has further bits`);
      return hexlify(toWord(word).subarray(0, Number(size)));
    }
    default:
      throw new ProtocolError("BAD_CALLDATA", { reason: `no rule to read a ${type}` }, `no rule to read a ${type}`);
  }
}

const toWord = (word: bigint): Uint8Array => Buffer.from(word.toString(16).padStart(64, "0"), "hex");

function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ProtocolError("BAD_CALLDATA", { reason: what }, `the call cannot be read: ${what}`);
}
