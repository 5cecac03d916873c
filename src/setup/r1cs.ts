// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";

import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";
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

const HEADER_SECTION = 1;
const CONSTRAINTS_SECTION = 2;
const MATRICES: readonly Matrix[] = ["A", "B", "C"];
const FIELD_BYTES = 32;

/**
 * Reads the header of an r1cs file.
 *
 * @throws {ProtocolError} `MALFORMED_BINARY_FILE`, or `WRONG_FIELD` if the constraints are not over BN254's scalar field.
 */
export function readR1csHeader(file: Buffer): R1csHeader {
  const header = requireSection(readSections(file, "r1cs"), HEADER_SECTION);
  const fieldBytes = header.readUInt32LE(0);
  if (fieldBytes !== FIELD_BYTES || readUint256LE(header, 4) !== P) {
    throw new ProtocolError("WRONG_FIELD", { fieldBytes }, "the circuit is not compiled for BN254");
  }
  const counts = 4 + FIELD_BYTES;
  return {
    wires: header.readUInt32LE(counts),
    publicSignals: header.readUInt32LE(counts + 4) + header.readUInt32LE(counts + 8),
    constraints: header.readUInt32LE(counts + 24),
  };
}

/** Visits every term of every constraint: rows in order, within a row A before B before C. */
export function visitTerms(file: Buffer, visit: TermVisitor): void {
  const { constraints } = readR1csHeader(file);
  const section = requireSection(readSections(file, "r1cs"), CONSTRAINTS_SECTION);
  let offset = 0;
  for (let row = 0; row < constraints; row++) {
    for (const matrix of MATRICES) {
      const terms = section.readUInt32LE(offset);
      offset += 4;
      for (let i = 0; i < terms; i++) {
        visit(matrix, row, section.readUInt32LE(offset), readUint256LE(section, offset + 4));
        offset += 4 + FIELD_BYTES;
      }
    }
  }
}

/**
 * Finds the rows that a witness does not satisfy.
 *
 * @param witness One value in [0, p) for each wire.
 * @returns Indexes of the violated constraints, ascending; empty if the witness is good.
 * @throws {ProtocolError} `BAD_LENGTH` for another number of values; as `readR1csHeader`
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
