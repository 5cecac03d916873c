// SPDX-License-Identifier: MIT
import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toUint, type Field } from "../field.ts";

/** Money that leaves L2 and can be claimed on L1. */
export interface Exit {
  /** Slot of the leaf that emitted it. */
  readonly slot: number;
  /** L1 address, 160 bits. */
  readonly recipient: bigint;
  /** Token id, 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit, 128 bits; may be 0. */
  readonly amount: bigint;
}

/** Whether an exit has the words of no exit: then it is none (docs/protocol.md §5.3). */
export const isNothing = ({ recipient, token, amount }: Omit<Exit, "slot">): boolean =>
  recipient === 0n && token === 0n && amount === 0n;

/** Most words that one Poseidon hash takes. */
const WIDTH = 16;

/** The two words of an exit in the leaf circuit (docs/protocol.md §5.3). */
const wordsOf = ({ recipient, token, amount }: Exit): readonly [bigint, bigint] => [
  toUint(recipient, 160, "recipient") | (toUint(token, 16, "token") << 160n),
  toUint(amount, 128, "amount"),
];

/**
 * The words of all slots of a leaf: two for each, and zeros where nothing leaves.
 *
 * @param slots a power of two, 1 … 128
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function exitWords(exits: readonly Exit[], slots: number): bigint[] {
  const words = new Array<bigint>(2 * slots).fill(0n);
  for (const exit of exits) {
    if (exit.slot >= slots) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "slot", value: exit.slot, minimum: 0, maximum: slots - 1 },
        `slot ${exit.slot} of ${slots}`,
      );
    }
    [words[2 * exit.slot], words[2 * exit.slot + 1]] = wordsOf(exit);
  }
  return words;
}

/**
 * Commitment to the exits of one leaf: its words are hashed sixteen at a time, and, if there are more than sixteen, the
 * hashes once more (docs/protocol.md §5.3).
 *
 * @param slots a power of two, 1 … 128
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function exitsHash(exits: readonly Exit[], slots: number): Field {
  const words = exitWords(exits, slots);
  const groups: Field[] = [];
  for (let start = 0; start < words.length; start += WIDTH) groups.push(poseidon(words.slice(start, start + WIDTH)));
  const [only] = groups;
  return groups.length === 1 && only !== undefined ? only : poseidon(groups);
}

/** The words with which L1 is shown an exit: recipient + token · 2^160 + slot · 2^176, and its amount. */
export const exitEntry = (exit: Exit, slot = exit.slot): readonly [bigint, bigint] => {
  const [to, amount] = wordsOf(exit);
  return [to | (BigInt(slot) << 176n), amount];
};

/**
 * The exits of a batch or block as L1 takes them: two words each, with the slot counted through the leaves.
 *
 * @param leaves in order
 * @param slots of a leaf
 */
export const exitEntries = (leaves: readonly { readonly exits: readonly Exit[] }[], slots: number): bigint[] =>
  leaves.flatMap(({ exits }, leaf) => exits.flatMap((exit) => [...exitEntry(exit, leaf * slots + exit.slot)]));
