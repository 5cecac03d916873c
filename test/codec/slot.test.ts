// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  ARRIVAL,
  decodeForcedSlot,
  decodePayload,
  decodeTransactionSlot,
  DEPARTURE,
  encodeForcedSlot,
  encodePayload,
  encodeTransactionSlot,
  readForcedSlot,
  SLOT_BYTES,
  type ForcedSlot,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { bytes, check, index32, uint } from "../helpers/properties.ts";

const transactionSlots: fc.Arbitrary<TransactionSlot> = fc.record({
  from: index32(),
  to: index32(),
  token: uint(16),
  amount: uint(128),
  tipMantissa: uint(20),
  tipExponent: uint(6),
  flags: uint(5),
  h: uint(254),
  s: uint(251),
});

const forcedSlots: fc.Arbitrary<ForcedSlot> = fc.record({
  from: index32(),
  to: index32(),
  token: uint(16),
  amount: uint(128),
  flags: fc.constantFrom(0n, DEPARTURE, ARRIVAL),
  keyY: uint(254),
  fee: uint(90),
  keySign: uint(1),
  l1Address: uint(160),
});

const EMPTY_TRANSACTION: TransactionSlot = {
  from: 0,
  to: 0,
  token: 0n,
  amount: 0n,
  tipMantissa: 0n,
  tipExponent: 0n,
  flags: 0n,
  h: 0n,
  s: 0n,
};

const EMPTY_FORCED: ForcedSlot = {
  from: 0,
  to: 0,
  token: 0n,
  amount: 0n,
  flags: 0n,
  keyY: 0n,
  fee: 0n,
  keySign: 0n,
  l1Address: 0n,
};

const toInteger = (slot: Uint8Array): bigint => BigInt(`0x${Buffer.from(slot).toString("hex")}`);

/** Lowest bit and width of each field, as the table of docs/protocol.md §3 has them. */
const TRANSACTION_BITS: readonly (readonly [keyof TransactionSlot, low: bigint, width: bigint])[] = [
  ["from", 712n, 32n],
  ["to", 680n, 32n],
  ["token", 664n, 16n],
  ["amount", 536n, 128n],
  ["tipMantissa", 516n, 20n],
  ["tipExponent", 510n, 6n],
  ["flags", 505n, 5n],
  ["h", 251n, 254n],
  ["s", 0n, 251n],
];

const FORCED_BITS: readonly (readonly [keyof ForcedSlot, low: bigint, width: bigint])[] = [
  ["from", 712n, 32n],
  ["to", 680n, 32n],
  ["token", 664n, 16n],
  ["amount", 536n, 128n],
  ["flags", 505n, 5n],
  ["keyY", 251n, 254n],
  ["fee", 161n, 90n],
  ["keySign", 160n, 1n],
  ["l1Address", 0n, 160n],
];

describe("slot codec", () => {
  describe("L2 transaction", () => {
    it("survives encoding and decoding", () => {
      check([transactionSlots], (slot) => {
        expect(decodeTransactionSlot(encodeTransactionSlot(slot))).to.deep.equal(slot);
      });
    });

    it("is one to one with 93 bytes", () => {
      check([bytes(SLOT_BYTES)], (slot) => {
        expect(encodeTransactionSlot(decodeTransactionSlot(slot))).to.deep.equal(slot);
      });
    });

    for (const [name, low, width] of TRANSACTION_BITS) {
      it(`has ${name} at bit ${low}, and nothing wider`, () => {
        const max = (1n << width) - 1n;
        const asField = (value: bigint): Partial<TransactionSlot> => ({
          [name]: name === "from" || name === "to" ? Number(value) : value,
        });
        expect(toInteger(encodeTransactionSlot({ ...EMPTY_TRANSACTION, ...asField(max) }))).to.equal(max << low);
        expectError(() => encodeTransactionSlot({ ...EMPTY_TRANSACTION, ...asField(max + 1n) }), "OUT_OF_RANGE");
        expectError(() => encodeTransactionSlot({ ...EMPTY_TRANSACTION, ...asField(-1n) }), "OUT_OF_RANGE");
      });
    }

    it("signs the upper 239 bits as its payload", () => {
      check([transactionSlots], (slot) => {
        expect(encodePayload(slot)).to.equal(toInteger(encodeTransactionSlot(slot)) >> 505n);
      });
    });

    it("has a payload that survives decoding and encoding", () => {
      check([uint(239)], (payload) => {
        expect(encodePayload(decodePayload(payload))).to.equal(payload);
      });
      expectError(() => decodePayload(1n << 239n), "OUT_OF_RANGE");
    });

    it("rejects another length", () => {
      expectError(() => decodeTransactionSlot(new Uint8Array(SLOT_BYTES - 1)), "BAD_LENGTH");
      expectError(() => decodeTransactionSlot(new Uint8Array(SLOT_BYTES + 1)), "BAD_LENGTH");
    });
  });

  describe("forced operation", () => {
    it("survives encoding and decoding", () => {
      check([forcedSlots], (slot) => {
        expect(decodeForcedSlot(encodeForcedSlot(slot))).to.deep.equal(slot);
      });
    });

    for (const [name, low, width] of FORCED_BITS) {
      it(`has ${name} at bit ${low}, and nothing wider`, () => {
        const max = (1n << width) - 1n;
        const asField = (value: bigint): Partial<ForcedSlot> => ({
          [name]: name === "from" || name === "to" ? Number(value) : value,
        });
        expect(toInteger(encodeForcedSlot({ ...EMPTY_FORCED, ...asField(max) }))).to.equal(max << low);
        expectError(() => encodeForcedSlot({ ...EMPTY_FORCED, ...asField(max + 1n) }), "OUT_OF_RANGE");
      });
    }

    it("is decoded strictly, but read whatever its ignored bits are", () => {
      check([forcedSlots, fc.integer({ min: 510, max: 535 })], (slot, bit) => {
        const encoded = encodeForcedSlot(slot);
        const place = SLOT_BYTES - 1 - Math.floor(bit / 8);
        encoded[place] = (encoded[place] ?? 0) | (1 << (bit % 8));
        expect(readForcedSlot(encoded)).to.deep.equal(slot);
        expectError(() => decodeForcedSlot(encoded), "IGNORED_BITS_SET");
      });
    });

    it("is decoded if it is a departure, an arrival or neither, and read with any flags", () => {
      for (let flags = 0n; flags < 32n; flags++) {
        const encoded = encodeForcedSlot({ ...EMPTY_FORCED, flags });
        expect(readForcedSlot(encoded).flags).to.equal(flags);
        if (flags === 0n || flags === 2n || flags === 4n) {
          expect(decodeForcedSlot(encoded).flags).to.equal(flags);
        } else {
          expectError(() => decodeForcedSlot(encoded), "IGNORED_BITS_SET");
        }
      }
    });

    it("can be read from any 93 bytes", () => {
      check([bytes(SLOT_BYTES)], (slot) => {
        const { from, to } = readForcedSlot(slot);
        expect({ from, to }).to.deep.equal({
          from: Buffer.from(slot).readUInt32BE(0),
          to: Buffer.from(slot).readUInt32BE(4),
        });
      });
    });

    it("rejects another length", () => {
      expectError(() => readForcedSlot(new Uint8Array(SLOT_BYTES - 1)), "BAD_LENGTH");
      expectError(() => decodeForcedSlot(new Uint8Array(SLOT_BYTES + 1)), "BAD_LENGTH");
    });
  });
});
