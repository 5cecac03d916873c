// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { encodeForcedSlot, SLOT_BYTES } from "../../src/codec/index.ts";
import { compressKey } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  forcedExitSlot,
  forcedTransferSlot,
  newAccountSlot,
  State,
  topUpSlot,
  type Exit,
  type Outcome,
  type Reason,
  type Step,
} from "../../src/ledger/index.ts";
import { accountCapacity } from "../../src/profile.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import {
  ALICE,
  ALICE_OWNER,
  balances,
  BOB,
  BOB_OWNER,
  CAROL,
  FEE_TOKEN,
  force,
  FULL,
  MAX_BALANCE,
  NOBODY,
  OTHER_TOKEN,
  SIGNERS,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const STATE = stateWith();
const BEYOND = accountCapacity(SMALL);
const DEPOSITOR = 0xde9051702n;

function expectNoOp({ after, verdict }: Step, before: State, kind: Outcome["kind"], reason: Reason): void {
  expect(verdict).to.deep.equal({ outcome: { kind, status: "void", reason } });
  expect(after).to.equal(before);
}

function expectRefund(
  { after, verdict }: Step,
  before: State,
  kind: Outcome["kind"],
  reason: Reason,
  exit: Omit<Exit, "slot">,
): void {
  expect(verdict).to.deep.equal({ outcome: { kind, status: "refunded", reason }, exit });
  expect(after).to.equal(before);
}

describe("deposit to a new account", () => {
  const key = SIGNERS.carol.publicKey;
  const money = { token: 9n, amount: 123n };
  const slot = newAccountSlot({ key, ...money, l1Address: DEPOSITOR, fee: 55n });
  const refund = { recipient: DEPOSITOR, ...money };

  it("creates it at nextIndex", () => {
    const { after, verdict } = force(STATE, slot);
    expect(verdict.outcome).to.deep.equal({ kind: "createAccount", status: "executed" });
    expect(verdict.exit).to.equal(undefined);
    expect(after.nextIndex).to.equal(STATE.nextIndex + 1);
    expect(after.account(STATE.nextIndex)).to.deep.equal({
      ax: key.x,
      ay: key.y,
      nonce: 0n,
      token: 9n,
      balance: 123n,
      owner: DEPOSITOR,
    });
  });

  it("may bring nothing, or the largest amount", () => {
    for (const amount of [0n, MAX_BALANCE]) {
      const { after } = force(STATE, newAccountSlot({ key, token: 0n, amount, l1Address: DEPOSITOR }));
      expect(after.account(STATE.nextIndex)?.balance).to.equal(amount);
    }
  });

  it("takes a key outside the subgroup", () => {
    const { publicKey } = createFastSigner("torsion", ORDER_8);
    const { after, verdict } = force(STATE, newAccountSlot({ key: publicKey, ...money, l1Address: DEPOSITOR }));
    expect(verdict.outcome.status).to.equal("executed");
    expect(after.account(STATE.nextIndex)?.ax).to.equal(publicKey.x);
  });

  it("fills the last place of the tree, and is refunded when there is none", () => {
    const last = new State(STATE.accounts, BEYOND - 1);
    const filled = force(last, slot).after;
    expect(filled.nextIndex).to.equal(BEYOND);
    expect(filled.account(BEYOND - 1)?.balance).to.equal(123n);
    expectRefund(force(filled, slot), filled, "createAccount", "TREE_FULL", refund);
  });

  it("is refunded if the key is of small order", () => {
    for (const point of SMALL_ORDER_POINTS) {
      const step = force(STATE, newAccountSlot({ key: point, ...money, l1Address: DEPOSITOR }));
      expectRefund(step, STATE, "createAccount", "KEY_SMALL_ORDER", refund);
    }
  });

  it("is refunded if the key is not on the curve", () => {
    // (0, ±1) has no odd x; y = 2 has no x at all.
    for (const [keyY, keySign] of [
      [1n, 1n],
      [P - 1n, 1n],
      [2n, 0n],
      [2n, 1n],
    ] as const) {
      const bad = encodeForcedSlot({
        from: 0,
        to: 0,
        flags: 0n,
        fee: 0n,
        l1Address: DEPOSITOR,
        ...money,
        keyY,
        keySign,
      });
      expectRefund(force(STATE, bad), STATE, "createAccount", "KEY_NOT_ON_CURVE", refund);
    }
  });

  it("is refunded if the key is not canonical, even where y mod p would be good", () => {
    const good = [4n, 5n, 6n, 7n, 8n, 9n, 10n].filter(
      (y) =>
        force(
          STATE,
          encodeForcedSlot({ from: 0, to: 0, flags: 0n, fee: 0n, l1Address: 1n, ...money, keyY: y, keySign: 0n }),
        ).verdict.outcome.status === "executed",
    );
    expect(good).to.not.have.length(0);
    for (const keyY of [...good.map((y) => y + P), P, (1n << 254n) - 1n]) {
      const bad = encodeForcedSlot({
        from: 0,
        to: 0,
        flags: 0n,
        fee: 0n,
        l1Address: DEPOSITOR,
        ...money,
        keyY,
        keySign: 0n,
      });
      expectRefund(force(STATE, bad), STATE, "createAccount", "KEY_NOT_CANONICAL", refund);
    }
  });

  it("of zero bytes is refunded: its key is of small order", () => {
    const step = force(STATE, new Uint8Array(SLOT_BYTES));
    const nothing = { recipient: 0n, token: 0n, amount: 0n };
    expectRefund(step, STATE, "createAccount", "KEY_SMALL_ORDER", nothing);
  });
});

