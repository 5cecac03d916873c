// SPDX-License-Identifier: MIT
import {
  ARRIVAL,
  DEPARTURE,
  encodeForcedSlot,
  encodePayload,
  encodeTip,
  encodeTransactionSlot,
  SEQUENCER_BOUND,
  type Payload,
} from "../codec/index.ts";
import { compressKey, transactionMessage, type Point, type Signer } from "../crypto/index.ts";
import { toUint } from "../field.ts";

/** An L2 transaction that is to be signed (docs/protocol.md §3). */
export interface TransactionRequest {
  /** Index of the sender's account. */
  readonly from: number;
  /** Index of the receiver's account, or 0: exit to the L1 address that owns the sender's account. */
  readonly to: number;
  /** Token id, 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit, 128 bits. */
  readonly amount: bigint;
  /** In the fee token's smallest unit; must be representable, see `roundTipDown`. Default 0. */
  readonly tip?: bigint;
  /** Nonce of the sender's account. */
  readonly nonce: bigint;
  /** `encodeDomain` */
  readonly domain: bigint;
  /** If given, only this sequencer (L1 address) may include the transaction. */
  readonly boundTo?: bigint;
}

/**
 * A signed L2 transaction, 93 bytes.
 *
 * @throws {ProtocolError} `TIP_NOT_REPRESENTABLE`, `OUT_OF_RANGE`
 */
export function signTransaction(signer: Signer, request: TransactionRequest): Uint8Array {
  const { from, to, token, amount, tip = 0n, nonce, domain, boundTo } = request;
  const { mantissa, exponent } = encodeTip(tip);
  const payload: Payload = {
    from,
    to,
    token,
    amount,
    tipMantissa: mantissa,
    tipExponent: exponent,
    flags: boundTo === undefined ? 0n : SEQUENCER_BOUND,
  };
  const message = transactionMessage({
    domain: toUint(domain, 248, "domain"),
    payload: encodePayload(payload),
    nonce,
    bound: toUint(boundTo ?? 0n, 160, "boundTo"),
  });
  return encodeTransactionSlot({ ...payload, ...signer.sign(message) });
}

/** Fields of every forced operation: the L1 sender, and the fee in wei for its prover (90 bits, default 0). */
interface Forced {
  readonly l1Address: bigint;
  readonly fee?: bigint;
}

/** Amount in the token's smallest unit, 128 bits. */
interface Money {
  readonly token: bigint;
  readonly amount: bigint;
}

const NO_FLAGS = { flags: 0n };
const NO_KEY = { keyY: 0n, keySign: 0n };

/** The slot that L1 writes for a deposit that creates an account. */
export const newAccountSlot = ({ key, fee = 0n, ...rest }: Forced & Money & { readonly key: Point }): Uint8Array =>
  encodeForcedSlot({ from: 0, to: 0, fee, ...NO_FLAGS, ...compressKey(key), ...rest });

/** The slot that L1 writes for a deposit to an account that exists. */
export const topUpSlot = ({ fee = 0n, ...rest }: Forced & Money & { readonly to: number }): Uint8Array =>
  encodeForcedSlot({ from: 0, fee, ...NO_FLAGS, ...NO_KEY, ...rest });

/** The slot that L1 writes for a forced transfer. */
export const forcedTransferSlot = ({
  fee = 0n,
  ...rest
}: Forced & Money & { readonly from: number; readonly to: number }): Uint8Array =>
  encodeForcedSlot({ fee, ...NO_FLAGS, ...NO_KEY, ...rest });

/** The slot that L1 writes for a forced exit. */
export const forcedExitSlot = ({ fee = 0n, ...rest }: Forced & Money & { readonly from: number }): Uint8Array =>
  encodeForcedSlot({ to: 0, fee, ...NO_FLAGS, ...NO_KEY, ...rest });

/** Further fields of a request to depart. */
interface Departing {
  /** Of what is requested, 248 bits (docs/enforcement.md §5.4). */
  readonly hash: bigint;
  /** Wei for whoever proves the migration, 128 bits; the circuit ignores it. */
  readonly amount: bigint;
}

/** The slot that L1 writes for a request to depart. */
export const departureSlot = ({ hash, amount, fee = 0n, l1Address }: Forced & Departing): Uint8Array =>
  encodeForcedSlot({ from: 0, to: 0, token: 0n, amount, flags: DEPARTURE, keyY: hash, keySign: 0n, fee, l1Address });

/** Further fields of an arrival. */
interface Arriving {
  /** Of the accounts' subtree, `arrivalsRoot`. */
  readonly root: bigint;
  /** The first 208 bits of the arrivals' hash, `arrivalsHash`; the circuit ignores them. */
  readonly hash: bigint;
}

/** The slot that L1 writes for an arrival: the hash stands in the place of `from`, `to`, `token` and `amount`. */
export const arrivalSlot = ({ root, hash, fee = 0n, l1Address }: Forced & Arriving): Uint8Array =>
  encodeForcedSlot({
    from: Number(hash >> 176n),
    to: Number((hash >> 144n) & 0xffff_ffffn),
    token: (hash >> 128n) & 0xffffn,
    amount: hash & ((1n << 128n) - 1n),
    flags: ARRIVAL,
    keyY: root,
    keySign: 0n,
    fee,
    l1Address,
  });
