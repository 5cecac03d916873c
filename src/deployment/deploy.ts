import type { BaseContract, Signer } from "ethers";

import local from "../../deploy/parameters/local.json" with { type: "json" };
import {
  B52__factory,
  BlockRecords__factory,
  BlockVerification__factory,
  EnforcementVerifier__factory,
  LeafVerifier__factory,
  MigrationVerification__factory,
  NativeToken__factory,
  Poseidon__factory,
  ProofOfEfficiency__factory,
  Rollup__factory,
  RollupVerifier__factory,
  type B52,
  type LeafVerifier,
  type ProofOfEfficiency,
  type RollupVerifier,
} from "../../typechain-types/index.ts";
import { ProtocolError } from "../errors.ts";
import { createProfile, type Profile } from "../profile.ts";
import { coreCode } from "./core.ts";
import { SCHEMA, validateParameters, type ParameterModule, type ParameterValue } from "./schema.ts";

/** Chain ids of Hardhat's network, and of the local chains of Hardhat node, anvil and geth --dev. */
export const LOCAL_CHAINS: readonly bigint[] = [31337n, 1337n];

/** How a rollup is deployed. */
export interface DeployOptions {
  /**
   * Parameters that differ from those of `deploy/parameters/local.json`, by name (docs/parameters.md). Integers as
   * `bigint`, or as numbers up to 2^53.
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Deploy keys whose secret is public on a chain that is not local. Nothing of value may be held there. */
  readonly allowDevelopmentKeys?: boolean;
  /** Called with the name of each contract before it is deployed. */
  readonly progress?: (contract: string) => void;
}

/** A rollup that was deployed: `openRollup` opens it with the first two. */
export interface DeployedRollup {
  /** Address of the core, `Rollup`. */
  readonly rollup: string;
  /** Block from which on its events are looked for. */
  readonly deploymentBlock: number;
  readonly consensus: string;
  readonly token: string;
  readonly verifier: string;
  readonly enforcementVerifier: string;
  /** Under B52: `ProverRegistry`. */
  readonly registry?: string;
  /** Sizes of the circuits whose keys the contracts have. */
  readonly profile: Profile;
}

type Parameters = Readonly<Record<string, ParameterValue>>;

/**
 * Deploys a rollup under Proof of Efficiency: token, verifiers, consensus and core, in six transactions.
 *
 * @param signer with a provider; holds the whole supply of the token afterwards
 * @throws {ProtocolError} `DEVELOPMENT_KEY`; `UNKNOWN_PARAMETER`, `BAD_PARAMETER`, each with name, value and limit
 * @example
 * ```ts
 * const { rollup, deploymentBlock } = await deployProofOfEfficiency(signer, { parameters: { targetTime: 600 } });
 * const { node } = await openRollup(provider, rollup, { deploymentBlock });
 * ```
 */
export async function deployProofOfEfficiency(signer: Signer, options: DeployOptions = {}): Promise<DeployedRollup> {
  const parameters = parametersOf("ProofOfEfficiency", options);
  const parts = await deployParts(signer, parameters, options);
  const verifier = await deploy("LeafVerifier", new LeafVerifier__factory(signer).deploy(), options);
  const own = { ...parameters, ...parts.addresses, verifier: await verifier.getAddress() };
  const core = coreCode(parts.coreCode, await profileOf(verifier), own);
  const consensus = await deploy(
    "ProofOfEfficiency",
    new ProofOfEfficiency__factory(signer).deploy(own as never, own as never, core.codeHash),
    options,
  );
  return finish(consensus, core.initCode, { ...parts, verifier, options });
}

/**
 * Deploys a rollup under B52: token, verifiers, libraries, consensus with its registry, and core, in nine transactions.
 *
 * @param signer with a provider; holds the whole supply of the token afterwards
 * @throws {ProtocolError} as `deployProofOfEfficiency`
 */
export async function deployB52(signer: Signer, options: DeployOptions = {}): Promise<DeployedRollup> {
  const parameters = parametersOf("B52", options);
  const parts = await deployParts(signer, parameters, options);
  const verifier = await deploy("RollupVerifier", new RollupVerifier__factory(signer).deploy(), options);
  const poseidon = await deploy("Poseidon", new Poseidon__factory(signer).deploy(), options);
  const verification = await deploy("BlockVerification", new BlockVerification__factory(signer).deploy(), options);
  const libraries = {
    [POSEIDON]: await poseidon.getAddress(),
    [BLOCK_VERIFICATION]: await verification.getAddress(),
  } as const;
  const records = await deploy("BlockRecords", new BlockRecords__factory(libraries, signer).deploy(), options);
  const own = { ...parameters, ...parts.addresses, verifier: await verifier.getAddress() };
  const core = coreCode(parts.coreCode, await profileOf(verifier), own);
  const factory = new B52__factory({ ...libraries, [BLOCK_RECORDS]: await records.getAddress() }, signer);
  const consensus = await deploy("B52", factory.deploy(own as never, own as never, own as never, core.codeHash), options);
  const deployed = await finish(consensus, core.initCode, { ...parts, verifier, options });
  return { ...deployed, registry: await consensus.REGISTRY() };
}

