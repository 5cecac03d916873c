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
    const committed = globSync("docs/api/**/*.md", { cwd: PROJECT_ROOT });
    expect([...generated.keys()]).to.have.members(committed);
    const stale = committed.filter((path) => readFileSync(join(PROJECT_ROOT, path), "utf8") !== generated.get(path));
    expect(stale, "stale: npm run docs").to.deep.equal([]);
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
