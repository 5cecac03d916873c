// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { CHUNK_BYTES, decodeChunks, encodeChunks, fromBytes, toBytes } from "../../src/codec/index.ts";
import { P } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";
import { bytes, check, uint } from "../helpers/properties.ts";

describe("chunk codec", () => {
  it("survives encoding and decoding", () => {
    const data = fc.nat(20).chain((count) => bytes(count * CHUNK_BYTES));
    check([data], (input) => {
      expect(decodeChunks(encodeChunks(input))).to.deep.equal(input);
    });
    check([fc.array(uint(248), { maxLength: 20 })], (chunks) => {
      expect(encodeChunks(decodeChunks(chunks))).to.deep.equal(chunks);
    });
  });

  it("is big-endian, chunk after chunk", () => {
    const data = new Uint8Array(2 * CHUNK_BYTES);
    data[CHUNK_BYTES - 1] = 1;
    data[CHUNK_BYTES] = 2;
    expect(encodeChunks(data)).to.deep.equal([1n, 2n << 240n]);
  });

  it("gives field elements whatever the bytes are", () => {
    const [chunk] = encodeChunks(new Uint8Array(CHUNK_BYTES).fill(255));
    expect(chunk).to.equal((1n << 248n) - 1n);
    expect((1n << 248n) - 1n < P).to.equal(true);
  });

  it("refuses parts of chunks and chunks of more than 31 bytes", () => {
    expectError(() => encodeChunks(new Uint8Array(CHUNK_BYTES + 1)), "BAD_LENGTH");
    expectError(() => decodeChunks([1n << 248n]), "OUT_OF_RANGE");
    expectError(() => decodeChunks([-1n]), "OUT_OF_RANGE");
  });

  it("takes integers to bytes and back", () => {
    check([uint(256)], (value) => {
      expect(fromBytes(toBytes(value, 32))).to.equal(value);
    });
    expect(fromBytes(new Uint8Array(0))).to.equal(0n);
    expectError(() => toBytes(256n, 1), "OUT_OF_RANGE");
  });
});
