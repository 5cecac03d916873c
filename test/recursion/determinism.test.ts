// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { calculateWitness } from "../../src/prover/witness.ts";
import { circuitsFolder, compileCircuit } from "../../src/setup/compile.ts";
import { P } from "../../src/field.ts";
import { type Constraint, readSymbols } from "../../src/setup/r1cs.ts";
import { DEVELOPMENT_CIRCUITS, RANDOM_INPUTS } from "../helpers/circuitInputs.ts";
import { isDeep } from "../helpers/deep.ts";
import { determine, type Determinism } from "../helpers/determinism.ts";
import { R1csSystem } from "../helpers/r1csSystem.ts";
import { r1csFile } from "../helpers/r1csFile.ts";
import { Random, seedFor } from "../helpers/random.ts";

/** The others are large without optimisation: `npm run test:deep` has them. */
const NAMES = isDeep ? Object.keys(RANDOM_INPUTS) : ["escape", "join"];
const WITNESSES = 3;
const TIMEOUT = 1_800_000;

/** circomlib's IsZero: `in·inv = 1 − out`, `in·out = 0`. Where `in` is 0, any `inv` will do. */
const FREE = /\.inv$/;

// Without optimisation, where each signal that the circuits name has its own wire. Optimised systems put bits into other
// sums, which the rules do not see through.
describe("determinism of the circuits, at --O0", () => {
  for (const name of NAMES) {
    describe(name, () => {
      let system: R1csSystem;
      let names: readonly string[];
      let inputs: readonly number[];
      const inputsOf = (values: readonly bigint[]): ReadonlyMap<number, bigint> =>
        new Map(inputs.map((wire) => [wire, values[wire]!]));
      const witnesses: (readonly bigint[])[] = [];
      before(async function () {
        this.timeout(TIMEOUT);
        const folder = join(circuitsFolder("development"), "O0");
        const circuit = await compileCircuit(DEVELOPMENT_CIRCUITS[name]!, folder, "O0");
        system = new R1csSystem(readFileSync(circuit.r1cs));
        const byWire = new Array<string>(system.wires).fill("");
        for (const [signal, wire] of readSymbols(circuit.sym)) if (byWire[wire] === "") byWire[wire] = signal;
        names = byWire;
        const isInput = new RegExp(`^main\\.(${Object.keys(RANDOM_INPUTS[name]!("names")).join("|")})(\\[\\d+\\])*$`);
        inputs = [...readSymbols(circuit.sym)].flatMap(([signal, wire]) => (isInput.test(signal) ? [wire] : []));
        for (let i = 0; i < WITNESSES; i++) {
          const input = RANDOM_INPUTS[name]!(seedFor(`determinism ${name} ${i}`));
          witnesses.push((await calculateWitness(circuit, input)).values);
        }
      });

      after(() => {
        system = undefined as unknown as R1csSystem;
      });

      it("lets no wire be free, given the inputs, but the inverse in IsZero at 0", () => {
        for (const values of witnesses) {
          const { free, wideSums } = determine(system, inputsOf(values));
          expect(free.map((wire) => names[wire]!).filter((signal) => !FREE.test(signal))).to.deep.equal([]);
          // Each sum that reaches p is a strict one: the second set of bits has no witness.
          expect(wideSums.filter(({ otherBits }) => otherBits === "accepted")).to.deep.equal([]);
        }
      }).timeout(TIMEOUT);

      it("finds wires that are free if a constraint is deleted", () => {
        const [values] = witnesses as [readonly bigint[]];
        const random = new Random(`deleted constraints of ${name}`);
        const whole = determine(system, inputsOf(values)).free.length;
        let found = 0;
        const rounds = 5;
        for (let i = 0; i < rounds; i++) {
          const missing = random.int(system.constraints.length);
          const { free } = determine(system.without(missing), inputsOf(values));
          if (free.length > whole) found++;
        }
        // A constraint may follow from others: that a bit is 0 or 1, where its input is one already.
        expect(found).to.be.at.least(rounds - 1);
      }).timeout(TIMEOUT);
    });
  }
});

