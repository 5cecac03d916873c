// SPDX-License-Identifier: MIT
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { deployWithMockProofs } from "./mockProofs.ts";

interface FreshRollup {
  readonly connection: NetworkConnection;
  readonly system: ProofOfEfficiencySystem;
}

const DEPLOYMENTS = {
  real: (connection: NetworkConnection, overrides: Readonly<Record<string, unknown>>) =>
    deployProofOfEfficiency(connection, { overrides }),
  mock: deployWithMockProofs,
} as const;

const known = new Map<string, Promise<FreshRollup & { readonly undo: () => Promise<void> }>>();

/**
 * Proof of Efficiency as right after its deployment, with time and balances. It is deployed once for each set of
 * parameters, on a network of its own, which is put back for each caller: all that was done since with the same
 * parameters is gone.
 *
 * @param proofs which verifiers there are
 */
export async function freshRollup(
  proofs: keyof typeof DEPLOYMENTS,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<FreshRollup> {
  const key = `${proofs} ${JSON.stringify(overrides)}`;
  const made = known.get(key);
  if (made !== undefined) {
    const { connection, system, undo } = await made;
    await undo();
    return { connection, system };
  }
  const first = deploy(proofs, overrides);
  known.set(key, first);
  const { connection, system } = await first;
  return { connection, system };
}

async function deploy(
  proofs: keyof typeof DEPLOYMENTS,
  overrides: Readonly<Record<string, unknown>>,
): Promise<FreshRollup & { readonly undo: () => Promise<void> }> {
  const connection = await network.create();
  const system = await DEPLOYMENTS[proofs](connection, overrides);
  const snapshot = await connection.networkHelpers.takeSnapshot();
  return { connection, system, undo: () => snapshot.restore() };
}
