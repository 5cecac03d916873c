// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { slotsOf, SLOT_BYTES } from "../../src/codec/index.ts";
import { applyBatch, BatchBuilder, signedNonce, type Environment } from "../../src/ledger/index.ts";
import { decodeTransactionSlot } from "../../src/codec/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import {
  ALICE,
  aliceSigns,
  BOB,
  ENVIRONMENT,
  FEE_TOKEN,
  HEADER,
  SIGNERS,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";
import { seedFor } from "../helpers/random.ts";
import { randomLeaves } from "../helpers/randomLeaf.ts";

const start = (environment: Environment = ENVIRONMENT, terms = HEADER): BatchBuilder =>
  new BatchBuilder(SMALL, stateWith(), terms, environment);

describe("A batch that is built slot by slot", () => {
  it("has the states and outcomes of the batch that is applied as a whole", () => {
    const leaves = randomLeaves(DEVELOPMENT, seedFor("batch builder"));
    const statuses = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const [first, second] = [leaves.next().value, leaves.next().value];
      const length = (DEVELOPMENT.slots + (round % (DEVELOPMENT.slots + 1))) * SLOT_BYTES;
      const data = Buffer.concat([first.bytes, second.bytes]).subarray(0, length);
      const header = { ...first.header, forcedCount: Math.min(first.header.forcedCount, DEVELOPMENT.slots) };
      const whole = applyBatch(DEVELOPMENT, first.before, { header, data }, first.environment);
      const builder = new BatchBuilder(DEVELOPMENT, first.before, header, first.environment);
      const outcomes = slotsOf(data).map((slot, i) =>
        i < header.forcedCount ? builder.force(slot) : builder.append(slot),
      );
      expect(builder.result.root).to.equal(whole.state.root);
      expect(outcomes).to.deep.equal(whole.leaves.flatMap((leaf) => leaf.outcomes).slice(0, outcomes.length));
      expect(Buffer.compare(builder.data, data)).to.equal(0);
      for (const { status } of outcomes) statuses.add(status);
    }
    expect([...statuses]).to.include.members(["executed", "void", "refunded", "taken"]);
  });

  it("takes of what is offered only what is executed in this place", () => {
    const builder = start();
    const second = aliceSigns({ nonce: 8n });
    expect(builder.offer(second)).to.deep.include({ status: "void", reason: "BAD_SIGNATURE" });
    expect([builder.size, builder.state.root]).to.deep.equal([0, stateWith().root]);
    expect(builder.offer(aliceSigns()).status).to.equal("executed");
    expect(builder.offer(second).status).to.equal("executed");
    expect(builder.size).to.equal(2);
    expect(builder.state.account(BOB)?.balance).to.equal(250n);
  });

  it("credits tips at the end of a leaf, and of a leaf that is not full in the result alone", () => {
    const builder = start(ENVIRONMENT, { ...HEADER, feeAccount: BOB });
    const tipped = (nonce: bigint): Uint8Array => aliceSigns({ to: 0, amount: 1n, tip: 10n, nonce });
    builder.append(tipped(7n));
    expect(builder.state.account(BOB)?.balance).to.equal(50n);
    expect(builder.result.account(BOB)?.balance).to.equal(60n);
    for (const nonce of [8n, 9n, 10n]) builder.append(tipped(nonce));
    expect(builder.state.account(BOB)?.balance).to.equal(90n);
    expect(builder.result.root).to.equal(builder.state.root);
    builder.append(tipped(11n));
    expect(builder.result.account(BOB)?.balance).to.equal(100n);
  });

  it("takes no forced operation after a transaction", () => {
    const builder = start();
    builder.force(new Uint8Array(SLOT_BYTES));
    builder.append(aliceSigns());
    expectError(() => builder.force(new Uint8Array(SLOT_BYTES)), "FORCED_COMES_FIRST");
    expect([builder.size, builder.forcedCount]).to.deep.equal([2, 1]);
    expectError(() => builder.append(new Uint8Array(92)), "BAD_LENGTH");
  });
});

describe("The nonce of a transaction", () => {
  const alice = stateWith().account(ALICE)!;
  const find = (slot: Uint8Array, environment: Environment = ENVIRONMENT): bigint | undefined =>
    signedNonce(alice, decodeTransactionSlot(slot), environment, 5n, 4);

  it("is found among those that are tried, and nowhere else", () => {
    for (const nonce of [5n, 6n, 8n]) expect(find(aliceSigns({ nonce }))).to.equal(nonce);
    for (const nonce of [4n, 9n]) expect(find(aliceSigns({ nonce }))).to.equal(undefined);
    expect(find(aliceSigns({}, SIGNERS.bob))).to.equal(undefined);
    expect(find(new Uint8Array(SLOT_BYTES).fill(0xff))).to.equal(undefined);
    expect(find(aliceSigns({ token: FEE_TOKEN + 1n }))).to.equal(7n);
  });

  it("depends on the sequencer that the transaction is bound to", () => {
    const bound = aliceSigns({ boundTo: 9n });
    expect(find(bound)).to.equal(undefined);
    expect(find(bound, { ...ENVIRONMENT, sequencer: 9n })).to.equal(7n);
  });
});
