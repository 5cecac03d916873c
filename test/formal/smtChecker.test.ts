// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { checkProperties, type Report, worst } from "../../tools/formal/properties.ts";
import { disposeSolver } from "../../tools/formal/smtChecker.ts";

describe("SMTChecker with z3", function () {
  this.timeout(120_000);
  let report: Report;

  before(async () => {
    report = await checkProperties("test/formal/fixtures/Broken.sol", {}, "BrokenProperties");
  });
  after(disposeSolver);

  const property = (name: string): Report["properties"][number] => {
    const found = report.properties.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no property ${name}`);
    return found;
  };

  it("proves what holds", () => {
    expect(property("holds")).to.include({ verdict: "proven", isReached: true });
  });

  it("finds what does not hold, with a counterexample", () => {
    expect(property("breaks").verdict).to.equal("violated");
    const violation = report.violations.find(({ message }) => message.includes("Assertion violation"));
    expect(violation?.message).to.match(/reward = \d+/);
    expect(violation?.message).to.match(/share = 0\b/);
  });

  it("finds arithmetic of the library that fails for arguments which a property admits", () => {
    expect(report.arithmetic.map(({ file }) => file)).to.include("contracts/libraries/Rewards.sol");
    expect(worst(report.arithmetic)).to.equal("violated");
  });

  it("tells what holds of nothing from what holds", () => {
    expect(property("isVacuous")).to.include({ verdict: "proven", isReached: false });
  });

  it("does not take silence for a proof", () => {
    expect(worst([])).to.equal("not proven");
  });

  it("says so where z3 may not work long enough", async () => {
    const { properties } = await checkProperties("test/formal/fixtures/Broken.sol", { effort: 1 }, "BrokenProperties");
    expect(properties.find(({ name }) => name === "holds")?.verdict).to.equal("not proven");
  });
});
