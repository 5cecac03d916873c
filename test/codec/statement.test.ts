// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";

import { evaluateStatement, statementPoint } from "../../src/codec/index.ts";
import { P } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";

describe("statement", () => {
  it("is evaluated at the hash of its words, mod p", () => {
    const words = [1n, P - 1n, 0n];
    const hash = BigInt(keccak256(concat(words.map((word) => toBeHex(word, 32)))));
    expect(statementPoint(words)).to.equal(hash % P);
    expect(statementPoint(words.with(0, 2n))).not.to.equal(hash % P);
    expect(statementPoint([...words, 0n])).not.to.equal(hash % P);
  });

  it("has at a point the sum of its words times the point's powers", () => {
    expect(evaluateStatement([3n, 1n, 4n], 10n)).to.equal(413n);
    expect(evaluateStatement([3n, 1n, 4n], 0n)).to.equal(3n);
    expect(evaluateStatement([1n, 1n], P - 1n)).to.equal(0n);
    expect(evaluateStatement([], 5n)).to.equal(0n);
  });

  it("has no point if a word is no field element", () => {
    expectError(() => statementPoint([1n, P]), "NOT_A_FIELD_ELEMENT");
    expectError(() => statementPoint([-1n]), "NOT_A_FIELD_ELEMENT");
  });
});
