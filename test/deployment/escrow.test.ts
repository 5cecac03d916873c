// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Wallet as L1Wallet, ZeroAddress } from "ethers";
import { network } from "hardhat";

import {
  deployB52,
  deployBuilderEscrow,
  type DeployedEscrow,
  type DeployedRollup,
} from "../../src/deployment/index.ts";
import { checkBuilderEscrow, requireSame } from "../../tools/deployment/check.ts";
import { readParameters } from "../../tools/deployment/parameters.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const { ethers } = await network.create();
const [signer] = await ethers.getSigners();

describe("An escrow of builders, deployed by the library", () => {
  const b52 = readParameters("B52").B52 ?? {};
  let rollup: DeployedRollup;
  let deployed: DeployedEscrow;

  before(async () => {
    rollup = await deployB52(signer!);
    deployed = await deployBuilderEscrow(signer!, rollup);
  });

  const check = (escrow = deployed, parameters = b52) =>
    checkBuilderEscrow(ethers.provider, escrow, rollup.consensus, parameters);

  it("has windows and a bond that follow from those of its B52", () => {
    expect(deployed.parameters).to.deep.equal({
      answerWindow: 200n,
      withdrawalDelay: 600n,
      demandBond: 10n ** 18n,
    });
  });

  it("is found as it should be: its code, and every immutable", async () => {
    const findings = await check();
    requireSame(findings);
    expect(findings.map(({ what }) => what)).to.include.members(["CONSENSUS", "ANSWER_WINDOW", "PROOF_WINDOW"]);
  });

  it("is found to differ in each parameter, its own and its B52's", async () => {
    for (const name of ["answerWindow", "withdrawalDelay", "demandBond"] as const) {
      const parameters = { ...deployed.parameters, [name]: deployed.parameters[name] + 1n };
      const found = await check({ ...deployed, parameters });
      expectError(() => {
        requireSame(found);
      }, "DEPLOYMENT_DIFFERS");
    }
    for (const name of ["proposalWindow", "proofWindow", "maxLeaves"]) {
      const found = await check(deployed, { ...b52, [name]: 4n });
      expectError(() => {
        requireSame(found);
      }, "DEPLOYMENT_DIFFERS");
    }
  });

  it("is not deployed with parameters that its constructor refuses, or where there is no B52", async () => {
    const sent = await signer!.getNonce();
    for (const parameters of [
      { answerWindow: 0n },
      { answerWindow: 301n },
      { withdrawalDelay: 599n },
      { withdrawalDelay: 2n ** 32n },
      { demandBond: 2n ** 96n },
      { demandBond: -1n },
    ]) {
      await expectRejection(deployBuilderEscrow(signer!, rollup, parameters), "BAD_PARAMETER");
    }
    const nowhere = { ...rollup, consensus: ZeroAddress };
    await expectRejection(deployBuilderEscrow(signer!, nowhere), "UNKNOWN_DEPLOYMENT");
    await expectRejection(deployBuilderEscrow(L1Wallet.createRandom(), rollup), "NO_PROVIDER");
    expect(await signer!.getNonce()).to.equal(sent);
    await deployBuilderEscrow(signer!, rollup, { answerWindow: 300n });
  });
});
