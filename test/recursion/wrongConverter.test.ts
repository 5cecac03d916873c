// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import {
  assertConverted,
  type AssertZero,
  convert,
  encodeProgram,
  type Program,
  writeProgram,
} from "../../src/recursion/index.ts";
import { AcirSystem } from "../helpers/acirSystem.ts";
import { type Alteration, alterations } from "../helpers/conversion.ts";
import { expectError } from "../helpers/expectError.ts";
import { R1csSystem } from "../helpers/r1csSystem.ts";
import { Random } from "../helpers/random.ts";
import { compileFixture, HASH_TIMES, HASH_TIMES_INPUT } from "../setup/fixtures.ts";

/** A hash and a product: 242 constraints of all kinds. */
describe("a wrong conversion", () => {
  let file: Buffer;
  let r1cs: R1csSystem;
  let program: Program<AssertZero>;
  let wires: number;
  let honest: readonly bigint[];
  before(async () => {
    const circuit = await compileFixture(HASH_TIMES);
    file = readFileSync(circuit.r1cs);
    r1cs = new R1csSystem(file);
    ({ program, wires } = convert(file));
    honest = (await calculateWitness(circuit, HASH_TIMES_INPUT)).values;
    assertConverted(file, writeProgram(program));
  });

  const refuses = (mutant: Program): void => {
    expectError(() => assertConverted(file, writeProgram(mutant)), "CONVERSION_DIFFERS");
  };
  const withOpcodes = (opcodes: readonly AssertZero[]): Program<AssertZero> => ({ ...program, opcodes });
  const replaced = (index: number, opcode: AssertZero): Program<AssertZero> =>
    withOpcodes(program.opcodes.map((original, i) => (i === index ? opcode : original)));
  const isDefinition = ({ products, terms }: AssertZero): boolean =>
    products.length === 0 && terms.some(([, witness]) => witness >= wires - 1);
  /** Every eighth opcode of a conversion whose opcodes repeat every few dozens. */
  const sample = (): number[] => program.opcodes.flatMap((_, i) => (i % 8 === 3 ? [i] : []));
  const ALWAYS: AssertZero = { kind: "zero", products: [], terms: [], constant: 0n };

  it("without one of the equations is refused", () => {
    for (const missing of [0, ...sample(), program.opcodes.length - 1]) {
      refuses(withOpcodes(program.opcodes.filter((_, i) => i !== missing)));
      // An equation that always holds in its place, so that there are as many as before.
      refuses(replaced(missing, ALWAYS));
    }
  });

  it("without one of the equations is found by forged witnesses", () => {
    const wiresOf: Alteration[] = Array.from({ length: r1cs.wires - 1 }, (_, i) => new Map([[i + 1, 12345n]]));
    const forged = [...wiresOf, ...alterations(honest, r1cs.publicSignals, 50, new Random("missing equations"))];
    const ofAcir = forged.map((changes) => new Map([...changes].map(([wire, value]) => [wire - 1, value])));
    const expected = r1cs.violatedByEach([...honest], forged).map(String);
    const differing = (mutant: Program): number => {
      const acir = new AcirSystem(encodeProgram(mutant), wires - 1);
      const found = acir.violatedByEach(acir.extend(honest), ofAcir);
      return found.filter((violated, i) => String(violated) !== expected[i]).length;
    };
    expect(differing(program)).to.equal(0);
    for (const i of sample()) {
      if (isDefinition(program.opcodes[i]!)) continue;
      expect(differing(replaced(i, ALWAYS)), `without opcode ${i}`).to.be.above(0);
    }
  });

  it("whose public signals are swapped, or are others, is refused", () => {
    const swap = (witness: number): number => (witness === 0 ? 1 : witness === 1 ? 0 : witness);
    refuses(
      withOpcodes(
        program.opcodes.map(({ products, terms, constant }) => ({
          kind: "zero",
          products: products.map(([c, left, right]) => [c, swap(left), swap(right)] as const),
          terms: terms.map(([c, witness]) => [c, swap(witness)] as const),
          constant,
        })),
      ),
    );
    const { publicWitnesses } = program;
    refuses({ ...program, publicWitnesses: publicWitnesses.slice(1) });
    refuses({ ...program, publicWitnesses: publicWitnesses.slice(0, -1) });
    refuses({ ...program, publicWitnesses: [...publicWitnesses, publicWitnesses.length] });
    refuses({ ...program, publicWitnesses: publicWitnesses.map((witness) => witness + 1) });
  });

  it("in which anything of one equation is another is refused", () => {
    for (const i of sample()) {
      const opcode = program.opcodes[i]!;
      const { products, terms, constant } = opcode;
      refuses(replaced(i, { ...opcode, constant: (constant + 1n) % P }));
      refuses(replaced(i, { ...opcode, terms: [...terms, [1n, 3]] }));
      if (terms.length > 0) refuses(replaced(i, { ...opcode, terms: terms.slice(1) }));
      if (products.length === 0) continue;
      refuses(replaced(i, { ...opcode, products: [] }));
      refuses(replaced(i, { ...opcode, products: products.map(([c, a, b]) => [(c + 1n) % P, a, b] as const) }));
      refuses(replaced(i, { ...opcode, products: products.map(([c, a, b]) => [c, (a + 1) % wires, b] as const) }));
      // Twice as much of everything holds for the same witnesses, but is not what the converter makes.
      refuses(
        replaced(i, {
          kind: "zero",
          products: products.map(([c, a, b]) => [(2n * c) % P, a, b] as const),
          terms: terms.map(([c, w]) => [(2n * c) % P, w] as const),
          constant: (2n * constant) % P,
        }),
      );
    }
  });

  it("with an added witness that is not defined once, linearly and by earlier ones is refused", () => {
    const first = program.opcodes.findIndex(isDefinition);
    const definition = program.opcodes[first]!;
    const { terms } = definition;
    refuses(replaced(first, { ...definition, products: [[1n, 0, 0]] }));
    refuses(replaced(first, { ...definition, products: [[1n, 0, wires - 1]] }));
    refuses(replaced(first, { ...definition, terms: terms.map(([c, w]) => [w >= wires - 1 ? 0n : c, w] as const) }));
    refuses(replaced(first, { ...definition, terms: [...terms, [1n, wires + 3]] }));
    refuses(withOpcodes([definition, ...program.opcodes]));
  });

  it("with an added witness in two terms of its definition, which may cancel each other, is refused", () => {
    const first = program.opcodes.findIndex(isDefinition);
    const definition = program.opcodes[first]!;
    for (const coefficient of [1n, P - 1n, 0n]) {
      refuses(replaced(first, { ...definition, terms: [...definition.terms, [coefficient, wires - 1]] }));
      refuses(replaced(first, { ...definition, terms: [[coefficient, wires - 1], ...definition.terms] }));
    }
  });

  it("with an equation more, or with another kind of opcode, is refused", () => {
    refuses(withOpcodes([...program.opcodes, ALWAYS]));
    refuses(withOpcodes([ALWAYS, ...program.opcodes]));
    refuses({
      ...program,
      opcodes: [...program.opcodes, { kind: "verify", key: [0], proof: [0], publicInputs: [0], keyHash: 0 }],
    });
  });
});
