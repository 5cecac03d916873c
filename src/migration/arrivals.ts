import { fromBytes, readForcedSlot, SLOT_BYTES } from "../codec/index.ts";
import { decompressKey } from "../crypto/babyJubJub.ts";
import { poseidon } from "../crypto/poseidon.ts";
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";
import { accountHash, ARITY, newAccountSlot, type Account } from "../ledger/index.ts";
import { splitSlots } from "./slots.ts";

/** How many accounts move at once. */
export interface MigrationSize {
  /** Levels of the tree of arrivals, which has arity 4. */
  readonly levels: number;
}

/** Moves of one migration, and places for arrivals. */
export const migrants = ({ levels }: MigrationSize): number => ARITY ** levels;

/** Root of the tree of arrivals: the hash of arrival `i`, or 0, at `i` (docs/enforcement.md §5.2). */
export function arrivalsRoot(arrivals: readonly (Account | undefined)[], levels: number): Field {
  const places = migrants({ levels });
  if (arrivals.length > places) {
    throw new ProtocolError("OUT_OF_RANGE", `${arrivals.length} arrivals for ${places} places`);
  }
  let nodes = Array.from({ length: places }, (_, i) => {
    const arrival = arrivals[i];
    return arrival === undefined ? toField(0n) : accountHash(arrival);
  });
  while (nodes.length > 1) {
    nodes = Array.from({ length: nodes.length / ARITY }, (_, i) => poseidon(nodes.slice(ARITY * i, ARITY * (i + 1))));
  }
  return toField(nodes[0] ?? 0n);
}

/**
 * The arrivals' data: for each the slot that a deposit of it would have, or zeros; without zero slots at the end. No
 * account has a slot of zeros: there is no good key with y = 0.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE` for an account that breaks the invariants of a state
 */
export function encodeArrivals(arrivals: readonly (Account | undefined)[]): Uint8Array {
  const end = arrivals.findLastIndex((arrival) => arrival !== undefined) + 1;
  const data = new Uint8Array(end * SLOT_BYTES);
  for (const [i, arrival] of arrivals.slice(0, end).entries()) {
    if (arrival !== undefined) data.set(arrivalSlot(arrival), i * SLOT_BYTES);
  }
  return data;
}

const arrivalSlot = ({ ax, ay, token, balance, owner }: Account): Uint8Array =>
  newAccountSlot({ key: { x: ax, y: ay }, token, amount: balance, l1Address: owner });

/**
 * The accounts of arrivals' data that a proof has been accepted for, as the target's L1 publishes them.
 *
 * @throws {ProtocolError} `BAD_LENGTH`; `NOT_AN_ARRIVAL` for a slot that no migration writes
 */
export const decodeArrivals = (data: Uint8Array, size: MigrationSize): (Account | undefined)[] =>
  splitSlots(data, migrants(size)).map(decodeArrival);

function decodeArrival(bytes: Uint8Array, place: number): Account | undefined {
  if (fromBytes(bytes) === 0n) {
    return undefined;
  }
  const slot = readForcedSlot(bytes);
  const decompressed = decompressKey(slot);
  if ("error" in decompressed) {
    throw new ProtocolError("NOT_AN_ARRIVAL", `arrival ${place}: ${decompressed.error}`);
  }
  const { x, y } = decompressed.key;
  const account = { ax: x, ay: y, nonce: 0n, token: slot.token, balance: slot.amount, owner: slot.l1Address };
  if (Buffer.compare(arrivalSlot(account), bytes) !== 0) {
    throw new ProtocolError("NOT_AN_ARRIVAL", `arrival ${place} has fields that no arrival has`);
  }
  return account;
}
