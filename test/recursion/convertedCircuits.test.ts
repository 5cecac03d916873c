// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { leafCircuitInput } from "../../src/ledger/index.ts";
import { escapeCircuitInput, migrationCircuitInput } from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { calculateWitness, calculateWitnessFile, type CircuitInput } from "../../src/prover/witness.ts";
import {
  assertConverted,
  type AssertZero,
  convert,
  decodeProgram,
  encodeProgram,
  extendWitness,
  type Program,
  violatedOpcodes,
} from "../../src/recursion/index.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { readWitness } from "../../src/setup/wtns.ts";
import { AcirSystem } from "../helpers/acirSystem.ts";
import { alterations, expectSameViolations } from "../helpers/conversion.ts";
import { expectError } from "../helpers/expectError.ts";
import { R1csSystem } from "../helpers/r1csSystem.ts";
import { Random, seedFor } from "../helpers/random.ts";
import { randomLeaves } from "../helpers/randomLeaf.ts";
import { randomMerges } from "../helpers/randomMerge.ts";
import { randomMigrations } from "../helpers/randomMigration.ts";

/** Honest inputs of each circuit, on random data. */
const INPUTS: Readonly<Record<string, (seed: string) => CircuitInput>> = {
  leaf: (seed) => {
    const [{ result, binding }] = take(randomLeaves(DEVELOPMENT, seed));
    return { ...leafCircuitInput(result, binding) };
  },
  merge: (seed) => ({ ...take(randomMerges(seed))[0].result.input }),
  escape: (seed) => {
    const [{ before: state }] = take(randomMigrations(seed));
    const [[index]] = take(state.accounts.entries());
    return { ...escapeCircuitInput(state, index) };
  },
  migration: (seed) => {
    const [{ result, worker }] = take(randomMigrations(seed));
    return { ...migrationCircuitInput(result, { worker }) };
  },
};

const HONEST = 2;
const FORGED = 300;
const TIMEOUT = 600_000;

