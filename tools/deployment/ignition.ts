// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { DeploymentParameters, IgnitionModule, IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import { Interface, type Provider } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { b52Module, drawnB52Module } from "../../deploy/modules/B52.ts";
import { electionModule, pairedElection } from "../../deploy/modules/elections.ts";
import BuilderEscrowModule from "../../deploy/modules/BuilderEscrow.ts";
import PairModule from "../../deploy/modules/Pair.ts";
import ProofOfEfficiencyModule from "../../deploy/modules/ProofOfEfficiency.ts";
import {
  b52Parts,
  drawnB52Parts,
  drawnPairParts,
  pairParts,
  proofOfEfficiencyParts,
} from "../../deploy/modules/parts.ts";
import { ToolError } from "../errors.ts";
import { readCompiled } from "./bytecode.ts";
import { coreCode } from "./core.ts";
import { refuseDevelopmentKeys } from "./local.ts";
import {
  linksOf,
  officeOf,
  profileOf,
  readElections,
  readEscrowArguments,
  selectorOf,
  type ParameterValue,
} from "../../src/deployment/index.ts";
import {
  allowsDevelopmentKeys,
  isDrawn,
  MODULES_OF,
  readParameters,
  type DeploymentOptions,
  type SystemName,
  type SystemParameters,
} from "./parameters.ts";

/** Consensus contracts of a deployed system; a pair has both. */
export interface DeployedConsensus {
  readonly ProofOfEfficiency?: string;
  readonly B52?: string;
}

type ConsensusName = keyof DeployedConsensus;

const CONSENSUS_OF: Readonly<Record<SystemName, readonly ConsensusName[]>> = {
  ProofOfEfficiency: ["ProofOfEfficiency"],
  B52: ["B52"],
  Pair: ["ProofOfEfficiency", "B52"],
};

/** Without and with a draw of tickets. */
const PARTS_OF: Readonly<Record<SystemName, readonly [IgnitionModule, IgnitionModule]>> = {
  ProofOfEfficiency: [proofOfEfficiencyParts, proofOfEfficiencyParts],
  B52: [b52Parts, drawnB52Parts],
  Pair: [pairParts, drawnPairParts],
};

/** Of a journal: addresses by future. */
const ADDRESSES = "deployed_addresses.json";

export interface Deployment {
  readonly system: SystemName;
  readonly consensus: DeployedConsensus;
  /** Of its Proof of Efficiency, by name, with their slasher; with two of them a `PairedElection`. */
  readonly elections: Readonly<Record<string, string>>;
  /** Of the builders of its B52; undefined if there is none. */
  readonly escrow: string | undefined;
  readonly parameters: SystemParameters;
}

/**
 * Deploys a system with Ignition: first the parts, then each consensus with its core, whose code has addresses of parts
 * in it. Both halves have one journal, and go on where they were interrupted.
 *
 * @throws {ToolError} `DEVELOPMENT_KEY`, and as `readParameters`
 */
export async function deploySystem(
  connection: NetworkConnection,
  system: SystemName,
  options: DeploymentOptions = {},
): Promise<Deployment> {
  const { ethers } = connection;
  const parameters = readParameters(system, options);
  const { chainId } = await ethers.provider.getNetwork();
  await refuseDevelopmentKeys(system, chainId, allowsDevelopmentKeys(options), isDrawn(parameters));

  const parts = await deployParts(connection, system, parameters, options);
  const elections = await deployElections(connection, parameters, at(parts, "token"), options);
  const consensus: { -readonly [Name in ConsensusName]?: string } = {};
  for (const name of CONSENSUS_OF[system]) {
    const selector = name === "ProofOfEfficiency" ? selectorOf(elections) : undefined;
    const own = { ...parameters[name], ...(selector === undefined ? {} : { selector }) };
    consensus[name] = await deployConsensus(connection, name, parts, own, options);
  }
  if (system === "Pair") {
    const coreOf = async (name: ConsensusName): Promise<string> =>
      (await ethers.getContractAt("ICoreDeployer", consensus[name] ?? "")).ROLLUP();
    const addresses = {
      token: at(parts, "token"),
      poeCore: await coreOf("ProofOfEfficiency"),
      b52Core: await coreOf("B52"),
    };
    await run(connection, PairModule, { Pair: addresses }, options);
  }
  const escrow =
    options.withEscrow === true && consensus.B52 !== undefined
      ? await deployEscrow(connection, consensus.B52, options)
      : undefined;
  return { system, parameters, consensus, elections, escrow };
}

