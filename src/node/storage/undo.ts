// SPDX-License-Identifier: MIT
import type { NodeRow } from "./nodeRow.ts";

/** Bytes before each row: its key, and its length. */
const HEAD_BYTES = 12;
const ABSENT = 0xffff_ffff;

/** A row as it was before a block; undefined if it was not there. */
export interface Before {
  readonly key: number;
  readonly row: NodeRow | undefined;
}

/** Rows before a block, as they are kept to undo it. */
export function encodeUndo(rows: readonly Before[]): Buffer {
  const parts = rows.flatMap(({ key, row }) => {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeBigUInt64LE(BigInt(key), 0);
    head.writeUInt32LE(row?.length ?? ABSENT, 8);
    return row === undefined ? [head] : [head, row];
  });
  return Buffer.concat(parts);
}

export function* decodeUndo(undo: Buffer): Generator<Before, void, undefined> {
  for (let position = 0; position < undo.length;) {
    const key = Number(undo.readBigUInt64LE(position));
    const length = undo.readUInt32LE(position + 8);
    position += HEAD_BYTES;
    if (length === ABSENT) {
      yield { key, row: undefined };
      continue;
    }
    yield { key, row: undo.subarray(position, position + length) };
    position += length;
  }
}
