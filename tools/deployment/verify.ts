// SPDX-License-Identifier: MIT
import { verifyContract, type VerifyContractArgs } from "@nomicfoundation/hardhat-verify/verify";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { DeployedContract } from "./check.ts";
import type { Explorer } from "./names.ts";

/**
 * Has the sources of all contracts of a deployment verified, those included that other contracts deployed.
 *
 * @param contracts from `checkDeployment`
 * @returns what could not be verified, with the reason
 */
export async function verifySources(
  connection: NetworkConnection,
  contracts: readonly DeployedContract[],
  explorer: Explorer,
  say: (line: string) => void,
): Promise<readonly { readonly name: string; readonly reason: string }[]> {
  // The plugin opens the network that it verifies on by itself: it gets the one that is open.
  const own = Object.create(hre, {
    network: { value: { create: () => Promise.resolve(connection) } },
  }) as typeof hre;
  const failed: { name: string; reason: string }[] = [];
  for (const [i, { name, address, args, libraries }] of contracts.entries()) {
    say(`${i + 1}/${contracts.length} ${name} at ${address}`);
    const { sourceName } = await hre.artifacts.readArtifact(name);
    const request: VerifyContractArgs = {
      address,
      constructorArgs: [...args],
      libraries: { ...libraries },
      contract: `${sourceName}:${name}`,
      provider: explorer,
    };
    try {
      await verifyContract(request, own);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // The explorer may have verified a contract by itself, if it has the same code as one that was verified before.
      if (/already.*verified/iu.test(reason)) continue;
      failed.push({ name, reason });
    }
  }
  return failed;
}
