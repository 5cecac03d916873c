// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { instrument } from "../../tools/coverage/instrument.ts";
import { coverageOf, type Exclusion, shares } from "../../tools/coverage/report.ts";

const FILE = "contracts/Sample.sol";
const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Sample {
    bool private constant FLAG = 1 < 2 || 2 < 1; // not executed

    function f(uint256 a, bool b) external pure returns (uint256 r) {
        if (a > 1 && (b || !(a == 7))) revert(unicode"é");
        for (uint256 i = 0; i < a; ++i) r += b ? i : 1;
        while (r > 9) r /= 2;
        return r;
    }
}
`;

describe("Coverage of contracts", () => {
  const { source, points } = instrument(FILE, SOURCE);
  const tags = points.branches.flatMap(({ yes, no }) => [yes, no]);

  it("counts both outcomes of each operand of each condition", () => {
    expect(points.branches.map(({ line, text }) => `${line}: ${text}`)).to.deep.equal([
      "8: a > 1",
      "8: b",
      "8: a == 7",
      "9: i < a",
      "9: b",
      "10: r > 9",
    ]);
    expect(new Set(tags).size).to.equal(12);
    for (const tag of tags) expect(source.split(tag)).to.have.length(2);
  });

  it("counts the lines on which statements begin, and leaves them where they are", () => {
    expect([...new Set(points.statements.map(({ line }) => line))]).to.have.members([8, 9, 10, 11]);
    expect(source.split("\n").findIndex((line) => line.includes("revert("))).to.equal(7);
  });

  it("keeps what a condition says", () => {
    const plain = source
      .replace(/__NomicFoundationCoverage\.sendHit\(\w+\);/g, "")
      .replace(/__Branches\.passed\((.*?), 0x\w{64}, 0x\w{64}\)/g, "$1");
    expect(plain).to.include("a > 1 && (b || !(a == 7))");
  });

  const measure = (passed: Iterable<string>, exclusions: readonly Exclusion[] = []) =>
    coverageOf({ [FILE]: points }, new Set(passed), exclusions, () => SOURCE);
  const lines = points.statements.map(({ tag }) => tag);

  it("is whole if all is passed, and names what is not", () => {
    expect(shares(measure([...lines, ...tags]))).to.deep.equal({ lines: 100, branches: 100 });
    const [file] = measure([...lines, ...tags.slice(1)]);
    expect(file?.missed).to.deep.equal([{ line: 8, text: "a > 1", what: "true" }]);
    expect(Math.abs(shares([file!]).branches - (100 * 11) / 12)).to.be.below(1e-9);
    expect(shares(measure(tags)).lines).to.equal(0);
  });

  it("does not count a line of which one statement is not passed", () => {
    const revert = points.statements.filter(({ line }) => line === 8).at(-1)!.tag;
    const [file] = measure([...lines.filter((tag) => tag !== revert), ...tags]);
    expect(file?.missed.map(({ line, what }) => `${line} ${what}`)).to.deep.equal(["8 line"]);
  });

  it("leaves out what is excluded, and refuses exclusions of nothing and of what is covered", () => {
    const exclusion: Exclusion = { file: FILE, text: "a > 1", what: "true", reason: "for this test" };
    const [file] = measure([...lines, ...tags.slice(1)], [exclusion]);
    expect(file).to.include({ branches: 11 });
    expect(file?.missed).to.deep.equal([]);
    expect(() => measure([...lines, ...tags], [exclusion])).to.throw("a > 1");
    expect(() => measure([...lines, ...tags], [{ ...exclusion, text: "a > 2" }])).to.throw("a > 2");
  });
});
