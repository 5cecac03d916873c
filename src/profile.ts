import circuits from "../circuits/circuits.json" with { type: "json" };
import { SLOT_BYTES } from "./codec/index.ts";
import { ProtocolError } from "./errors.ts";

/** Sizes of the leaf circuit and of the state it works on (docs/protocol.md §1). */
export interface Profile {
  /** Name in `circuits/circuits.json`, or `deployed`. */
  readonly name: string;
  /** Levels of the account tree, which has arity 4; 2 … 16. */
  readonly depth: number;
  /** Slots of one leaf; a power of two, 2 … 2^15. */
  readonly slots: number;
  /** Levels of the subtree of accounts that arrive together: 4^levels of them; 1 … depth − 1. */
  readonly levels: number;
}

/** @throws {ProtocolError} `OUT_OF_RANGE` */
export function createProfile(profile: Profile): Profile {
  const { depth, slots, levels } = profile;
  if (!Number.isInteger(depth) || depth < 2 || depth > 16) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "depth", value: depth, minimum: 2, maximum: 16 },
      `depth ${depth} is not in 2 … 16`,
    );
  }
  if (!Number.isInteger(slots) || slots < 2 || slots > 2 ** 15 || !Number.isInteger(Math.log2(slots))) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "slots", value: slots, minimum: 2, maximum: 2 ** 15 },
      `${slots} slots are not a power of two in 2 … 2^15`,
    );
  }
  if (!Number.isInteger(levels) || levels < 1 || levels >= depth) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "levels", value: levels, minimum: 1, maximum: depth - 1 },
      `${levels} levels are not in 1 … ${depth - 1}`,
    );
  }
  return { ...profile };
}

/** Bytes of posted data that one leaf proof covers. */
export const leafBytes = ({ slots }: Profile): number => slots * SLOT_BYTES;

/** Number of account indexes, 4^depth. */
export const accountCapacity = ({ depth }: Pick<Profile, "depth">): number => 4 ** depth;

/** A profile of `circuits/circuits.json`, the one place where the sizes stand. */
function fromCircuits(name: keyof typeof circuits.profiles): Profile {
  const { DEPTH, SLOTS, LEVELS } = circuits.profiles[name];
  return createProfile({ name, depth: DEPTH, slots: SLOTS, levels: LEVELS });
}

/** Small enough to prove in seconds. */
export const DEVELOPMENT = fromCircuits("development");

/** 2^32 accounts. */
export const PRODUCTION = fromCircuits("production");
