// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { compile, mutate } from "../../tools/mutation/compile.ts";
import type { Mutant } from "../../tools/mutation/mutant.ts";
import { RECORDING } from "../../tools/mutation/solidity.ts";
import { SolidityTests } from "../../tools/mutation/solidityTests.ts";

/** Mutants of a contract with these members, which compiles with all of them in it. */
function mutantsOf(members: string): readonly Mutant[] {
  const file = "contracts/Example.sol";
  const source = `pragma solidity 0.8.37;\ncontract Example {\n${members}\n}\n`;
  const { mutants, sources } = mutate({ [file]: source }, () => true);
  expect(compile(sources, file)["Example"]?.evm.bytecode.object).to.match(/^[0-9a-f]{100,}$/);
  return mutants;
}

const changes = (members: string): string[] =>
  mutantsOf(members).map(({ operator, before, after }) => `${operator}: ${before} ⟶ ${after}`);

const inFunction = (body: string, head = "uint256 a, uint256 b"): string[] =>
  changes(
    `uint256 s; error E(uint256); event V(uint256);\nfunction f(${head}) external returns (uint256 c) { ${body} }`,
  );

describe("mutants of Solidity", () => {
  it("compare at another boundary, and the other way round", () => {
    expect(inFunction("return a < b ? a : b;")).to.deep.equal([
      "< to <=: a < b ⟶ a <= b",
      "< to >=: a < b ⟶ a >= b",
      "branches: a < b ? a : b ⟶ a < b ? b : a",
    ]);
  });

  it("calculate otherwise, and swap operands", () => {
    expect(inFunction("return a - b;")).to.deep.equal(["- to +: a - b ⟶ a + b", "swap: a - b ⟶ b - a"]);
    expect(inFunction("return a * b;")).to.deep.equal(["* to /: a * b ⟶ a / b"]);
  });

  it("drop a check, or make a branch always or never taken", () => {
    expect(inFunction("if (a == b) revert E(a);")).to.deep.equal([
      "== to !=: a == b ⟶ a != b",
      "condition false: a == b ⟶ false",
    ]);
    expect(inFunction("if (a == b) return a;")).to.include("condition true: a == b ⟶ true");
  });

  it("leave statements out, also those without braces", () => {
    expect(inFunction("if (a == b) s = a; else s = b;")).to.include.members(["delete: s = a ⟶ ", "delete: s = b ⟶ "]);
    expect(inFunction("emit V(a); delete s;")).to.deep.equal(["delete: emit V(a) ⟶ ", "delete: delete s ⟶ "]);
    expect(inFunction("for (uint256 i = a; i < b; ++i) { if (i == a) continue; break; }")).to.include.members([
      "delete: continue ⟶ ",
      "delete: break ⟶ ",
    ]);
  });

  it("change constants where they are used", () => {
    expect(
      changes("uint256 constant X = 3;\nfunction f() external pure returns (uint256) { return X; }"),
    ).to.deep.equal(["constant: X ⟶ X + 1"]);
    expect(inFunction("return 0;")).to.deep.equal(["constant: 0 ⟶ 0 + 1"]);
    expect(inFunction("return 2;")).to.deep.equal(["constant: 2 ⟶ 2 + 1", "constant: 2 ⟶ 2 - 1"]);
  });

  it("do not narrow a constant that is shifted", () => {
    expect(inFunction("return 1 << a;")).to.include("<< to >>: 1 << a ⟶ 1 >> a");
  });

  it("swap neighbouring arguments of one type", () => {
    const g = "function g(uint256 x, uint256 y, bool) private pure returns (uint256) { return x; }";
    const f = "function f(uint256 x, uint256 y) external pure returns (uint256) { return g(x, y, true); }";
    expect(changes(g + f)).to.deep.equal(["constant: true ⟶ false", "arguments: g(x, y, true) ⟶ g(y, x, true)"]);
  });

  it("do not swap what may be swapped", () => {
    expect(inFunction("return addmod(a, b, a + b);").filter((change) => change.startsWith("arguments"))).to.deep.equal([
      "arguments: addmod(a, b, a + b) ⟶ addmod(a, a + b, b)",
    ]);
  });

  it("leave a modifier out of one function", () => {
    const only = "error E();\nmodifier only() { if (msg.sender == address(this)) revert E(); _; }";
    const found = changes(`${only}\nfunction f() external only {}\nfunction g() external only {}`);
    expect(found.filter((change) => change === "modifier: only ⟶ ")).to.have.length(2);
  });

  it("change assembly", () => {
    expect(inFunction(`assembly ("memory-safe") { c := add(a, 0x20) }`)).to.deep.equal([
      "assembly constant: 0x20 ⟶ 0x20 + 0x20",
      "assembly add: add(a, 0x20) ⟶ sub(a0, a1)",
      "assembly delete: c := add(a, 0x20) ⟶ ",
    ]);
  });

  it("change what a case of assembly does, and not when", () => {
    expect(inFunction(`assembly ("memory-safe") { switch a case 1 { c := b } default { c := a } }`)).to.deep.equal([
      "assembly delete: c := b ⟶ ",
      "assembly delete: c := a ⟶ ",
    ]);
  });

  it("that the compiler refuses do not count", () => {
    expect(inFunction("if (msg.sender == address(0)) revert E(a);")).to.deep.equal([
      "== to !=: msg.sender == address(0) ⟶ msg.sender != address(0)",
      "condition false: msg.sender == address(0) ⟶ false",
    ]);
  });

  it("know their line and its text", () => {
    const [mutant] = mutantsOf("\nfunction f(uint256 a) external pure returns (bool) {\n    return a > 7;\n}");
    expect(mutant).to.include({ id: 1, file: "contracts/Example.sol", line: 5, code: "return a > 7;" });
  });
});

describe("Solidity tests of mutants", () => {
  const file = "contracts/Example.t.sol";
  const source = `pragma solidity 0.8.37;
contract Example {
    function least(uint256 a, uint256 b) private pure returns (uint256) { return a < b ? a : b; }
    function unreached() external pure returns (uint256) { return 5; }
    function test_least() external pure { assert(least(3, 4) == 3); }
}
`;
  const { mutants, sources } = mutate({ [file]: source }, () => true);
  const test = `${file}:Example:test_least`;
  let tests: SolidityTests;
  before(async () => {
    tests = await SolidityTests.create({ [file]: compile(sources, file) });
  });
  const outcomeOf = async (change: string): Promise<number> => {
    const mutant = mutants.find(({ operator, before }) => `${operator}: ${before}` === change);
    return (await tests.run(test, mutant!.id)).failures.length;
  };

  it("pass if no mutant is active", async () => {
    expect(tests.tests).to.deep.equal([test]);
    expect((await tests.run(test, 0)).failures).to.deep.equal([]);
  });

  it("fail for a mutant that they kill, and pass for one that they do not", async () => {
    expect(await outcomeOf("branches: a < b ? a : b")).to.equal(1);
    expect(await outcomeOf("< to >=: a < b")).to.equal(1);
    expect(await outcomeOf("< to <=: a < b")).to.equal(0);
  });

  it("record which mutants they reach", async () => {
    const { failures, hits } = await tests.run(test, RECORDING);
    expect(failures).to.deep.equal([]);
    const reached = mutants.filter(({ code }) => !code.includes("unreached")).map(({ id }) => id);
    expect([...hits].sort((a, b) => a - b)).to.deep.equal(reached);
  });
});
