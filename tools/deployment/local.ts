// SPDX-License-Identifier: MIT
import { network } from "hardhat";

import { LOCAL_CHAINS } from "../../src/deployment/index.ts";
import { ToolError } from "../errors.ts";
import type { SystemName } from "./parameters.ts";

export const isLocalChain = (chainId: bigint): boolean => LOCAL_CHAINS.includes(chainId);

/** The contracts that hold verifying keys. */
export type Verifier = "LeafVerifier" | "RollupVerifier" | "DrawnRollupVerifier" | "EnforcementVerifier";

/** The verifiers that a system deploys, where no tickets are drawn. */
export const VERIFIERS_OF: Readonly<Record<SystemName, readonly Verifier[]>> = {
  ProofOfEfficiency: ["LeafVerifier", "EnforcementVerifier"],
  B52: ["RollupVerifier", "EnforcementVerifier"],
  Pair: ["LeafVerifier", "RollupVerifier", "EnforcementVerifier"],
};

/**
 * Whether the verifier that is compiled has a key whose secret is public. Asked on an embedded chain, where nothing is
 * at stake.
 */
export async function hasDevelopmentKey(name: Verifier): Promise<boolean> {
  const { ethers } = await network.create("default");
  // All have it; the union of their types cannot be called.
  const contract = await ethers.deployContract(name as "LeafVerifier");
  return contract.IS_DEVELOPMENT();
}

/**
 * Refuses verifying keys whose setup secret is public, on a chain where money may be at stake: with the secret anybody
 * can forge proofs.
 *
 * @param allowed deploy such keys all the same
 * @param isDrawn whether tickets are drawn, so that B52 has another verifier
 * @param isDevelopment asks one verifier
 * @throws {ToolError} `DEVELOPMENT_KEY`
 */
export async function refuseDevelopmentKeys(
  system: SystemName,
  chainId: bigint,
  allowed: boolean,
  isDrawn = false,
  isDevelopment: (verifier: Verifier) => Promise<boolean> = hasDevelopmentKey,
): Promise<void> {
  if (isLocalChain(chainId) || allowed) return;
  for (const plain of VERIFIERS_OF[system]) {
    const name = isDrawn && plain === "RollupVerifier" ? "DrawnRollupVerifier" : plain;
    if (await isDevelopment(name)) {
      throw new ToolError(
        "DEVELOPMENT_KEY",
        { chainId, verifier: name },
        `chain ${chainId} is not local (${LOCAL_CHAINS.join(", ")}), and ${name} has a development key, whose secret is public; ` +
          "make keys with `npm run ceremony`, or set ALLOW_DEVELOPMENT_KEYS=1 if nothing of value will be held",
      );
    }
  }
}
