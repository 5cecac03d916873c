// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { P, toField } from "../../field.ts";
import type { AssertZero, Program } from "./program.ts";

/** The value in [0, p) that an equation says is zero. */
export function residual({ products, terms, constant }: AssertZero, values: readonly bigint[]): bigint {
  let sum = constant;
  for (const [coefficient, left, right] of products) sum += ((coefficient * values[left]!) % P) * values[right]!;
  for (const [coefficient, witness] of terms) sum += coefficient * values[witness]!;
  return sum % P;
}

/**
 * Finds the equations that a witness does not satisfy. Proofs inside are not looked at.
 *
 * @param values of all witnesses, in [0, p)
 * @returns Indexes of opcodes, ascending; empty if the witness is good.
 */
export function violatedOpcodes({ opcodes }: Program, values: readonly bigint[]): number[] {
  return opcodes.flatMap((opcode, i) => (opcode.kind === "zero" && residual(opcode, values) !== 0n ? [i] : []));
}

/**
 * Refuses a witness of which bb would make a worthless proof: `bb prove` writes one and exits with 0.
 *
 * @throws {ProtocolError} `WITNESS_VIOLATES`; `BAD_LENGTH` if the program names witnesses that have no value;
 *   `NOT_A_FIELD_ELEMENT`
 */
export function assertSatisfied(program: Program, values: readonly bigint[]): void {
  const named = 1 + lastWitness(program);
  if (values.length < named) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "witness", length: values.length, expected: named, relation: "exactly" },
      `${values.length} values for ${named} witnesses`,
    );
  }
  values.forEach(toField);
  const opcodes = violatedOpcodes(program, values);
  if (opcodes.length > 0) {
    throw new ProtocolError(
      "WITNESS_VIOLATES",
      { opcodes },
      `the witness violates ${opcodes.length} of ${program.opcodes.length} opcodes, the first is ${opcodes[0]}`,
    );
  }
}

/** The largest number of a witness that a program names; −1 if it names none. */
function lastWitness({ opcodes, publicWitnesses }: Program): number {
  let last = publicWitnesses.at(-1) ?? -1;
  const add = (witness: number): void => {
    if (witness > last) last = witness;
  };
  for (const opcode of opcodes) {
    if (opcode.kind === "zero") {
      for (const [, witness] of opcode.terms) add(witness);
      for (const [, left, right] of opcode.products) {
        add(left);
        add(right);
      }
    } else {
      for (const list of [opcode.key, opcode.proof, opcode.publicInputs, [opcode.keyHash]]) list.forEach(add);
    }
  }
  return last;
}
