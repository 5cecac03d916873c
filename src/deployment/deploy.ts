// SPDX-License-Identifier: MIT
import { ContractFactory, Interface, type BaseContract, type InterfaceAbi, type Provider, type Signer } from "ethers";

// eslint-disable-next-line no-restricted-imports -- values, which both ways of deploying share
import local from "../../deploy/parameters/local.json" with { type: "json" };
import { ProtocolError } from "../errors.ts";
import type { Profile } from "../profile.ts";
import { readArtifact, type ContractName } from "./artifacts.ts";
import { coreCode, profileOf } from "./core.ts";
import {
  electionArguments,
  linksOf,
  officeOf,
  readElections,
  requireTimeForElections,
  selectorOf,
  type ElectionName,
} from "./elections.ts";
import { jointArguments, type JointVerification } from "./joint.ts";
import { SCHEMA, validateParameters, type ParameterModule, type ParameterValue } from "./schema.ts";

/** Chain ids of Hardhat's network, and of the local chains of Hardhat node, anvil and geth --dev. */
export const LOCAL_CHAINS: readonly bigint[] = [31337n, 1337n];

/** How a rollup is deployed. */
export interface DeployOptions {
  /**
   * Parameters that differ from those of `deploy/parameters/local.json`, by name (docs/parameters.md). Integers as
   * `bigint`, or as numbers up to 2^53; `undefined` is as if it were not given.
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * Elections of those who sequence and prove under Proof of Efficiency, as `SlotAuction`, as
   * `SlotAuction+OutsourcedProving`, or as `StakeRotation/GovernedSlashing` (docs/elections.md). Default: everybody may.
   */
  readonly election?: string;
  /**
   * Takes joint proofs beside those of single leaves and merges. Default: it does not. Not for a B52 that draws tickets
   * (`electedTickets`).
   */
  readonly joint?: JointVerification;
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
  /** Elections by name, if there are any, and their slasher; of two, a `PairedElection` is the selector. */
  readonly elections?: Readonly<Record<string, string>>;
  /** Sizes of the circuits whose keys the contracts have. */
  readonly profile: Profile;
}

type Parameters = Readonly<Record<string, ParameterValue>>;

/**
 * Deploys a rollup under Proof of Efficiency: token, verifiers, consensus and core, in six transactions; and its
 * elections, in one each.
 *
 * @param signer with a provider; holds the whole supply of the token afterwards
 * @throws {ProtocolError} `NO_PROVIDER`; `DEVELOPMENT_KEY`; `UNKNOWN_ELECTION`; `UNKNOWN_PARAMETER`, `BAD_PARAMETER`, each with
 *   name, value and limit
 * @example
 * ```ts
 * const { rollup, deploymentBlock } = await deployProofOfEfficiency(signer, { parameters: { targetTime: 600 } });
 * const { node } = await openRollup(provider, rollup, { deploymentBlock });
 * ```
 */
export async function deployProofOfEfficiency(signer: Signer, options: DeployOptions = {}): Promise<DeployedRollup> {
  const elections = readElections(options.election);
  const [shared, poe, ...ofElections] = parametersOf(["Shared", "ProofOfEfficiency", ...elections], options);
  requireTimeForElections(
    poe!,
    elections.map((name, i) => [name, ofElections[i]!]),
  );
  const parameters = { ...shared, ...poe };
  const deployment = await begin(signer, options, "LeafVerifier");
  const parts = await deployParts(deployment, parameters);
  const verifier = await deployVerifier(deployment, "LeafVerifier");
  const selector = await deployElections(deployment, elections, ofElections, parts.addresses.token);
  const chosen = selector === undefined ? {} : { selector };
  const own = { ...parameters, ...chosen, ...parts.addresses, verifier: await verifier.getAddress() };
  const profile = await profileOf(deployment.provider, own.verifier);
  const core = coreCode(parts.coreCode, profile, own);
  const consensus = await deployment.deploy("ProofOfEfficiency", [own, own, core.codeHash]);
  const deployed = await finish(deployment, consensus, core.initCode, { ...parts, verifier: own.verifier, profile });
  if (elections.length === 0) return deployed;
  return { ...deployed, elections: Object.fromEntries(elections.map((name) => [name, deployment.deployed[name]!])) };
}

