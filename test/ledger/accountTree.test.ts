// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { poseidon } from "../../src/crypto/index.ts";
import { toField, type Field } from "../../src/field.ts";
import { accountHash, AccountTree, rootOfPath, type Account } from "../../src/ledger/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { account, SIGNERS } from "../helpers/ledgerFixture.ts";
import { check } from "../helpers/properties.ts";

const withBalance = (balance: number): Account => account(SIGNERS.alice, { balance: BigInt(balance) });

/** The root by hashing all 4^depth leaves. */
function naiveRoot(depth: number, accounts: ReadonlyMap<number, Account>): Field {
  let level = Array.from({ length: 4 ** depth }, (_, index) => {
    const present = accounts.get(index);
    return present === undefined ? toField(0n) : accountHash(present);
  });
  while (level.length > 1) {
    level = Array.from({ length: level.length / 4 }, (_, i) => poseidon(level.slice(4 * i, 4 * i + 4)));
  }
  return level[0] ?? toField(0n);
}

const writes = fc.array(fc.tuple(fc.nat(63), fc.nat(1000)), { maxLength: 12 });

describe("account tree", () => {
  it("has the root that all leaves hash to, after any writes in any order", () => {
    check(
      [fc.constantFrom(1, 2, 3), writes],
      (depth, list) => {
        const model = new Map<number, Account>();
        let tree = AccountTree.empty(depth);
        for (const [place, balance] of list) {
          const index = place % 4 ** depth;
          model.set(index, withBalance(balance));
          tree = tree.set(index, withBalance(balance));
        }
        expect(tree.root).to.equal(naiveRoot(depth, model));
        expect([...tree.entries()]).to.deep.equal([...model.entries()].sort(([a], [b]) => a - b));
        for (let first = 0; first <= tree.capacity; first += 3) {
          const behind = [...model.entries()].filter(([index]) => index >= first).sort(([a], [b]) => a - b);
          expect([...tree.entries(first)]).to.deep.equal(behind);
          expect(tree.peek(first)).to.deep.equal(model.get(first));
        }
      },
      40,
    );
  });

  it("puts index 1 next to index 0, and the last at the end", () => {
    const hash = accountHash(withBalance(1));
    const zero = toField(0n);
    expect(AccountTree.empty(1).set(1, withBalance(1)).root).to.equal(poseidon([zero, hash, zero, zero]));
    expect(AccountTree.empty(1).set(3, withBalance(1)).root).to.equal(poseidon([zero, zero, zero, hash]));
    const empty = poseidon([zero, zero, zero, zero]);
    const second = poseidon([zero, hash, zero, zero]);
    // 9 = (2, 1) in base 4.
    expect(AccountTree.empty(2).set(9, withBalance(1)).root).to.equal(poseidon([empty, empty, second, empty]));
  });

  it("takes a whole subtree at an empty place", () => {
    check(
      [fc.constantFrom(1, 2), writes, fc.nat(15)],
      (depth, list, place) => {
        const capacity = 4 ** depth;
        const base = (place % 4 ** (3 - depth)) * capacity;
        const subtree = list.reduce(
          (tree, [index, balance]) => tree.set(index % capacity, withBalance(balance)),
          AccountTree.empty(depth),
        );
        const occupied = list.reduce((tree, [index, balance]) => {
          const isInside = index >= base && index < base + capacity;
          return isInside ? tree : tree.set(index, withBalance(balance));
        }, AccountTree.empty(3));
        const expected = [...subtree.entries()].reduce(
          (tree, [index, account]) => tree.set(base + index, account),
          occupied,
        );
        const grown = occupied.withSubtree(base, subtree);
        expect(grown.root).to.equal(expected.root);
        expect([...grown.entries()]).to.deep.equal([...expected.entries()]);
        for (const index of [base, base + capacity - 1]) {
          expect(grown.path(index)).to.deep.equal(expected.path(index));
        }
      },
      40,
    );
  });

  it("takes no subtree elsewhere", () => {
    const subtree = AccountTree.empty(1).set(1, withBalance(1));
    const tree = AccountTree.empty(2).set(6, withBalance(2));
    expectError(() => tree.withSubtree(4, subtree), "SUBTREE_NOT_EMPTY");
    expectError(() => tree.withSubtree(4, AccountTree.empty(1)), "SUBTREE_NOT_EMPTY");
    for (const base of [1, 2, 3, 16, -4]) {
      expectError(() => tree.withSubtree(base, subtree), "OUT_OF_RANGE");
    }
    expectError(() => tree.withSubtree(0, AccountTree.empty(2)), "OUT_OF_RANGE");
    expectError(() => tree.withSubtree(0, AccountTree.empty(3)), "OUT_OF_RANGE");
  });

  it("leaves an old tree as it was", () => {
    const old = AccountTree.empty(2).set(5, withBalance(1));
    const { root } = old;
    const next = old.set(5, withBalance(2)).set(6, withBalance(3));
    expect(old.root).to.equal(root);
    expect(old.get(5)).to.deep.equal(withBalance(1));
    expect(old.get(6)).to.equal(undefined);
    expect(next.get(5)).to.deep.equal(withBalance(2));
    expect(next.set(5, withBalance(1)).root).to.not.equal(root);
  });

  it("gives paths that lead to the root, of accounts and of absences", () => {
    check(
      [writes, fc.nat(63)],
      (list, index) => {
        const tree = list.reduce(
          (result, [place, balance]) => result.set(place, withBalance(balance)),
          AccountTree.empty(3),
        );
        const present = tree.get(index);
        const leaf = present === undefined ? toField(0n) : accountHash(present);
        expect(rootOfPath(index, leaf, tree.path(index))).to.equal(tree.root);
      },
      30,
    );
  });

  it("has no path for another leaf or another place", () => {
    const tree = AccountTree.empty(2).set(5, withBalance(1)).set(6, withBalance(2));
    const path = tree.path(5);
    expect(rootOfPath(5, accountHash(withBalance(2)), path)).to.equal(undefined);
    expect(rootOfPath(6, accountHash(withBalance(1)), path)).to.equal(undefined);
    const [top, bottom] = path;
    expect(top).to.not.equal(undefined);
    const forged = bottom && ([...bottom] as [Field, Field, Field, Field]);
    forged?.splice(2, 1, accountHash(withBalance(9)));
    expect(top && forged && rootOfPath(5, accountHash(withBalance(1)), [top, forged])).to.equal(undefined);
  });

  it("reaches 2^32 accounts", () => {
    const last = 2 ** 32 - 1;
    const tree = AccountTree.empty(16).set(last, withBalance(1)).set(1, withBalance(2));
    expect(tree.get(last)).to.deep.equal(withBalance(1));
    expect(tree.get(last - 1)).to.equal(undefined);
    expect(rootOfPath(last, accountHash(withBalance(1)), tree.path(last))).to.equal(tree.root);
    expect([...tree.entries()].map(([index]) => index)).to.deep.equal([1, last]);
  });

  it("knows nobody beyond its indexes", () => {
    const tree = AccountTree.empty(2).set(0, withBalance(1));
    expect(tree.get(16)).to.equal(undefined);
    expectError(() => tree.set(16, withBalance(1)), "OUT_OF_RANGE");
    expectError(() => tree.path(16), "OUT_OF_RANGE");
    expectError(() => tree.set(-1, withBalance(1)), "OUT_OF_RANGE");
    expectError(() => AccountTree.empty(17), "OUT_OF_RANGE");
    expectError(() => AccountTree.empty(0), "OUT_OF_RANGE");
  });
});
