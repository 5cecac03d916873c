// SPDX-License-Identifier: MIT
import { type Constraint, readConstraints, readR1csHeader } from "../../src/setup/r1cs.ts";
import { F } from "./field.ts";

/** A constraint system in memory, for many witnesses that differ from one in few wires. */
export class R1csSystem {
  readonly wires: number;
  readonly publicSignals: number;
  readonly constraints: readonly Constraint[];
  readonly #file: Buffer;
  #usedBy: readonly ReadonlySet<number>[] | undefined;

  constructor(file: Buffer, constraints: readonly Constraint[] = [...readConstraints(file)]) {
    this.#file = file;
    ({ wires: this.wires, publicSignals: this.publicSignals } = readR1csHeader(file));
    this.constraints = constraints;
  }

  /** By wire: numbers of the constraints that name it. Made at the first use. */
  get usedBy(): readonly ReadonlySet<number>[] {
    if (this.#usedBy !== undefined) return this.#usedBy;
    const usedBy = Array.from({ length: this.wires }, () => new Set<number>());
    this.constraints.forEach(({ A, B, C }, i) => {
      for (const side of [A, B, C]) for (const [wire] of side) usedBy[wire]!.add(i);
    });
    this.#usedBy = usedBy;
    return usedBy;
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
   * Likewise, for several alterations of a witness that violates none.
   *
   * @param values is changed, and restored
   * @param alterations values by wire
   */
  violatedByEach(values: bigint[], alterations: readonly ReadonlyMap<number, bigint>[]): number[][] {
    const usedBy = new Map(
      alterations.flatMap((changes) => [...changes.keys()].map((wire) => [wire, []] as [number, number[]])),
    );
    this.constraints.forEach(({ A, B, C }, i) => {
      for (const side of [A, B, C]) {
        for (const [wire] of side) {
          const numbers = usedBy.get(wire);
          if (numbers !== undefined && numbers.at(-1) !== i) numbers.push(i);
        }
      }
    });
    return alterations.map((changes) => {
      const before = [...changes.keys()].map((wire) => [wire, values[wire]!] as const);
      for (const [wire, value] of changes) values[wire] = value;
      const touched = new Set([...changes.keys()].flatMap((wire) => usedBy.get(wire)!));
      const violated = [...touched].filter((i) => !isMet(this.constraints[i]!, values));
      for (const [wire, value] of before) values[wire] = value;
      return violated.sort((a, b) => a - b);
    });
  }
}

function isMet(constraint: Constraint, values: readonly bigint[]): boolean {
  const [a, b, c] = (["A", "B", "C"] as const).map((side) =>
    constraint[side].reduce((sum, [wire, coefficient]) => sum + coefficient * values[wire]!, 0n),
  ) as [bigint, bigint, bigint];
  return F.create(a * b - c) === 0n;
}
