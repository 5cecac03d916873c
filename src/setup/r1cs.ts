// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";

import { ProtocolError } from "../errors.ts";
import { P, toField } from "../field.ts";
import { readSections, readUint256LE, requireSection } from "./binaryFile.ts";

/** Sizes of a constraint system. Wire 0 is the constant one; wires 1 … publicSignals are the public signals. */
export interface R1csHeader {
  readonly wires: number;
  /** Outputs and public inputs. */
  readonly publicSignals: number;
  readonly constraints: number;
}

/** The three matrices of `⟨A, w⟩ · ⟨B, w⟩ = ⟨C, w⟩`. */
export type Matrix = "A" | "B" | "C";

/** Receives one non-zero coefficient: that of `wire` in row `row` of the matrix. */
export type TermVisitor = (matrix: Matrix, row: number, wire: number, coefficient: bigint) => void;

/** A linear combination of wires: pairs of a wire and its coefficient, which is not reduced or joined any further. */
export type Combination = readonly (readonly [wire: number, coefficient: bigint])[];

/** One constraint `⟨A, w⟩ · ⟨B, w⟩ = ⟨C, w⟩`. */
export type Constraint = Readonly<Record<Matrix, Combination>>;

const VERSION = 1;
const HEADER_SECTION = 1;
const CONSTRAINTS_SECTION = 2;
/** The label of each wire, in 8 bytes. */
const LABELS_SECTION = 3;
const LABEL_BYTES = 8;
/** Three sides without any term. */
const LEAST_CONSTRAINT_BYTES = 12;
/** Constraints of another kind than the matrices', for PLONK: the list of gates, and where they are applied. */
const CUSTOM_GATES_SECTIONS = [4, 5];
const FIELD_BYTES = 32;
/** Size of the field's elements, prime, six counts of which that of labels has 8 bytes. */
const HEADER_BYTES = 4 + FIELD_BYTES + 5 * 4 + 8;

/**
 * Reads the header of an r1cs file.
 *
 * @throws {ProtocolError} `MALFORMED_BINARY_FILE`, also for a file with constraints of another kind; or `WRONG_FIELD` if
 *   the constraints are not over BN254's scalar field.
 */
export function readR1csHeader(file: Buffer): R1csHeader {
  const sections = readSections(file, "r1cs");
  if (file.readUInt32LE(4) !== VERSION) throw malformed(`version ${file.readUInt32LE(4)}, not ${VERSION}`);
  if (CUSTOM_GATES_SECTIONS.some((id) => (sections.get(id)?.length ?? 0) > 0)) throw malformed("it has custom gates");
  const header = requireSection(sections, HEADER_SECTION);
  if (header.length < 4 + FIELD_BYTES) throw malformed("the header is cut off");
  const fieldBytes = header.readUInt32LE(0);
  if (fieldBytes !== FIELD_BYTES || readUint256LE(header, 4) !== P) {
    throw new ProtocolError("WRONG_FIELD", { fieldBytes }, "the circuit is not compiled for BN254");
  }
  if (header.length !== HEADER_BYTES) throw malformed(`a header of ${header.length} bytes, not ${HEADER_BYTES}`);
  const counts = 4 + FIELD_BYTES;
  const wires = header.readUInt32LE(counts);
  const publicSignals = header.readUInt32LE(counts + 4) + header.readUInt32LE(counts + 8);
  if (publicSignals >= wires) throw malformed(`${publicSignals} public signals among ${wires} wires`);
  // Readers make room for as many as the header says: so it must be as many as the file can have.
  const labels = requireSection(sections, LABELS_SECTION).length;
  if (labels !== LABEL_BYTES * wires) throw malformed(`${labels} bytes of labels for ${wires} wires`);
  const constraints = header.readUInt32LE(counts + 24);
  const room = Math.floor(requireSection(sections, CONSTRAINTS_SECTION).length / LEAST_CONSTRAINT_BYTES);
  if (constraints > room) throw malformed(`${constraints} constraints in the room of at most ${room}`);
  return { wires, publicSignals, constraints };
}

