// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { fastCrypto, poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";

describe("Poseidon", () => {
  it("is the library's own in the tests of this folder, not WebAssembly's", () => {
    expect(fastCrypto()).to.equal(undefined);
  });

  it("is circomlib's", () => {
    // From circomlibjs's test/poseidon.js.
    expect(poseidon([1n, 2n])).to.equal(7853200120776062878684798364095072458815029376092732009249414926327459813530n);
    expect(poseidon([1n, 2n, 3n, 4n])).to.equal(
      18821383157269793795438455681495246036402687001665670618754263018637548127333n,
    );
    expect(poseidon([1n, 2n, 0n, 0n, 0n])).to.equal(
      1018317224307729531995786483840663576608797660851238720571059489595066344487n,
    );
    expect(poseidon([1n, 2n, 0n, 0n, 0n, 0n])).to.equal(
      15336558801450556532856248569924170992202208561737609669134139141992924267169n,
    );
  });

  it("never reduces its inputs", () => {
    expectError(() => poseidon([P, 0n]), "NOT_A_FIELD_ELEMENT");
    expectError(() => poseidon([0n, -1n]), "NOT_A_FIELD_ELEMENT");
  });

  it("has no arity that the protocol does not use", () => {
    expectError(() => poseidon([]), "UNSUPPORTED_ARITY");
    expectError(() => poseidon(new Array<bigint>(7).fill(1n)), "UNSUPPORTED_ARITY");
  });
});
