// SPDX-License-Identifier: MIT
import { equalBytes } from "@noble/curves/abstract/utils";

import { keccak256 } from "ethers";

import { fromBytes, readForcedSlot, SLOT_BYTES } from "../codec/index.ts";
import { decompressKey } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { ARITY, newAccountSlot, type Account, type Arrivals } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";
import { splitSlots } from "./slots.ts";

/** Moves of one migration, and places for arrivals. */
export const migrants = ({ levels }: Pick<Profile, "levels">): number => ARITY ** levels;

/**
 * The arrivals' data: for each the slot that a deposit of it would have, or zeros; without zero slots at the end. No
 * account has a slot of zeros: there is no good key with y = 0.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE` for an account that breaks the invariants of a state
 */
export function encodeArrivals(arrivals: Arrivals): Uint8Array {
  const end = arrivals.reduce((last, arrival, i) => (arrival === undefined ? last : i + 1), 0);
  const data = new Uint8Array(end * SLOT_BYTES);
  for (const [i, arrival] of arrivals.slice(0, end).entries()) {
    if (arrival !== undefined) data.set(depositSlot(arrival), i * SLOT_BYTES);
  }
  return data;
}

/** Bytes of the hash of arrivals that stand in their slot (docs/enforcement.md §5.7). */
const HASH_BYTES = 26;

/** The first 208 bits of the hash of arrivals' data, with which the slot of an arrival begins. */
export const arrivalsHash = (data: Uint8Array): bigint => BigInt(keccak256(data)) >> BigInt(256 - 8 * HASH_BYTES);

/** The hash of the accounts in an arrival's slot: `arrivalsHash`. @param slot 93 bytes of an arrival */
export const arrivalsHashOf = (slot: Uint8Array): bigint => fromBytes(slot.subarray(0, HASH_BYTES));

const depositSlot = ({ ax, ay, token, balance, owner }: Account): Uint8Array =>
  newAccountSlot({ key: { x: ax, y: ay }, token, amount: balance, l1Address: owner });

/**
 * The accounts of arrivals' data that a proof has been accepted for, as the target's L1 publishes them.
 *
 * @throws {ProtocolError} `BAD_LENGTH`; `NOT_AN_ARRIVAL` for a slot that no migration writes
 */
export const decodeArrivals = (data: Uint8Array, profile: Pick<Profile, "levels">): Arrivals =>
  splitSlots(data, migrants(profile)).map(decodeArrival);

function decodeArrival(bytes: Uint8Array, place: number): Account | undefined {
  if (fromBytes(bytes) === 0n) {
    return undefined;
  }
  const slot = readForcedSlot(bytes);
  const decompressed = decompressKey(slot);
  if ("error" in decompressed) {
    throw new ProtocolError("NOT_AN_ARRIVAL", { place }, `arrival ${place}: ${decompressed.error}`);
  }
  const { x, y } = decompressed.key;
  const account = { ax: x, ay: y, nonce: 0n, token: slot.token, balance: slot.amount, owner: slot.l1Address };
  if (!equalBytes(depositSlot(account), bytes)) {
    throw new ProtocolError("NOT_AN_ARRIVAL", { place }, `arrival ${place} has fields that no arrival has`);
  }
  return account;
}