/**
 * Reads all constraints in order, one at a time, also those without any term.
 *
 * @throws {ProtocolError} as `readR1csHeader`; `MALFORMED_BINARY_FILE` if a constraint is cut off or bytes follow the
 *   last one; `OUT_OF_RANGE` for a wire that does not exist; `NOT_A_FIELD_ELEMENT` for a coefficient that is not in
 *   [0, p)
 */
export function* readConstraints(file: Buffer): Generator<Constraint, void, undefined> {
  const { constraints, wires } = readR1csHeader(file);
  const section = requireSection(readSections(file, "r1cs"), CONSTRAINTS_SECTION);
  let offset = 0;
  const take = (row: number, bytes: number): number => {
    const start = offset;
    offset += bytes;
    if (offset > section.length) throw malformed(`constraint ${row} of ${constraints} is cut off`);
    return start;
  };
  const readCombination = (row: number): Combination => {
    const terms: [number, bigint][] = [];
    for (let left = section.readUInt32LE(take(row, 4)); left > 0; left--) {
      const start = take(row, 4 + FIELD_BYTES);
      const wire = section.readUInt32LE(start);
      const coefficient = readUint256LE(section, start + 4);
      if (wire >= wires) {
        throw new ProtocolError(
          "OUT_OF_RANGE",
          { name: "wire", value: wire, minimum: 0, maximum: wires - 1 },
          `constraint ${row} names wire ${wire}, and there are ${wires}`,
        );
      }
      terms.push([wire, toField(coefficient)]);
    }
    return terms;
  };
  for (let row = 0; row < constraints; row++) {
    yield { A: readCombination(row), B: readCombination(row), C: readCombination(row) };
  }
  if (offset !== section.length) throw malformed(`${section.length - offset} bytes follow the last constraint`);
}

/**
 * Visits every term of every constraint: rows in order, within a row A before B before C.
 *
 * @throws {ProtocolError} as `readConstraints`
 */
export function visitTerms(file: Buffer, visit: TermVisitor): void {
  let row = 0;
  for (const constraint of readConstraints(file)) {
    for (const matrix of ["A", "B", "C"] as const) {
      for (const [wire, coefficient] of constraint[matrix]) visit(matrix, row, wire, coefficient);
    }
    row++;
  }
}

/**
 * Finds the rows that a witness does not satisfy.
 *
 * @param witness One value in [0, p) for each wire.
 * @returns Indexes of the violated constraints, ascending; empty if the witness is good.
 * @throws {ProtocolError} `BAD_LENGTH` for another number of values; as `readConstraints`
 */
export function violatedConstraints(file: Buffer, witness: readonly bigint[]): readonly number[] {
  const { constraints, wires } = readR1csHeader(file);
  if (witness.length !== wires) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "witness", length: witness.length, expected: wires, relation: "exactly" },
      `${witness.length} values for ${wires} wires`,
    );
  }
  const products = { A: zeros(constraints), B: zeros(constraints), C: zeros(constraints) };
  visitTerms(file, (matrix, row, wire, coefficient) => {
    products[matrix][row]! += coefficient * witness[wire]!;
  });
  return products.A.flatMap((a, row) => ((a * products.B[row]! - products.C[row]!) % P === 0n ? [] : [row]));
}

/**
 * Reads the names of the signals that circom left in a `.sym` file.
 *
 * @returns Wire by full name, for example `main.hash.out`; signals that were optimised away are absent.
 */
export function readSymbols(path: string): ReadonlyMap<string, number> {
  const wires = new Map<string, number>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, wire, , name] = line.split(",");
    if (wire !== undefined && name !== undefined && Number(wire) >= 0) wires.set(name, Number(wire));
  }
  return wires;
}

function zeros(length: number): bigint[] {
  return new Array<bigint>(length).fill(0n);
}

function malformed(reason: string): ProtocolError {
  return new ProtocolError("MALFORMED_BINARY_FILE", { reason }, `not a good r1cs file: ${reason}`);
}
