import { concat, keccak256 } from "ethers";

import { CHUNKS_PER_SLOT, encodeChunks, encodeHeader, toBytes, type Header } from "../codec/index.ts";
import { poseidon } from "../crypto/poseidon.ts";
import { ProtocolError } from "../errors.ts";
import { P, reduceToField, toField, type Field } from "../field.ts";

export type SlotChunks = readonly [Field, Field, Field];

/** A leaf's data as the circuit sees it. */
export interface LeafData {
  /** Header chunk of the leaf. */
  readonly header: Field;
  /** Three chunks for each slot. */
  readonly chunks: readonly SlotChunks[];
}

/** `bytes`: the leaf's slots. @throws {ProtocolError} `BAD_LENGTH`, `OUT_OF_RANGE` */
export function encodeLeafData(header: Header, bytes: Uint8Array): LeafData {
  const chunks = encodeChunks(bytes);
  if (chunks.length % CHUNKS_PER_SLOT !== 0) {
    throw new ProtocolError("BAD_LENGTH", `${bytes.length} bytes are not a whole number of slots`);
  }
  const slots: SlotChunks[] = [];
  for (let i = 0; i < chunks.length; i += CHUNKS_PER_SLOT) {
    slots.push(chunks.slice(i, i + CHUNKS_PER_SLOT) as unknown as SlotChunks);
  }
  return { header: toField(encodeHeader(header)), chunks: slots };
}

/** Public signal `c`: `c ← header`, then for each slot `c ← Poseidon(c, chunk0, chunk1, chunk2)`. */
export const commitLeafData = ({ header, chunks }: LeafData): Field =>
  chunks.reduce((c, slot) => poseidon([c, ...slot]), header);

/** Public signal `y`: `Σ chunkᵢ·zⁱ`, the header being chunk 0. */
export const evaluateLeafData = ({ header, chunks }: LeafData, z: bigint): Field =>
  toField([header, ...chunks.flat()].reduceRight<bigint>((y, chunk) => (y * z + chunk) % P, 0n));

/**
 * `dataHash` of a batch (docs/protocol.md §7), 32 bytes in hex. `header.forcedCount` is the batch's total; `data` are the
 * posted bytes without padding.
 */
export const batchDataHash = (header: Header, data: Uint8Array): string =>
  keccak256(concat([toBytes(encodeHeader(header), 32), data]));

/** `z = keccak256(dataHash, c_0, …, c_{n−1}) mod p` */
export const evaluationPoint = (dataHash: string, commitments: readonly Field[]): Field =>
  reduceToField(BigInt(keccak256(concat([dataHash, ...commitments.map((c) => toBytes(c, 32))]))));
