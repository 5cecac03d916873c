// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { CANONICAL_TAU2_WORDS, jointArguments } from "../../src/deployment/index.ts";
import { P } from "../../src/field.ts";
import { CANONICAL_TAU2 } from "../../src/recursion/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { JOINT_FIXTURE, type JointFixture } from "../helpers/jointFixture.ts";

describe("The verifier of joint proofs, at deployment", () => {
  const { honkCode, nodeKeyHash } = JSON.parse(readFileSync(JOINT_FIXTURE, "utf8")) as JointFixture;
  const hash = BigInt(nodeKeyHash);

  it("is one for development unless its code has all of the canonical [τ]₂", () => {
    const words = Object.values(CANONICAL_TAU2).map((word) => word.toString(16).padStart(64, "0"));
    expect(CANONICAL_TAU2_WORDS).to.deep.equal(words);
    expect(jointArguments({ honkCode, nodeKeyHash: hash })).to.deep.equal([hash, true]);
    const canonical = `0x60${words.join("52")}00`;
    expect(jointArguments({ honkCode: canonical.toUpperCase(), nodeKeyHash: hash })).to.deep.equal([hash, false]);
    for (const missing of words) {
      const code = canonical.replace(missing, "00".repeat(32));
      expect(jointArguments({ honkCode: code, nodeKeyHash: hash })).to.deep.equal([hash, true]);
    }
  });

  it("is not deployed with the hash of no key", () => {
    for (const value of [0n, -1n, P, 1n << 256n]) {
      const { data } = expectError(() => jointArguments({ honkCode, nodeKeyHash: value }), "BAD_PARAMETER");
      expect(data).to.deep.equal({ name: "nodeKeyHash", value, limit: "from 1 to p − 1" });
    }
  });
});
