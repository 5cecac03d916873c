// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { P, toField } from "../../field.ts";
import type { CircuitInput } from "../../prover/index.ts";
import type { AssertZero, Conversion, Opcode, Program } from "../acir/index.ts";
import { childWitness, type ProofWithKey, verifyChild } from "../child.ts";
import { requireInteger } from "../ranges.ts";
import { JOIN_INPUT, JOIN_INPUTS } from "./inputs.ts";
import type { JoinKind } from "./statements.ts";

/** A proof that can be joined: for nodes, with `JOIN_INPUTS` public inputs. */
export interface JoinChild extends ProofWithKey {
  readonly kind: JoinKind;
}

/** Hashes of the keys of proofs that may be joined, beside the nodes' own. */
export interface StatementKeys {
  readonly leaf: bigint;
  readonly merge: bigint;
}

/**
 * Two proofs as one: the circuit `Join`, and "both children's proofs are valid". It takes proofs of leaves, of merges,
 * and its own, so that one program serves trees of all shapes.
 *
 * A program cannot contain its own key. So the hash of the nodes' key is a public input, the same in the whole tree.
 *
 * WARNING: the verifier of the root has to compare this input (`JOIN_INPUT.nodeKeyHash`) with the hash of the key of this
 * very program. Otherwise a tree of a program that proves nothing is accepted.
 */
export interface JoinNode {
  readonly program: Program;
  /**
   * All witnesses, honest or not: `assertSatisfied` looks at the equations, and bb at the proofs.
   *
   * @param join witnesses of the converted `Join`, for `joinInput` of the same children
   * @param right undefined: the left child alone; its proof is verified twice
   */
  readonly witness: (join: readonly bigint[], left: JoinChild, right: JoinChild | undefined) => bigint[];
}

const MINUS_ONE = P - 1n;

/**
 * @param join `JOIN`, converted
 * @param symbols wires of its signals by name
 * @throws {ProtocolError} `BAD_LENGTH` for another number of public signals; `OUT_OF_RANGE` for a signal without a wire;
 *   `NOT_A_FIELD_ELEMENT`
 */
export function joinNode(
  { program, wires, added }: Conversion,
  symbols: ReadonlyMap<string, number>,
  keys: StatementKeys,
): JoinNode {
  const found = program.publicWitnesses.length;
  if (found !== JOIN_INPUTS) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "public signals", length: found, expected: JOIN_INPUTS, relation: "exactly" },
      `a circuit with ${found} public signals in the place of a join with ${JOIN_INPUTS}`,
    );
  }
  toField(keys.leaf);
  toField(keys.merge);
  let next = wires - 1 + added.length;
  const take = (count: number): number[] => Array.from({ length: count }, () => next++);
  const witnessOf = (signal: string): number => requireInteger(signal, (symbols.get(signal) ?? 0) - 1, 0, wires - 2);
  const nodeKeyHash = program.publicWitnesses[JOIN_INPUT.nodeKeyHash]!;
  const opcodes: Opcode[] = [...program.opcodes];

  for (const side of ["left", "right"]) {
    const inputs = Array.from({ length: JOIN_INPUTS }, (_, i) => witnessOf(`main.${side}[${i}]`));
    const [isNode, isMerge] = [witnessOf(`main.${side}IsNode`), witnessOf(`main.${side}IsMerge`)];
    const child = verifyChild(take, inputs);
    opcodes.push(keyEquation(child.keyHash, { isNode, isMerge, nodeKeyHash }, keys), child);
  }
  return {
    program: { opcodes, publicWitnesses: program.publicWitnesses },
    witness: (values, left, right = left) => [...values, ...childWitness(left), ...childWitness(right)],
  };
}

/** Input of the circuit `Join` for two children, or for one alone. */
export function joinInput(
  point: bigint,
  nodeKeyHash: bigint,
  left: JoinChild,
  right: JoinChild | undefined,
): CircuitInput {
  const bit = (is: boolean): bigint => (is ? 1n : 0n);
  const second = right ?? left;
  return {
    point,
    nodeKeyHash,
    left: [...left.proof.publicInputs],
    right: [...second.proof.publicInputs],
    leftIsNode: bit(left.kind === "node"),
    leftIsMerge: bit(left.kind === "merge"),
    rightIsNode: bit(second.kind === "node"),
    rightIsMerge: bit(second.kind === "merge"),
    rightIsEmpty: bit(right === undefined),
  };
}

/**
 * `keyHash = isNode ? nodeKeyHash : isMerge ? keys.merge : keys.leaf`, of bits that are not both 1. bb compares `keyHash`
 * with the hash of the key's words.
 */
function keyEquation(
  keyHash: number,
  { isNode, isMerge, nodeKeyHash }: Readonly<Record<"isNode" | "isMerge" | "nodeKeyHash", number>>,
  keys: StatementKeys,
): AssertZero {
  return {
    kind: "zero",
    products: [[1n, isNode, nodeKeyHash]],
    terms: [
      [(P - keys.leaf) % P, isNode],
      [(keys.merge + P - keys.leaf) % P, isMerge],
      [MINUS_ONE, keyHash],
    ],
    constant: keys.leaf,
  };
}
