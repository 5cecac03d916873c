// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { P, toField } from "../../field.ts";
import { type Combination, readConstraints, readR1csHeader } from "../../setup/index.ts";
import type { AssertZero, Program } from "./program.ts";

/** `Σ c·w + constant` over witnesses of ACIR; each witness once, no coefficient is 0. */
interface Sum {
  readonly terms: ReadonlyMap<number, bigint>;
  readonly constant: bigint;
}

/** A constraint system of circom as a program of ACIR. */
export interface Conversion {
  /** Its public witnesses are circom's public signals, in their order. */
  readonly program: Program<AssertZero>;
  /** Number of circom's wires with wire 0. Wire i is witness i − 1. */
  readonly wires: number;
  /** Number of circom's constraints. */
  readonly constraints: number;
  /** Value of each witness that was added behind the wires. */
  readonly added: readonly Sum[];
}

const MINUS_ONE = P - 1n;

/**
 * Converts a constraint system of circom. An equation of ACIR multiplies single witnesses; so a constraint
 * `⟨A, w⟩ · ⟨B, w⟩ = ⟨C, w⟩` becomes one equation, before which each factor that is not `c·w + k` is given a witness of
 * its own by an equation. Each assignment of the wires has exactly one extension to the added witnesses, and satisfies
 * the constraints if and only if the extension satisfies the program (docs/recursion.md). `assertConverted` checks a
 * result.
 *
 * @param r1cs Content of circom's `.r1cs` file.
 * @throws {ProtocolError} as `readConstraints`
 */
export function convert(r1cs: Buffer): Conversion {
  const { wires, publicSignals, constraints } = readR1csHeader(r1cs);
  const opcodes: AssertZero[] = [];
  const added: Sum[] = [];

  const giveWitness = (sum: Sum): number => {
    const witness = wires - 1 + added.length;
    added.push(sum);
    opcodes.push(equation([], [sum, 1n], [wireSum(witness), MINUS_ONE]));
    return witness;
  };
  const factorOf = (sum: Sum): Factor => {
    const [first, ...others] = sum.terms;
    if (first !== undefined && others.length === 0) {
      return { coefficient: first[1], witness: first[0], constant: sum.constant };
    }
    return { coefficient: 1n, witness: giveWitness(sum), constant: 0n };
  };

  for (const constraint of readConstraints(r1cs)) {
    const [a, b, c] = [constraint.A, constraint.B, constraint.C].map(sumOf) as [Sum, Sum, Sum];
    if (a.terms.size === 0) {
      opcodes.push(equation([], [b, a.constant], [c, MINUS_ONE]));
    } else if (b.terms.size === 0) {
      opcodes.push(equation([], [a, b.constant], [c, MINUS_ONE]));
    } else {
      const left = factorOf(a);
      const right = areEqual(a, b) ? left : factorOf(b);
      // (l·v + j)·(r·w + k) = l·r·v·w + l·k·v + j·r·w + j·k
      opcodes.push(
        equation(
          [[(left.coefficient * right.coefficient) % P, left.witness, right.witness]],
          [wireSum(left.witness), (left.coefficient * right.constant) % P],
          [wireSum(right.witness), (left.constant * right.coefficient) % P],
          [constantSum((left.constant * right.constant) % P), 1n],
          [c, MINUS_ONE],
        ),
      );
    }
  }
  const publicWitnesses = Array.from({ length: publicSignals }, (_, i) => i);
  return { program: { opcodes, publicWitnesses }, wires, constraints, added };
}

/**
 * The values of all witnesses of a converted program.
 *
 * @param wires Values of circom's wires, in [0, p); wire 0 is 1. They may violate constraints.
 * @throws {ProtocolError} `BAD_LENGTH` for another number of values, `OUT_OF_RANGE` for another wire 0,
 *   `NOT_A_FIELD_ELEMENT`
 */
export function extendWitness(
  { wires: count, added }: Pick<Conversion, "wires" | "added">,
  wires: readonly bigint[],
): bigint[] {
  if (wires.length !== count) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "witness", length: wires.length, expected: count, relation: "exactly" },
      `${wires.length} values for ${count} wires`,
    );
  }
  const [one] = wires;
  if (one !== 1n) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "wire 0", value: one ?? 0n, minimum: 1n, maximum: 1n },
      `wire 0 is ${one}, and must be 1`,
    );
  }
  const values = wires.slice(1).map((value): bigint => toField(value));
  for (const { terms, constant } of added) {
    let sum = constant;
    for (const [witness, coefficient] of terms) sum += coefficient * values[witness]!;
    values.push(sum % P);
  }
  return values;
}

/** `coefficient·witness + constant` */
interface Factor {
  readonly coefficient: bigint;
  readonly witness: number;
  readonly constant: bigint;
}

const wireSum = (witness: number): Sum => ({ terms: new Map([[witness, 1n]]), constant: 0n });
const constantSum = (constant: bigint): Sum => ({ terms: new Map(), constant });

/** Circom's wire 0 is the constant one, and the others are numbered from 1. */
function sumOf(combination: Combination): Sum {
  let constant = 0n;
  const terms = new Map<number, bigint>();
  for (const [wire, coefficient] of combination) {
    if (wire === 0) constant = (constant + coefficient) % P;
    else terms.set(wire - 1, ((terms.get(wire - 1) ?? 0n) + coefficient) % P);
  }
  dropZeros(terms);
  return { terms, constant };
}

/** The equation that the products and the sums, each with its factor, add up to zero. */
function equation(
  products: AssertZero["products"],
  ...sums: readonly (readonly [sum: Sum, factor: bigint])[]
): AssertZero {
  let constant = 0n;
  const joined = new Map<number, bigint>();
  for (const [sum, factor] of sums) {
    constant = (constant + sum.constant * factor) % P;
    for (const [witness, coefficient] of sum.terms) {
      joined.set(witness, ((joined.get(witness) ?? 0n) + coefficient * factor) % P);
    }
  }
  dropZeros(joined);
  return { kind: "zero", products, terms: [...joined].map(([witness, c]) => [c, witness]), constant };
}

function dropZeros(terms: Map<number, bigint>): void {
  for (const [witness, coefficient] of terms) if (coefficient === 0n) terms.delete(witness);
}

function areEqual(a: Sum, b: Sum): boolean {
  if (a.constant !== b.constant || a.terms.size !== b.terms.size) return false;
  return [...a.terms].every(([witness, coefficient]) => b.terms.get(witness) === coefficient);
}
