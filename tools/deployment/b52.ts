// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

import type { B52System } from "../../src/agents/index.ts";
import { profileOf } from "../../src/deployment/index.ts";
import { deploySystem } from "./ignition.ts";
import type { DeploymentOptions } from "./parameters.ts";

/**
 * Deploys token, verifier, consensus, core and registry with Ignition.
 *
 * @throws {ProtocolError} as `deploySystem`
 */
export async function deployB52(connection: NetworkConnection, options: DeploymentOptions = {}): Promise<B52System> {
  const { ethers } = connection;
  const deploymentBlock = await ethers.provider.getBlockNumber();
  const { consensus: deployed } = await deploySystem(connection, "B52", options);
  const consensus = await ethers.getContractAt("B52", deployed.B52 ?? "");
  const verifier = await ethers.getContractAt("RollupVerifier", await consensus.VERIFIER());
  return {
    provider: ethers.provider,
    consensus,
    registry: await ethers.getContractAt("DrawnProverRegistry", await consensus.REGISTRY()),
    rollup: await ethers.getContractAt("Rollup", await consensus.ROLLUP()),
    token: await ethers.getContractAt("NativeToken", await consensus.TOKEN()),
    verifier,
    profile: await profileOf(ethers.provider, await verifier.getAddress()),
    deploymentBlock,
  };
}
