// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";

import { encodeDomain } from "../../src/codec/index.ts";

const ROLLUP = "0x00000000000000000000000000000000000a11ce";

describe("domain", () => {
  it("is the upper 248 bits of the hash of type, chain and rollup", () => {
    const type = keccak256(toUtf8Bytes("DecentralisedSequencing.Domain.v1")).slice(2);
    const words = type + 31337n.toString(16).padStart(64, "0") + ROLLUP.slice(2).padStart(64, "0");
    const expected = BigInt(`0x${keccak256(`0x${words}`).slice(2, 2 + 62)}`);
    expect(encodeDomain({ chainId: 31337n, rollup: ROLLUP })).to.equal(expected);
  });

  it("differs by chain and by rollup", () => {
    const domains = [
      encodeDomain({ chainId: 1n, rollup: ROLLUP }),
      encodeDomain({ chainId: 1n + (1n << 16n), rollup: ROLLUP }),
      encodeDomain({ chainId: 1n, rollup: `0x1${ROLLUP.slice(3)}` }),
    ];
    expect(new Set(domains).size).to.equal(domains.length);
  });
});
