// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { ProtocolError } from "../../errors.ts";
import { P, reduceToField } from "../../field.ts";
import { type Constraint, invert, readConstraints, readR1csHeader } from "../../setup/index.ts";
import { readProgram } from "./encoding.ts";
import { residual } from "./evaluate.ts";
import type { AssertZero } from "./program.ts";

/**
 * Checks that a program says the same as a constraint system, without trusting `convert` or knowing how it works:
 *
 * 1. The public witnesses are 0 … n − 1 for n public signals, and all opcodes are equations.
 * 2. Each equation either *defines* the next witness behind the wires, as a sum of witnesses before it, or *stands for*
 *    the next constraint. There are as many of these as constraints. So every assignment of the wires has one extension.
 * 3. With the definitions put in, the equation of each constraint is the polynomial `A·B − C` in the wires: both have the
 *    same value at one random assignment. Two different polynomials of degree 2 agree there with probability 2/p at
 *    most; the assignment is the hash of both files, so it is drawn after they are fixed.
 *
 * @param bytes Content of the program, as `writeProgram` gives it to bb
 * @throws {ProtocolError} `CONVERSION_DIFFERS`; as `readProgram` and `readConstraints`
 */
export function assertConverted(r1cs: Buffer, bytes: Buffer): void {
  const { wires, publicSignals, constraints } = readR1csHeader(r1cs);
  const { opcodes, publicWitnesses } = readProgram(bytes);
  if (publicWitnesses.length !== publicSignals || publicWitnesses.some((witness, i) => witness !== i)) {
    const found = publicWitnesses.length;
    throw differs(`${found} public inputs ${publicWitnesses.join()} for the first ${publicSignals} wires`);
  }

  const values = randomAssignment(r1cs, bytes, wires - 1);
  const rows = readConstraints(r1cs);
  let constraint = 0;
  for (const opcode of opcodes) {
    if (opcode.kind !== "zero") throw differs("an opcode that is no equation");
    const value = definedValue(opcode, values);
    if (value !== undefined) {
      values.push(value);
      continue;
    }
    const row = rows.next();
    if (row.done === true) throw differs(`more equations than the ${constraints} constraints`);
    if (!hasOnly(opcode, values.length)) throw differs("a witness that nothing defines", constraint);
    if (residual(opcode, values) !== residualOf(row.value, values)) throw differs("another equation", constraint);
    constraint++;
  }
  // Also reads what follows the last constraint.
  if (rows.next().done !== true) throw differs(`${constraint} equations for ${constraints} constraints`, constraint);
}

/** The value of the next witness, if the equation defines it: by one term, since two could cancel each other. */
function definedValue(opcode: AssertZero, values: readonly bigint[]): bigint | undefined {
  const next = values.length;
  const own = opcode.terms.filter(([, witness]) => witness === next);
  if (own.length !== 1 || opcode.products.length > 0) return undefined;
  const [[coefficient]] = own as [[bigint, number]];
  const others = { ...opcode, terms: opcode.terms.filter(([, witness]) => witness !== next) };
  if (coefficient === 0n || !hasOnly(others, next)) return undefined;
  // Nearly all definitions have −1, whose division is free.
  const rest = residual(others, values);
  return coefficient === P - 1n ? rest : ((P - rest) * invert(coefficient)) % P;
}

/** Whether an equation has no witness from `limit` on. */
function hasOnly({ products, terms }: AssertZero, limit: number): boolean {
  return (
    products.every(([, left, right]) => left < limit && right < limit) && terms.every(([, witness]) => witness < limit)
  );
}

/** `A·B − C` in [0, p), of which wire i has the value of witness i − 1. */
function residualOf({ A, B, C }: Constraint, values: readonly bigint[]): bigint {
  const [a, b, c] = [A, B, C].map((combination) =>
    combination.reduce((sum, [wire, coefficient]) => sum + coefficient * (wire === 0 ? 1n : values[wire - 1]!), 0n),
  ) as [bigint, bigint, bigint];
  return reduceToField(a * b - c);
}

/** Values of the wires behind wire 0. */
function randomAssignment(r1cs: Buffer, bytes: Buffer, count: number): bigint[] {
  const seed = createHash("sha256").update(r1cs).update(bytes).digest();
  // More bytes than p has, so that no value is much more likely than another.
  const BYTES = 48;
  const stream = createHash("shake256", { outputLength: BYTES * count })
    .update(seed)
    .digest();
  return Array.from({ length: count }, (_, i): bigint =>
    reduceToField(BigInt(`0x${stream.toString("hex", BYTES * i, BYTES * (i + 1))}`)),
  );
}

function differs(what: string, constraint?: number): ProtocolError {
  const where = constraint === undefined ? "" : ` at constraint ${constraint}`;
  return new ProtocolError(
    "CONVERSION_DIFFERS",
    { what, ...(constraint === undefined ? {} : { constraint }) },
    `the program does not say the same as the constraint system: ${what}${where}`,
  );
}
