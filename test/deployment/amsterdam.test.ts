// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { network } from "hardhat";

import { findRules } from "../../tools/deployment/chainRules.ts";
import { checkDeployment, requireSame } from "../../tools/deployment/check.ts";
import { deploySystem } from "../../tools/deployment/ignition.ts";
import { SYSTEMS, type SystemName } from "../../tools/deployment/parameters.ts";
import { BLOCK_GAS, RULE_FACTS } from "../../src/l1Rules.ts";
import { prepareAll, type CircuitArtifacts } from "../../src/setup/index.ts";

/** Transactions of each system. */
const TRANSACTIONS: Readonly<Record<SystemName, number>> = { ProofOfEfficiency: 6, B52: 9, Pair: 14 };

describe("Deployment on a network with Amsterdam's rules and blocks of 60 million gas", function () {
  this.timeout(600_000);
  let keys: readonly CircuitArtifacts[];
  before(async () => {
    keys = await prepareAll("development");
  });

  for (const system of SYSTEMS) {
    it(`of ${system} is taken, and passes its check`, async () => {
      const connection = await network.create({ network: RULE_FACTS.amsterdam.network });
      const { provider } = connection.ethers;
      expect(await findRules(provider)).to.deep.equal({ rules: "amsterdam", blockGas: BLOCK_GAS });
      const deployment = await deploySystem(connection, system);
      const [deployer] = await connection.ethers.getSigners();
      expect(await provider.getTransactionCount(deployer!)).to.equal(TRANSACTIONS[system]);
      requireSame((await checkDeployment(provider, deployment, keys)).findings);
      await connection.close();
    });
  }
});
