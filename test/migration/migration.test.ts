// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  decodeTransactionSlot,
  encodeTransactionSlot,
  SLOT_BYTES,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import {
  accountHash,
  applyLeaf,
  batchDataHash,
  commitLeafData,
  encodeLeafData,
  ETH,
  evaluateLeafData,
  evaluationPoint,
} from "../../src/ledger/index.ts";
import {
  migrationCircuitInput,
  migrationPublicSignals,
  moveMessage,
  orderedMigrationSignals,
  packTokens,
  type MigrationResult,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import { HEADER, MAX_BALANCE, SIGNERS } from "../helpers/ledgerFixture.ts";
import {
  alice,
  ALICE_INDEX,
  aliceMoves,
  bob,
  BOB_INDEX,
  bobMoves,
  carol,
  CAROL_INDEX,
  carolMoves,
  COIN,
  DOMAIN,
  migrate,
  reasonsOf,
  SOURCE,
  stateOf,
  TARGET,
  TARGET_TOKEN,
  TOKENS,
} from "../helpers/migrationFixture.ts";

const NOBODY = "UNKNOWN_SENDER";

/** A slot with other fields under the same signature. */
const alter = (move: Uint8Array, fields: Partial<TransactionSlot>): Uint8Array =>
  encodeTransactionSlot({ ...decodeTransactionSlot(move), ...fields });

describe("migration", () => {
  it("moves accounts with all they hold", () => {
    const result = migrate([aliceMoves(), bobMoves(), carolMoves()]);
    expect(reasonsOf(result)).to.deep.equal(["executed", "executed", "executed", NOBODY]);
    expect(result.state.account(ALICE_INDEX)).to.deep.equal({ ...alice, nonce: 8n, balance: 0n });
    expect(result.state.account(BOB_INDEX)).to.deep.equal({ ...bob, nonce: 1n, balance: 0n });
    expect(result.state.account(CAROL_INDEX)).to.deep.equal({ ...carol, nonce: 2n });
    expect(result.state.nextIndex).to.equal(SOURCE.nextIndex);
    expect(result.arrivals).to.deep.equal([
      { ...alice, nonce: 0n, token: TARGET_TOKEN },
      { ...bob, nonce: 0n },
      { ...carol, nonce: 0n, token: TARGET_TOKEN },
      undefined,
    ]);
    expect(result.totals).to.deep.equal([1000n, 50n, 0n, 0n]);
  });

  it("leaves everything as it is where no move is valid", () => {
    const result = migrate([]);
    expect(reasonsOf(result)).to.deep.equal([NOBODY, NOBODY, NOBODY, NOBODY]);
    expect(result.state).to.equal(SOURCE);
    expect(result.arrivalsRoot).to.equal(poseidon([0n, 0n, 0n, 0n]));
    expect(result.arrivalsData).to.have.length(0);
    expect(result.totals).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  describe("has no part in a move", () => {
    const cases: Readonly<Record<string, readonly [Uint8Array, string]>> = {
      "of an absent account": [aliceMoves({ from: 3 }), NOBODY],
      "of an account outside the tree": [aliceMoves({ from: 1024 + ALICE_INDEX }), NOBODY],
      "of index 0": [aliceMoves({ from: 0 }), NOBODY],
      "signed by another": [aliceMoves({}, SIGNERS.bob), "BAD_SIGNATURE"],
      "with an old nonce": [aliceMoves({ nonce: 6n }), "BAD_SIGNATURE"],
      "with a future nonce": [aliceMoves({ nonce: 8n }), "BAD_SIGNATURE"],
      "from another rollup": [aliceMoves({ domain: DOMAIN - 1n }), "BAD_SIGNATURE"],
      "to another rollup": [aliceMoves({ target: TARGET - 1n }), "BAD_SIGNATURE"],
      "of another token": [aliceMoves({ token: ETH, targetToken: ETH }), "SENDER_TOKEN_MISMATCH"],
      "of a token that has no pair": [aliceMoves({ targetToken: TARGET_TOKEN - 1n }), "UNKNOWN_PAIR"],
      "to the other pair's token": [aliceMoves({ targetToken: ETH }), "UNKNOWN_PAIR"],
      "with h of p or more": [alter(aliceMoves(), { h: P }), "CHALLENGE_NOT_CANONICAL"],
      "with S of l or more": [alter(aliceMoves(), { s: L }), "RESPONSE_NOT_CANONICAL"],
      "with an amount added": [alter(aliceMoves(), { amount: 1n }), "BAD_SIGNATURE"],
      "with a token id of more than 16 bits": [
        alter(aliceMoves(), { to: Number(TARGET_TOKEN) + 65536 }),
        "BAD_SIGNATURE",
      ],
      ...Object.fromEntries(
        [0n, 1n, 3n, 6n, 18n, 31n].map((flags) => [
          `with flags ${flags}`,
          [alter(aliceMoves(), { flags }), "UNKNOWN_FLAGS"],
        ]),
      ),
    };
    for (const [name, [slot, reason]] of Object.entries(cases)) {
      it(name, () => {
        const result = migrate([slot, bobMoves()]);
        expect(reasonsOf(result)).to.deep.equal([reason, "executed", NOBODY, NOBODY]);
        expect(result.arrivals[0]).to.equal(undefined);
        expect(result.state.account(ALICE_INDEX)).to.equal(alice);
        expect(result.totals).to.deep.equal([0n, 50n, 0n, 0n]);
      });
    }
  });

  it("ignores amount and tip, which are signed", () => {
    const payload = { ...decodeTransactionSlot(aliceMoves()), amount: MAX_BALANCE, tipMantissa: 1n, tipExponent: 63n };
    const packed = decodeTransactionSlot(encodeTransactionSlot(payload));
    const message = moveMessage(packed, { domain: DOMAIN, nonce: alice.nonce, target: TARGET });
    const slot = encodeTransactionSlot({ ...payload, ...SIGNERS.alice.sign(message) });
    expect(migrate([slot]).totals).to.deep.equal([1000n, 0n, 0n, 0n]);
  });

  it("applies a move to the state after the one before it", () => {
    const twice = migrate([aliceMoves(), aliceMoves({ nonce: 8n }), aliceMoves()]);
    expect(reasonsOf(twice)).to.deep.equal(["executed", "executed", "BAD_SIGNATURE", NOBODY]);
    expect(twice.arrivals[1]).to.deep.equal({ ...twice.arrivals[0], balance: 0n });
    expect(twice.state.account(ALICE_INDEX)?.nonce).to.equal(9n);
    expect(twice.totals[0]).to.equal(1000n);
    expect(reasonsOf(migrate([aliceMoves({ nonce: 8n }), aliceMoves()]))).to.deep.equal([
      "BAD_SIGNATURE",
      "executed",
      NOBODY,
      NOBODY,
    ]);
  });

  it("counts for the first of equal pairs, and in totals beyond 128 bits", () => {
    const rich = stateOf(Object.fromEntries([4, 5, 6, 7].map((i) => [i, { ...alice, balance: MAX_BALANCE }])));
    const moves = [4, 5, 6, 7].map((from) => aliceMoves({ from }));
    const tokens = packTokens([
      { source: 9n, target: 9n },
      ...[1, 2].map(() => ({ source: COIN, target: TARGET_TOKEN })),
    ]);
    expect(migrate(moves, rich, { tokens }).totals).to.deep.equal([0n, 4n * MAX_BALANCE, 0n, 0n]);
  });

  it("takes any bytes up to the size, and the missing ones as zeros", () => {
    const whole = aliceMoves();
    expect(reasonsOf(migrate([whole.subarray(0, 92)]))[0]).to.equal("BAD_SIGNATURE");
    expect(migrate([whole, new Uint8Array(3 * SLOT_BYTES)]).movesCommitment).to.equal(migrate([whole]).movesCommitment);
    expectError(() => migrate([new Uint8Array(4 * SLOT_BYTES + 1)]), "BAD_LENGTH");
    expectError(() => migrate([], SOURCE, { tokens: 1n << 128n }), "OUT_OF_RANGE");
    expectError(() => migrate([], SOURCE, { target: 1n << 160n }), "OUT_OF_RANGE");
    expectError(() => migrate([], SOURCE, { domain: 1n << 248n }), "OUT_OF_RANGE");
  });

  it("is nothing to the leaf, which takes no transaction with this flag", () => {
    const header = { ...HEADER, feeToken: 9n };
    // With `to` an account of the same token, and nothing owed.
    const move = aliceMoves({ targetToken: BigInt(CAROL_INDEX), target: 0n });
    const bytes = new Uint8Array(DEVELOPMENT.slots * SLOT_BYTES);
    bytes.set(move);
    const { outcomes } = applyLeaf(DEVELOPMENT, SOURCE, { header, bytes }, { sequencer: 0n, domain: DOMAIN });
    expect(outcomes[0]).to.deep.equal({ kind: "transfer", status: "void", reason: "UNKNOWN_FLAGS" });
  });
});

describe("migration: public signals", () => {
  const result: MigrationResult = migrate([carolMoves(), aliceMoves({ nonce: 0n }), bobMoves()]);
  const signals = migrationPublicSignals(result, { worker: 0xdadan });
  const dataOf = (bytes: Uint8Array) => {
    const padded = new Uint8Array(4 * SLOT_BYTES);
    padded.set(bytes);
    return encodeLeafData(HEADER, padded);
  };

  it("commit to moves and arrivals as leaves do to their data", () => {
    for (const [bytes, commitment, point, evaluation] of [
      [result.moves, signals.movesCommitment, signals.movesPoint, signals.movesEvaluation],
      [result.arrivalsData, signals.arrivalsCommitment, signals.arrivalsPoint, signals.arrivalsEvaluation],
    ] as const) {
      expect(bytes).to.have.length(3 * SLOT_BYTES);
      expect(commitment).to.equal(commitLeafData(dataOf(bytes)));
      expect(point).to.equal(evaluationPoint(batchDataHash(bytes), [commitment]));
      expect(evaluation).to.equal(evaluateLeafData(dataOf(bytes), point));
    }
  });

  it("have the roots and what the migration was asked for", () => {
    const [first, , third] = result.arrivals;
    expect(signals.arrivalsRoot).to.equal(poseidon([accountHash(first!), 0n, accountHash(third!), 0n]));
    expect(signals).to.deep.include({
      oldStateRoot: SOURCE.root,
      newStateRoot: result.state.root,
      domain: DOMAIN,
      target: TARGET,
      tokens: TOKENS,
      worker: 0xdadan,
      totals: [0n, 50n, 0n, 0n],
    });
    expect(carol.balance).to.equal(0n);
  });

  it("are seventeen, in their order; the last seven are inputs", () => {
    expect(orderedMigrationSignals(signals)).to.deep.equal(Object.values(signals).flat()).and.to.have.length(17);
    const names = ["oldStateRoot", "domain", "target", "tokens", "movesPoint", "arrivalsPoint", "worker"] as const;
    const input = migrationCircuitInput(result, { worker: 0xdadan });
    for (const name of names) expect(input[name]).to.equal(signals[name]);
    expect(Object.keys(signals).slice(-7)).to.deep.equal(names);
    expect(input).to.deep.include(result.witness);
  });
});
