// SPDX-License-Identifier: GPL-3.0-or-later
import { BASE_FIELD_PRIME } from "../../setup/index.ts";

/** Bytes of a point of G1 in bb's files: x and y, big-endian. */
export const G1_BYTES = 64;

/** One point of G2: `x = x0 + x1·u`, `y = y0 + y1·u`, each in [0, q). */
export interface G2Point {
  readonly x0: bigint;
  readonly x1: bigint;
  readonly y0: bigint;
  readonly y1: bigint;
}

const q = BASE_FIELD_PRIME;

/** 2^−256 mod q: takes a number out of Montgomery form. */
const MONTGOMERY_INVERSE = inverseModQ(1n << 256n);

/** Coordinates of a zkey, 32 little-endian bytes each in Montgomery form, as 32 big-endian bytes each. */
export function toBigEndian(coordinates: Uint8Array): Buffer {
  const source = Buffer.from(coordinates.buffer, coordinates.byteOffset, coordinates.byteLength);
  const result = Buffer.alloc(source.length);
  for (let offset = 0; offset < source.length; offset += 32) {
    let value = 0n;
    for (let i = 24; i >= 0; i -= 8) value = (value << 64n) | source.readBigUInt64LE(offset + i);
    writeUint256BE(result, offset, (value * MONTGOMERY_INVERSE) % q);
  }
  return result;
}

export function readUint256BE(buffer: Buffer, offset: number): bigint {
  let value = 0n;
  for (let i = 0; i < 32; i += 8) value = (value << 64n) | buffer.readBigUInt64BE(offset + i);
  return value;
}

export function writeUint256BE(buffer: Buffer, offset: number, value: bigint): void {
  for (let i = 0; i < 4; i++) {
    buffer.writeBigUInt64BE((value >> BigInt(192 - 64 * i)) & 0xffffffffffffffffn, offset + 8 * i);
  }
}

function inverseModQ(value: bigint): bigint {
  // Fermat: value^(q − 2)
  let [result, square] = [1n, value % q];
  for (let exponent = q - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % q;
    square = (square * square) % q;
  }
  return result;
}
