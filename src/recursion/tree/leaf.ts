// SPDX-License-Identifier: GPL-3.0-or-later
import type { AssertZero, Conversion, Program } from "../acir/index.ts";
import { LEAF_SIGNALS, TREE_INPUTS } from "./inputs.ts";

/** A leaf of the rollup as a leaf of a tree of proofs. */
export interface TreeLeaf {
  readonly program: Program<AssertZero>;
  /** All witnesses, from those of the converted leaf. */
  readonly witness: (leaf: readonly bigint[]) => bigint[];
}

const isZero = (witness: number): AssertZero => ({ kind: "zero", products: [], terms: [[1n, witness]], constant: 0n });

/** Gives a converted leaf as many public inputs as a node has: the others are 0. */
export function treeLeaf({ program, wires, added }: Conversion): TreeLeaf {
  const first = wires - 1 + added.length;
  const spare = Array.from({ length: TREE_INPUTS - LEAF_SIGNALS }, (_, i) => first + i);
  return {
    program: {
      opcodes: [...program.opcodes, ...spare.map(isZero)],
      publicWitnesses: [...program.publicWitnesses, ...spare],
    },
    witness: (leaf) => [...leaf, ...spare.map(() => 0n)],
  };
}