describe("converted circuits", () => {
  for (const [name, inputOf] of Object.entries(INPUTS)) {
    describe(name, () => {
      const random = new Random(seedFor(`converted ${name}`));
      let circuit: CompiledCircuit;
      let file: Buffer;
      let r1cs: R1csSystem;
      let acir: AcirSystem;
      let encoded: string;
      const witnesses: bigint[][] = [];
      before(async function () {
        this.timeout(TIMEOUT);
        circuit = await compileCircuit(findCircuit(name, "development"), circuitsFolder("development"));
        file = readFileSync(circuit.r1cs);
        r1cs = new R1csSystem(file);
        encoded = encodeProgram(convert(file).program);
        acir = new AcirSystem(encoded, r1cs.wires - 1);
        for (let i = 0; i < HONEST; i++) {
          const input = inputOf(`${random.seed} ${i}`);
          witnesses.push(readWitness(Buffer.from(await calculateWitnessFile(circuit, input))));
        }
      });

      it("has an equation for each constraint, and the public signals in their order", () => {
        expect(r1cs.constraints).to.have.length(circuit.constraints);
        expect(acir.equations).to.have.length(circuit.constraints);
        expect(r1cs.publicSignals).to.equal(circuit.publicSignals);
        expect(acir.publicWitnesses).to.deep.equal(Array.from({ length: circuit.publicSignals }, (_, i) => i));
      });

      it("is the same polynomials as the constraints, by the library's own check of the bytes", () => {
        assertConverted(file, decodeProgram(encoded));
      }).timeout(TIMEOUT);

      it("is satisfied by honest witnesses, and violated by random ones, in the same constraints", () => {
        const { program, ...conversion } = convert(file);
        for (const values of witnesses) {
          expect(r1cs.violated(values)).to.deep.equal([]);
          const extended = acir.extend(values);
          expect(acir.violated(extended)).to.deep.equal({ constraints: [], definitions: [] });
          // The library adds the same values, and finds nothing either.
          expect(extendWitness(conversion, values)).to.deep.equal(extended);
          expect(violatedOpcodes(program, extended)).to.deep.equal([]);
        }
        const wires = [1n, ...Array.from({ length: r1cs.wires - 1 }, () => random.bigint(P))];
        const violated = r1cs.violated(wires);
        expect(violated).to.have.length.above(0.99 * circuit.constraints);
        expect(acir.violated(acir.extend(wires))).to.deep.equal({ constraints: violated, definitions: [] });
        expect(violatedOpcodes(program, extendWitness(conversion, wires))).to.have.length(violated.length);
      }).timeout(TIMEOUT);

      it(`is violated in the same constraints by ${FORGED} forged witnesses of each kind`, () => {
        for (const values of witnesses) {
          const single = alterations(values, r1cs.publicSignals, FORGED, random);
          const refused = expectSameViolations({ r1cs, acir }, values, single);
          // The inverse of IsZero at 0 is free.
          expect(refused).to.be.above(0.9 * FORGED);

          const publics = Array.from({ length: r1cs.publicSignals }, (_, i) => 1 + i);
          const several = [
            new Map(publics.map((wire) => [wire, random.bigint(P)])),
            ...publics.map((wire, i) => new Map([wire, publics[i + 1] ?? 1].map((w) => [w, random.bigint(P)] as const))),
            ...Array.from({ length: 20 }, () => new Map(single.slice(random.int(FORGED)).flatMap((map) => [...map]))),
          ];
          expect(expectSameViolations({ r1cs, acir }, values, several)).to.equal(several.length);
        }
      }).timeout(TIMEOUT);

      it("lets no added witness have another value", () => {
        const extended = acir.extend(witnesses[0]!);
        const added = Array.from({ length: FORGED }, () => acir.wires + random.int(acir.definitions.length));
        const usedIn = new Map(acir.definitions.map((definition, i) => [acir.wires + i, definition]));
        for (const witness of added) {
          const forged = extended.with(witness, (extended[witness]! + 1n + random.bigint(P - 1n)) % P);
          const { terms, constant } = usedIn.get(witness)!;
          const sum = terms.reduce((total, [c, w]) => total + c * forged[w]!, constant) % P;
          expect(sum, `the definition of witness ${witness}`).not.to.equal(0n);
        }
      });
    });
  }

  // The smallest circuit has all that the others have.
  describe("by a wrong converter", () => {
    let file: Buffer;
    let program: Program<AssertZero>;
    let wires: number;
    let honest: readonly bigint[];
    before(async () => {
      const circuit = await compileCircuit(findCircuit("escape", "development"), circuitsFolder("development"));
      file = readFileSync(circuit.r1cs);
      ({ program, wires } = convert(file));
      honest = (await calculateWitness(circuit, INPUTS["escape"]!("wrong converter"))).values;
    });

    const refuses = (mutant: Program): void => {
      assertConverted(file, decodeProgram(encodeProgram(program)));
      expectError(() => assertConverted(file, decodeProgram(encodeProgram(mutant))), "CONVERSION_DIFFERS");
    };
    const withOpcodes = (opcodes: readonly AssertZero[]): Program<AssertZero> => ({ ...program, opcodes });
    const isDefinition = ({ products, terms }: AssertZero): boolean =>
      products.length === 0 && terms.some(([, witness]) => witness >= wires - 1);
    const renamed = (rename: (witness: number) => number): Program =>
      withOpcodes(
        program.opcodes.map(({ products, terms, constant }) => ({
          kind: "zero",
          products: products.map(([c, left, right]) => [c, rename(left), rename(right)] as const),
          terms: terms.map(([c, witness]) => [c, rename(witness)] as const),
          constant,
        })),
      );

    it("is refused, whichever equation is missing, and the forged witnesses find it", () => {
      const r1cs = new R1csSystem(file);
      const forged = alterations(honest, r1cs.publicSignals, FORGED, new Random("a missing equation"));
      const random = new Random("missing equations");
      let found = 0;
      const equations = program.opcodes.flatMap((opcode, i) => (isDefinition(opcode) ? [] : [i]));
      for (let round = 0; round < 10; round++) {
        const missing = round === 0 ? equations.at(-1)! : random.pick(equations);
        const mutant = withOpcodes(program.opcodes.filter((_, i) => i !== missing));
        refuses(mutant);
        // Put as an equation that always holds, so that the numbers of all others stay.
        const emptied = withOpcodes(
          program.opcodes.map((opcode, i) =>
            i === missing ? { kind: "zero", products: [], terms: [], constant: 0n } : opcode,
          ),
        );
        refuses(emptied);
        const acir = new AcirSystem(encodeProgram(emptied), wires - 1);
        const isFound = forged.some((changes) => {
          const ofAcir = new Map([...changes].map(([wire, value]) => [wire - 1, value]));
          const extended = acir.extend(honest);
          return acir.violatedAfter(extended, ofAcir).length !== r1cs.violatedAfter([...honest], changes).length;
        });
        if (isFound) found++;
      }
      expect(found).to.be.at.least(1);
    }).timeout(TIMEOUT);

    it("is refused if two public signals are swapped, or are others", () => {
      refuses(renamed((witness) => (witness === 0 ? 1 : witness === 1 ? 0 : witness)));
      refuses({ ...program, publicWitnesses: program.publicWitnesses.slice(1) });
      refuses({ ...program, publicWitnesses: [...program.publicWitnesses, 5] });
      refuses({ ...program, publicWitnesses: program.publicWitnesses.map((witness) => witness + 1) });
    });

    it("is refused if anything in one equation is another", () => {
      const random = new Random("altered equations");
      const products = program.opcodes.flatMap((opcode, i) => (opcode.products.length > 0 ? [i] : []));
      const change = (make: (opcode: AssertZero) => AssertZero): void => {
        const chosen = random.pick(products);
        refuses(withOpcodes(program.opcodes.map((opcode, i) => (i === chosen ? make(opcode) : opcode))));
      };
      change((opcode) => ({ ...opcode, constant: (opcode.constant + 1n) % P }));
      change((opcode) => ({ ...opcode, products: opcode.products.map(([c, a, b]) => [(c + 1n) % P, a, b] as const) }));
      change((opcode) => ({ ...opcode, products: opcode.products.map(([c, a, b]) => [c, a + 1, b] as const) }));
      change((opcode) => ({ ...opcode, products: [] }));
      change((opcode) => ({ ...opcode, terms: [...opcode.terms, [1n, 7]] }));
      change((opcode) => ({ ...opcode, terms: opcode.terms.slice(1) }));
      // Twice as much of everything is zero for the same witnesses, but is not what the converter makes.
      change(({ products, terms, constant }) => ({
        kind: "zero",
        products: products.map(([c, a, b]) => [(2n * c) % P, a, b] as const),
        terms: terms.map(([c, w]) => [(2n * c) % P, w] as const),
        constant: (2n * constant) % P,
      }));
    });

    it("is refused if an added witness has no definition, or another one, or if there is one equation more", () => {
      const first = program.opcodes.findIndex(isDefinition);
      const definition = program.opcodes[first]!;
      const changed = (make: AssertZero): Program =>
        withOpcodes(program.opcodes.map((opcode, i) => (i === first ? make : opcode)));
      refuses(withOpcodes(program.opcodes.filter((_, i) => i !== first)));
      refuses(changed({ ...definition, constant: (definition.constant + 1n) % P }));
      refuses(changed({ ...definition, products: [[1n, 0, 0]] }));
      refuses(changed({ ...definition, terms: definition.terms.map(([c, w]) => [w >= wires - 1 ? 0n : c, w] as const) }));
      refuses(withOpcodes([...program.opcodes, { kind: "zero", products: [], terms: [[1n, 0]], constant: 0n }]));
      refuses({
        ...program,
        opcodes: [...program.opcodes, { kind: "verify", key: [0], proof: [0], publicInputs: [0], keyHash: 0 }],
      });
    });
  });
});

/** The first item, as a list of one. */
function take<T>(items: Iterable<T>): [T] {
  for (const item of items) return [item];
  throw new Error("nothing to take");
}
