// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitness, type CircuitInput, WitnessError } from "../../src/prover/witness.ts";
import { type CompiledCircuit } from "../../src/setup/compile.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { compileFixture, HASH_TIMES, HASH_TIMES_INPUT, POSEIDON_1_2 } from "../setup/fixtures.ts";

describe("witness", () => {
  let circuit: CompiledCircuit;

  before(async () => {
    circuit = await compileFixture(HASH_TIMES);
  });

  it("begins with one, the outputs and the public inputs", async () => {
    const { values, publicSignals } = await calculateWitness(circuit, HASH_TIMES_INPUT);
    expect(values.slice(0, 3)).to.deep.equal([1n, 2n * POSEIDON_1_2, 2n]);
    expect(publicSignals).to.deep.equal(values.slice(1, 3));
  });

  it("takes the largest element of the field", async () => {
    const { publicSignals } = await calculateWitness(circuit, {
      ...HASH_TIMES_INPUT,
      factor: P - 1n,
      inverse: P - 1n,
    });
    expect(publicSignals).to.deep.equal([P - POSEIDON_1_2, P - 1n]);
  });

  it("fails where a constraint does, naming the template, and works again after that", async () => {
    const failing = calculateWitness(circuit, { ...HASH_TIMES_INPUT, inverse: 1n });
    const error = await expectRejection(failing, "WITNESS_FAILED");
    expect(error instanceof WitnessError && error.templates).to.deep.equal(["HashTimes"]);
    const { publicSignals } = await calculateWitness(circuit, HASH_TIMES_INPUT);
    expect(publicSignals).to.deep.equal([2n * POSEIDON_1_2, 2n]);
  });

  const { factor: _, ...withoutFactor } = HASH_TIMES_INPUT;
  const malformed: Record<string, CircuitInput> = {
    "a value of p": { ...HASH_TIMES_INPUT, factor: P },
    "a negative value": { ...HASH_TIMES_INPUT, preimage: [1n, -1n] },
    "a missing signal": withoutFactor,
    "an unknown signal": { ...HASH_TIMES_INPUT, other: 1n },
    "an array that is too short": { ...HASH_TIMES_INPUT, preimage: [1n] },
    "an array that is too long": { ...HASH_TIMES_INPUT, preimage: [1n, 2n, 3n] },
  };
  for (const [name, input] of Object.entries(malformed)) {
    it(`refuses ${name}`, async () => {
      await expectRejection(calculateWitness(circuit, input), "INVALID_INPUT");
    });
  }
});
