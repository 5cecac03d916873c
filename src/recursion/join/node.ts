// SPDX-License-Identifier: GPL-3.0-or-later
import { P, toField } from "../../field.ts";
import type { CircuitInput } from "../../prover/index.ts";
import type { AssertZero, Conversion } from "../acir/index.ts";
import type { ProofWithKey } from "../child.ts";
import { type NodeProgram, nodeProgram } from "../nodeProgram.ts";
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

const MINUS_ONE = P - 1n;

/**
 * The circuit `Join` as the program of a node. It takes proofs of leaves, of merges, and its own, so that one program
 * serves trees of all shapes.
 *
 * @param join `JOIN`, converted
 * @param symbols wires of its signals by name
 * @throws {ProtocolError} as `nodeProgram`; `NOT_A_FIELD_ELEMENT`
 */
export function joinNode(
  join: Conversion,
  symbols: ReadonlyMap<string, number>,
  keys: StatementKeys,
): NodeProgram<JoinChild> {
  toField(keys.leaf);
  toField(keys.merge);
  const nodeKeyHash = join.program.publicWitnesses[JOIN_INPUT.nodeKeyHash]!;
  return nodeProgram(join, symbols, JOIN_INPUTS, (side, keyHash, witnessOf) => {
    const [isNode, isMerge] = [witnessOf(`${side}IsNode`), witnessOf(`${side}IsMerge`)];
    return keyEquation(keyHash, { isNode, isMerge, nodeKeyHash }, keys);
  });
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
