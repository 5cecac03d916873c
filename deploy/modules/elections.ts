// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type {
  ArgumentType,
  IgnitionModule,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";
import type { ParamType } from "ethers";

import { electionArguments, type ElectionName } from "../../src/deployment/index.ts";

/**
 * An election, or its slasher (docs/elections.md). Parameters: `deploy/parameters/<network>.json`, and besides them the
 * native token and the slasher.
 *
 * @param inputs of its constructor
 */
export const electionModule = (
  name: ElectionName,
  inputs: readonly ParamType[],
): IgnitionModule<ElectionName, ElectionName, { election: NamedArtifactContractDeploymentFuture<ElectionName> }> =>
  buildModule(name, (m) => ({
    election: m.contract(name, electionArguments(inputs, (field) => m.getParameter(field)) as ArgumentType[]),
  }));

/** Joins an election of sequencers and one of aggregators that are there. */
export const pairedElection = buildModule("PairedElection", (m) => ({
  election: m.contract("PairedElection", [m.getParameter("sequencers"), m.getParameter("aggregators")]),
}));
