// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { toField } from "../../field.ts";
import { requireInteger } from "../ranges.ts";

/**
 * The part of msgpack in which ACIR is written: unsigned integers, short texts, arrays, maps, and field elements as 32
 * big-endian bytes. A program has millions of items, so they are written into one growing buffer, without a tree of
 * objects in between.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */

export const FIELD_BYTES = 32;

const FIX_MAP = 0x80;
const FIX_ARRAY = 0x90;
const FIX_TEXT = 0xa0;
const BIN_8 = 0xc4;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const ARRAY_16 = 0xdc;
const ARRAY_32 = 0xdd;
const MAP_16 = 0xde;
const MAP_32 = 0xdf;

const MAX_UINT = 2 ** 32 - 1;
const FIRST_SIZE = 65_536;
/** The longest item: a field element with its two bytes of type and length. */
const ITEM_BYTES = 2 + FIELD_BYTES;

/** Writes items one after another, each in its shortest form. */
export class MsgpackWriter {
  #buffer = Buffer.alloc(FIRST_SIZE);
  #length = 0;

  byte(value: number): void {
    this.#reserve();
    this.#length = this.#buffer.writeUInt8(value, this.#length);
  }

  /**
   * @param value in [0, 2^32)
   * @throws {ProtocolError} `OUT_OF_RANGE`
   */
  uint(value: number): void {
    requireInteger("value", value, 0, MAX_UINT);
    if (value < 0x80) this.byte(value);
    else if (value < 0x100) this.#sized(UINT_8, value, 1);
    else if (value < 0x10000) this.#sized(UINT_16, value, 2);
    else this.#sized(UINT_32, value, 4);
  }

  /** Begins an array: its items come next. */
  array(length: number): void {
    this.#begin(length, FIX_ARRAY, ARRAY_16, ARRAY_32);
  }

  /** Begins a map: key, value, key, value and so on come next. */
  map(length: number): void {
    this.#begin(length, FIX_MAP, MAP_16, MAP_32);
  }

  /** @param value at most 31 characters of ASCII */
  text(value: string): void {
    this.byte(FIX_TEXT | value.length);
    this.#reserve();
    this.#length += this.#buffer.write(value, this.#length, "latin1");
  }

  /**
   * @param value in [0, p)
   * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
   */
  field(value: bigint): void {
    toField(value);
    this.#sized(BIN_8, FIELD_BYTES, 1);
    this.#reserve();
    for (let shift = 192n; shift >= 0n; shift -= 64n) {
      this.#length = this.#buffer.writeBigUInt64BE((value >> shift) & 0xffffffffffffffffn, this.#length);
    }
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #begin(length: number, fix: number, type16: number, type32: number): void {
    if (length < 16) this.byte(fix | length);
    else if (length < 0x10000) this.#sized(type16, length, 2);
    else this.#sized(type32, length, 4);
  }

  #sized(type: number, value: number, bytes: number): void {
    this.byte(type);
    this.#reserve();
    this.#length = this.#buffer.writeUIntBE(value, this.#length, bytes);
  }

  #reserve(): void {
    if (this.#length + ITEM_BYTES <= this.#buffer.length) return;
    const larger = Buffer.alloc(2 * this.#buffer.length);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Reads what `MsgpackWriter` writes, and nothing else: each item has one encoding. */
export class MsgpackReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  byte(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  uint(): number {
    const type = this.byte();
    if (type < 0x80) return type;
    if (type === UINT_8) return this.#sized(1, 0x80);
    if (type === UINT_16) return this.#sized(2, 0x100);
    if (type === UINT_32) return this.#sized(4, 0x10000);
    throw this.#unexpected("an unsigned integer", type);
  }

  /** @returns how many items come next */
  array(): number {
    return this.#length("an array", FIX_ARRAY, ARRAY_16, ARRAY_32);
  }

  /** @returns how many pairs come next */
  map(): number {
    return this.#length("a map", FIX_MAP, MAP_16, MAP_32);
  }

  text(): string {
    const type = this.byte();
    if ((type & 0xe0) !== FIX_TEXT) throw this.#unexpected("a text", type);
    const length = type & 0x1f;
    const start = this.#take(length);
    return this.#buffer.toString("latin1", start, start + length);
  }

  /** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT` */
  field(): bigint {
    const type = this.byte();
    if (type !== BIN_8) throw this.#unexpected("a field element", type);
    const length = this.byte();
    if (length !== FIELD_BYTES) throw this.#unexpected(`${FIELD_BYTES} bytes`, length);
    const start = this.#take(FIELD_BYTES);
    let value = 0n;
    for (let i = 0; i < FIELD_BYTES; i += 8) value = (value << 64n) | this.#buffer.readBigUInt64BE(start + i);
    return toField(value);
  }

  /** An array of exactly so many items. */
  arrayOf(length: number): void {
    const found = this.array();
    if (found !== length) throw this.#unexpected(`an array of ${length}`, found);
  }

  /** One of these texts, which is the key of the map's only entry. */
  variant<Name extends string>(...names: readonly Name[]): Name {
    const entries = this.map();
    if (entries !== 1) throw this.#unexpected("a map of one entry", entries);
    const found = this.text();
    const name = names.find((candidate) => candidate === found);
    if (name === undefined) throw malformed(`${found} in the place of ${names.join(" or ")}`);
    return name;
  }

  /** Expects to be at the end. */
  end(): void {
    if (this.#offset !== this.#buffer.length) throw malformed(`${this.#buffer.length - this.#offset} bytes too many`);
  }

  #length(expected: string, fix: number, type16: number, type32: number): number {
    const type = this.byte();
    if ((type & 0xf0) === fix) return type & 0x0f;
    if (type === type16) return this.#sized(2, 16);
    if (type === type32) return this.#sized(4, 0x10000);
    throw this.#unexpected(expected, type);
  }

  #sized(bytes: number, minimum: number): number {
    const value = this.#buffer.readUIntBE(this.#take(bytes), bytes);
    if (value < minimum) throw malformed(`${value} in ${bytes} bytes, which is not the shortest form`);
    return value;
  }

  #take(bytes: number): number {
    const start = this.#offset;
    if (start + bytes > this.#buffer.length) throw malformed(`cut off after ${this.#buffer.length} bytes`);
    this.#offset += bytes;
    return start;
  }

  #unexpected(expected: string, found: number): ProtocolError {
    return malformed(`0x${found.toString(16)} in the place of ${expected}, before byte ${this.#offset}`);
  }
}

/** An error about bytes that are not ACIR. */
export function malformed(reason: string): ProtocolError {
  return new ProtocolError("MALFORMED_ACIR", { reason }, `not ACIR as bb 5.0.0 reads it: ${reason}`);
}
