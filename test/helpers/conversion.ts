// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { P } from "../../src/field.ts";
import { sha256 } from "../../src/files.ts";
import { convert, encodeProgram } from "../../src/recursion/index.ts";
import { readR1csHeader, violatedConstraints } from "../../src/setup/r1cs.ts";
import { AcirSystem } from "./acirSystem.ts";
import { R1csSystem } from "./r1csSystem.ts";
import type { Random } from "./random.ts";

/** A circuit's constraints as circom wrote them, and as bb reads them. */
export interface BothSystems {
  readonly r1cs: R1csSystem;
  readonly acir: AcirSystem;
}

export const bothSystems = (file: Buffer): BothSystems => ({
  r1cs: new R1csSystem(file),
  acir: new AcirSystem(encodeProgram(convert(file).program), readR1csHeader(file).wires - 1),
});

/** By the hash of its constraint system. */
const converted = new Map<string, AcirSystem>();

/**
 * Finds the constraints that a witness violates, and expects the converted circuit to be violated in the same ones: for
 * tests that forge witnesses.
 *
 * @param file Content of an `.r1cs` file.
 */
export function violatedInBoth(file: Buffer, witness: readonly bigint[]): readonly number[] {
  const hash = sha256(file);
  const acir =
    converted.get(hash) ?? new AcirSystem(encodeProgram(convert(file).program), readR1csHeader(file).wires - 1);
  converted.set(hash, acir);
  const violated = violatedConstraints(file, witness);
  expect(acir.violated(acir.extend(witness)), "the converted circuit").to.deep.equal({
    constraints: violated,
    definitions: [],
  });
  return violated;
}

/** Sets wires of a witness to other values; the others stay, whatever follows. */
export type Alteration = ReadonlyMap<number, bigint>;

/** Alterations of one wire each: drawn from all wires, public signals first, by values that attacks use. */
export function alterations(
  values: readonly bigint[],
  publicSignals: number,
  count: number,
  random: Random,
): Alteration[] {
  return Array.from({ length: count }, (_, i): Alteration => {
    const wire = i < publicSignals ? 1 + i : 1 + random.int(values.length - 1);
    const value = values[wire]!;
    const others = [value + 1n, value - 1n + P, P - value, 1n - value + P, 2n * value, 0n, random.bigint(P)];
    const other = others.map((candidate) => candidate % P).filter((candidate) => candidate !== value);
    return new Map([[wire, random.pick(other)]]);
  });
}

/**
 * Expects both systems to be violated in the same constraints by each alteration of a witness that satisfies them.
 *
 * @returns how many alterations violate something
 */
export function expectSameViolations(
  { r1cs, acir }: BothSystems,
  honest: readonly bigint[],
  altered: readonly Alteration[],
): number {
  const expected = r1cs.violatedByEach([...honest], altered);
  const ofAcir = altered.map((changes) => new Map([...changes].map(([wire, value]) => [wire - 1, value])));
  const found = acir.violatedByEach(acir.extend(honest), ofAcir);
  altered.forEach((changes, i) => {
    expect(found[i], `wires ${[...changes.keys()].join()}`).to.deep.equal(expected[i]);
  });
  return expected.filter((violated) => violated.length > 0).length;
}
