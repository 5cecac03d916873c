import type { NetworkConnection } from "hardhat/types/network";

import ProofOfEfficiencyModule from "../../deploy/modules/ProofOfEfficiency.ts";
import type { ProofOfEfficiencySystem } from "../agents/index.ts";
import { createProfile } from "../profile.ts";
import { refuseDevelopmentKeys } from "./local.ts";
import { allowsDevelopmentKeys, readParameters, type DeploymentOptions } from "./parameters.ts";

/**
 * Deploys token, verifier, consensus and core with Ignition.
 *
 * @throws {ProtocolError} `DEVELOPMENT_KEY`
 */
export async function deployProofOfEfficiency(
  connection: NetworkConnection,
  options: DeploymentOptions = {},
): Promise<ProofOfEfficiencySystem> {
  const { ethers, ignition } = connection;
  const { chainId } = await ethers.provider.getNetwork();
  await refuseDevelopmentKeys("LeafVerifier", chainId, allowsDevelopmentKeys(options));

  const deploymentBlock = await ethers.provider.getBlockNumber();
  const parameters = readParameters("ProofOfEfficiency", options);
  const deployed = await ignition.deploy(ProofOfEfficiencyModule, {
    parameters: { ProofOfEfficiency: parameters },
    ...(options.deploymentId === undefined ? {} : { deploymentId: options.deploymentId }),
  });
  const consensus = await ethers.getContractAt("ProofOfEfficiency", await deployed.consensus.getAddress());
  const verifier = await ethers.getContractAt("LeafVerifier", await consensus.VERIFIER());
  return {
    provider: ethers.provider,
    consensus,
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
