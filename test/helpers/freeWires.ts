// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { P } from "../../src/field.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { readR1csHeader, readSymbols, visitTerms, type Matrix } from "../../src/setup/r1cs.ts";
import { F } from "./field.ts";

/** How one wire enters the three sides of one constraint. */
type Coefficients = Record<Matrix, bigint>;

/**
 * Finds the wires that can be changed alone without violating a constraint. Exact: with a wire changed by δ, each
 * constraint is an equation in δ of degree two with the root 0, so it allows no other δ, one, or all; a wire is free if
 * its constraints allow one δ in common.
 *
 * @param witness one that satisfies all constraints
 * @returns names of the free wires, one for each wire
 */
export function freeWires(circuit: CompiledCircuit, witness: readonly bigint[]): readonly string[] {
  const file = readFileSync(circuit.r1cs);
  const { wires } = readR1csHeader(file);
  /** By wire: the δ that is still allowed, "any", or "none". Wire 0 is the constant one. */
  const allowed = new Array<bigint | "any" | "none">(wires).fill("any");
  allowed[0] = "none";

  const finishRow = (row: ReadonlyMap<number, Coefficients>): void => {
    const sums = { A: 0n, B: 0n, C: 0n };
    for (const [wire, { A, B, C }] of row) {
      const value = witness[wire] ?? 0n;
      sums.A += A * value;
      sums.B += B * value;
      sums.C += C * value;
    }
    for (const [wire, coefficients] of row) {
      const before = allowed[wire];
      if (before === undefined || before === "none") {
        continue;
      }
      const solution = solve(coefficients, sums);
      allowed[wire] = before === "any" ? solution : solution === "any" || solution === before ? before : "none";
    }
  };

  let current = 0;
  let row = new Map<number, Coefficients>();
  visitTerms(file, (matrix, index, wire, coefficient) => {
    if (index !== current) {
      finishRow(row);
      row = new Map();
      current = index;
    }
    const coefficients = row.get(wire) ?? { A: 0n, B: 0n, C: 0n };
    coefficients[matrix] = (coefficients[matrix] + coefficient) % P;
    row.set(wire, coefficients);
  });
  finishRow(row);

  const names = new Map([...readSymbols(circuit.sym)].map(([name, wire]) => [wire, name]));
  return allowed.flatMap((delta, wire) => (delta === "none" ? [] : [names.get(wire) ?? `wire ${wire}`]));
}

/** The δ ≠ 0 with (A + a·δ)·(B + b·δ) = C + c·δ, given that A·B = C. */
function solve({ A: a, B: b, C: c }: Coefficients, { A, B }: Coefficients): bigint | "any" | "none" {
  const quadratic = F.create(a * b);
  const linear = F.create(a * B + b * A - c);
  if (quadratic === 0n) {
    return linear === 0n ? "any" : "none";
  }
  return linear === 0n ? "none" : F.div(F.neg(linear), quadratic);
}
