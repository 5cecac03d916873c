// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitnessFile } from "../../src/prover/witness.ts";
import {
  assertConverted,
  type Conversion,
  convert,
  encodeProgram,
  extendWitness,
  prepareConverted,
  violatedOpcodes,
  writeProgram,
} from "../../src/recursion/index.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { readWitness } from "../../src/setup/wtns.ts";
import { AcirSystem } from "../helpers/acirSystem.ts";
import { DEVELOPMENT_CIRCUITS, RANDOM_INPUTS } from "../helpers/circuitInputs.ts";
import { alterations, expectSameViolations } from "../helpers/conversion.ts";
import { isDeep } from "../helpers/deep.ts";
import { R1csSystem } from "../helpers/r1csSystem.ts";
import { Random, seedFor } from "../helpers/random.ts";

/** Compared by their bytes in `npm test`; by forged witnesses, which takes a minute, in `npm run test:deep`. */
const LARGE = ["leaf", "migration", "drawnMerge"];

const HONEST = 2;
const FORGED = 300;
const TIMEOUT = 600_000;

describe("converted circuits", () => {
  for (const [name, inputOf] of Object.entries(RANDOM_INPUTS)) {
    describe(name, () => {
      const isForged = isDeep || !LARGE.includes(name);
      const random = new Random(seedFor(`converted ${name}`));
      let circuit: CompiledCircuit;
      let file: Buffer;
      let r1cs: R1csSystem;
      let acir: AcirSystem;
      let conversion: Conversion;
      const witnesses: bigint[][] = [];
      before(async function () {
        this.timeout(TIMEOUT);
        circuit = await compileCircuit(DEVELOPMENT_CIRCUITS[name]!, circuitsFolder("development"));
        file = readFileSync(circuit.r1cs);
        conversion = convert(file);
        if (!isForged) return;
        r1cs = new R1csSystem(file);
        acir = new AcirSystem(encodeProgram(conversion.program), r1cs.wires - 1);
        for (let i = 0; i < HONEST; i++) {
          const input = inputOf(`${random.seed} ${i}`);
          witnesses.push(readWitness(Buffer.from(await calculateWitnessFile(circuit, input))));
        }
      });

      // Hundreds of megabytes, which mocha would keep to its end.
      after(() => {
        [r1cs, acir, conversion] = [] as unknown as [R1csSystem, AcirSystem, Conversion];
      });

      it("is the same polynomials as the constraints, by the library's own check of the bytes", () => {
        expect(conversion.constraints).to.equal(circuit.constraints);
        expect(conversion.program.publicWitnesses).to.have.length(circuit.publicSignals);
        assertConverted(file, writeProgram(conversion.program));
      }).timeout(TIMEOUT);

      if (!isForged) return;

      it("has an equation for each constraint, and the public signals in their order", () => {
        expect(r1cs.constraints).to.have.length(circuit.constraints);
        expect(acir.equations).to.have.length(circuit.constraints);
        expect(r1cs.publicSignals).to.equal(circuit.publicSignals);
        expect(acir.publicWitnesses).to.deep.equal(Array.from({ length: circuit.publicSignals }, (_, i) => i));
      });

      it("is satisfied by an honest witness, and violated by a random one in the same constraints", () => {
        const [honest] = witnesses as [bigint[]];
        const chance = [1n, ...Array.from({ length: r1cs.wires - 1 }, () => random.bigint(P))];
        for (const values of [honest, chance]) {
          const violated = r1cs.violated(values);
          const extended = acir.extend(values);
          expect(acir.violated(extended)).to.deep.equal({ constraints: violated, definitions: [] });
          // The library adds the same values, and counts as many.
          expect(extendWitness(conversion, values).join()).to.equal(extended.join());
          expect(violatedOpcodes(conversion.program, extended)).to.have.length(violated.length);
          if (values === honest) expect(violated).to.deep.equal([]);
          else expect(violated).to.have.length.above(0.99 * circuit.constraints);
        }
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
            ...publics.map(
              (wire, i) => new Map([wire, publics[i + 1] ?? 1].map((w) => [w, random.bigint(P)] as const)),
            ),
            ...Array.from({ length: 10 }, () => new Map(Array.from({ length: 5 }, () => [...random.pick(single)][0]!))),
          ];
          expect(expectSameViolations({ r1cs, acir }, values, several)).to.equal(several.length);
        }
      }).timeout(TIMEOUT);

      it("lets no added witness have another value", () => {
        const extended = acir.extend(witnesses[0]!);
        const added = Array.from({ length: FORGED }, () => acir.wires + random.int(acir.definitions.length));
        for (const witness of added) {
          const forged = (extended[witness]! + 1n + random.bigint(P - 1n)) % P;
          const { terms, constant } = acir.definitions[witness - acir.wires]!;
          const sum = terms.reduce((total, [c, w]) => total + c * (w === witness ? forged : extended[w]!), constant);
          expect(sum % P, `the definition of witness ${witness}`).not.to.equal(0n);
        }
      });
    });
  }

  if (isDeep) {
    // A merge is the same in both profiles. The check of the bytes is that of `prepareConverted`.
    for (const name of ["leaf", "escape", "migration"]) {
      it(`${name} of the production profile has an equation for each constraint`, async () => {
        const { circuit, program, constraints, added } = await prepareConverted(
          findCircuit(name, "production"),
          "production",
        );
        expect(constraints).to.equal(circuit.constraints);
        expect(program.opcodes).to.have.length(constraints + added.length);
        expect(program.publicWitnesses).to.have.length(circuit.publicSignals);
      }).timeout(TIMEOUT);
    }
  }
});
