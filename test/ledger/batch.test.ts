// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import fc from "fast-check";

import { decodeChunks, encodeChunks, SLOT_BYTES } from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  applyBatch,
  applyLeaf,
  batchDataHash,
  commitLeafData,
  commitToData,
  encodeLeafData,
  evaluateData,
  evaluateLeafData,
  evaluationPoint,
  forcedExitSlot,
  leafCount,
  splitBatch,
} from "../../src/ledger/index.ts";
import { leafBytes } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import {
  ALICE,
  ALICE_OWNER,
  aliceSigns,
  ENVIRONMENT,
  FEE_TOKEN,
  HEADER,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";
import { bytes, check, field } from "../helpers/properties.ts";

const LEAF = leafBytes(SMALL);
const leafData = (data: Uint8Array) => encodeLeafData(HEADER, data);

describe("data commitment", () => {
  it("chains the slots' chunks, from 0", () => {
    check(
      [bytes(LEAF)],
      (data) => {
        const chunks = encodeChunks(data);
        let c = 0n;
        for (let i = 0; i < chunks.length; i += 3) {
          c = poseidon([c, ...chunks.slice(i, i + 3)]);
        }
        expect(commitLeafData(leafData(data))).to.equal(c);
      },
      20,
    );
  });

  it("evaluates the polynomial of the chunks", () => {
    check([bytes(LEAF), field()], (data, z) => {
      let power = 1n;
      let sum = 0n;
      for (const chunk of encodeChunks(data)) {
        sum = (sum + chunk * power) % P;
        power = (power * z) % P;
      }
      expect(evaluateLeafData(leafData(data), z)).to.equal(sum);
    });
  });

  it("gives the first chunk at z = 0 and the sum at z = 1", () => {
    const data = new Uint8Array(LEAF);
    data.set(decodeChunks([5n, 6n, 7n]));
    expect(evaluateLeafData(leafData(data), 0n)).to.equal(5n);
    expect(evaluateLeafData(leafData(data), 1n)).to.equal(18n);
  });

  it("does not change by the header, which is a public input of its own", () => {
    const data = new Uint8Array(LEAF).fill(9);
    const other = encodeLeafData({ ...HEADER, timestamp: 99n }, data);
    expect(commitLeafData(other)).to.equal(commitLeafData(leafData(data)));
    expect(evaluateLeafData(other, 3n)).to.equal(evaluateLeafData(leafData(data), 3n));
    expect(other.header).to.not.equal(leafData(data).header);
  });

  it("takes whole slots only", () => {
    expectError(() => leafData(new Uint8Array(31)), "BAD_LENGTH");
    expectError(() => leafData(new Uint8Array(32)), "BAD_LENGTH");
  });

  it("hashes data and commitments to the point of evaluation", () => {
    const data = Uint8Array.of(1, 2, 3);
    const commitments = [poseidon([1n, 2n]), poseidon([3n, 4n])];
    const words = commitments.map((c) => c.toString(16).padStart(64, "0")).join("");
    expect(batchDataHash(data)).to.equal(keccak256("0x010203"));
    expect(evaluationPoint(batchDataHash(data), commitments)).to.equal(
      BigInt(keccak256(`${keccak256("0x010203")}${words}`)) % P,
    );
  });
});

describe("batch", () => {
  it("has as many leaves as its bytes need, at least one", () => {
    for (const [length, count] of [
      [0, 1],
      [1, 1],
      [LEAF, 1],
      [LEAF + 1, 2],
      [3 * LEAF, 3],
    ] as const) {
      expect(leafCount(SMALL, length)).to.equal(count);
    }
  });

  it("is split into leaves padded with zeros", () => {
    check([fc.uint8Array({ maxLength: 3 * LEAF })], (data) => {
      const leaves = splitBatch(SMALL, { header: HEADER, data });
      const joined = Buffer.concat(leaves.map((leaf) => leaf.bytes));
      expect(leaves.every((leaf) => leaf.bytes.length === LEAF)).to.equal(true);
      expect(Uint8Array.from(joined.subarray(0, data.length))).to.deep.equal(data);
      expect(joined.subarray(data.length).every((byte) => byte === 0)).to.equal(true);
    });
  });

  it("gives each leaf its share of the forced operations", () => {
    const counts = (forcedCount: number, leaves: number): number[] =>
      splitBatch(SMALL, { header: { ...HEADER, forcedCount }, data: new Uint8Array(leaves * LEAF) }).map(
        (leaf) => leaf.header.forcedCount,
      );
    expect(counts(0, 3)).to.deep.equal([0, 0, 0]);
    expect(counts(3, 3)).to.deep.equal([3, 0, 0]);
    expect(counts(4, 3)).to.deep.equal([4, 0, 0]);
    expect(counts(5, 3)).to.deep.equal([4, 1, 0]);
    expect(counts(12, 3)).to.deep.equal([4, 4, 4]);
  });

  it("applies its leaves one after another", () => {
    const before = stateWith();
    const exit = forcedExitSlot({ from: ALICE, token: FEE_TOKEN, amount: 1n, l1Address: ALICE_OWNER });
    const data = Buffer.concat([exit, exit, exit, exit, exit, aliceSigns(), aliceSigns({ nonce: 8n, to: 0 })]);
    const batch = { header: { ...HEADER, forcedCount: 5 }, data };
    const result = applyBatch(SMALL, before, batch, ENVIRONMENT);

    expect(result.leaves.map(({ exits }) => exits.length)).to.deep.equal([4, 2]);
    expect(result.state.account(ALICE)).to.deep.include({ balance: 793n, nonce: 9n });
    expect(result.proverFees).to.equal(2n);

    let state = before;
    for (const [i, leaf] of splitBatch(SMALL, batch).entries()) {
      const alone = applyLeaf(SMALL, state, leaf, ENVIRONMENT);
      expect(result.leaves[i]?.oldStateRoot).to.equal(state.root);
      expect(result.leaves[i]?.witness).to.deep.equal(alone.witness);
      state = alone.state;
    }
    expect(result.state.root).to.equal(state.root);
    expect(result.dataHash).to.equal(keccak256(data));
    const commitments = result.leaves.map(({ c }) => c);
    expect(result.z).to.equal(evaluationPoint(result.dataHash, commitments));
  });

  it("can be committed to and evaluated from its bytes alone", () => {
    check(
      [fc.uint8Array({ maxLength: 3 * LEAF }), field()],
      (data, z) => {
        const { leaves } = applyBatch(SMALL, stateWith(), { header: { ...HEADER, timestamp: 9n }, data }, ENVIRONMENT);
        expect(commitToData(SMALL, data)).to.deep.equal(leaves.map(({ c }) => c));
        expect(evaluateData(SMALL, data, z)).to.deep.equal(leaves.map((leaf) => evaluateLeafData(leaf.data, z)));
      },
      20,
    );
  });

  it("of no bytes is one empty leaf", () => {
    const before = stateWith();
    const result = applyBatch(SMALL, before, { header: HEADER, data: new Uint8Array(0) }, ENVIRONMENT);
    expect(result.leaves).to.have.length(1);
    expect(result.state).to.equal(before);
  });

  it("that ends within a slot has the rest of it as zeros", () => {
    const before = stateWith();
    const whole = aliceSigns({ amount: 1n });
    const run = (data: Uint8Array) => applyBatch(SMALL, before, { header: HEADER, data }, ENVIRONMENT);
    expect(run(whole.subarray(0, SLOT_BYTES - 1)).state).to.equal(before);
    expect(run(whole).state).to.not.equal(before);
  });
});
