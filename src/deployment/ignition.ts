import type { IgnitionModule, IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import type { NetworkConnection } from "hardhat/types/network";

import B52Module from "../../deploy/modules/B52.ts";
import PairModule from "../../deploy/modules/Pair.ts";
import ProofOfEfficiencyModule from "../../deploy/modules/ProofOfEfficiency.ts";
import { refuseDevelopmentKeys } from "./local.ts";
import {
  allowsDevelopmentKeys,
  readParameters,
  type DeploymentOptions,
  type SystemName,
  type SystemParameters,
} from "./parameters.ts";

/** Consensus contracts of a deployed system; a pair has both. */
export interface DeployedConsensus {
  readonly ProofOfEfficiency?: string;
  readonly B52?: string;
}

export interface Deployment {
  readonly system: SystemName;
  readonly consensus: DeployedConsensus;
  readonly parameters: SystemParameters;
}

/**
 * Deploys a system with Ignition.
 *
 * @throws {ProtocolError} `DEVELOPMENT_KEY`, and as `readParameters`
 */
export async function deploySystem(
  connection: NetworkConnection,
  system: SystemName,
  options: DeploymentOptions = {},
): Promise<Deployment> {
  const { ethers } = connection;
  const parameters = readParameters(system, options);
  const { chainId } = await ethers.provider.getNetwork();
  await refuseDevelopmentKeys(system, chainId, allowsDevelopmentKeys(options));

  switch (system) {
    case "ProofOfEfficiency": {
      const { consensus } = await run(connection, ProofOfEfficiencyModule, parameters, options);
      return { system, parameters, consensus: { ProofOfEfficiency: await consensus.getAddress() } };
    }
    case "B52": {
      const { consensus } = await run(connection, B52Module, parameters, options);
      return { system, parameters, consensus: { B52: await consensus.getAddress() } };
    }
    case "Pair": {
      const { poe, b52 } = await run(connection, PairModule, parameters, options);
      const consensus = { ProofOfEfficiency: await poe.getAddress(), B52: await b52.getAddress() };
      return { system, parameters, consensus };
    }
  }
}

function run<Id extends string, Name extends string, Results extends IgnitionModuleResult<Name>>(
  { ignition }: NetworkConnection,
  module: IgnitionModule<Id, Name, Results>,
  parameters: SystemParameters,
  { deploymentId, displayUi = false }: DeploymentOptions,
) {
  return ignition.deploy(module, {
    parameters: { ...parameters },
    displayUi,
    ...(deploymentId === undefined ? {} : { deploymentId }),
  });
}
