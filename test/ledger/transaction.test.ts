// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  decodeTransactionSlot,
  encodePayload,
  encodeTransactionSlot,
  MAX_TIP,
  SEQUENCER_BOUND,
  SLOT_BYTES,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import { transactionMessage } from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import type { Outcome, Reason, State, Step } from "../../src/ledger/index.ts";
import { accountCapacity } from "../../src/profile.ts";
import {
  ALICE,
  ALICE_OWNER,
  aliceSigns,
  balances,
  BOB,
  CAROL,
  ENVIRONMENT,
  FULL,
  MAX_BALANCE,
  NOBODY,
  OTHER_TOKEN,
  SIGNERS,
  SMALL,
  stateWith,
  transact,
} from "../helpers/ledgerFixture.ts";

const STATE = stateWith();

/** Alice's transaction with fields that no wallet would write, signed. */
function signRaw(fields: Partial<TransactionSlot>, nonce = 7n): TransactionSlot {
  const slot = { ...decodeTransactionSlot(aliceSigns()), ...fields };
  const message = transactionMessage({
    domain: ENVIRONMENT.domain,
    payload: encodePayload(slot),
    nonce,
    bound: (slot.flags & SEQUENCER_BOUND) === 1n ? ENVIRONMENT.sequencer : 0n,
  });
  return { ...slot, ...SIGNERS.alice.sign(message) };
}

function expectNoOp({ after, verdict }: Step, before: State, kind: Outcome["kind"], reason: Reason): void {
  expect(verdict).to.deep.equal({ outcome: { kind, status: "void", reason } });
  expect(after).to.equal(before);
}

/** Draws signatures until one has the other encoding too; about a third of them do. */
function aliased(alias: (slot: TransactionSlot) => TransactionSlot | undefined): TransactionSlot {
  for (let amount = 0n; amount < 100n; amount++) {
    const found = alias(signRaw({ amount }));
    if (found !== undefined) {
      return found;
    }
  }
  throw new Error("no signature has another encoding");
}

