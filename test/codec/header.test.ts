// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { decodeHeader, encodeHeader, type Header } from "../../src/codec/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, index32, uint } from "../helpers/properties.ts";

const headers: fc.Arbitrary<Header> = fc.record({
  baseFee: uint(96),
  feeToken: uint(16),
  feeAccount: index32(),
  forcedCount: fc.nat(65535),
  timestamp: uint(64),
});

const EMPTY: Header = { baseFee: 0n, feeToken: 0n, feeAccount: 0, forcedCount: 0, timestamp: 0n };

describe("header codec", () => {
  it("survives encoding and decoding", () => {
    check([headers], (header) => {
      expect(decodeHeader(encodeHeader(header))).to.deep.equal(header);
    });
    check([uint(224)], (packed) => {
      expect(encodeHeader(decodeHeader(packed))).to.equal(packed);
    });
  });

  it("is the sum of docs/protocol.md §4", () => {
    check([headers], (header) => {
      expect(encodeHeader(header)).to.equal(
        header.baseFee * 2n ** 128n +
          header.feeToken * 2n ** 112n +
          BigInt(header.feeAccount) * 2n ** 80n +
          BigInt(header.forcedCount) * 2n ** 64n +
          header.timestamp,
      );
    });
  });

  it("refuses what does not fit", () => {
    const tooWide: Partial<Header>[] = [
      { baseFee: 1n << 96n },
      { feeToken: 1n << 16n },
      { feeAccount: 2 ** 32 },
      { forcedCount: 2 ** 16 },
      { timestamp: 1n << 64n },
      { timestamp: -1n },
    ];
    for (const fields of tooWide) {
      expectError(() => encodeHeader({ ...EMPTY, ...fields }), "OUT_OF_RANGE");
    }
    expectError(() => decodeHeader(1n << 224n), "OUT_OF_RANGE");
    expectError(() => decodeHeader(-1n), "OUT_OF_RANGE");
  });
});
