import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Contract, JsonRpcProvider, zeroPadValue, type InterfaceAbi, type Provider } from "ethers";

import type {
  B52,
  LeafVerifier,
  NativeToken,
  ProofOfEfficiency,
  ProverRegistry,
  Rollup,
  RollupVerifier,
} from "../../typechain-types/index.ts";
import { B52Node, findLog, RollupNode, type ReadingOptions } from "../agents/index.ts";
import { ProtocolError } from "../errors.ts";
import { createProfile } from "../profile.ts";
import { PROJECT_ROOT } from "../setup/paths.ts";

/** A rollup as found on L1, and a node that has rebuilt its state. */
export type OpenedRollup =
  | { readonly consensus: "Proof of Efficiency"; readonly node: RollupNode }
  | { readonly consensus: "B52"; readonly node: B52Node };

export interface OpenOptions extends ReadingOptions {
  /** L1 block of the deployment. Default: looked for from L1's first block on, which takes long on a public chain. */
  readonly deploymentBlock?: number;
}

/**
 * An L1 endpoint without ethers' cache: with it, whatever asks twice within a quarter of a second gets the old nonce
 * and the old head.
 *
 * @param url of a JSON-RPC endpoint
 */
export const openProvider = (url: string): JsonRpcProvider => new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });

/**
 * Opens a rollup from L1 alone: finds its consensus, reads all that its contracts ever published, and rebuilds its
 * state.
 *
 * @param provider an L1 endpoint that has all events since the deployment
 * @param address of the core (`Rollup`), or of its consensus
 * @param options how to read L1
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no core at the address; `STATE_MISMATCH`, `DATA_UNAVAILABLE`
 *   if the endpoint's data do not give the state that L1 has
 */
export async function openRollup(
  provider: Provider,
  address: string,
  { deploymentBlock: known, ...reading }: OpenOptions = {},
): Promise<OpenedRollup> {
  const at = <Name extends keyof Contracts>(name: Name, target: string): Contracts[Name] =>
    new Contract(target, abiOf(name), provider) as unknown as Contracts[Name];
  const core = await at("ProofOfEfficiency", address)
    .ROLLUP()
    .catch(() => address);
  const rollup = at("Rollup", core);
  const consensusAddress = await rollup.CONSENSUS().catch((cause: unknown) => {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", `no rollup answers at ${address}: ${String(cause)}`);
  });
  const deploymentBlock = known ?? (await findDeployment(provider, consensusAddress, core, reading));
  // Only B52 has provers who stake.
  const registryAddress = await at("B52", consensusAddress)
    .REGISTRY()
    .catch(() => undefined);

  if (registryAddress !== undefined) {
    const consensus = at("B52", consensusAddress);
    const verifier = at("RollupVerifier", await consensus.VERIFIER());
    const node = await B52Node.open({
      provider,
      consensus,
      registry: at("ProverRegistry", registryAddress),
      rollup,
      token: at("NativeToken", await consensus.TOKEN()),
      verifier,
      profile: await profileOf(verifier),
      deploymentBlock,
      reading,
    });
    return { consensus: "B52", node };
  }
  const consensus = at("ProofOfEfficiency", consensusAddress);
  const verifier = at("LeafVerifier", await consensus.VERIFIER());
  const node = await RollupNode.open({
    provider,
    consensus,
    rollup,
    token: at("NativeToken", await consensus.TOKEN()),
    verifier,
    profile: await profileOf(verifier),
    deploymentBlock,
    reading,
  });
  return { consensus: "Proof of Efficiency", node };
}

/** Where Hardhat puts the ABI of each contract. */
const ARTIFACTS = {
  Rollup: "contracts/rollup/Rollup.sol",
  B52: "contracts/consensus/b52/B52.sol",
  ProofOfEfficiency: "contracts/consensus/poe/ProofOfEfficiency.sol",
  ProverRegistry: "contracts/staking/ProverRegistry.sol",
  NativeToken: "contracts/token/NativeToken.sol",
  RollupVerifier: "contracts/verification/RollupVerifier.sol",
  LeafVerifier: "contracts/verification/LeafVerifier.sol",
} as const satisfies Record<keyof Contracts, string>;

interface Contracts {
  readonly Rollup: Rollup;
  readonly B52: B52;
  readonly ProofOfEfficiency: ProofOfEfficiency;
  readonly ProverRegistry: ProverRegistry;
  readonly NativeToken: NativeToken;
  readonly RollupVerifier: RollupVerifier;
  readonly LeafVerifier: LeafVerifier;
}

function abiOf(name: keyof Contracts): InterfaceAbi {
  const path = join(PROJECT_ROOT, "artifacts", ARTIFACTS[name], `${name}.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { abi: InterfaceAbi }).abi;
}

/** Both consensus contracts announce the core that they deployed as the first indexed argument of `CoreDeployed`. */
async function findDeployment(
  provider: Provider,
  consensus: string,
  rollup: string,
  reading: ReadingOptions,
): Promise<number> {
  const filter = { address: consensus, topics: [null, zeroPadValue(rollup, 32)] };
  const log = await findLog(provider, filter, 0, reading);
  if (log === undefined) {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", `${consensus} never deployed the core ${rollup}`);
  }
  return log.blockNumber;
}

const profileOf = async (verifier: LeafVerifier | RollupVerifier): Promise<ReturnType<typeof createProfile>> => {
  // Both have these; the union of their types cannot be called.
  const sizes = verifier;
  return createProfile({
    name: "deployed",
    depth: Number(await sizes.DEPTH()),
    slots: Number(await sizes.SLOTS()),
    levels: Number(await sizes.LEVELS()),
  });
};