/** Deploys the verifier of statements, and the one of joint proofs if it takes them. */
async function deployVerifier(
  deployment: Deployment,
  name: "LeafVerifier" | "RollupVerifier" | "DrawnRollupVerifier",
): Promise<BaseContract> {
  const { joint } = deployment.options;
  if (joint === undefined || name === "DrawnRollupVerifier") return deployment.deploy(name);
  const args = jointArguments(joint);
  const honk = await deployment.deployCode("HonkVerifier", [], joint.honkCode);
  return deployment.deploy(`Joint${name}`, [await honk.getAddress(), ...args]);
}

/** Deploys elections and their slashers; of two also what joins them. @returns the selector; undefined if there is none */
async function deployElections(
  deployment: Deployment,
  names: readonly ElectionName[],
  parameters: readonly Parameters[],
  token: string,
): Promise<string | undefined> {
  const { deployed } = deployment;
  for (const [i, name] of names.entries()) {
    const { inputs } = new Interface(readArtifact(name).abi).deploy;
    const values: Readonly<Record<string, unknown>> = { ...parameters[i], ...linksOf(name, token, deployed) };
    await deployment.deploy(
      name,
      electionArguments(inputs, (field) => values[field]),
    );
  }
  const elections = names.filter((name) => officeOf(name) !== "slasher").map((name) => deployed[name]);
  if (elections.length === 2) await deployment.deploy("PairedElection", elections);
  return selectorOf(deployed);
}

/**
 * Deploys a rollup under B52: token, verifiers, libraries, consensus with its registry, and core, in nine transactions.
 *
 * @param signer with a provider; holds the whole supply of the token afterwards
 * @throws {ProtocolError} `NO_PROVIDER`; `DEVELOPMENT_KEY`; `UNKNOWN_PARAMETER`, `BAD_PARAMETER`, each with name, value and
 *   limit; the last also for joint proofs where tickets are drawn
 */
export async function deployB52(signer: Signer, options: DeployOptions = {}): Promise<DeployedRollup> {
  const [shared, b52] = parametersOf(["Shared", "B52"], options);
  const parameters = { ...shared, ...b52 };
  const electedTickets = parameters["electedTickets"] as bigint;
  if (electedTickets !== 0n && options.joint !== undefined) {
    throw new ProtocolError(
      "BAD_PARAMETER",
      { name: "electedTickets", value: electedTickets, limit: "0 with joint proofs" },
      `electedTickets = ${electedTickets}: must be 0 with joint proofs, which know no merges of drawn tickets (ADR 0074)`,
    );
  }
  const [name, verifierName] =
    electedTickets === 0n ? (["B52", "RollupVerifier"] as const) : (["DrawnB52", "DrawnRollupVerifier"] as const);
  const deployment = await begin(signer, options, verifierName);
  const parts = await deployParts(deployment, parameters);
  const verifier = await deployVerifier(deployment, verifierName);
  await deployment.deploy("Poseidon");
  await deployment.deploy("BlockVerification");
  await deployment.deploy("BlockRecords");
  const own = { ...parameters, ...parts.addresses, verifier: await verifier.getAddress() };
  const profile = await profileOf(deployment.provider, own.verifier);
  const core = coreCode(parts.coreCode, profile, own);
  const consensus = await deployment.deploy(name, [own, own, own, core.codeHash]);
  const deployed = await finish(deployment, consensus, core.initCode, { ...parts, verifier: own.verifier, profile });
  return { ...deployed, registry: (await consensus.getFunction("REGISTRY").staticCall()) as string };
}

/** @returns validated parameters of each module */
function parametersOf(modules: readonly ParameterModule[], { parameters = {} }: DeployOptions): Parameters[] {
  const of = (name: ParameterModule): Record<string, ParameterValue> => {
    const given = Object.entries(parameters).filter(
      ([parameter, value]) => value !== undefined && Object.hasOwn(SCHEMA[name], parameter),
    );
    return validateParameters(name, { ...local[name], ...Object.fromEntries(given) });
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (modules.some((candidate) => Object.hasOwn(SCHEMA[candidate], name))) continue;
    const asked = modules.filter((module) => module !== "Shared").join(" and ");
    throw new ProtocolError("UNKNOWN_PARAMETER", { name, value }, `no parameter of ${asked} has the name ${name}`);
  }
  return modules.map(of);
}

