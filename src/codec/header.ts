import { checkBits } from "../field.ts";

/** What L1 writes before a leaf's slots (docs/protocol.md §4). */
export interface Header {
  /** What each transaction in the fee token pays, in its smallest unit; 96 bits. */
  readonly baseFee: bigint;
  /** 16 bits. */
  readonly feeToken: number;
  /** Index of the account that receives the tips, 32 bits. */
  readonly feeAccount: number;
  /** Forced operations among the leaf's slots (or the batch's, in its data hash), 16 bits. */
  readonly forcedCount: number;
  /** Seconds, 64 bits. */
  readonly timestamp: bigint;
}

/** The header chunk, below 2^224. @throws {ProtocolError} `OUT_OF_RANGE` */
export function encodeHeader(header: Header): bigint {
  return (
    (checkBits(header.baseFee, 96, "baseFee") << 128n) |
    (checkBits(header.feeToken, 16, "feeToken") << 112n) |
    (checkBits(header.feeAccount, 32, "feeAccount") << 80n) |
    (checkBits(header.forcedCount, 16, "forcedCount") << 64n) |
    checkBits(header.timestamp, 64, "timestamp")
  );
}

/** @throws {ProtocolError} `OUT_OF_RANGE` if the chunk has more than 224 bits */
export function decodeHeader(chunk: bigint): Header {
  checkBits(chunk, 224, "header");
  const field = (low: bigint, width: bigint): bigint => (chunk >> low) & ((1n << width) - 1n);
  return {
    baseFee: field(128n, 96n),
    feeToken: Number(field(112n, 16n)),
    feeAccount: Number(field(80n, 32n)),
    forcedCount: Number(field(64n, 16n)),
    timestamp: field(0n, 64n),
  };
}
