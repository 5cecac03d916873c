import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { NetworkConnection } from "hardhat/types/network";

import ProofOfEfficiencyModule from "../../deploy/modules/ProofOfEfficiency.ts";
import type { ProofOfEfficiencySystem } from "../agents/index.ts";
import { createProfile } from "../profile.ts";
import { refuseDevelopmentKeys } from "./local.ts";

/** Values of `deploy/parameters/*.json`; integers beyond 2^53 as decimal strings with an `n`. */
export type Parameters = Readonly<Record<string, string | number>>;

export interface DeploymentOptions {
  /** Name of the file in `deploy/parameters`. Default: "local". */
  readonly parameters?: string;
  /** Replace single parameters. */
  readonly overrides?: Parameters;
  /** Deploy development keys on a chain that is not local. Default: whether ALLOW_DEVELOPMENT_KEYS is 1. */
  readonly allowDevelopmentKeys?: boolean;
}

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
  const allowed = options.allowDevelopmentKeys ?? process.env["ALLOW_DEVELOPMENT_KEYS"] === "1";
  await refuseDevelopmentKeys("LeafVerifier", chainId, allowed);

  const deploymentBlock = await ethers.provider.getBlockNumber();
  const parameters = readParameters(options.parameters ?? "local");
  const deployed = await ignition.deploy(ProofOfEfficiencyModule, {
    parameters: { ProofOfEfficiency: { ...parameters, ...toValues(options.overrides ?? {}) } },
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
    }),
    deploymentBlock,
  };
}

/** Reads a parameters file. */
export function readParameters(name: string): Record<string, string | number | bigint> {
  const path = fileURLToPath(new URL(`../../deploy/parameters/${name}.json`, import.meta.url));
  const file = JSON.parse(readFileSync(path, "utf8")) as { ProofOfEfficiency: Parameters };
  return toValues(file.ProofOfEfficiency);
}

const toValues = (parameters: Parameters): Record<string, string | number | bigint> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ]),
  );
