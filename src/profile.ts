import { ProtocolError } from "./errors.ts";

/** Bytes of one chunk: the largest whole number of bytes that always fits a field element. */
export const CHUNK_BYTES = 31;

/** Chunks of one slot. */
export const SLOT_CHUNKS = 3;

/** Bytes of one slot. */
export const SLOT_BYTES = CHUNK_BYTES * SLOT_CHUNKS;

/** The sizes on which contracts, circuits and ledger agree (docs/protocol.md §1). */
export interface Profile {
  readonly name: string;
  /** Levels of the account tree, of arity 4: 1 … 16. */
  readonly depth: number;
  /** Slots of one leaf proof: a power of two, 2 … 256. */
  readonly slots: number;
}

/** @throws {ProtocolError} `BAD_PROFILE` */
export function createProfile(name: string, depth: number, slots: number): Profile {
  if (!Number.isInteger(depth) || depth < 1 || depth > 16) {
    throw new ProtocolError("BAD_PROFILE", `depth is ${depth}, outside 1 … 16`);
  }
  if (!Number.isInteger(Math.log2(slots)) || slots < 2 || slots > 256) {
    throw new ProtocolError("BAD_PROFILE", `slots is ${slots}, not a power of two in 2 … 256`);
  }
  return { name, depth, slots };
}

export const PROFILES = {
  development: createProfile("development", 5, 4),
  production: createProfile("production", 16, 16),
} as const;

/** Number of leaves of the account tree. */
export function accountCapacity(profile: Profile): number {
  return 4 ** profile.depth;
}

/** Bytes of posted data that one leaf proof covers. */
export function leafBytes(profile: Profile): number {
  return profile.slots * SLOT_BYTES;
}
