// SPDX-License-Identifier: GPL-3.0-or-later
import { requireInteger } from "./ranges.ts";
import type { AssertZero, Conversion, Program } from "./acir/index.ts";

/** A converted circuit with more public inputs than it has public signals. */
export interface PaddedProgram {
  readonly program: Program<AssertZero>;
  /** All witnesses, from those of the converted circuit. */
  readonly witness: (converted: readonly bigint[]) => bigint[];
}

const isZero = (witness: number): AssertZero => ({ kind: "zero", products: [], terms: [[1n, witness]], constant: 0n });

/**
 * Gives a converted circuit as many public inputs as other children of a node have: bb wants one number for all that may
 * stand in one place. The further ones are 0.
 *
 * @param count at least the number of public signals
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function padInputs({ program, wires, added }: Conversion, count: number): PaddedProgram {
  requireInteger("public inputs", count, program.publicWitnesses.length, 2 ** 16);
  const first = wires - 1 + added.length;
  const spare = Array.from({ length: count - program.publicWitnesses.length }, (_, i) => first + i);
  return {
    program: {
      opcodes: [...program.opcodes, ...spare.map(isZero)],
      publicWitnesses: [...program.publicWitnesses, ...spare],
    },
    witness: (converted) => [...converted, ...spare.map(() => 0n)],
  };
}
