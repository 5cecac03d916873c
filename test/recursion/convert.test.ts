// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { P } from "../../src/field.ts";
import {
  assertConverted,
  assertSatisfied,
  convert,
  extendWitness,
  type VerifyProof,
  violatedOpcodes,
  writeProgram,
} from "../../src/recursion/index.ts";
import { type Constraint, violatedConstraints } from "../../src/setup/r1cs.ts";
import { bothSystems } from "../helpers/conversion.ts";
import { expectError } from "../helpers/expectError.ts";
import { r1csFile } from "../helpers/r1csFile.ts";
import { Random } from "../helpers/random.ts";

const WIRES = 6;
/** Each with a name, and how many witnesses it adds. */
const ROWS: readonly (readonly [name: string, added: number, row: Constraint])[] = [
  ["a product of wires", 0, { A: [[1, 2n]], B: [[2, 3n]], C: [[3, 1n]] }],
  ["a product of wires and constants", 0, { A: [[1, 2n], [0, 5n]], B: [[2, 3n], [0, P - 1n]], C: [[3, 1n], [0, 7n]] }],
  ["a sum times a wire", 1, { A: [[1, 2n], [4, 1n]], B: [[2, 1n]], C: [[3, 1n]] }],
  ["a wire times a sum", 1, { A: [[2, 1n]], B: [[1, 2n], [4, 1n], [0, 9n]], C: [] }],
  ["a sum times another sum", 2, { A: [[1, 2n], [4, 1n]], B: [[1, 2n], [4, 2n]], C: [[0, 1n]] }],
  ["the square of a sum", 1, { A: [[1, 2n], [4, 1n], [0, 1n]], B: [[4, 1n], [0, 1n], [1, 2n]], C: [[5, 4n]] }],
  ["sums that differ in the constant", 2, { A: [[1, 1n], [4, 1n]], B: [[1, 1n], [4, 1n], [0, P - 1n]], C: [] }],
  ["the wire's own square, on both sides", 0, { A: [[1, 1n]], B: [[1, 1n], [0, P - 1n]], C: [[1, 3n]] }],
  ["a wire that is there twice", 0, { A: [[1, 2n], [1, 3n]], B: [[2, 1n], [2, P - 1n], [3, 1n]], C: [[4, 1n], [4, 1n]] }],
  ["a constant times a sum", 0, { A: [[0, 3n]], B: [[1, 1n], [2, 1n]], C: [[3, 1n]] }],
  ["a sum times a constant", 0, { A: [[1, 1n], [2, 1n], [0, 1n]], B: [[0, 3n]], C: [[3, 1n], [0, 2n]] }],
  ["a linear constraint with A = 0", 0, { A: [], B: [], C: [[1, 1n], [2, P - 1n]] }],
  ["a factor whose terms cancel", 0, { A: [[1, 1n], [1, P - 1n]], B: [[2, 1n], [3, 1n]], C: [[4, 1n]] }],
  ["a coefficient 0", 0, { A: [[1, 0n], [2, 1n]], B: [[3, 1n]], C: [[4, 0n]] }],
  ["nothing", 0, { A: [], B: [], C: [] }],
  ["a false equation of constants", 0, { A: [[0, 2n]], B: [[0, 3n]], C: [[0, 5n]] }],
  ["a true equation of constants", 0, { A: [[0, 2n]], B: [[0, 3n]], C: [[0, 6n]] }],
]; // prettier-ignore

describe("the conversion from circom to ACIR", () => {
  for (const [name, added, row] of ROWS) {
    it(`keeps ${name}`, () => {
      const file = r1csFile([row], { wires: WIRES });
      const conversion = convert(file);
      assertConverted(file, writeProgram(conversion.program));
      expect(conversion.added).to.have.length(added);
      expect(conversion.program.opcodes).to.have.length(added + 1);
      const { acir } = bothSystems(file);
      const random = new Random(name);
      // Small values meet many a constraint by chance.
      for (let i = 0; i < 200; i++) {
        const limit = i % 2 === 0 ? 4n : P;
        const wires = [1n, ...Array.from({ length: WIRES - 1 }, () => random.bigint(limit))];
        const violated = violatedConstraints(file, wires);
        const extended = extendWitness(conversion, wires);
        expect(violatedOpcodes(conversion.program, extended)).to.have.length(violated.length);
        expect(acir.extend(wires)).to.deep.equal(extended);
        expect(acir.violated(extended).constraints).to.deep.equal(violated);
      }
    });
  }

  it("keeps the order of many constraints, and gives each of them its own added witnesses", () => {
    const rows = ROWS.map(([, , row]) => row);
    const file = r1csFile([...rows, ...rows], { wires: WIRES, outputs: 2, publicInputs: 1 });
    const { program, wires, constraints, added } = convert(file);
    assertConverted(file, writeProgram(program));
    expect({ wires, constraints, added: added.length }).to.deep.equal({
      wires: WIRES,
      constraints: 2 * rows.length,
      added: 2 * ROWS.reduce((sum, [, count]) => sum + count, 0),
    });
    expect(program.publicWitnesses).to.deep.equal([0, 1, 2]);
  });

  it("says which equations a witness violates, and refuses one that has no value for a witness", () => {
    const { program } = convert(r1csFile([ROWS[0]![2], ROWS[4]![2]], { wires: WIRES }));
    // 2·1·3·1 = 6 is wire 3; the sums are 2·1 + 1 and 2·1 + 2, whose product is 12 and not 1.
    const values = [1n, 1n, 6n, 1n, 0n, 3n, 4n];
    expect(expectError(() => assertSatisfied(program, values), "WITNESS_VIOLATES").data).to.deep.equal({
      opcodes: [3],
    });
    const { data } = expectError(() => assertSatisfied(program, values.slice(0, -1)), "BAD_LENGTH");
    expect(data).to.deep.include({ length: 6, expected: 7 });
    expectError(() => assertSatisfied(program, values.with(4, P)), "NOT_A_FIELD_ELEMENT");
    const proof: VerifyProof = { kind: "verify", key: [0], proof: [9], publicInputs: [0], keyHash: 0 };
    expectError(() => assertSatisfied({ opcodes: [proof], publicWitnesses: [] }, values), "BAD_LENGTH");
  });

  it("refuses a witness of another length, with another wire 0, or with a value that is not below p", () => {
    const conversion = convert(r1csFile([ROWS[0]![2]], { wires: WIRES }));
    const good = [1n, 2n, 3n, 4n, 5n, P - 1n];
    expect(extendWitness(conversion, good)).to.deep.equal(good.slice(1));
    const { data } = expectError(() => extendWitness(conversion, good.slice(1)), "BAD_LENGTH");
    expect(data).to.deep.equal({ name: "witness", length: 5, expected: 6, relation: "exactly" });
    expectError(() => extendWitness(conversion, [...good, 0n]), "BAD_LENGTH");
    expectError(() => extendWitness(conversion, []), "BAD_LENGTH");
    expectError(() => extendWitness(conversion, good.with(0, 0n)), "OUT_OF_RANGE");
    expectError(() => extendWitness(conversion, good.with(0, P + 1n)), "OUT_OF_RANGE");
    expectError(() => extendWitness(conversion, good.with(3, P)), "NOT_A_FIELD_ELEMENT");
    expectError(() => extendWitness(conversion, good.with(3, -1n)), "NOT_A_FIELD_ELEMENT");
  });
});