/** @returns addresses by name */
async function deployElections(
  connection: NetworkConnection,
  parameters: SystemParameters,
  token: string,
  options: DeploymentOptions,
): Promise<Record<string, string>> {
  const deployed: Record<string, string> = {};
  const names = readElections(options.election);
  for (const name of names) {
    const { inputs } = new Interface((await readCompiled(name)).abi).deploy;
    const given = { [name]: { ...parameters[name], ...linksOf(name, token, deployed) } };
    const { election } = await run(connection, electionModule(name, inputs), given, options);
    deployed[name] = await election.getAddress();
  }
  const [sequencers, aggregators] = names.filter((name) => officeOf(name) !== "slasher").map((name) => deployed[name]);
  if (sequencers !== undefined && aggregators !== undefined) {
    const given = { PairedElection: { sequencers, aggregators } };
    const { election } = await run(connection, pairedElection, given, options);
    deployed["PairedElection"] = await election.getAddress();
  }
  return deployed;
}

/** The escrow of the builders of a B52 that is there. @returns its address */
async function deployEscrow(
  connection: NetworkConnection,
  consensus: string,
  options: DeploymentOptions,
): Promise<string> {
  const { ethers } = connection;
  const creation = await creationBlockOf(ethers.provider, consensus);
  const given = await readEscrowArguments(ethers.provider, { consensus, deploymentBlock: creation });
  const { escrow } = await run(connection, BuilderEscrowModule, { BuilderEscrow: { ...given } as never }, options);
  return escrow.getAddress();
}

/** The first block after which a contract has code: found by halves, as a journal need not be at hand. */
async function creationBlockOf(provider: Provider, address: string): Promise<number> {
  let [before, after] = [-1, await provider.getBlockNumber()];
  while (after - before > 1) {
    const middle = (before + after) >> 1;
    if ((await provider.getCode(address, middle)) === "0x") before = middle;
    else after = middle;
  }
  return after;
}

/** Addresses by name. */
type Parts = Readonly<Record<string, string>>;

function at(parts: Parts, name: string): string {
  const address = parts[name];
  if (address === undefined) throw new ToolError("MISSING_PART", { part: name }, `${name} was not deployed`);
  return address;
}

/** Token, libraries and verifiers. */
async function deployParts(
  connection: NetworkConnection,
  system: SystemName,
  parameters: SystemParameters,
  options: DeploymentOptions,
): Promise<Parts> {
  const [plain, drawn] = PARTS_OF[system];
  const deployed = await run(connection, isDrawn(parameters) ? drawn : plain, parameters, options);
  const addresses: Record<string, string> = {};
  for (const [name, contract] of Object.entries(deployed)) {
    addresses[name] = await contract.getAddress();
  }
  return addresses;
}

/**
 * A consensus and its core, of parts that are there.
 *
 * @returns address of the consensus
 */
async function deployConsensus(
  connection: NetworkConnection,
  name: ConsensusName,
  parts: Parts,
  parameters: Readonly<Record<string, ParameterValue>>,
  options: DeploymentOptions,
): Promise<string> {
  const verifier = at(parts, name === "B52" ? "RollupVerifier" : "LeafVerifier");
  const own = { ...parameters, ...parts, verifier };
  const core = await coreCode(await profileOf(connection.ethers.provider, verifier), own, parts);
  const given = { coreInitCode: core.initCode, coreCodeHash: core.codeHash };
  const all = { [name]: { ...own, ...given } };
  const { consensus } =
    name === "B52"
      ? await run(connection, isDrawn(all) ? drawnB52Module : b52Module, all, options)
      : await run(connection, ProofOfEfficiencyModule, all, options);
  return consensus.getAddress();
}

