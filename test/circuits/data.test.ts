// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { evaluateStatement } from "../../src/codec/index.ts";
import { P, toField } from "../../src/field.ts";
import {
  commitLeafData,
  evaluateLeafData,
  exitsHash,
  exitWords,
  type Exit,
  type SlotChunks,
} from "../../src/ledger/index.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import { compileTemplate, outputsOf } from "../helpers/circuit.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { Random } from "../helpers/random.ts";

for (const slots of [1, 2, 4]) {
  describe(`circuits: DataCommitment(${slots})`, () => {
    it("agrees with the model", async () => {
      const circuit = await compileTemplate("commitment/DataCommitment.circom", [slots]);
      const random = new Random(`DataCommitment ${slots}`);
      const filled = (make: () => bigint): SlotChunks[] =>
        Array.from({ length: slots }, () => [toField(make()), toField(make()), toField(make())]);
      const contents = [filled(() => 0n), filled(() => P - 1n), filled(() => random.bigint(P))];
      for (const chunks of contents) {
        for (const z of [0n, 1n, P - 1n, random.bigint(P)]) {
          const expected = [commitLeafData({ chunks }), evaluateLeafData({ chunks }, z)];
          expect(await outputsOf(circuit, { chunks, z })).to.deep.equal(expected);
        }
      }
    });

    it("gives each chunk its own power of z", async () => {
      const circuit = await compileTemplate("commitment/DataCommitment.circom", [slots]);
      const z = 1n << 20n;
      for (let i = 0; i < 3 * slots; i++) {
        const flat = Array.from({ length: 3 * slots }, (_, k) => (k === i ? 1n : 0n));
        const chunks = Array.from({ length: slots }, (_, k) => flat.slice(3 * k, 3 * k + 3));
        const [, y] = await outputsOf(circuit, { chunks, z });
        expect(y).to.equal(z ** BigInt(i) % P);
      }
    });
  });
}

describe("circuits: ExitsHash", () => {
  // Signals are the same as with O2, with which circom spends most of its time on the linear constraints of Poseidon.
  const compileHash = (slots: number) => compileTemplate("exits/ExitsHash.circom", [slots], "O1");

  for (const slots of [1, 2, 4, 8, 16, 128]) {
    it(`agrees with the model on ${slots} slots`, async () => {
      const circuit = await compileHash(slots);
      const random = new Random(`ExitsHash ${slots}`);
      for (const density of [0, 0.5, 1]) {
        const exits: Exit[] = Array.from({ length: slots }, (_, slot) => slot)
          .filter(() => random.chance(density))
          .map((slot) => ({ slot, recipient: random.bigint(1n << 160n), token: BigInt(slot), amount: 5n }));
        const words = exitWords(exits, slots);
        const pairs = Array.from({ length: slots }, (_, slot) => words.slice(2 * slot, 2 * slot + 2));
        expect(await outputsOf(circuit, { exits: pairs })).to.deep.equal([exitsHash(exits, slots)]);
      }
    });
  }

  it("is another hash for each word altered", async () => {
    const circuit = await compileHash(16);
    const words = Array.from({ length: 32 }, (_, i) => BigInt(i));
    const hashOf = async (list: readonly bigint[]): Promise<bigint | undefined> =>
      (await outputsOf(circuit, { exits: Array.from({ length: 16 }, (_, i) => list.slice(2 * i, 2 * i + 2)) }))[0];
    const hashes = new Set([await hashOf(words)]);
    for (const [i, word] of words.entries()) hashes.add(await hashOf(words.with(i, word + 1n)));
    expect(hashes.size).to.equal(33);
  });
});

describe("circuits: Evaluation", () => {
  for (const length of [2, 11, 13, 21]) {
    it(`agrees with the model on ${length} words`, async () => {
      const circuit = await compileTemplate("statement/Evaluation.circom", [length]);
      const random = new Random(`Evaluation ${length}`);
      const contents = [() => 0n, () => P - 1n, () => random.bigint(P)].map((make) => Array.from({ length }, make));
      for (const words of contents) {
        for (const point of [0n, 1n, P - 1n, random.bigint(P)]) {
          expect(await outputsOf(circuit, { words, point })).to.deep.equal([evaluateStatement(words, point)]);
        }
      }
    });
  }

  it("gives each word its own power of the point", async () => {
    const circuit = await compileTemplate("statement/Evaluation.circom", [13]);
    const point = 1n << 20n;
    for (let i = 0; i < 13; i++) {
      const words = Array.from({ length: 13 }, (_, k) => (k === i ? 1n : 0n));
      expect(await outputsOf(circuit, { words, point })).to.deep.equal([point ** BigInt(i) % P]);
    }
  });

  it("has no wire that can be changed alone", async () => {
    const circuit = await compileTemplate("statement/Evaluation.circom", [5]);
    const { values } = await calculateWitness(circuit, { words: [3n, 1n, 4n, 1n, 5n], point: 9n });
    expect(freeWires(circuit, values)).to.deep.equal([]);
  });
});
