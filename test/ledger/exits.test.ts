// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { poseidon } from "../../src/crypto/index.ts";
import { exitEntries, exitsHash, exitWords, isNothing, type Exit } from "../../src/ledger/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, uint } from "../helpers/properties.ts";

const exitsOf = (slots: number): fc.Arbitrary<Exit[]> =>
  fc
    .uniqueArray(fc.record({ slot: fc.nat(slots - 1), recipient: uint(160), token: uint(16), amount: uint(128) }), {
      selector: ({ slot }) => slot,
      maxLength: slots,
    })
    .map((exits) => exits.sort((a, b) => a.slot - b.slot));

const ONE = { slot: 1, recipient: 5n, token: 2n, amount: 7n };

describe("exits of a leaf", () => {
  it("have two words for each slot, as docs/protocol.md §5.3 says", () => {
    expect(exitWords([ONE], 4)).to.deep.equal([0n, 0n, 5n + 2n * 2n ** 160n, 7n, 0n, 0n, 0n, 0n]);
    expect(exitWords([], 2)).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  it("are hashed sixteen words at a time, and then their hashes", () => {
    check(
      [fc.constantFrom(2, 4, 8, 16, 32, 128).chain((slots) => fc.tuple(fc.constant(slots), exitsOf(slots)))],
      ([slots, exits]) => {
        const words = exitWords(exits, slots);
        const groups: bigint[] = [];
        while (words.length > 0) groups.push(poseidon(words.splice(0, 16)));
        expect(exitsHash(exits, slots)).to.equal(groups.length === 1 ? groups[0] : poseidon(groups));
      },
      60,
    );
  });

  it("are hashed with their places and all their numbers", () => {
    const hash = exitsHash([ONE], 4);
    for (const other of [{ slot: 2 }, { recipient: 4n }, { token: 3n }, { amount: 6n }, { amount: 0n }]) {
      expect(exitsHash([{ ...ONE, ...other }], 4)).not.to.equal(hash);
    }
    expect(exitsHash([], 4)).not.to.equal(hash);
  });

  it("are none, if nothing of token 0 goes to address 0: the circuit gives no other words where nothing leaves", () => {
    const nothing = { recipient: 0n, token: 0n, amount: 0n };
    expect(isNothing(nothing)).to.equal(true);
    expect(exitsHash([{ slot: 0, ...nothing }], 4)).to.equal(exitsHash([], 4));
    for (const some of [{ recipient: 1n }, { token: 1n }, { amount: 1n }]) {
      expect(isNothing({ ...nothing, ...some })).to.equal(false);
    }
  });

  it("are shown to L1 with slots that are counted through the leaves", () => {
    const leaves = [{ exits: [ONE, { ...ONE, slot: 3 }] }, { exits: [] }, { exits: [{ ...ONE, slot: 0 }] }];
    const to = 5n + 2n * 2n ** 160n;
    expect(exitEntries(leaves, 4)).to.deep.equal([
      ...[to + 1n * 2n ** 176n, 7n],
      ...[to + 3n * 2n ** 176n, 7n],
      ...[to + 8n * 2n ** 176n, 7n],
    ]);
  });

  it("refuse a slot beyond the leaf, and numbers out of their ranges", () => {
    for (const wrong of [{ slot: 4 }, { recipient: 1n << 160n }, { token: 1n << 16n }, { amount: 1n << 128n }]) {
      expectError(() => exitsHash([{ ...ONE, ...wrong }], 4), "OUT_OF_RANGE");
    }
    expectError(() => exitsHash([{ ...ONE, amount: -1n }], 4), "OUT_OF_RANGE");
  });
});
