// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { artifacts } from "hardhat";

/*
 * The handler of SystemInvariants.t.sol has to call every function that changes anything; it says in
 * SystemFunctions.sol which there are, and its deterministic walk fails if it missed one of these.
 */

const LIST = new URL("../contracts/invariant/system/SystemFunctions.sol", import.meta.url);
const CONTRACTS = ["ProofOfEfficiency", "B52", "Rollup", "ProverRegistry", "NativeToken"];

/** The set-up calls it; afterwards it changes nothing, as CoreDeployment.t.sol says. */
const BY_THE_SET_UP = ["deployCore"];

const listed = [...readFileSync(LIST, "utf8").matchAll(/add\("(\w+)", "(\w+)", \w+\.(\w+)\.selector\)/g)].map(
  ([, contract, name, selector]) => {
    expect(selector, `${contract}.${name}`).to.equal(name);
    return `${contract}.${name}`;
  },
);

describe("SystemInvariants.t.sol", () => {
  for (const contract of CONTRACTS) {
    it(`names every function of ${contract} that changes anything`, async () => {
      const { abi } = await artifacts.readArtifact(contract);
      const changing = (abi as readonly { type: string; name?: string; stateMutability?: string }[])
        .filter(({ type, stateMutability }) => type === "function" && !/view|pure/.test(stateMutability ?? ""))
        .filter(({ name = "" }) => !BY_THE_SET_UP.includes(name))
        .map(({ name }) => `${contract}.${name}`);
      expect(changing).to.not.be.empty;
      expect(listed.filter((name) => name.startsWith(`${contract}.`))).to.have.members(changing);
    });
  }

  it("names nothing else", () => {
    expect(listed.map((name) => name.split(".")[0])).to.satisfy((names: string[]) =>
      names.every((name) => CONTRACTS.includes(name)),
    );
  });
});
