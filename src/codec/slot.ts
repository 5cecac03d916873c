import { ProtocolError } from "../errors.ts";
import { bytesToInteger, checkBits, integerToBytes } from "../field.ts";
import type { WireSignature } from "../crypto/eddsa.ts";
import { CHUNK_BYTES, SLOT_BYTES, SLOT_CHUNKS } from "../profile.ts";
import type { EncodedTip } from "./tip.ts";

/** Bit 0 of `flags`: only the sequencer named in the signed message may include the transaction. */
export const SEQUENCER_BOUND = 1;

/** What an L2 transaction's signature covers, besides domain, nonce and sequencer (docs/protocol.md §3). */
export interface Payload {
  /** Index of the sender, 32 bits. */
  readonly from: number;
  /** Index of the receiver, 32 bits; 0 exits to L1. */
  readonly to: number;
  /** 16 bits. */
  readonly token: number;
  /** In the token's smallest unit, 128 bits. */
  readonly amount: bigint;
  readonly tip: EncodedTip;
  /** 5 bits; see SEQUENCER_BOUND. */
  readonly flags: number;
}

/** A forced operation as L1 writes it into the queue. */
export interface ForcedOperation {
  /** Index of the sender; 0 is a deposit. */
  readonly from: number;
  /** Index of the receiver; 0 is an exit, or a new account if `from` is 0. */
  readonly to: number;
  readonly token: number;
  readonly amount: bigint;
  /** y of a new account's key, 254 bits, else 0. */
  readonly keyY: bigint;
  /** Parity of that key's x. */
  readonly keySign: 0 | 1;
  /** Who asks: owner of the sender, owner of a new account, or who is refunded. 160 bits. */
  readonly l1Address: bigint;
  /** Fee in wei for whoever proves it, 90 bits. */
  readonly fee: bigint;
}

/** A slot's bits by their two readings; every 93 bytes have one. */
export interface DecodedSlot extends Payload {
  /** The signed 239-bit number. */
  readonly payload: bigint;
  readonly signature: WireSignature;
  /** What the same bits mean if L1 wrote them. */
  readonly forced: ForcedOperation;
}

/** The 239-bit number that is signed. @throws {ProtocolError} `OUT_OF_RANGE` */
export function encodePayload(payload: Payload): bigint {
  return pack([
    [payload.from, 32, "from"],
    [payload.to, 32, "to"],
    [payload.token, 16, "token"],
    [payload.amount, 128, "amount"],
    [payload.tip.mantissa, 20, "tip mantissa"],
    [payload.tip.exponent, 6, "tip exponent"],
    [payload.flags, 5, "flags"],
  ]);
}

/** 93 bytes. @throws {ProtocolError} `OUT_OF_RANGE` */
export function encodeTransaction(payload: Payload, signature: WireSignature): Uint8Array {
  const bits = pack([
    [encodePayload(payload), 239, "payload"],
    [signature.h, 254, "h"],
    [signature.s, 251, "S"],
  ]);
  return integerToBytes(bits, SLOT_BYTES);
}

/** 93 bytes. @throws {ProtocolError} `OUT_OF_RANGE` */
export function encodeForcedOperation(operation: ForcedOperation): Uint8Array {
  const bits = pack([
    [operation.from, 32, "from"],
    [operation.to, 32, "to"],
    [operation.token, 16, "token"],
    [operation.amount, 128, "amount"],
    [0, 31, "tip and flags"],
    [operation.keyY, 254, "keyY"],
    [operation.fee, 90, "fee"],
    [operation.keySign, 1, "keySign"],
    [operation.l1Address, 160, "l1Address"],
  ]);
  return integerToBytes(bits, SLOT_BYTES);
}

/** @throws {ProtocolError} `BAD_LENGTH` unless there are 93 bytes; any 93 bytes decode */
export function decodeSlot(bytes: Uint8Array): DecodedSlot {
  if (bytes.length !== SLOT_BYTES) {
    throw new ProtocolError("BAD_LENGTH", `a slot has ${SLOT_BYTES} bytes, not ${bytes.length}`);
  }
  const bits = bytesToInteger(bytes);
  const field = (low: number, width: number): bigint => (bits >> BigInt(low)) & ((1n << BigInt(width)) - 1n);
  const common = {
    from: Number(field(712, 32)),
    to: Number(field(680, 32)),
    token: Number(field(664, 16)),
    amount: field(536, 128),
  };
  return {
    ...common,
    tip: { mantissa: Number(field(516, 20)), exponent: Number(field(510, 6)) },
    flags: Number(field(505, 5)),
    payload: field(505, 239),
    signature: { h: field(251, 254), s: field(0, 251) },
    forced: {
      ...common,
      keyY: field(251, 254),
      fee: field(161, 90),
      keySign: field(160, 1) === 1n ? 1 : 0,
      l1Address: field(0, 160),
    },
  };
}

/** The slot's three 31-byte words. @throws {ProtocolError} `BAD_LENGTH` */
export function slotChunks(bytes: Uint8Array): [bigint, bigint, bigint] {
  if (bytes.length !== SLOT_BYTES) {
    throw new ProtocolError("BAD_LENGTH", `a slot has ${SLOT_BYTES} bytes, not ${bytes.length}`);
  }
  const chunk = (i: number): bigint => bytesToInteger(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
  return [chunk(0), chunk(1), chunk(SLOT_CHUNKS - 1)];
}

function pack(fields: readonly (readonly [value: bigint | number, bits: number, name: string])[]): bigint {
  return fields.reduce((sum, [value, bits, name]) => (sum << BigInt(bits)) | checkBits(value, bits, name), 0n);
}
