// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { poseidon } from "../../src/crypto/index.ts";
import { AccountTree, State, verifyAccountProof } from "../../src/ledger/index.ts";
import { createProfile, DEVELOPMENT, PRODUCTION } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import { ALICE, BOB, NOBODY, SMALL, stateWith } from "../helpers/ledgerFixture.ts";

describe("state", () => {
  it("begins empty, with index 1 as the next", () => {
    for (const profile of [DEVELOPMENT, PRODUCTION]) {
      let empty = 0n;
      for (let level = 0; level < profile.depth; level++) {
        empty = poseidon([empty, empty, empty, empty]);
      }
      const genesis = State.genesis(profile);
      expect(genesis.nextIndex).to.equal(1);
      expect(genesis.root).to.equal(poseidon([empty, 1n]));
    }
  });

  it("commits to nextIndex", () => {
    const tree = stateWith().accounts;
    expect(new State(tree, 5).root).to.equal(poseidon([tree.root, 5n]));
    expect(new State(tree, 6).root).to.equal(poseidon([tree.root, 6n]));
  });

  it("has a nextIndex from 1 to the number of accounts", () => {
    const tree = AccountTree.empty(2);
    expect(new State(tree, 16).nextIndex).to.equal(16);
    expectError(() => new State(tree, 0), "OUT_OF_RANGE");
    expectError(() => new State(tree, 17), "OUT_OF_RANGE");
  });

  it("has its next subtree at the next multiple of its width", () => {
    const tree = AccountTree.empty(3);
    for (const [nextIndex, ofFour, ofSixteen] of [
      [1, 4, 16],
      [4, 4, 16],
      [5, 8, 16],
      [16, 16, 16],
      [17, 20, 32],
      [61, 64, 64],
      [64, 64, 64],
    ] as const) {
      const state = new State(tree, nextIndex);
      expect([state.nextSubtree(1), state.nextSubtree(2)]).to.deep.equal([ofFour, ofSixteen]);
    }
    expectError(() => new State(tree, 61).withArrivals(AccountTree.empty(1)), "OUT_OF_RANGE");
  });

  describe("account proofs", () => {
    const state = stateWith();
    const proof = state.proveAccount(ALICE);

    it("show an account under the state root", () => {
      expect(verifyAccountProof(proof, state.root, SMALL)).to.equal(true);
      expect(verifyAccountProof(stateWith().proveAccount(BOB), state.root, SMALL)).to.equal(true);
    });

    it("show nothing else", () => {
      const richer = { ...proof.account, balance: proof.account.balance + 1n };
      expect(verifyAccountProof({ ...proof, account: richer }, state.root, SMALL)).to.equal(false);
      expect(verifyAccountProof({ ...proof, index: BOB }, state.root, SMALL)).to.equal(false);
      expect(verifyAccountProof({ ...proof, index: ALICE + 16 }, state.root, SMALL)).to.equal(false);
      expect(verifyAccountProof({ ...proof, nextIndex: 6 }, state.root, SMALL)).to.equal(false);
      expect(verifyAccountProof({ ...proof, path: proof.path.slice(1) }, state.root, SMALL)).to.equal(false);
      expect(verifyAccountProof(proof, stateWith({ 2: { balance: 0n } }).root, SMALL)).to.equal(false);
    });

    it("do not exist for nobody", () => {
      expectError(() => state.proveAccount(NOBODY), "UNKNOWN_ACCOUNT");
    });
  });
});

describe("profile", () => {
  it("has the sizes of docs/protocol.md §1", () => {
    expect(DEVELOPMENT).to.deep.equal({ name: "development", depth: 5, slots: 4, levels: 1 });
    expect(PRODUCTION).to.deep.equal({ name: "production", depth: 16, slots: 16, levels: 2 });
  });

  it("refuses sizes that no circuit has", () => {
    for (const sizes of [
      { depth: 0 },
      { depth: 1 },
      { depth: 17 },
      { depth: 1.5 },
      { slots: 0 },
      { slots: 1 },
      { slots: 6 },
      { slots: 2 ** 16 },
      { levels: 0 },
      { levels: 0.5 },
      { levels: 5 },
    ]) {
      expectError(() => createProfile({ ...DEVELOPMENT, ...sizes }), "OUT_OF_RANGE");
    }
  });
});
