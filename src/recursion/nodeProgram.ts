// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import type { AssertZero, Conversion, Opcode, Program } from "./acir/index.ts";
import { childWitness, type ProofWithKey, verifyChild } from "./child.ts";
import { requireInteger } from "./ranges.ts";

/** Side of a child. */
export type Side = "left" | "right";

/**
 * Two proofs as one: a circuit that says what they prove together, and "both children's proofs are valid".
 *
 * A program cannot contain its own key. So the hash of the nodes' key is a public input, the same in the whole tree.
 *
 * WARNING: the verifier of the root has to compare this input with the hash of the key of this very program. Otherwise a
 * tree of a program that proves nothing is accepted.
 */
export interface NodeProgram<Child extends ProofWithKey> {
  readonly program: Program;
  /**
   * All witnesses, honest or not: `assertSatisfied` looks at the equations, and bb at the proofs.
   *
   * @param circuit witnesses of the converted circuit, for the same children
   * @param right undefined: the left child alone; its proof is verified twice
   */
  readonly witness: (circuit: readonly bigint[], left: Child, right: Child | undefined) => bigint[];
}

/**
 * @param circuit converted; its private signals `left[…]` and `right[…]` are the public inputs of the children
 * @param symbols wires of its signals by name
 * @param inputs public inputs of a node, and of each child
 * @param keyEquation which value the hash of a child's key has
 * @throws {ProtocolError} `BAD_LENGTH` for another number of public signals; `OUT_OF_RANGE` for a signal without a wire
 */
export function nodeProgram<Child extends ProofWithKey>(
  { program, wires, added }: Conversion,
  symbols: ReadonlyMap<string, number>,
  inputs: number,
  keyEquation: (side: Side, keyHash: number, witnessOf: (signal: string) => number) => AssertZero,
): NodeProgram<Child> {
  const found = program.publicWitnesses.length;
  if (found !== inputs) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "public signals", length: found, expected: inputs, relation: "exactly" },
      `a circuit with ${found} public signals in the place of a node with ${inputs}`,
    );
  }
  let next = wires - 1 + added.length;
  const take = (count: number): number[] => Array.from({ length: count }, () => next++);
  const witnessOf = (signal: string): number =>
    requireInteger(`main.${signal}`, (symbols.get(`main.${signal}`) ?? 0) - 1, 0, wires - 2);
  const opcodes: Opcode[] = [...program.opcodes];
  for (const side of ["left", "right"] as const) {
    const child = verifyChild(
      take,
      Array.from({ length: inputs }, (_, i) => witnessOf(`${side}[${i}]`)),
    );
    opcodes.push(keyEquation(side, child.keyHash, witnessOf), child);
  }
  return {
    program: { opcodes, publicWitnesses: program.publicWitnesses },
    witness: (values, left, right = left) => [...values, ...childWitness(left), ...childWitness(right)],
  };
}
