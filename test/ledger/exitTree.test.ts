import { expect } from "chai";
import fc from "fast-check";

import { poseidon } from "../../src/crypto/index.ts";
import { exitHash, exitsRoot, proveExit, verifyExitProof, type Exit } from "../../src/ledger/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, uint } from "../helpers/properties.ts";

const exitsOf = (slots: number): fc.Arbitrary<Exit[]> =>
  fc.uniqueArray(fc.record({ slot: fc.nat(slots - 1), recipient: uint(160), token: uint(16), amount: uint(128) }), {
    selector: ({ slot }) => slot,
    maxLength: slots,
  });

/** The root by recursion over halves. */
function naiveRoot(leaves: readonly bigint[]): bigint {
  const [leaf] = leaves;
  if (leaves.length === 1 && leaf !== undefined) {
    return leaf;
  }
  const half = leaves.length / 2;
  return poseidon([naiveRoot(leaves.slice(0, half)), naiveRoot(leaves.slice(half))]);
}

describe("exit tree", () => {
  it("hashes recipient, token and amount as docs/protocol.md §5.3 says", () => {
    const hash = exitHash({ recipient: 5n, token: 2n, amount: 7n });
    expect(hash).to.equal(poseidon([5n + 2n * 2n ** 160n, 7n]));
  });

  it("has the root that its leaves hash to", () => {
    check(
      [fc.constantFrom(2, 4, 16).chain((slots) => fc.tuple(fc.constant(slots), exitsOf(slots)))],
      ([slots, exits]) => {
        const leaves = Array.from({ length: slots }, (_, slot) => {
          const exit = exits.find((candidate) => candidate.slot === slot);
          return exit === undefined ? 0n : exitHash(exit);
        });
        expect(exitsRoot(exits, slots)).to.equal(naiveRoot(leaves));
      },
      60,
    );
  });

  it("tells an exit of nothing from no exit", () => {
    const nothing = { slot: 0, recipient: 0n, token: 0n, amount: 0n };
    expect(exitsRoot([nothing], 4)).to.not.equal(exitsRoot([], 4));
  });

  it("proves every exit, in its own place only", () => {
    check(
      [exitsOf(8)],
      (exits) => {
        const root = exitsRoot(exits, 8);
        for (const exit of exits) {
          const proof = proveExit(exits, 8, exit.slot);
          expect(proof.siblings).to.have.length(3);
          expect(verifyExitProof(proof, root)).to.equal(true);
          const elsewhere = { ...exit, slot: exit.slot ^ 1 };
          const twin = exits.find(({ slot }) => slot === elsewhere.slot);
          const same = twin !== undefined && exitHash(twin) === exitHash(exit);
          expect(verifyExitProof({ ...proof, exit: elsewhere }, root)).to.equal(same);
          expect(verifyExitProof({ ...proof, exit: { ...exit, slot: exit.slot + 8 } }, root)).to.equal(false);
          expect(verifyExitProof({ ...proof, exit: { ...exit, amount: exit.amount ^ 1n } }, root)).to.equal(false);
          expect(verifyExitProof({ ...proof, exit: { ...exit, token: exit.token ^ 1n } }, root)).to.equal(false);
          expect(verifyExitProof({ ...proof, exit: { ...exit, recipient: exit.recipient ^ 1n } }, root)).to.equal(
            false,
          );
        }
      },
      20,
    );
  });

  it("has no proof for a slot without exit, and no slot beyond its leaves", () => {
    const exit = { slot: 1, recipient: 1n, token: 1n, amount: 1n };
    expectError(() => proveExit([exit], 4, 0), "UNKNOWN_EXIT");
    expectError(() => exitsRoot([{ ...exit, slot: 4 }], 4), "OUT_OF_RANGE");
  });
});
