// SPDX-License-Identifier: MIT
import { equalBytes } from "@noble/curves/abstract/utils";

import { ProtocolError } from "../errors.ts";
import { fromBytes, packBits, requireLength, toBytes, unpackBits, type BitLayout } from "./bits.ts";
import { CHUNK_BYTES } from "./chunks.ts";

export const CHUNKS_PER_SLOT = 3;

/** Bytes of one operation. */
export const SLOT_BYTES = CHUNKS_PER_SLOT * CHUNK_BYTES;

/** The slots of data, in order; views of the same bytes. @throws {ProtocolError} `BAD_LENGTH` */
export function slotsOf(data: Uint8Array): Uint8Array[] {
  if (data.length % SLOT_BYTES !== 0) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "data", length: data.length, expected: SLOT_BYTES, relation: "a multiple of" },
      `${data.length} bytes are not a whole number of slots`,
    );
  }
  return Array.from({ length: data.length / SLOT_BYTES }, (_, i) =>
    data.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES),
  );
}

/** Flag of an L2 transaction: only the sequencer that its signature names may include it. */
export const SEQUENCER_BOUND = 1n;

/** Flag of what is signed to move an account to another rollup (docs/enforcement.md §5.1); no L2 transaction has it. */
export const MOVE = 2n;

/** Flag of a forced operation: a request to depart (docs/enforcement.md §5.4). */
export const DEPARTURE = 2n;

/** Flag of a forced operation: accounts arrive (docs/enforcement.md §5.7). It is looked at before DEPARTURE. */
export const ARRIVAL = 4n;

/**
 * Payload of an L2 transaction. Its sender signs it, together with the domain, the nonce and the sequencer that the
 * transaction is bound to.
 */
export interface Payload {
  /** Index of the sender's account; 32 bits. */
  readonly from: number;
  /** Index of the receiver's account, or 0: exit to L1; 32 bits. */
  readonly to: number;
  /** 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit; 128 bits. */
  readonly amount: bigint;
  /** 20 bits. */
  readonly tipMantissa: bigint;
  /** 6 bits. */
  readonly tipExponent: bigint;
  /** 5 bits, of which only SEQUENCER_BOUND is known. */
  readonly flags: bigint;
}

/** An L2 transaction as it stands on the wire (docs/protocol.md §3). Every 93 bytes are one, valid or not. */
export interface TransactionSlot extends Payload {
  /** Challenge of the signature; 254 bits. */
  readonly h: bigint;
  /** Response of the signature; 251 bits. */
  readonly s: bigint;
}

/** An operation that L1 authenticated and wrote (docs/protocol.md §3). */
export interface ForcedSlot {
  /** Index of the account to debit, or 0: deposit; 32 bits. */
  readonly from: number;
  /** Index of the account to credit, or 0: exit, of a deposit: a new account; 32 bits. */
  readonly to: number;
  /** 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit; 128 bits. */
  readonly amount: bigint;
  /** 5 bits, of which only DEPARTURE and ARRIVAL are known. */
  readonly flags: bigint;
  /**
   * y of the new account's key; 254 bits, may be ≥ p. Of an arrival: the root of the accounts' subtree; of a departure:
   * a hash of what is requested.
   */
  readonly keyY: bigint;
  /** Paid on L1 to whoever proves, in wei; 90 bits. The state transition ignores it. */
  readonly fee: bigint;
  /** Parity of x of the new account's key; 1 bit. */
  readonly keySign: bigint;
  /** L1 address that asked for the operation; of a deposit: the account's owner, who also gets a refund; 160 bits. */
  readonly l1Address: bigint;
}

const PAYLOAD_LAYOUT = [
  ["from", 32],
  ["to", 32],
  ["token", 16],
  ["amount", 128],
  ["tipMantissa", 20],
  ["tipExponent", 6],
  ["flags", 5],
] as const satisfies BitLayout<keyof Payload>;

