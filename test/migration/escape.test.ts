// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { accountTuple } from "../../src/ledger/index.ts";
import { escapeCircuitInput, escapeSignals, orderedEscapeSignals } from "../../src/migration/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { alice, ALICE_INDEX, CAROL_INDEX, SOURCE } from "../helpers/migrationFixture.ts";

describe("escape", () => {
  it("shows what an account has, and the state that has it", () => {
    const signals = escapeSignals(SOURCE, ALICE_INDEX);
    expect(signals).to.deep.equal({
      owner: alice.owner,
      token: alice.token,
      balance: alice.balance,
      stateRoot: SOURCE.root,
      index: 1n,
    });
    expect(orderedEscapeSignals(signals)).to.deep.equal(Object.values(signals));
    expect(escapeCircuitInput(SOURCE, ALICE_INDEX)).to.deep.equal({
      stateRoot: SOURCE.root,
      index: 1n,
      accountsRoot: SOURCE.accounts.root,
      nextIndex: BigInt(SOURCE.nextIndex),
      account: accountTuple(alice),
      path: SOURCE.accounts.path(ALICE_INDEX),
    });
  });

  it("is for accounts that are there", () => {
    expect(escapeSignals(SOURCE, CAROL_INDEX).balance).to.equal(0n);
    for (const index of [0, 3, 1024, 1024 + ALICE_INDEX]) {
      expectError(() => escapeSignals(SOURCE, index), "UNKNOWN_ACCOUNT");
      expectError(() => escapeCircuitInput(SOURCE, index), "UNKNOWN_ACCOUNT");
    }
  });
});
