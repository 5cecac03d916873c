import type { NetworkConnection } from "hardhat/types/network";

import B52Module from "../../deploy/modules/B52.ts";
import type { B52System } from "../agents/index.ts";
import { createProfile } from "../profile.ts";
import { refuseDevelopmentKeys } from "./local.ts";
import { allowsDevelopmentKeys, readParameters, type DeploymentOptions } from "./parameters.ts";

/**
 * Deploys token, verifier, consensus, core and registry with Ignition.
 *
 * @throws {ProtocolError} `DEVELOPMENT_KEY`
 */
export async function deployB52(connection: NetworkConnection, options: DeploymentOptions = {}): Promise<B52System> {
  const { ethers, ignition } = connection;
  const { chainId } = await ethers.provider.getNetwork();
  await refuseDevelopmentKeys("RollupVerifier", chainId, allowsDevelopmentKeys(options));

  const deploymentBlock = await ethers.provider.getBlockNumber();
  const deployed = await ignition.deploy(B52Module, {
    parameters: { B52: readParameters("B52", options) },
    ...(options.deploymentId === undefined ? {} : { deploymentId: options.deploymentId }),
  });
  const consensus = await ethers.getContractAt("B52", await deployed.consensus.getAddress());
  const verifier = await ethers.getContractAt("RollupVerifier", await deployed.verifier.getAddress());
  return {
    provider: ethers.provider,
    consensus,
    registry: await ethers.getContractAt("ProverRegistry", await consensus.REGISTRY()),
    rollup: await ethers.getContractAt("Rollup", await consensus.ROLLUP()),
    token: await ethers.getContractAt("NativeToken", await consensus.TOKEN()),
    verifier,
    profile: createProfile({
      name: "deployed",
      depth: Number(await verifier.DEPTH()),
      slots: Number(await verifier.SLOTS()),
      levels: Number(await verifier.LEVELS()),
    }),
    deploymentBlock,
  };
}
