import { poseidon } from "../crypto/poseidon.ts";
import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";

/** Money that leaves L2 and that L1 pays against a proof (docs/protocol.md §5.3). */
export interface Exit {
  /** L1 address, 160 bits. */
  readonly recipient: bigint;
  readonly token: number;
  /** Below 2^128. */
  readonly amount: bigint;
}

export function hashExit(exit: Exit | undefined): Field {
  if (exit === undefined) return 0n as Field;
  return poseidon([exit.recipient + (BigInt(exit.token) << 160n), exit.amount]);
}

/** The binary Poseidon tree over one leaf's exits, slot by slot. */
export class ExitTree {
  /** Levels from the exits to the root. */
  readonly #levels: readonly (readonly Field[])[];

  /** @param exits one place for each slot: a power of two */
  constructor(exits: readonly (Exit | undefined)[]) {
    const levels: Field[][] = [exits.map(hashExit)];
    for (let below = levels[0] as Field[]; below.length > 1; ) {
      const above: Field[] = [];
      for (let i = 0; i < below.length; i += 2) above.push(poseidon([below[i] as Field, below[i + 1] as Field]));
      levels.push(above);
      below = above;
    }
    this.#levels = levels;
  }

  get root(): Field {
    return this.#levels.at(-1)?.[0] as Field;
  }

  /** Siblings from the exit up. @throws {ProtocolError} `INDEX_OUTSIDE_TREE` */
  siblings(slot: number): Field[] {
    const count = this.#levels[0]?.length ?? 0;
    if (!Number.isInteger(slot) || slot < 0 || slot >= count) {
      throw new ProtocolError("INDEX_OUTSIDE_TREE", `slot ${slot} is outside 0 … ${count - 1}`);
    }
    return this.#levels.slice(0, -1).map((level, height) => level[(slot >> height) ^ 1] as Field);
  }
}

/** The root of a leaf without exits. */
export function emptyExitsRoot(slots: number): Field {
  return new ExitTree(new Array<undefined>(slots).fill(undefined)).root;
}
