// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

import type { ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { putMock } from "../../tools/bench/mockProofs.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";

export { mockProver } from "../../tools/bench/mockProofs.ts";

/**
 * Deploys Proof of Efficiency, and puts the mocks in the place of its verifiers: they accept exactly the public signals
 * that a proof of `mockProver` was made for.
 */
export async function deployWithMockProofs(
  connection: NetworkConnection,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<ProofOfEfficiencySystem> {
  const system = await deployProofOfEfficiency(connection, { overrides });
  await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
  await putMock(connection, await system.rollup.ENFORCEMENT_VERIFIER(), "MockEnforcementVerifier");
  return system;
}
