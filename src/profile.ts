import circuits from "../circuits/circuits.json" with { type: "json" };
import { SLOT_BYTES } from "./codec/slot.ts";
import { ProtocolError } from "./errors.ts";

/** Sizes of the leaf circuit and of the state it works on (docs/protocol.md §1). */
export interface Profile {
  readonly name: string;
  /** Levels of the account tree, which has arity 4; 1 … 16. */
  readonly depth: number;
  /** Slots of one leaf; a power of two, 2 … 2^15. */
  readonly slots: number;
}

/** @throws {ProtocolError} `BAD_PROFILE` */
export function createProfile(profile: Profile): Profile {
  const { depth, slots } = profile;
  if (!Number.isInteger(depth) || depth < 1 || depth > 16) {
    throw new ProtocolError("BAD_PROFILE", `depth ${depth} is not in 1 … 16`);
  }
  if (!Number.isInteger(slots) || slots < 2 || slots > 2 ** 15 || !Number.isInteger(Math.log2(slots))) {
    throw new ProtocolError("BAD_PROFILE", `${slots} slots are not a power of two in 2 … 2^15`);
  }
  return { ...profile };
}

/** Bytes of posted data that one leaf proof covers. */
export const leafBytes = ({ slots }: Profile): number => slots * SLOT_BYTES;

/** Number of account indexes, 4^depth. */
export const accountCapacity = ({ depth }: Pick<Profile, "depth">): number => 4 ** depth;

/** A profile of `circuits/circuits.json`, the one place where the sizes stand. */
function fromCircuits(name: keyof typeof circuits.profiles): Profile {
  const { DEPTH, SLOTS } = circuits.profiles[name];
  return createProfile({ name, depth: DEPTH, slots: SLOTS });
}

/** Small enough to prove in seconds. */
export const DEVELOPMENT = fromCircuits("development");

/** 2^32 accounts. */
export const PRODUCTION = fromCircuits("production");
