// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitness, calculateWitnessFile } from "../../src/prover/witness.ts";
import { type Constraint, readConstraints, readR1csHeader, violatedConstraints } from "../../src/setup/r1cs.ts";
import { readWitness } from "../../src/setup/wtns.ts";
import { expectError } from "../helpers/expectError.ts";
import { type R1csOptions, r1csFile, wtnsFile } from "../helpers/r1csFile.ts";
import { compileFixture, HASH_TIMES, HASH_TIMES_INPUT, PRODUCT } from "./fixtures.ts";

/** (w1 + 2) · w2 = 3·w3 */
const PRODUCT_ROW: Constraint = { A: [[1, 1n], [0, 2n]], B: [[2, 1n]], C: [[3, 3n]] }; // prettier-ignore
const WIRES = { wires: 4 };

describe("a constraint system's file", () => {
  it("is read constraint by constraint, also those without terms", () => {
    const empty = { A: [], B: [], C: [] };
    const rows = [PRODUCT_ROW, empty, PRODUCT_ROW, empty];
    const file = r1csFile(rows, { ...WIRES, publicInputs: 1 });
    expect([...readConstraints(file)]).to.deep.equal(rows);
    expect(readR1csHeader(file)).to.deep.include({ wires: 4, publicSignals: 2, constraints: 4 });
    expect(violatedConstraints(file, [1n, 1n, 6n, 6n])).to.deep.equal([]);
    expect(violatedConstraints(file, [1n, 1n, 6n, 7n])).to.deep.equal([0, 2]);
  });

  it("of circom is read to its end, and refused wherever it is cut off", async () => {
    const file = readFileSync((await compileFixture(PRODUCT)).r1cs);
    expect([...readConstraints(file)]).to.have.length(5);
    for (let length = 0; length < file.length; length++) {
      const cut = file.subarray(0, length);
      // circom's last section has names of wires, which nobody reads here; the table of sections misses it all the same.
      expectError(() => [...readConstraints(cut)], "MALFORMED_BINARY_FILE");
    }
  });

  it("is refused if its constraints are more or fewer than the header says, or one is cut off", () => {
    const refuses = (rows: readonly Constraint[], options: Partial<R1csOptions>): void => {
      const file = r1csFile(rows, { ...WIRES, ...options });
      expectError(() => [...readConstraints(file)], "MALFORMED_BINARY_FILE");
    };
    refuses([PRODUCT_ROW], { count: 2 });
    refuses([PRODUCT_ROW], { count: 0 });
    refuses([PRODUCT_ROW], { count: 2 ** 32 - 1 });
    refuses([PRODUCT_ROW], { trailing: Buffer.alloc(1) });
    // A side of 2^32 − 1 terms.
    refuses([PRODUCT_ROW], { count: 2, trailing: Buffer.alloc(4, 0xff) });
  });

  it("is refused if it has constraints of another kind, public signals without wires, or another version", () => {
    const refuses = (options: Partial<R1csOptions>): void => {
      const file = r1csFile([PRODUCT_ROW], { ...WIRES, ...options });
      expectError(() => readR1csHeader(file), "MALFORMED_BINARY_FILE");
    };
    refuses({ more: [{ id: 4, content: Buffer.alloc(4) }] });
    refuses({ more: [{ id: 5, content: Buffer.alloc(4) }] });
    refuses({ outputs: 4 });
    refuses({ version: 2 });
    // Readers make room for as many wires and constraints as the header says.
    refuses({ wires: 2 ** 32 - 1, labels: 32 });
    refuses({ labels: 24 });
    refuses({ count: 2 ** 32 - 1 });
    expectError(
      () => readR1csHeader(Buffer.concat([r1csFile([PRODUCT_ROW], WIRES), Buffer.of(0)])),
      "MALFORMED_BINARY_FILE",
    );
  });

  it("is refused over another field", () => {
    const refuses = (options: Partial<R1csOptions>): void => {
      expectError(() => readR1csHeader(r1csFile([PRODUCT_ROW], { ...WIRES, ...options })), "WRONG_FIELD");
    };
    refuses({ prime: P - 2n });
    refuses({ fieldBytes: 8 });
  });

  it("is refused with a wire that does not exist, or a coefficient that is not below p", () => {
    for (const side of ["A", "B", "C"] as const) {
      const withTerm = (wire: number, coefficient: bigint): Buffer =>
        r1csFile([{ ...PRODUCT_ROW, [side]: [[wire, coefficient]] }], WIRES);
      expect([...readConstraints(withTerm(3, P - 1n))]).to.have.length(1);
      const { data } = expectError(() => [...readConstraints(withTerm(4, 1n))], "OUT_OF_RANGE");
      expect(data).to.deep.equal({ name: "wire", value: 4, minimum: 0, maximum: 3 });
      expectError(() => [...readConstraints(withTerm(3, P))], "NOT_A_FIELD_ELEMENT");
    }
  });
});

describe("a witness's file", () => {
  it("of circom has the values that the generator gives", async () => {
    const circuit = await compileFixture(HASH_TIMES);
    const file = Buffer.from(await calculateWitnessFile(circuit, HASH_TIMES_INPUT));
    expect(readWitness(file)).to.deep.equal((await calculateWitness(circuit, HASH_TIMES_INPUT)).values);
    for (const length of [0, 11, 30, 75, file.length - 32, file.length - 1]) {
      expectError(() => readWitness(file.subarray(0, length)), "MALFORMED_BINARY_FILE");
    }
  });

  it("is refused with values that are not below p, of another number, over another field, or without the one", () => {
    expect(readWitness(wtnsFile([1n, P - 1n]))).to.deep.equal([1n, P - 1n]);
    expectError(() => readWitness(wtnsFile([1n, P])), "NOT_A_FIELD_ELEMENT");
    expectError(() => readWitness(wtnsFile([1n, 2n], { count: 3 })), "BAD_LENGTH");
    expectError(() => readWitness(wtnsFile([1n, 2n], { count: 1 })), "BAD_LENGTH");
    expectError(() => readWitness(wtnsFile([1n], { prime: P - 2n })), "WRONG_FIELD");
    expectError(() => readWitness(wtnsFile([2n])), "MALFORMED_BINARY_FILE");
    expectError(() => readWitness(wtnsFile([])), "MALFORMED_BINARY_FILE");
    expectError(() => readWitness(wtnsFile([1n], { version: 1 })), "MALFORMED_BINARY_FILE");
    expectError(() => readWitness(r1csFile([PRODUCT_ROW], WIRES)), "MALFORMED_BINARY_FILE");
  });
});