describe("determinism", () => {
  const systemOf = (rows: readonly Constraint[], wires: number, inputs: number): R1csSystem =>
    new R1csSystem(r1csFile(rows, { wires, outputs: 0, publicInputs: inputs }));
  const given = (...values: bigint[]): ReadonlyMap<number, bigint> => new Map(values.map((value, i) => [1 + i, value]));
  const free = (rows: readonly Constraint[], wires: number, ...values: bigint[]): Determinism =>
    determine(systemOf(rows, wires, values.length), given(...values));
  const bit = (wire: number): Constraint => ({ A: [[wire, 1n]], B: [[wire, 1n], [0, P - 1n]], C: [] }); // prettier-ignore
  /** Σ 2ⁱ·bitᵢ = wire 1 */
  const decomposition = (bits: number): Constraint[] => [
    ...Array.from({ length: bits }, (_, i) => bit(2 + i)),
    { A: [], B: [], C: [[1, P - 1n], ...Array.from({ length: bits }, (_, i) => [2 + i, 1n << BigInt(i)] as const)] },
  ];

  it("follows a product to its unknown factor, unless the other factor is 0", () => {
    // w3·w1 = w2
    const rows: Constraint[] = [{ A: [[3, 1n]], B: [[1, 1n]], C: [[2, 1n]] }];
    expect(free(rows, 4, 2n, 10n).free).to.deep.equal([]);
    expect(free(rows, 4, 0n, 0n).free).to.deep.equal([3]);
    expect(() => free(rows, 4, 0n, 1n)).to.throw("no witness");
  });

  it("leaves the root of a square free, since its negative has the same", () => {
    expect(free([{ A: [[2, 1n]], B: [[2, 1n]], C: [[1, 1n]] }], 3, 9n).free).to.deep.equal([2]);
  });

  it("leaves both wires of one equation free", () => {
    expect(free([{ A: [], B: [], C: [[1, 1n], [2, 1n], [3, 5n]] }], 4, 9n).free).to.deep.equal([2, 3]); // prettier-ignore
  });

  it("takes a sum of bits apart, and finds a bit that is not one, or has the same power as another", () => {
    expect(free(decomposition(8), 10, 255n).free).to.deep.equal([]);
    expect(() => free(decomposition(8), 10, 256n)).to.throw("no witness");
    const withoutBit = decomposition(8).toSpliced(3, 1);
    expect(free(withoutBit, 10, 255n).free).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9]);
    const twice: Constraint = { A: [], B: [], C: [[1, P - 1n], [2, 1n], [3, 1n]] }; // prettier-ignore
    expect(free([bit(2), bit(3), twice], 4, 1n).free).to.deep.equal([2, 3]);
  });

  it("takes a sum apart in which bits are subtracted, or have a common factor", () => {
    // 3·(b₀ − 2·b₁ + 4·b₂) = w1
    const terms = [[1, P - 1n], [2, 3n], [3, P - 6n], [4, 12n]] as const; // prettier-ignore
    const rows: Constraint[] = [bit(2), bit(3), bit(4), { A: [], B: [], C: terms }];
    expect(free(rows, 5, 3n * 3n).free).to.deep.equal([]);
    expect(free(rows, 5, P - 6n).free).to.deep.equal([]);
    expect(() => free(rows, 5, 1n)).to.throw("no witness");
  });

  it("finds the second set of bits of a sum that reaches p, where there is one", () => {
    const rows = decomposition(254);
    // 5 and 5 + p are below 2^254; P − 1 and 2·p − 1 are not.
    expect(free(rows, 256, 5n).wideSums).to.deep.equal([{ constraint: 254, otherBits: "accepted" }]);
    expect(free(rows, 256, 5n).free).to.have.length(254);
    expect(free(rows, 256, P - 1n)).to.deep.equal({ free: [], wideSums: [{ constraint: 254, otherBits: "none" }] });
    // A constraint that only the first set meets: bit 0 of p is 1.
    const strict: Constraint[] = [...rows, { A: [], B: [], C: [[2, 1n], [0, P - 1n]] }]; // prettier-ignore
    expect(free(strict, 256, 5n)).to.deep.equal({ free: [], wideSums: [{ constraint: 254, otherBits: "refused" }] });
    expect(free(decomposition(253), 255, 5n)).to.deep.equal({ free: [], wideSums: [] });
  });
});