/** Sends transactions one after another, and links each contract with those before it. */
interface Deployment {
  readonly options: DeployOptions;
  readonly provider: Provider;
  /** Address of the signer. */
  readonly sender: string;
  /** Addresses by name. */
  readonly deployed: Readonly<Record<string, string>>;
  deploy(name: ContractName, args?: readonly unknown[]): Promise<BaseContract>;
  /** Deploys code that the package does not have, without arguments. */
  deployCode(name: string, abi: InterfaceAbi, code: string): Promise<BaseContract>;
}

/** Refuses a chain on which keys whose secret is public could do harm. */
async function begin(signer: Signer, options: DeployOptions, verifier: ContractName): Promise<Deployment> {
  const { provider } = signer;
  if (provider === null) {
    throw new ProtocolError("NO_PROVIDER", {}, "the signer has no provider, so no chain to deploy on");
  }
  const { chainId } = await provider.getNetwork();
  if (!LOCAL_CHAINS.includes(chainId) && options.allowDevelopmentKeys !== true) {
    throw new ProtocolError(
      "DEVELOPMENT_KEY",
      { chainId, verifier },
      `chain ${chainId} is not local (${LOCAL_CHAINS.join(", ")}), and the secret of the package's keys is public: set ` +
        "allowDevelopmentKeys if nothing of value will be held",
    );
  }
  const deployed: Record<string, string> = {};
  const deployCode = async (
    name: string,
    abi: InterfaceAbi,
    code: string,
    args: readonly unknown[] = [],
  ): Promise<BaseContract> => {
    options.progress?.(name);
    const contract = await new ContractFactory(abi, code, signer).deploy(...args);
    await contract.waitForDeployment();
    deployed[name] = await contract.getAddress();
    return contract;
  };
  return {
    options,
    provider,
    sender: await signer.getAddress(),
    deployed,
    async deploy(name, args = []) {
      const { abi, code } = readArtifact(name, deployed);
      return deployCode(name, abi, code, args);
    },
    deployCode,
  };
}

/** Contracts that both consensus protocols need: arguments and linked libraries of the consensus and its core. */
interface Parts {
  /** Block of the first transaction. */
  readonly deploymentBlock: number;
  readonly addresses: { readonly token: string; readonly enforcementVerifier: string };
  /** Linked creation code of the core. */
  readonly coreCode: string;
}

async function deployParts(deployment: Deployment, parameters: Parameters): Promise<Parts> {
  const { tokenName, tokenSymbol, tokenSupply, tokenHolder = deployment.sender } = parameters;
  const token = await deployment.deploy("NativeToken", [tokenName, tokenSymbol, tokenSupply, tokenHolder]);
  await deployment.deploy("MigrationVerification");
  const enforcement = await deployment.deploy("EnforcementVerifier");
  return {
    deploymentBlock: (await token.deploymentTransaction()?.wait())?.blockNumber ?? 0,
    addresses: { token: await token.getAddress(), enforcementVerifier: await enforcement.getAddress() },
    coreCode: readArtifact("Rollup", deployment.deployed).code,
  };
}

/** Has the consensus deploy its core, which is the last transaction. */
async function finish(
  { options }: Deployment,
  consensus: BaseContract,
  initCode: string,
  { deploymentBlock, addresses, verifier, profile }: Parts & { readonly verifier: string; readonly profile: Profile },
): Promise<DeployedRollup> {
  options.progress?.("Rollup");
  await (await consensus.getFunction("deployCore").send(initCode)).wait();
  return {
    rollup: (await consensus.getFunction("ROLLUP").staticCall()) as string,
    deploymentBlock,
    consensus: await consensus.getAddress(),
    verifier,
    ...addresses,
    profile,
  };
}