describe("deposit to an account", () => {
  const topUp = (to: number, token: bigint, amount: bigint): Step =>
    force(STATE, topUpSlot({ to, token, amount, l1Address: DEPOSITOR }));

  it("credits it, whoever pays", () => {
    const { after, verdict } = topUp(BOB, FEE_TOKEN, 25n);
    expect(verdict.outcome).to.deep.equal({ kind: "topUp", status: "executed" });
    expect(verdict.exit).to.equal(undefined);
    expect(after.account(BOB)).to.deep.equal({ ...STATE.account(BOB), balance: 75n });
    expect(after.nextIndex).to.equal(STATE.nextIndex);
  });

  it("fills it to 2^128 − 1, and is refunded beyond", () => {
    expect(topUp(BOB, FEE_TOKEN, MAX_BALANCE - 50n).after.account(BOB)?.balance).to.equal(MAX_BALANCE);
    const amount = MAX_BALANCE - 49n;
    expectRefund(topUp(BOB, FEE_TOKEN, amount), STATE, "topUp", "RECEIVER_OVERFLOW", {
      recipient: DEPOSITOR,
      token: FEE_TOKEN,
      amount,
    });
  });

  it("is refunded if the account does not exist or lies beyond the tree", () => {
    for (const to of [NOBODY, BOB + BEYOND, 2 ** 32 - 1]) {
      const refund = { recipient: DEPOSITOR, token: FEE_TOKEN, amount: 25n };
      expectRefund(topUp(to, FEE_TOKEN, 25n), STATE, "topUp", "UNKNOWN_RECEIVER", refund);
    }
  });

  it("is refunded if the account holds another token", () => {
    const refund = { recipient: DEPOSITOR, token: OTHER_TOKEN, amount: 25n };
    expectRefund(topUp(BOB, OTHER_TOKEN, 25n), STATE, "topUp", "RECEIVER_TOKEN_MISMATCH", refund);
  });

  it("looks at no key", () => {
    const base = { from: 0, to: BOB, token: FEE_TOKEN, amount: 25n, flags: 0n, fee: 0n, l1Address: DEPOSITOR };
    const { verdict } = force(STATE, encodeForcedSlot({ ...base, ...compressKey(ORDER_8) }));
    expect(verdict.outcome.status).to.equal("executed");
  });
});

