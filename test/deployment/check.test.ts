import { expect } from "chai";
import { network } from "hardhat";

import { checkDeployment, requireSame } from "../../src/deployment/check.ts";
import { deploySystem } from "../../src/deployment/ignition.ts";
import { prepareAll } from "../../src/setup/index.ts";

describe("Check of a deployment", () => {
  it("finds all as it should be", async function () {
    this.timeout(300_000);
    const connection = await network.create();
    const keys = await prepareAll("development");
    const deployment = await deploySystem(connection, "Pair");
    const findings = await checkDeployment(connection.ethers.provider, deployment, keys);
    for (const f of findings) console.log(f.expected===f.actual ? "ok" : "XX", f.contract, f.what, f.expected, f.actual);
    requireSame(findings);
    expect(findings.length).to.be.above(100);
  });
});