const TRANSACTION_LAYOUT = [...PAYLOAD_LAYOUT, ["h", 254], ["s", 251]] as const;

const FORCED_LAYOUT = [
  ["from", 32],
  ["to", 32],
  ["token", 16],
  ["amount", 128],
  ["ignored", 26],
  ["flags", 5],
  ["keyY", 254],
  ["fee", 90],
  ["keySign", 1],
  ["l1Address", 160],
] as const satisfies BitLayout<keyof ForcedSlot | "ignored">;

const widen = <T extends { readonly from: number; readonly to: number }>(slot: T) => ({
  ...slot,
  from: widenIndex(slot.from, "from"),
  to: widenIndex(slot.to, "to"),
});

function widenIndex(index: number, name: string): bigint {
  if (Number.isSafeInteger(index)) return BigInt(index);
  const [minimum, maximum] = [0, 2 ** 32 - 1];
  const message = `${name} = ${index}: must be a whole number from ${minimum} to ${maximum}`;
  throw new ProtocolError("OUT_OF_RANGE", { name, value: index, minimum, maximum }, message);
}

const narrow = <T extends { readonly from: bigint; readonly to: bigint }>(fields: T) => ({
  ...fields,
  from: Number(fields.from),
  to: Number(fields.to),
});

/** The 239 bits that are signed. @throws {ProtocolError} `OUT_OF_RANGE` */
export const encodePayload = (payload: Payload): bigint => packBits(PAYLOAD_LAYOUT, widen(payload));

/** @throws {ProtocolError} `OUT_OF_RANGE` for more than 239 bits */
export const decodePayload = (payload: bigint): Payload => narrow(unpackBits(PAYLOAD_LAYOUT, payload));

/** @throws {ProtocolError} `OUT_OF_RANGE` */
export const encodeTransactionSlot = (slot: TransactionSlot): Uint8Array =>
  toBytes(packBits(TRANSACTION_LAYOUT, widen(slot)), SLOT_BYTES);

/** One to one with 93 bytes. @throws {ProtocolError} `BAD_LENGTH` */
export const decodeTransactionSlot = (bytes: Uint8Array): TransactionSlot =>
  narrow(unpackBits(TRANSACTION_LAYOUT, fromBytes(requireLength(bytes, SLOT_BYTES, "slot"))));

/** @throws {ProtocolError} `OUT_OF_RANGE` */
export const encodeForcedSlot = (slot: ForcedSlot): Uint8Array =>
  toBytes(packBits(FORCED_LAYOUT, { ...widen(slot), ignored: 0n }), SLOT_BYTES);

/**
 * The fields of a forced slot that the state transition reads. The bits that it ignores do not matter.
 *
 * @throws {ProtocolError} `BAD_LENGTH`
 */
export function readForcedSlot(bytes: Uint8Array): ForcedSlot {
  const fields = unpackBits(FORCED_LAYOUT, fromBytes(requireLength(bytes, SLOT_BYTES, "slot")));
  const { from, to, token, amount, flags, keyY, fee, keySign, l1Address } = fields;
  return { from: Number(from), to: Number(to), token, amount, flags, keyY, fee, keySign, l1Address };
}

/** A forced slot as L1 writes it. @throws {ProtocolError} `BAD_LENGTH`, `IGNORED_BITS_SET` */
export function decodeForcedSlot(bytes: Uint8Array): ForcedSlot {
  const slot = readForcedSlot(bytes);
  if (!equalBytes(encodeForcedSlot(slot), bytes)) {
    throw new ProtocolError(
      "IGNORED_BITS_SET",
      { slot: bytes, flags: slot.flags },
      "bits 535 … 510 of a forced operation are zero",
    );
  }
  if (![0n, DEPARTURE, ARRIVAL].includes(slot.flags)) {
    throw new ProtocolError(
      "IGNORED_BITS_SET",
      { slot: bytes, flags: slot.flags },
      `a forced operation has no flags ${slot.flags}`,
    );
  }
  return slot;
}
