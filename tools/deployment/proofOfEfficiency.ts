// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

import type { ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { profileOf } from "../../src/deployment/index.ts";
import { deploySystem } from "./ignition.ts";
import type { DeploymentOptions } from "./parameters.ts";

/**
 * Deploys token, verifier, consensus and core with Ignition.
 *
 * @throws {ProtocolError} as `deploySystem`
 */
export async function deployProofOfEfficiency(
  connection: NetworkConnection,
  options: DeploymentOptions = {},
): Promise<ProofOfEfficiencySystem> {
  const { ethers } = connection;
  const deploymentBlock = await ethers.provider.getBlockNumber();
  const { consensus: deployed } = await deploySystem(connection, "ProofOfEfficiency", options);
  const consensus = await ethers.getContractAt("ProofOfEfficiency", deployed.ProofOfEfficiency ?? "");
  const verifier = await ethers.getContractAt("LeafVerifier", await consensus.VERIFIER());
  return {
    provider: ethers.provider,
    consensus,
    rollup: await ethers.getContractAt("Rollup", await consensus.ROLLUP()),
    token: await ethers.getContractAt("NativeToken", await consensus.TOKEN()),
    verifier,
    profile: await profileOf(ethers.provider, await verifier.getAddress()),
    deploymentBlock,
  };
}