describe("L2 transaction", () => {
  describe("that is valid", () => {
    it("moves the amount, takes the fees and counts the nonce", () => {
      const { after, verdict } = transact(STATE, aliceSigns({ tip: 5n }));
      expect(verdict.outcome).to.deep.equal({ kind: "transfer", status: "executed" });
      expect(verdict.fees).to.deep.equal({ baseFee: 1n, tip: 5n });
      expect(verdict.exit).to.equal(undefined);
      expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 894n, nonce: 8n });
      expect(after.account(BOB)).to.deep.equal({ ...STATE.account(BOB), balance: 150n });
      expect(after.nextIndex).to.equal(STATE.nextIndex);
    });

    it("exits to the owner on L1", () => {
      const { after, verdict } = transact(STATE, aliceSigns({ to: 0, tip: 5n }));
      expect(verdict.outcome).to.deep.equal({ kind: "exit", status: "executed" });
      expect(verdict.exit).to.deep.equal({ recipient: ALICE_OWNER, token: 3n, amount: 100n });
      expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 894n, nonce: 8n });
    });

    it("may move nothing", () => {
      const { after, verdict } = transact(STATE, aliceSigns({ amount: 0n }));
      expect(verdict.outcome.status).to.equal("executed");
      expect(balances(after)).to.deep.equal({ ...balances(STATE), [ALICE]: 999n });
      expect(after.account(ALICE)?.nonce).to.equal(8n);
    });

    it("may exit nothing, which is an exit all the same", () => {
      const { verdict } = transact(STATE, aliceSigns({ to: 0, amount: 0n }));
      expect(verdict.exit).to.deep.equal({ recipient: ALICE_OWNER, token: 3n, amount: 0n });
    });

    it("may move everything but the fees, and no more", () => {
      const all = transact(STATE, aliceSigns({ amount: 994n, tip: 5n }));
      expect(balances(all.after)).to.include({ [ALICE]: 0n, [BOB]: 1044n });
      const more = transact(STATE, aliceSigns({ amount: 995n, tip: 5n }));
      expectNoOp(more, STATE, "transfer", "INSUFFICIENT_BALANCE");
    });

    it("may exit everything; the account stays", () => {
      const { after, verdict } = transact(STATE, aliceSigns({ to: 0, amount: 999n }));
      expect(verdict.exit?.amount).to.equal(999n);
      expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 0n, nonce: 8n });
    });

    it("may move the largest balance there is", () => {
      const state = stateWith({ [ALICE]: { balance: MAX_BALANCE }, [BOB]: { balance: 0n } });
      const { after, verdict } = transact(state, aliceSigns({ amount: MAX_BALANCE }), { baseFee: 0n });
      expect(verdict.outcome.status).to.equal("executed");
      expect(balances(after)).to.include({ [ALICE]: 0n, [BOB]: MAX_BALANCE });
    });

    it("pays no fee, and no tip, in another token than the batch's", () => {
      const slot = aliceSigns({ tip: 5n });
      const { after, verdict } = transact(STATE, slot, { feeToken: OTHER_TOKEN });
      expect(verdict.fees).to.deep.equal({ baseFee: 0n, tip: 0n });
      expect(balances(after)).to.include({ [ALICE]: 900n, [BOB]: 150n });
      expect(after.account(ALICE)?.nonce).to.equal(8n);
    });

    it("may go to oneself: the fees are paid and the nonce is counted", () => {
      const { after, verdict } = transact(STATE, aliceSigns({ to: ALICE, amount: 999n }));
      expect(verdict.outcome).to.deep.equal({ kind: "transfer", status: "executed" });
      expect(after.account(ALICE)).to.deep.equal({ ...STATE.account(ALICE), balance: 999n, nonce: 8n });
    });

    it("may go to oneself with a full balance: the debit comes first", () => {
      const state = stateWith({ [ALICE]: { balance: MAX_BALANCE } });
      const { after, verdict } = transact(state, aliceSigns({ to: ALICE, amount: MAX_BALANCE }), { baseFee: 0n });
      expect(verdict.outcome.status).to.equal("executed");
      expect(after.account(ALICE)).to.deep.equal({ ...state.account(ALICE), nonce: 8n });
    });

    it("may be bound to the sequencer that includes it", () => {
      const { verdict } = transact(STATE, aliceSigns({ boundTo: ENVIRONMENT.sequencer }));
      expect(verdict.outcome.status).to.equal("executed");
    });
  });

  describe("without a good signature does nothing:", () => {
    const BAD: Record<string, () => Uint8Array> = {
      "signed with another key": () => aliceSigns({}, SIGNERS.bob),
      "signed for a later nonce": () => aliceSigns({ nonce: 8n }),
      "signed for an earlier nonce": () => aliceSigns({ nonce: 6n }),
      "signed for another domain": () => aliceSigns({ domain: ENVIRONMENT.domain + 1n }),
      "bound to another sequencer": () => aliceSigns({ boundTo: ENVIRONMENT.sequencer + 1n }),
      "with the flag removed": () =>
        encodeTransactionSlot({
          ...decodeTransactionSlot(aliceSigns({ boundTo: ENVIRONMENT.sequencer })),
          flags: 0n,
        }),
      "with the flag added": () => encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), flags: 1n }),
      "with the amount changed": () => encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), amount: 101n }),
      "with the receiver changed": () => encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), to: ALICE }),
      "with the tip changed": () => encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), tipMantissa: 1n }),
      "with the tip in another encoding": () =>
        encodeTransactionSlot({
          ...decodeTransactionSlot(aliceSigns({ tip: 2n })),
          tipMantissa: 1n,
          tipExponent: 1n,
        }),
      "with another h": () =>
        encodeTransactionSlot({
          ...decodeTransactionSlot(aliceSigns()),
          h: decodeTransactionSlot(aliceSigns()).h ^ 1n,
        }),
      "with h = S = 0": () => encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), h: 0n, s: 0n }),
      "with the largest h and S": () =>
        encodeTransactionSlot({ ...decodeTransactionSlot(aliceSigns()), h: P - 1n, s: L - 1n }),
    };
    for (const [name, slot] of Object.entries(BAD)) {
      it(name, () => {
        expectNoOp(transact(STATE, slot()), STATE, "transfer", "BAD_SIGNATURE");
      });
    }

    it("a replay", () => {
      const slot = aliceSigns();
      const { after } = transact(STATE, slot);
      expectNoOp(transact(after, slot), after, "transfer", "BAD_SIGNATURE");
    });

    it("with h + p, although the equation holds", () => {
      const slot = aliased((signed) => (signed.h + P < 1n << 254n ? { ...signed, h: signed.h + P } : undefined));
      expect(transact(STATE, encodeTransactionSlot({ ...slot, h: slot.h - P })).verdict.outcome.status).to.equal(
        "executed",
      );
      expectNoOp(transact(STATE, encodeTransactionSlot(slot)), STATE, "transfer", "CHALLENGE_NOT_CANONICAL");
    });

    it("with S + l, although the equation holds", () => {
      const slot = aliased((signed) => (signed.s + L < 1n << 251n ? { ...signed, s: signed.s + L } : undefined));
      expect(transact(STATE, encodeTransactionSlot({ ...slot, s: slot.s - L })).verdict.outcome.status).to.equal(
        "executed",
      );
      expectNoOp(transact(STATE, encodeTransactionSlot(slot)), STATE, "transfer", "RESPONSE_NOT_CANONICAL");
    });

    it("with h = p and with S = l", () => {
      const slot = decodeTransactionSlot(aliceSigns());
      const atP = transact(STATE, encodeTransactionSlot({ ...slot, h: P }));
      expectNoOp(atP, STATE, "transfer", "CHALLENGE_NOT_CANONICAL");
      const atL = transact(STATE, encodeTransactionSlot({ ...slot, s: L }));
      expectNoOp(atL, STATE, "transfer", "RESPONSE_NOT_CANONICAL");
    });
  });

  describe("that is signed but cannot be done does nothing:", () => {
    for (const flags of [2n, 3n, 4n, 8n, 16n, 31n]) {
      it(`unknown flags ${flags}`, () => {
        const slot = encodeTransactionSlot(signRaw({ flags }));
        expectNoOp(transact(STATE, slot), STATE, "transfer", "UNKNOWN_FLAGS");
      });
    }

    it("an unknown sender, one beyond the tree, and index 0", () => {
      for (const from of [NOBODY, ALICE + accountCapacity(SMALL), 2 ** 32 - 1, 0]) {
        const slot = encodeTransactionSlot(signRaw({ from }));
        expectNoOp(transact(STATE, slot), STATE, "transfer", "UNKNOWN_SENDER");
      }
    });

    it("an unknown receiver, and one beyond the tree", () => {
      for (const to of [NOBODY, BOB + accountCapacity(SMALL), 2 ** 32 - 1]) {
        expectNoOp(transact(STATE, aliceSigns({ to })), STATE, "transfer", "UNKNOWN_RECEIVER");
      }
    });

    it("another token than the sender's", () => {
      const transfer = transact(STATE, aliceSigns({ token: OTHER_TOKEN }));
      expectNoOp(transfer, STATE, "transfer", "SENDER_TOKEN_MISMATCH");
      const toCarol = transact(STATE, aliceSigns({ token: OTHER_TOKEN, to: CAROL }));
      expectNoOp(toCarol, STATE, "transfer", "SENDER_TOKEN_MISMATCH");
      const exit = transact(STATE, aliceSigns({ token: OTHER_TOKEN, to: 0 }));
      expectNoOp(exit, STATE, "exit", "SENDER_TOKEN_MISMATCH");
    });

    it("a receiver with another token", () => {
      expectNoOp(transact(STATE, aliceSigns({ to: CAROL })), STATE, "transfer", "RECEIVER_TOKEN_MISMATCH");
    });

    it("the whole balance and nothing left for the fees", () => {
      expectNoOp(transact(STATE, aliceSigns({ amount: 1000n })), STATE, "transfer", "INSUFFICIENT_BALANCE");
      expectNoOp(transact(STATE, aliceSigns({ amount: 1000n, to: 0 })), STATE, "exit", "INSUFFICIENT_BALANCE");
      expectNoOp(transact(STATE, aliceSigns({ amount: 1000n, to: ALICE })), STATE, "transfer", "INSUFFICIENT_BALANCE");
    });

    it("one more than the balance, without fees", () => {
      const exact = transact(STATE, aliceSigns({ amount: 1000n }), { baseFee: 0n });
      expect(exact.verdict.outcome.status).to.equal("executed");
      const more = transact(STATE, aliceSigns({ amount: 1001n }), { baseFee: 0n });
      expectNoOp(more, STATE, "transfer", "INSUFFICIENT_BALANCE");
    });

    it("the largest amount, tip and base fee together", () => {
      const slot = aliceSigns({ amount: MAX_BALANCE, tip: MAX_TIP });
      const state = stateWith({ [ALICE]: { balance: MAX_BALANCE } });
      expectNoOp(transact(state, slot, { baseFee: (1n << 96n) - 1n }), state, "transfer", "INSUFFICIENT_BALANCE");
    });

    it("a receiver that would have 2^128", () => {
      expectNoOp(transact(STATE, aliceSigns({ to: FULL, amount: 1n })), STATE, "transfer", "RECEIVER_OVERFLOW");
      const brim = stateWith({ [BOB]: { balance: MAX_BALANCE - 100n } });
      expect(transact(brim, aliceSigns({ amount: 100n })).verdict.outcome.status).to.equal("executed");
      expectNoOp(transact(brim, aliceSigns({ amount: 101n })), brim, "transfer", "RECEIVER_OVERFLOW");
    });
  });

  it("of zero bytes, which is padding, does nothing", () => {
    expectNoOp(transact(STATE, new Uint8Array(SLOT_BYTES)), STATE, "exit", "UNKNOWN_SENDER");
  });

  it("of one bits does nothing", () => {
    expectNoOp(transact(STATE, new Uint8Array(SLOT_BYTES).fill(255)), STATE, "transfer", "UNKNOWN_SENDER");
  });
});