/** Names of the linked libraries as the compiler has them. */
const MIGRATION_VERIFICATION = "project/contracts/rollup/MigrationVerification.sol:MigrationVerification";
const POSEIDON = "project/contracts/libraries/Poseidon.sol:Poseidon";
const BLOCK_RECORDS = "project/contracts/consensus/b52/BlockRecords.sol:BlockRecords";
const BLOCK_VERIFICATION = "project/contracts/consensus/b52/BlockVerification.sol:BlockVerification";

function parametersOf(module: "ProofOfEfficiency" | "B52", { parameters = {} }: DeployOptions): Parameters {
  const modules = ["Shared", module] as const;
  const of = (name: ParameterModule): Record<string, ParameterValue> => {
    const given = Object.entries(parameters).filter(([parameter]) => Object.hasOwn(SCHEMA[name], parameter));
    return validateParameters(name, { ...local[name], ...Object.fromEntries(given) });
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (modules.some((candidate) => Object.hasOwn(SCHEMA[candidate], name))) continue;
    throw new ProtocolError("UNKNOWN_PARAMETER", { name, value }, `no parameter of ${module} has the name ${name}`);
  }
  return { ...of("Shared"), ...of(module) };
}

/** Contracts that both consensus need: what they and their core are given and linked with. */
interface Parts {
  /** Block before the first transaction. */
  readonly deploymentBlock: number;
  readonly addresses: { readonly token: string; readonly enforcementVerifier: string };
  /** Linked creation code of the core. */
  readonly coreCode: string;
}

async function deployParts(signer: Signer, parameters: Parameters, options: DeployOptions): Promise<Parts> {
  const { chainId } = (await signer.provider?.getNetwork()) ?? {};
  if (chainId === undefined || (!LOCAL_CHAINS.includes(chainId) && options.allowDevelopmentKeys !== true)) {
    throw new ProtocolError(
      "DEVELOPMENT_KEY",
      { chainId: chainId ?? 0n, verifier: "LeafVerifier" },
      `chain ${chainId ?? "unknown"} is not local (${LOCAL_CHAINS.join(", ")}), and the secret of the package's keys is public: ` +
        "set allowDevelopmentKeys if nothing of value will be held",
    );
  }
  const { tokenName, tokenSymbol, tokenSupply, tokenHolder = await signer.getAddress() } = parameters;
  const token = await deploy(
    "NativeToken",
    new NativeToken__factory(signer).deploy(
      tokenName as string,
      tokenSymbol as string,
      tokenSupply as bigint,
      tokenHolder as string,
    ),
    options,
  );
  const migration = await deploy("MigrationVerification", new MigrationVerification__factory(signer).deploy(), options);
  const enforcement = await deploy("EnforcementVerifier", new EnforcementVerifier__factory(signer).deploy(), options);
  return {
    deploymentBlock: (await token.deploymentTransaction()?.wait())?.blockNumber ?? 0,
    addresses: { token: await token.getAddress(), enforcementVerifier: await enforcement.getAddress() },
    coreCode: Rollup__factory.linkBytecode({ [MIGRATION_VERIFICATION]: await migration.getAddress() }),
  };
}

/** Waits until a contract is there. */
async function deploy<T extends BaseContract>(
  name: string,
  sending: Promise<T>,
  { progress }: DeployOptions,
): Promise<T> {
  progress?.(name);
  const contract = await sending;
  await contract.waitForDeployment();
  return contract;
}

/** Has the consensus deploy its core, which is the last transaction. */
async function finish(
  consensus: ProofOfEfficiency | B52,
  initCode: string,
  {
    deploymentBlock,
    addresses,
    verifier,
    options,
  }: Parts & { readonly verifier: LeafVerifier | RollupVerifier; readonly options: DeployOptions },
): Promise<DeployedRollup> {
  options.progress?.("Rollup");
  const sent = await (consensus as ProofOfEfficiency).deployCore(initCode);
  await sent.wait();
  return {
    rollup: await consensus.ROLLUP(),
    deploymentBlock,
    consensus: await consensus.getAddress(),
    verifier: await verifier.getAddress(),
    ...addresses,
    profile: await profileOf(verifier),
  };
}

/** Sizes of the leaf circuit whose key a verifier has. */
async function profileOf(verifier: LeafVerifier | RollupVerifier): Promise<Profile> {
  // Both have these views; the union of their types cannot be called.
  const sizes = verifier as LeafVerifier;
  const [depth, slots, levels] = await Promise.all([sizes.DEPTH(), sizes.SLOTS(), sizes.LEVELS()]);
  return createProfile({ name: "deployed", depth: Number(depth), slots: Number(slots), levels: Number(levels) });
}
