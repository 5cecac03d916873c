import { poseidon } from "../crypto/poseidon.ts";
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";

/** Money that leaves L2 and can be claimed on L1. */
export interface Exit {
  /** Slot of the leaf that emitted it: its place in the exit tree. */
  readonly slot: number;
  /** L1 address, 160 bits. */
  readonly recipient: bigint;
  /** Token id, 16 bits. */
  readonly token: bigint;
  /** In the token's smallest unit, 128 bits; may be 0. */
  readonly amount: bigint;
}

/** Shows an exit under a leaf's `exitsRoot`. `siblings`: from the leaves upwards. */
export interface ExitProof {
  readonly exit: Exit;
  readonly siblings: readonly Field[];
}

/** `Poseidon(recipient + token·2^160, amount)` */
export const exitHash = ({ recipient, token, amount }: Omit<Exit, "slot">): Field =>
  poseidon([recipient + (token << 160n), amount]);

/** All levels of the binary Poseidon tree over a leaf's exits, from the leaves to the root (docs/protocol.md §5.3). */
function levels(exits: readonly Exit[], slots: number): Field[][] {
  const leaves = Array.from({ length: slots }, () => toField(0n));
  for (const exit of exits) {
    if (exit.slot >= slots) {
      throw new ProtocolError("OUT_OF_RANGE", `slot ${exit.slot} of ${slots}`);
    }
    leaves[exit.slot] = exitHash(exit);
  }
  const tree = [leaves];
  for (let level = leaves; level.length > 1; tree.push(level)) {
    level = pairs(level).map(poseidon);
  }
  return tree;
}

const pairs = (level: readonly Field[]): Field[][] =>
  Array.from({ length: level.length / 2 }, (_, i) => level.slice(2 * i, 2 * i + 2));

/** Root over the exits of one leaf with `slots` slots, a power of two. */
export function exitsRoot(exits: readonly Exit[], slots: number): Field {
  const root = levels(exits, slots).at(-1)?.[0];
  if (root === undefined) {
    throw new ProtocolError("OUT_OF_RANGE", `${slots} slots`);
  }
  return root;
}

/** @throws {ProtocolError} `UNKNOWN_EXIT` if the slot emitted none */
export function proveExit(exits: readonly Exit[], slots: number, slot: number): ExitProof {
  const exit = exits.find((candidate) => candidate.slot === slot);
  if (exit === undefined) {
    throw new ProtocolError("UNKNOWN_EXIT", `slot ${slot} emitted no exit`);
  }
  const siblings = levels(exits, slots)
    .slice(0, -1)
    .map((level, height) => toField(level[(slot >> height) ^ 1] ?? -1n));
  return { exit, siblings };
}

export function verifyExitProof({ exit, siblings }: ExitProof, root: bigint): boolean {
  const hash = siblings.reduce(
    (node, sibling, height) => poseidon((exit.slot >> height) & 1 ? [sibling, node] : [node, sibling]),
    exitHash(exit),
  );
  return hash === root && exit.slot < 2 ** siblings.length;
}
