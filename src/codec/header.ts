// SPDX-License-Identifier: MIT
import { packBits, unpackBits, type BitLayout } from "./bits.ts";

/**
 * Header that L1 writes in front of the data (docs/protocol.md §4), of a whole batch or of one leaf. The two differ
 * only in `forcedCount`.
 */
export interface Header {
  /** Fee of each valid L2 transaction in `feeToken`, in that token's smallest unit; 96 bits. */
  readonly baseFee: bigint;
  /** Token id in which this batch's fees are paid; 16 bits. */
  readonly feeToken: bigint;
  /** Index of the account that receives the tips; 32 bits. */
  readonly feeAccount: number;
  /** Number of forced operations, which come first; 16 bits. */
  readonly forcedCount: number;
  /** Unix seconds; 64 bits. */
  readonly timestamp: bigint;
}

const LAYOUT = [
  ["baseFee", 96],
  ["feeToken", 16],
  ["feeAccount", 32],
  ["forcedCount", 16],
  ["timestamp", 64],
] as const satisfies BitLayout<keyof Header>;

/** @throws {ProtocolError} `OUT_OF_RANGE` */
export const encodeHeader = (header: Header): bigint =>
  packBits(LAYOUT, {
    ...header,
    feeAccount: BigInt(header.feeAccount),
    forcedCount: BigInt(header.forcedCount),
  });

/** @throws {ProtocolError} `OUT_OF_RANGE` for a chunk of more than 224 bits, which L1 never writes */
export function decodeHeader(chunk: bigint): Header {
  const fields = unpackBits(LAYOUT, chunk);
  return { ...fields, feeAccount: Number(fields.feeAccount), forcedCount: Number(fields.forcedCount) };
}
