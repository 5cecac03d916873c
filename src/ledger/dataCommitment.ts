import { concat, keccak256, toBeHex } from "ethers";

import { slotChunks } from "../codec/slot.ts";
import { encodeHeader, type Header } from "../codec/header.ts";
import { poseidon } from "../crypto/poseidon.ts";
import { reduce, type Field } from "../field.ts";
import { leafBytes, SLOT_BYTES, type Profile } from "../profile.ts";

/** One leaf's part of a batch: its own header and its slots (docs/protocol.md §4). */
export interface LeafData {
  readonly header: Header;
  /** `profile.slots` slots of 93 bytes. */
  readonly slots: readonly Uint8Array[];
}

/** Leaf proofs that a batch of this many posted bytes takes: at least one. */
export function leafCount(dataLength: number, profile: Profile): number {
  return Math.max(1, Math.ceil(dataLength / leafBytes(profile)));
}

/** Divides a batch into leaves, padding with zero bytes. @param header `forcedCount` is the whole batch's */
export function splitBatch(header: Header, data: Uint8Array, profile: Profile): LeafData[] {
  const leaves = leafCount(data.length, profile);
  const padded = new Uint8Array(leaves * leafBytes(profile));
  padded.set(data);
  return Array.from({ length: leaves }, (_, leaf) => ({
    header: {
      ...header,
      forcedCount: Math.min(Math.max(header.forcedCount - leaf * profile.slots, 0), profile.slots),
    },
    slots: Array.from({ length: profile.slots }, (_, slot) => {
      const start = (leaf * profile.slots + slot) * SLOT_BYTES;
      return padded.slice(start, start + SLOT_BYTES);
    }),
  }));
}

/** The leaf's chunks, the header first: 1 + 3·slots numbers. */
export function leafChunks(leaf: LeafData): bigint[] {
  return [encodeHeader(leaf.header), ...leaf.slots.flatMap(slotChunks)];
}

/** `c` of docs/protocol.md §6. */
export function commitToLeaf(leaf: LeafData): Field {
  return leaf.slots.reduce<bigint>((c, slot) => poseidon([c, ...slotChunks(slot)]), encodeHeader(leaf.header)) as Field;
}

/** `y` of docs/protocol.md §6: the chunks as a polynomial, at z. */
export function evaluateLeaf(leaf: LeafData, z: bigint): Field {
  return leafChunks(leaf).reduceRight<Field>((sum, chunk) => reduce(sum * z + chunk), 0n as Field);
}

/** keccak256 over the batch's header and posted bytes (docs/protocol.md §7), as 0x… */
export function hashData(header: Header, data: Uint8Array): string {
  return keccak256(concat([toBeHex(encodeHeader(header), 32), data]));
}

/** The point `z` at which L1 and the circuits evaluate a batch's data. @param dataHash 32 bytes as 0x… */
export function challengePoint(dataHash: string, commitments: readonly bigint[]): Field {
  return reduce(BigInt(keccak256(concat([dataHash, ...commitments.map((c) => toBeHex(c, 32))]))));
}
