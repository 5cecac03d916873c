// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { mutateCircom } from "../../tools/mutation/circom.ts";

const changes = (body: string): string[] =>
  mutateCircom("circuits/T.circom", `template T() {\n${body}\n}\n`).map(
    ({ operator, before, after }) => `${operator}: ${before} ⟶ ${after}`,
  );

describe("mutants of circom", () => {
  it("leave out a constraint, or only the binding of an assignment", () => {
    expect(changes("a * b === c;")).to.deep.equal(["constraint deleted: a * b === c; ⟶ ", "* to +: * ⟶ +"]);
    expect(changes("a <== b;")).to.deep.equal(["<== to <--: <== ⟶ <--"]);
  });

  it("change operators and constants, but no sizes", () => {
    expect(changes("signal input x[4];\n    var y = a + 3;")).to.deep.equal(["constant: 3 ⟶ 4", "+ to -: + ⟶ -"]);
  });

  it("weaken comparisons and decompositions", () => {
    expect(changes("component c = LessThan(n);")).to.deep.equal(["comparison: LessThan( ⟶ LessEqThan("]);
    expect(changes("component c = Num2Bits_strict();")).to.deep.equal([
      "not strict: Num2Bits_strict() ⟶ Num2Bits(254)",
    ]);
  });

  it("leave comments alone, and change the one place they name", () => {
    const source = "template T() {\n    // a <== 1;\n    x <== y; /* 2 */\n}\n";
    const [mutant, ...others] = mutateCircom("circuits/T.circom", source);
    expect(others).to.deep.equal([]);
    expect(mutant).to.include({ line: 3, code: "x <== y; /* 2 */" });
    expect(mutant!.source).to.equal(source.replace("x <== y", "x <-- y"));
  });
});
