// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { solidityPackedKeccak256 } from "ethers";

import { departureHash } from "../../src/migration/index.ts";
import { expectError } from "../helpers/expectError.ts";

const REQUEST = { target: 0xabcdn, tokens: 0x0002_0001n, moves: Uint8Array.of(1, 2, 3) };

describe("request to depart", () => {
  it("is hashed as Solidity encodes it: three words, of the hash the first 248 bits", () => {
    const hash = solidityPackedKeccak256(
      ["uint256", "uint256", "bytes32"],
      [REQUEST.target, REQUEST.tokens, solidityPackedKeccak256(["bytes"], [REQUEST.moves])],
    );
    expect(departureHash(REQUEST)).to.equal(BigInt(hash) >> 8n);
  });

  it("has another hash with anything else", () => {
    const hashes = [
      departureHash(REQUEST),
      departureHash({ ...REQUEST, target: 0xabcen }),
      departureHash({ ...REQUEST, tokens: 0n }),
      departureHash({ ...REQUEST, moves: Uint8Array.of(1, 2, 3, 0) }),
    ];
    expect(new Set(hashes)).to.have.property("size", hashes.length);
  });

  it("has fields of the widths of Solidity's types", () => {
    expect(departureHash({ ...REQUEST, target: (1n << 160n) - 1n, tokens: (1n << 128n) - 1n }) >> 248n).to.equal(0n);
    expectError(() => departureHash({ ...REQUEST, target: 1n << 160n }), "OUT_OF_RANGE");
    expectError(() => departureHash({ ...REQUEST, tokens: 1n << 128n }), "OUT_OF_RANGE");
  });
});
