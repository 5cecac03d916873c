// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { P, toField } from "../../field.ts";
import type { AssertZero, Conversion, Opcode, Program } from "../acir/index.ts";
import { childWitness, type ProofWithKey, verifyChild } from "../child.ts";
import { requireInteger } from "../ranges.ts";
import { TREE_INPUT, TREE_INPUTS } from "./inputs.ts";

const MINUS_ONE = P - 1n;

/** Of a node's public inputs, those that are the same in the whole tree. A leaf's are inside its digest. */
const COMMON = [
  TREE_INPUT.context,
  TREE_INPUT.registryRoot,
  TREE_INPUT.votesRoot,
  TREE_INPUT.promised,
  TREE_INPUT.nodeKeyHash,
] as const;

/**
 * A node of a tree of proofs as one program: the circuit `Merge`, and "both children's proofs are valid". It takes
 * leaves, and its own proofs, as children: the lowest bit of `place` says which.
 *
 * A program cannot contain its own key. So the hash of the nodes' key is a public input, the same in the whole tree.
 *
 * WARNING: the verifier of the root has to compare this input (`TREE_INPUT.nodeKeyHash`) with the hash of the key of
 * this very program. Otherwise a tree of a program that proves nothing is accepted.
 */
export interface TreeNode {
  readonly program: Program;
  /**
   * All witnesses, honest or not: `assertSatisfied` looks at the equations, and bb at the proofs.
   *
   * @param merge witnesses of the converted `Merge`
   * @param nodeKeyHash of the key for nodes of this program
   */
  readonly witness: (
    merge: readonly bigint[],
    nodeKeyHash: bigint,
    children: readonly [left: ProofWithKey, right: ProofWithKey],
  ) => bigint[];
}

/**
 * @param merge `treeMerge`, converted
 * @param childrenAreLeaves witness of the bit that says so, which is 0 or 1 by `Merge`
 * @param leafKeyHash of the one key that leaves have, in [0, p)
 * @throws {ProtocolError} `BAD_LENGTH` for another number of public signals; `OUT_OF_RANGE` for a witness that is no wire;
 *   `NOT_A_FIELD_ELEMENT`
 */
export function treeNode(
  { program, wires, added }: Conversion,
  childrenAreLeaves: number,
  leafKeyHash: bigint,
): TreeNode {
  requirePublic(program.publicWitnesses.length);
  requireInteger("childrenAreLeaves", childrenAreLeaves, TREE_INPUTS - 1, wires - 2);
  toField(leafKeyHash);
  let next = wires - 1 + added.length;
  const take = (count: number): number[] => Array.from({ length: count }, () => next++);
  const [nodeKeyHash] = take(1) as [number];
  const publicWitnesses = [...program.publicWitnesses, nodeKeyHash];
  const opcodes: Opcode[] = [...program.opcodes];

  for (const digest of [TREE_INPUT.leftDigest, TREE_INPUT.rightDigest]) {
    const child = verifyChild(take, take(TREE_INPUTS));
    const input = (place: number): number => child.publicInputs[place]!;
    // keyHash = childrenAreLeaves ? leafKeyHash : nodeKeyHash. bb compares it with the hash of the key's words.
    opcodes.push(
      zero(
        [[MINUS_ONE, childrenAreLeaves, nodeKeyHash]],
        [
          [leafKeyHash, childrenAreLeaves],
          [1n, nodeKeyHash],
          [MINUS_ONE, child.keyHash],
        ],
      ),
      // The child's digest is the one that Merge opens.
      zero(
        [],
        [
          [1n, input(TREE_INPUT.digest)],
          [MINUS_ONE, publicWitnesses[digest]!],
        ],
      ),
      ...COMMON.map((place) => equalUnless(childrenAreLeaves, input(place), publicWitnesses[place]!)),
      child,
    );
  }
  return {
    program: { opcodes, publicWitnesses },
    witness: (values, hash, children) => [
      ...values,
      hash,
      ...children.flatMap((child) => [...child.proof.publicInputs, ...childWitness(child)]),
    ],
  };
}

function requirePublic(found: number): void {
  const expected = TREE_INPUTS - 1;
  if (found === expected) return;
  throw new ProtocolError(
    "BAD_LENGTH",
    { name: "public signals", length: found, expected, relation: "exactly" },
    `a circuit with ${found} public signals in the place of a merge with ${expected}`,
  );
}

/** `(1 − bit)·(a − b) = 0` */
const equalUnless = (bit: number, a: number, b: number): AssertZero =>
  zero(
    [
      [MINUS_ONE, bit, a],
      [1n, bit, b],
    ],
    [
      [1n, a],
      [MINUS_ONE, b],
    ],
  );

function zero(products: AssertZero["products"], terms: AssertZero["terms"]): AssertZero {
  return { kind: "zero", products, terms, constant: 0n };
}
