// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { contractReference } from "../../tools/docs/contracts.ts";
import { generatedFolders } from "../../tools/docs/index.ts";
import { SolidityModel } from "../../tools/docs/solidity.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

describe("docs/api", () => {
  it("is what `npm run docs` writes, with a docstring for everything", async function () {
    this.timeout(300_000);
    const generated = await generatedFolders(SolidityModel.ofProduction());
    const committed = globSync("docs/api/**/*.{md,json}", { cwd: PROJECT_ROOT });
    expect([...generated.keys()]).to.have.members(committed);
    const stale = committed.filter((path) => readFileSync(join(PROJECT_ROOT, path), "utf8") !== generated.get(path));
    expect(stale, "stale: npm run docs").to.deep.equal([]);
  });

  it("has a page for a contract with its constructor, its functions, their errors and events", () => {
    const file = "contracts/token/NativeToken.sol";
    const source = `
      pragma solidity 0.8.37;
      /** @notice Terms. */ interface ITill {
        struct Terms { uint256 most; }
        error TooMuch(uint256 amount); event Paid(uint256 amount); event Never();
        /** @notice Looks. */ function total() external view returns (uint256);
        /** @notice Pays. @param amount How much. @dev Once. */ function pay(uint256 amount) external;
      }
      abstract contract Base is ITill {
        uint256 public total;
        function _count(uint256 amount) internal virtual { total += amount; }
      }
      /** @notice A till. */ contract Till is Base {
        Terms private _terms;
        modifier checked(uint256 amount) { if (amount > _terms.most) revert TooMuch(amount); _; }
        /** @param terms The terms that hold. */ constructor(Terms memory terms) { _terms = terms; }
        function pay(uint256 amount) external checked(amount) { _count(amount); }
        function _count(uint256 amount) internal override { super._count(amount); emit Paid(amount); }
      }`;
    const pages = contractReference(SolidityModel.of(new Map([[file, source]])), []);
    expect([...pages.keys()]).to.deep.equal(["Till.md", "README.md"]);
    expect(pages.get("Till.md")).to.equal(
      [
        "# Till",
        "A till.",
        `Source: [${file}](../../../${file}).`,
        "Implements [ITill](ITill.md).",
        `Its parts, the outermost first:\n\n- [Base](../../../${file}): `,
        "## Constructor",
        "```solidity\nconstructor(Terms memory terms);\n```",
        "- `terms` ([ITill.Terms](ITill.md#terms)): The terms that hold.",
        "## Functions that change state",
        "### pay",
        "```solidity\nfunction pay(uint256 amount) external;\n```",
        "Pays.",
        "- `amount`: How much.",
        "Emits [Paid](ITill.md#paid).",
        "Reverts with [TooMuch](ITill.md#toomuch).",
        "Declared in [ITill](ITill.md#pay).",
        "## Views",
        "### total",
        "```solidity\nfunction total() external view returns (uint256);\n```",
        "Looks.",
        "Declared in [ITill](ITill.md#total).",
        "",
      ].join("\n\n"),
    );
  });

  it("refuses an interface in which something has no notice", () => {
    const source = (comment: string): SolidityModel =>
      SolidityModel.of(
        new Map([
          [
            "contracts/interfaces/ISelector.sol",
            `pragma solidity 0.8.37; /** @notice A thing. @dev Of a kind. */ interface ISelector { ${comment} function f(uint256 x) external; }`,
          ],
        ]),
      );
    const only = ["contracts/interfaces/ISelector.sol"];
    expect(() => contractReference(source(""), only)).to.throw("no notice: ISelector.f");
    const page = contractReference(source("/** @notice Does it. @param x How often. */"), only).get("ISelector.md");
    expect(page).to.include("Does it.");
    expect(page).to.include("- `x`: How often.");
  });
});