/**
 * Refuses a journal of another chain: the contracts that it calls deployed have to exist. After a restart, a local
 * chain is another chain.
 *
 * @param folder of the journal; one that does not exist yet is good for every chain
 * @throws {ToolError} `JOURNAL_OF_ANOTHER_CHAIN`
 */
export async function requireJournalOf(provider: Provider, folder: string): Promise<void> {
  const path = join(folder, ADDRESSES);
  if (!existsSync(path)) return;
  const addresses = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>;
  for (const [future, address] of Object.entries(addresses)) {
    if ((await provider.getCode(address)) === "0x") {
      throw new ToolError(
        "JOURNAL_OF_ANOTHER_CHAIN",
        { folder, address },
        `${folder} says that ${future} is at ${address}, where this chain has no code: remove the folder if that chain is gone, or take another id`,
      );
    }
  }
}

/**
 * A deployment as its journal knows it.
 *
 * @param folder of the journal
 * @param election as it was deployed with
 * @throws {ToolError} `UNKNOWN_DEPLOYMENT` if the journal is not there, or the system is not deployed completely
 */
export function readJournal(
  folder: string,
  system: SystemName,
  parameters: SystemParameters,
  election?: string,
): Deployment {
  const path = join(folder, ADDRESSES);
  if (!existsSync(path)) throw new ToolError("UNKNOWN_DEPLOYMENT", { path }, `there is no ${path}`);
  const addresses = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>;
  const deployed = MODULES_OF[system].flatMap((module): [string, string][] => {
    if (module === "Shared") return [];
    const address = addresses[`${module}#${module}`];
    if (address === undefined) {
      throw new ToolError("UNKNOWN_DEPLOYMENT", { path }, `${path} does not have the consensus of ${module}`);
    }
    return [[module, address]];
  });
  const names = readElections(election);
  const isPair = names.filter((name) => officeOf(name) !== "slasher").length === 2;
  const elections = [...names, ...(isPair ? ["PairedElection"] : [])].map((name): [string, string] => {
    const address = addresses[`${name}#${name}`];
    if (address !== undefined) return [name, address];
    throw new ToolError("UNKNOWN_DEPLOYMENT", { path }, `${path} does not have the election ${name}`);
  });
  const escrow = addresses["BuilderEscrow#BuilderEscrow"];
  return {
    ...{ system, parameters, escrow },
    consensus: Object.fromEntries(deployed),
    elections: Object.fromEntries(elections),
  };
}

/**
 * L1 block of a deployment's first transaction, by its journal.
 *
 * @param folder of the journal, of a deployment that is complete
 */
export function firstBlockOf(folder: string): number {
  const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").split("\n").filter(Boolean);
  const messages = lines.map((line) => JSON.parse(line) as { readonly receipt?: { readonly blockNumber: number } });
  return Math.min(...messages.flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt.blockNumber])));
}

async function run<Id extends string, Name extends string, Results extends IgnitionModuleResult<Name>>(
  { ignition }: NetworkConnection,
  module: IgnitionModule<Id, Name, Results>,
  parameters: Readonly<Record<string, Readonly<Record<string, ParameterValue>>>>,
  { deploymentId, displayUi = false }: DeploymentOptions,
) {
  try {
    return await ignition.deploy(module, {
      // Ignition's type has no lists that cannot be changed.
      parameters: parameters as DeploymentParameters,
      displayUi,
      ...(deploymentId === undefined ? {} : { deploymentId }),
    });
  } catch (error) {
    if (error instanceof Error && /reconciliation/iu.test(error.message)) {
      throw new ToolError(
        "DEPLOYMENT_CHANGED",
        { deploymentId },
        `${deploymentId ?? "this deployment"} was begun with other parameters or contracts: go on with those, or take another id\n${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}
