import { expect } from "chai";

import { P, toField } from "../../src/field.ts";
import {
  commitLeafData,
  evaluateLeafData,
  exitHash,
  exitsRoot,
  type Exit,
  type SlotChunks,
} from "../../src/ledger/index.ts";
import { compileTemplate, outputsOf } from "../helpers/circuit.ts";
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

for (const slots of [1, 2, 4, 8]) {
  describe(`circuits: ExitTree(${slots})`, () => {
    it("agrees with the model for every set of slots that emit an exit", async () => {
      const circuit = await compileTemplate("exits/ExitTree.circom", [slots]);
      for (let set = 0; set < 2 ** slots; set += slots > 4 ? 37 : 1) {
        const exits: Exit[] = Array.from({ length: slots }, (_, slot) => slot)
          .filter((slot) => (set >> slot) & 1)
          .map((slot) => ({ slot, recipient: 0xa11cen, token: BigInt(slot), amount: 5n }));
        const leaves = Array.from({ length: slots }, (_, slot) => {
          const exit = exits.find((candidate) => candidate.slot === slot);
          return exit === undefined ? 0n : exitHash(exit);
        });
        expect(await outputsOf(circuit, { exits: leaves })).to.deep.equal([exitsRoot(exits, slots)]);
      }
    });
  });
}
