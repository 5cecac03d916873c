import { network } from "hardhat";

import { ProtocolError } from "../errors.ts";

/** Chain ids of Hardhat's network, and of the local chains of Hardhat node, anvil and geth --dev. */
const LOCAL_CHAINS: readonly bigint[] = [31337n, 1337n];

export const isLocalChain = (chainId: bigint): boolean => LOCAL_CHAINS.includes(chainId);

/**
 * Refuses verifying keys whose setup secret is known on a chain where money may be at stake: who knows it can prove anything.
 *
 * @param verifier name of the contract that holds the consensus's keys; it and `EnforcementVerifier` are asked on an embedded chain
 *   before anything is deployed
 * @param allowed deploy such keys all the same
 * @throws {ProtocolError} `DEVELOPMENT_KEY`
 */
export async function refuseDevelopmentKeys(
  verifier: "LeafVerifier" | "RollupVerifier",
  chainId: bigint,
  allowed: boolean,
): Promise<void> {
  if (isLocalChain(chainId) || allowed) return;
  const { ethers } = await network.create("default");
  for (const name of [verifier, "EnforcementVerifier"]) {
    // All have it; the union of their types cannot be called.
    const contract = await ethers.deployContract(name as "LeafVerifier");
    if (await contract.IS_DEVELOPMENT()) {
      throw new ProtocolError(
        "DEVELOPMENT_KEY",
        `chain ${chainId} is not local (${LOCAL_CHAINS.join(", ")}), and ${name} has a development key, whose secret is public; ` +
          "make keys with `npm run ceremony`, or set ALLOW_DEVELOPMENT_KEYS=1 if nothing of value will be held",
      );
    }
  }
}
