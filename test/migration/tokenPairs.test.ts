// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { matchingPair, packPair, packTokens, unpackTokens } from "../../src/migration/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { check, uint } from "../helpers/properties.ts";

const pair = (source: bigint, target: bigint) => ({ source, target });
const ETH = pair(0n, 0n);

describe("token pairs", () => {
  it("are packed from the least significant bit, the source's id first", () => {
    expect(packTokens([pair(1n, 2n)])).to.equal(0x0002_0001n);
    const four = [pair(1n, 2n), pair(3n, 4n), ETH, pair(65535n, 65534n)];
    expect(packTokens(four)).to.equal(0xfffe_ffff_0000_0000_0004_0003_0002_0001n);
    expect(unpackTokens(packTokens(four))).to.deep.equal(four);
    expect(unpackTokens(packTokens([pair(1n, 2n)]))).to.deep.equal([pair(1n, 2n), ETH, ETH, ETH]);
  });

  it("can be unpacked from every 128 bits", () => {
    check([uint(128)], (tokens) => {
      const packed = unpackTokens(tokens).map(({ source, target }) => source + (target << 16n));
      expect(packed.reduceRight((sum, word) => (sum << 32n) + word)).to.equal(tokens);
    });
    expectError(() => unpackTokens(1n << 128n), "OUT_OF_RANGE");
  });

  it("are one to four, of 16-bit ids", () => {
    expectError(() => packTokens([]), "OUT_OF_RANGE");
    expectError(() => packTokens(Array.from({ length: 5 }, () => ETH)), "OUT_OF_RANGE");
    expectError(() => packTokens([pair(65536n, 1n)]), "OUT_OF_RANGE");
    expectError(() => packTokens([pair(1n, 65536n)]), "OUT_OF_RANGE");
    expectError(() => packTokens([pair(-1n, 1n)]), "OUT_OF_RANGE");
  });

  it("may be equal, but not share one id", () => {
    expect(unpackTokens(packTokens([pair(1n, 2n), pair(1n, 2n)]))).to.have.length(4);
    expect(packTokens([pair(1n, 2n), pair(2n, 1n)])).to.be.a("bigint");
    expectError(() => packTokens([pair(1n, 2n), pair(1n, 3n)]), "AMBIGUOUS_PAIRS");
    expectError(() => packTokens([pair(1n, 2n), pair(3n, 2n)]), "AMBIGUOUS_PAIRS");
    // Nor with ETH, which stands in the place of missing pairs.
    expectError(() => packTokens([pair(0n, 1n)]), "AMBIGUOUS_PAIRS");
    expectError(() => packTokens([pair(1n, 0n)]), "AMBIGUOUS_PAIRS");
  });

  it("of a departure are one pair, four times", () => {
    expect(unpackTokens(packPair(pair(1n, 2n)))).to.deep.equal(Array.from({ length: 4 }, () => pair(1n, 2n)));
    expect(packPair(ETH)).to.equal(0n);
    expectError(() => packPair(pair(0n, 1n)), "AMBIGUOUS_PAIRS");
    expectError(() => packPair(pair(1n, 0n)), "AMBIGUOUS_PAIRS");
    expectError(() => packPair(pair(1n, 65536n)), "OUT_OF_RANGE");
  });

  it("are found by both ids, the first of equal ones", () => {
    const tokens = packTokens([pair(1n, 2n), pair(3n, 4n), pair(3n, 4n)]);
    expect(matchingPair(tokens, pair(1n, 2n))).to.equal(0);
    expect(matchingPair(tokens, pair(3n, 4n))).to.equal(1);
    expect(matchingPair(tokens, ETH)).to.equal(3);
    expect(matchingPair(tokens, pair(1n, 4n))).to.equal(undefined);
    expect(matchingPair(tokens, pair(1n, 65536n + 2n))).to.equal(undefined);
  });
});
