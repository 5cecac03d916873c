// SPDX-License-Identifier: MIT
import { type Constraint, readConstraints, readR1csHeader } from "../../src/setup/r1cs.ts";
import { F } from "./field.ts";

/** A constraint system in memory, for many witnesses that differ from one in few wires. */
export class R1csSystem {
  readonly wires: number;
  readonly publicSignals: number;
  readonly constraints: readonly Constraint[];
  readonly #file: Buffer;
  /** By wire: numbers of the constraints that name it. */
  readonly usedBy: readonly ReadonlySet<number>[];

  constructor(file: Buffer, constraints: readonly Constraint[] = [...readConstraints(file)]) {
    this.#file = file;
    ({ wires: this.wires, publicSignals: this.publicSignals } = readR1csHeader(file));
    this.constraints = constraints;
    const usedBy = Array.from({ length: this.wires }, () => new Set<number>());
    this.constraints.forEach(({ A, B, C }, i) => {
      for (const side of [A, B, C]) for (const [wire] of side) usedBy[wire]!.add(i);
    });
    this.usedBy = usedBy;
  }

  /** The same without one of the constraints. */
  without(constraint: number): R1csSystem {
    return new R1csSystem(this.#file, this.constraints.toSpliced(constraint, 1));
  }

  /** Numbers of the constraints that a witness violates. */
  violated(values: readonly bigint[]): number[] {
    return this.constraints.flatMap((constraint, i) => (isMet(constraint, values) ? [] : [i]));
  }

  /**
   * Likewise, if wires of a witness that violates none are altered.
   *
   * @param values is changed, and restored
   */
  violatedAfter(values: bigint[], changes: ReadonlyMap<number, bigint>): number[] {
    const before = [...changes.keys()].map((wire) => [wire, values[wire]!] as const);
    for (const [wire, value] of changes) values[wire] = value;
    const touched = new Set([...changes.keys()].flatMap((wire) => [...this.usedBy[wire]!]));
    const violated = [...touched].filter((i) => !isMet(this.constraints[i]!, values));
    for (const [wire, value] of before) values[wire] = value;
    return violated.sort((a, b) => a - b);
  }
}

function isMet(constraint: Constraint, values: readonly bigint[]): boolean {
  const [a, b, c] = (["A", "B", "C"] as const).map((side) =>
    constraint[side].reduce((sum, [wire, coefficient]) => sum + coefficient * values[wire]!, 0n),
  ) as [bigint, bigint, bigint];
  return F.create(a * b - c) === 0n;
}
