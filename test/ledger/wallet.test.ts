// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ARRIVAL, decodeForcedSlot, decodeTransactionSlot, DEPARTURE, SEQUENCER_BOUND } from "../../src/codec/index.ts";
import { compressKey, createSigner } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  arrivalSlot,
  departureSlot,
  forcedExitSlot,
  forcedTransferSlot,
  newAccountSlot,
  signTransaction,
  topUpSlot,
} from "../../src/ledger/index.ts";
import { expectError } from "../helpers/expectError.ts";
import {
  account,
  aliceSigns,
  BOB,
  ENVIRONMENT,
  FEE_TOKEN,
  SIGNERS,
  stateWith,
  transact,
} from "../helpers/ledgerFixture.ts";

describe("wallet", () => {
  it("signs with zk-kit's keys what the ledger accepts", () => {
    const signer = createSigner(new TextEncoder().encode("zk-kit"));
    const state = stateWith({ 1: account(signer, { nonce: 7n, balance: 1000n }) });
    const slot = signTransaction(signer, {
      from: 1,
      to: BOB,
      token: FEE_TOKEN,
      amount: 10n,
      tip: 5n << 40n,
      nonce: 7n,
      domain: ENVIRONMENT.domain,
      boundTo: ENVIRONMENT.sequencer,
    });
    expect(transact(state, slot, { feeToken: 9n }).verdict.outcome.status).to.equal("executed");
  });

  it("writes what was asked for", () => {
    const slot = decodeTransactionSlot(aliceSigns({ amount: 12n, tip: 3n << 20n, to: 0, boundTo: 5n }));
    expect(slot).to.deep.include({ from: 1, to: 0, token: FEE_TOKEN, amount: 12n, flags: SEQUENCER_BOUND });
    expect(slot.tipMantissa << slot.tipExponent).to.equal(3n << 20n);
    expect(decodeTransactionSlot(aliceSigns()).flags).to.equal(0n);
  });

  it("refuses what does not fit", () => {
    expectError(() => aliceSigns({ tip: (1n << 20n) + 1n }), "TIP_NOT_REPRESENTABLE");
    expectError(() => aliceSigns({ amount: 1n << 128n }), "OUT_OF_RANGE");
    expectError(() => aliceSigns({ amount: -1n }), "OUT_OF_RANGE");
    expectError(() => aliceSigns({ to: 2 ** 32 }), "OUT_OF_RANGE");
    expectError(() => aliceSigns({ token: 1n << 16n }), "OUT_OF_RANGE");
    for (const from of [1.5, -1, Number.NaN, 2 ** 53]) expectError(() => aliceSigns({ from }), "OUT_OF_RANGE");
    expectError(() => aliceSigns({ boundTo: 1n << 160n }), "OUT_OF_RANGE");
    expectError(() => aliceSigns({ domain: 1n << 248n }), "OUT_OF_RANGE");
  });

  it("builds the forced operations that L1 writes", () => {
    const { publicKey } = SIGNERS.alice;
    const common = { token: 1n, amount: 2n, l1Address: 3n };
    const noKey = { keyY: 0n, keySign: 0n };
    const noFlags = { flags: 0n };
    expect(decodeForcedSlot(newAccountSlot({ ...common, key: publicKey, fee: 4n }))).to.deep.equal({
      ...common,
      ...noFlags,
      ...compressKey(publicKey),
      from: 0,
      to: 0,
      fee: 4n,
    });
    expect(decodeForcedSlot(topUpSlot({ ...common, to: 6 }))).to.deep.equal({
      ...common,
      ...noFlags,
      ...noKey,
      from: 0,
      to: 6,
      fee: 0n,
    });
    expect(decodeForcedSlot(forcedTransferSlot({ ...common, from: 5, to: 6, fee: 4n }))).to.deep.equal({
      ...common,
      ...noFlags,
      ...noKey,
      from: 5,
      to: 6,
      fee: 4n,
    });
    expect(decodeForcedSlot(forcedExitSlot({ ...common, from: 5 }))).to.deep.equal({
      ...common,
      ...noFlags,
      ...noKey,
      from: 5,
      to: 0,
      fee: 0n,
    });
    const hash = (1n << 248n) - 1n;
    const amount = (1n << 128n) - 2n;
    expect(decodeForcedSlot(departureSlot({ hash, amount, l1Address: 3n, fee: 4n }))).to.deep.equal({
      from: 0,
      to: 0,
      token: 0n,
      amount,
      keySign: 0n,
      flags: DEPARTURE,
      keyY: hash,
      l1Address: 3n,
      fee: 4n,
    });
    const digest = 0x89abcdef_fedcba98_7654_00112233445566778899aabbccddeeffn;
    expect(decodeForcedSlot(arrivalSlot({ root: P - 1n, hash: digest, l1Address: 3n }))).to.deep.equal({
      from: 0x89abcdef,
      to: 0xfedcba98,
      token: 0x7654n,
      amount: 0x00112233445566778899aabbccddeeffn,
      keySign: 0n,
      flags: ARRIVAL,
      keyY: P - 1n,
      l1Address: 3n,
      fee: 0n,
    });
  });
});
