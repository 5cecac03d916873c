// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";
import { fromBytes, toBytes } from "./bits.ts";

/** Bytes of one chunk, a field element of posted data. */
export const CHUNK_BYTES = 31;

/**
 * Posted bytes as field elements, big-endian.
 *
 * @throws {ProtocolError} `BAD_LENGTH` unless `bytes` is a whole number of chunks
 */
export function encodeChunks(bytes: Uint8Array): Field[] {
  if (bytes.length % CHUNK_BYTES !== 0) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "bytes", length: bytes.length, expected: CHUNK_BYTES, relation: "a multiple of" },
      `${bytes.length} bytes are not a whole number of chunks`,
    );
  }
  return Array.from({ length: bytes.length / CHUNK_BYTES }, (_, i) =>
    toField(fromBytes(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))),
  );
}

/** @throws {ProtocolError} `OUT_OF_RANGE` for a chunk of more than 248 bits */
export function decodeChunks(chunks: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(chunks.length * CHUNK_BYTES);
  chunks.forEach((chunk, i) => bytes.set(toBytes(chunk, CHUNK_BYTES), i * CHUNK_BYTES));
  return bytes;
}
