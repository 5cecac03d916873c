// SPDX-License-Identifier: MIT
import { encodeChunks, SLOT_BYTES, slotsOf } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import type { SlotChunks } from "../ledger/index.ts";

/**
 * Data as `count` slots, with zeros for what is missing.
 * @throws {ProtocolError} `BAD_LENGTH` for more data than that
 */
export function splitSlots(data: Uint8Array, count: number): Uint8Array[] {
  if (data.length > count * SLOT_BYTES) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "data", length: data.length, expected: count * SLOT_BYTES, relation: "at most" },
      `${data.length} bytes are more than ${count} slots`,
    );
  }
  const padded = new Uint8Array(count * SLOT_BYTES);
  padded.set(data);
  return slotsOf(padded);
}

/** The same as the circuit takes it. @throws {ProtocolError} `BAD_LENGTH` */
export const splitChunks = (data: Uint8Array, count: number): SlotChunks[] =>
  splitSlots(data, count).map((slot) => encodeChunks(slot) as unknown as SlotChunks);
