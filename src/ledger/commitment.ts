// SPDX-License-Identifier: MIT
import { concat, keccak256 } from "ethers";

import { CHUNKS_PER_SLOT, encodeChunks, encodeHeader, SLOT_BYTES, toBytes, type Header } from "../codec/index.ts";
import { poseidon } from "../crypto/index.ts";
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
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "bytes", length: bytes.length, expected: SLOT_BYTES, relation: "a multiple of" },
      `${bytes.length} bytes are not a whole number of slots`,
    );
  }
  const slots: SlotChunks[] = [];
  for (let i = 0; i < chunks.length; i += CHUNKS_PER_SLOT) {
    slots.push(chunks.slice(i, i + CHUNKS_PER_SLOT) as unknown as SlotChunks);
  }
  return { header: toField(encodeHeader(header)), chunks: slots };
}

/** Public signal `c`: `c ← 0`, then for each slot `c ← Poseidon(c, chunk0, chunk1, chunk2)`. */
export const commitLeafData = ({ chunks }: Pick<LeafData, "chunks">): Field =>
  chunks.reduce((c, slot) => poseidon([c, ...slot]), toField(0n));

/** Public signal `y`: `Σ chunkᵢ·zⁱ` over the slots' chunks. */
export const evaluateLeafData = ({ chunks }: Pick<LeafData, "chunks">, z: bigint): Field =>
  toField(chunks.flat().reduceRight<bigint>((y, chunk) => (y * z + chunk) % P, 0n));

/** `dataHash` of a batch (docs/protocol.md §7), 32 bytes in hex. `data`: the posted bytes without padding. */
export const batchDataHash = (data: Uint8Array): string => keccak256(data);

/** `z = keccak256(dataHash, c_0, …, c_{n−1}) mod p` */
export const evaluationPoint = (dataHash: string, commitments: readonly Field[]): Field =>
  reduceToField(BigInt(keccak256(concat([dataHash, ...commitments.map((c) => toBytes(c, 32))]))));