describe("forced transfer", () => {
  const transfer = (fields: Partial<Parameters<typeof forcedTransferSlot>[0]> = {}, state: State = STATE): Step =>
    force(
      state,
      forcedTransferSlot({ from: ALICE, to: BOB, token: FEE_TOKEN, amount: 100n, l1Address: ALICE_OWNER, ...fields }),
    );

  it("moves the amount without fees and without counting the nonce", () => {
    const { after, verdict } = transfer({ fee: 99n });
    expect(verdict.outcome).to.deep.equal({ kind: "forcedTransfer", status: "executed" });
    expect(verdict.fees).to.equal(undefined);
    expect(verdict.exit).to.equal(undefined);
    expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 900n });
    expect(after.account(BOB)).to.deep.equal({ ...STATE.account(BOB), balance: 150n });
  });

  it("may move everything, and no more", () => {
    expect(balances(transfer({ amount: 1000n }).after)).to.include({ [ALICE]: 0n, [BOB]: 1050n });
    expectNoOp(transfer({ amount: 1001n }), STATE, "forcedTransfer", "INSUFFICIENT_BALANCE");
    expectNoOp(transfer({ amount: MAX_BALANCE }), STATE, "forcedTransfer", "INSUFFICIENT_BALANCE");
  });

  it("to oneself changes nothing, also with a full balance", () => {
    const full = stateWith({ [ALICE]: { balance: MAX_BALANCE } });
    const { after, verdict } = transfer({ to: ALICE, amount: MAX_BALANCE }, full);
    expect(verdict.outcome.status).to.equal("executed");
    expect(after.root).to.equal(full.root);
  });

  it("is void unless the owner asked for it", () => {
    expectNoOp(transfer({ l1Address: BOB_OWNER }), STATE, "forcedTransfer", "NOT_OWNER");
    expectNoOp(transfer({ l1Address: 0n }), STATE, "forcedTransfer", "NOT_OWNER");
  });

  it("is void for unknown accounts", () => {
    for (const index of [NOBODY, BEYOND + BOB, 2 ** 32 - 1]) {
      expectNoOp(transfer({ from: index, l1Address: 0n }), STATE, "forcedTransfer", "UNKNOWN_SENDER");
      expectNoOp(transfer({ to: index }), STATE, "forcedTransfer", "UNKNOWN_RECEIVER");
    }
  });

  it("is void in another token than the sender's or the receiver's", () => {
    expectNoOp(transfer({ token: OTHER_TOKEN, to: CAROL }), STATE, "forcedTransfer", "SENDER_TOKEN_MISMATCH");
    expectNoOp(transfer({ to: CAROL }), STATE, "forcedTransfer", "RECEIVER_TOKEN_MISMATCH");
  });

  it("is void if the receiver would have 2^128", () => {
    expectNoOp(transfer({ to: FULL, amount: 1n }), STATE, "forcedTransfer", "RECEIVER_OVERFLOW");
    expect(transfer({ to: FULL, amount: 0n }).verdict.outcome.status).to.equal("executed");
  });
});

describe("forced exit", () => {
  const exit = (fields: Partial<Parameters<typeof forcedExitSlot>[0]> = {}, state: State = STATE): Step =>
    force(state, forcedExitSlot({ from: ALICE, token: FEE_TOKEN, amount: 100n, l1Address: ALICE_OWNER, ...fields }));

  it("pays the owner on L1 without fees and without counting the nonce", () => {
    const { after, verdict } = exit();
    expect(verdict).to.deep.include({
      outcome: { kind: "forcedExit", status: "executed" },
      exit: { recipient: ALICE_OWNER, token: FEE_TOKEN, amount: 100n },
    });
    expect(verdict.fees).to.equal(undefined);
    expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 900n });
  });

  for (const amount of [1000n, 1001n, MAX_BALANCE]) {
    it(`of ${amount} takes the 1000 that are there`, () => {
      const { after, verdict } = exit({ amount });
      expect(verdict.exit).to.deep.equal({ recipient: ALICE_OWNER, token: FEE_TOKEN, amount: 1000n });
      expect(after.account(ALICE)?.balance).to.equal(0n);
    });
  }

  it("of an empty account is an exit of nothing", () => {
    const state = stateWith({ [ALICE]: { balance: 0n } });
    const { after, verdict } = exit({ amount: 5n }, state);
    expect(verdict.exit).to.deep.equal({ recipient: ALICE_OWNER, token: FEE_TOKEN, amount: 0n });
    expect(after.root).to.equal(state.root);
  });

  it("is void unless the owner asked for it", () => {
    expectNoOp(exit({ l1Address: ALICE_OWNER ^ (1n << 159n) }), STATE, "forcedExit", "NOT_OWNER");
  });

  it("is void for an unknown account", () => {
    for (const from of [NOBODY, BEYOND + ALICE, 2 ** 32 - 1]) {
      expectNoOp(exit({ from }), STATE, "forcedExit", "UNKNOWN_SENDER");
    }
  });

  it("is void in another token", () => {
    expectNoOp(exit({ token: OTHER_TOKEN }), STATE, "forcedExit", "SENDER_TOKEN_MISMATCH");
  });
});
