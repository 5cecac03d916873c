// SPDX-License-Identifier: MIT
import {
  Contract,
  Interface,
  zeroPadValue,
  type InterfaceAbi,
  type JsonRpcProvider,
  type Log,
  type Provider,
} from "ethers";

import type {
  B52,
  LeafVerifier,
  NativeToken,
  ProofOfEfficiency,
  DrawnProverRegistry,
  Rollup,
  RollupVerifier,
} from "../../typechain-types/index.ts";
import {
  ask,
  EndpointProvider,
  findContracts,
  findLog,
  requireReadingOptions,
  viewOf,
  type EndpointOptions,
  type ReadingOptions,
} from "../chain/index.ts";
import {
  B52Node,
  RollupNode,
  type B52System,
  type NodeStorage,
  type ProofOfEfficiencySystem,
  type SavedB52Facts,
  type SavedB52Item,
  type SavedFacts,
  type SavedItem,
} from "../agents/index.ts";
import {
  b52Abi,
  leafVerifierAbi,
  nativeTokenAbi,
  proofOfEfficiencyAbi,
  drawnProverRegistryAbi,
  rollupAbi,
  rollupVerifierAbi,
} from "../contracts/index.ts";
import { ProtocolError } from "../errors.ts";
import { createProfile, type Profile } from "../profile.ts";
import { requireStateOfL1 } from "./requireStateOfL1.ts";

/** A rollup as found on L1, and a node that has rebuilt its state. */
export type OpenedRollup =
  | { readonly consensus: "Proof of Efficiency"; readonly node: RollupNode }
  | { readonly consensus: "B52"; readonly node: B52Node };

/** The addresses and contracts of a rollup. */
export type FoundRollup =
  | { readonly consensus: "Proof of Efficiency"; readonly system: ProofOfEfficiencySystem }
  | { readonly consensus: "B52"; readonly system: B52System };

/** Keep what a node has read, of a rollup of either consensus with a profile. */
export interface NodeStorages {
  proofOfEfficiency(profile: Profile): NodeStorage<SavedFacts, SavedItem>;
  b52(profile: Profile): NodeStorage<SavedB52Facts, SavedB52Item>;
}

/** Where to look for a rollup's deployment, and how to read L1. */
export interface OpenOptions extends ReadingOptions {
  /**
   * A block of L1 that is not after the deployment, from which on the deployment is looked for. Default: L1's first
   * block, which takes long on a public chain.
   */
  readonly deploymentBlock?: number;
  /** Keep what a node has read (`RollupNode.open`, `B52Node.open`). */
  readonly storages?: NodeStorages;
}

/**
 * An L1 endpoint that fails after a while if it does not answer, and has no cache (`EndpointProvider`).
 *
 * @param url of a JSON-RPC endpoint, http or https, or of several of one chain: each further one is asked when those
 *   before it give no answer
 * @param options how long to wait for it
 * @throws {ProtocolError} `INVALID_URL`
 */
export const openProvider = (url: string | readonly string[], options: EndpointOptions = {}): JsonRpcProvider =>
  new EndpointProvider(url, options);

/**
 * Opens a rollup from L1 alone: finds the event of its deployment, reads all that its contracts ever published, rebuilds
 * its state, and compares the state with L1's.
 *
 * @param provider an L1 endpoint that has all events since the deployment
 * @param address of the core (`Rollup`), or of its consensus
 * @param options how to read L1
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no rollup at the address; `UNSUPPORTED_CONSENSUS` for a B52 of
 *   an earlier version; `WRONG_DEPLOYMENT_BLOCK` if it was not deployed in `deploymentBlock` or later; `NOT_CONFIRMED` if the deployment has fewer than `confirmations`;
 *   `OUT_OF_RANGE` for options that are no numbers of blocks; `STATE_MISMATCH`, `DATA_UNAVAILABLE` if the endpoint's
 *   data do not give the state that L1 has; `ENDPOINT_UNAVAILABLE`, `ENDPOINT_REFUSED_RANGE` if it does not give them
 *
 * @example
 * ```ts
 * const { consensus, node } = await openRollup(openProvider(url), address);
 * console.log(consensus, node.virtualState.account(1)?.balance);
 * ```
 */
export async function openRollup(
  provider: Provider,
  address: string,
  { deploymentBlock: known, storages, ...reading }: OpenOptions = {},
): Promise<OpenedRollup> {
  requireReadingOptions(reading);
  const { core, consensusAddress } = await findContracts(provider, address);
  const hasProvers = await isB52(provider, consensusAddress);
  const { blockNumber: deploymentBlock } = await findDeployment(provider, {
    consensus: consensusAddress,
    core,
    known,
    reading,
  });
  const coreBlock = await findCore(provider, { consensus: consensusAddress, core, deploymentBlock, reading });
  await requireConfirmed(provider, coreBlock, reading);

  const place = { core, consensusAddress, deploymentBlock, reading };
  const found: FoundRollup = hasProvers
    ? { consensus: "B52", system: await b52At(provider, place) }
    : { consensus: "Proof of Efficiency", system: await proofOfEfficiencyAt(provider, place) };
  return openFound(found, storages);
}

/**
 * The addresses and contracts of a rollup whose deployment somebody has looked up before: no log is read.
 *
 * @param address of the core
 * @param deploymentBlock of L1
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no rollup at the address; `UNSUPPORTED_CONSENSUS` for another
 *   consensus than these two, or a B52 of an earlier version; `OUT_OF_RANGE`; `ENDPOINT_UNAVAILABLE`
 */
export async function findRollup(
  provider: Provider,
  address: string,
  deploymentBlock: number,
  reading: ReadingOptions = {},
): Promise<FoundRollup> {
  requireReadingOptions(reading);
  const { core, consensusAddress } = await findContracts(provider, address);
  const place = { core, consensusAddress, deploymentBlock, reading };
  const at = contractsOf(provider);
  if (await isB52(provider, consensusAddress)) return { consensus: "B52", system: await b52At(provider, place) };
  const limit = await viewOf("MAX_PENDING_LEAVES", () =>
    at("ProofOfEfficiency", consensusAddress).MAX_PENDING_LEAVES(),
  );
  if (limit !== undefined) {
    return { consensus: "Proof of Efficiency", system: await proofOfEfficiencyAt(provider, place) };
  }
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus: consensusAddress },
    `${consensusAddress}, the consensus of the rollup ${address}, is neither Proof of Efficiency nor B52`,
  );
}

/**
 * A node of a rollup, whose state was compared with L1's.
 *
 * @throws {ProtocolError} as `RollupNode.open`, `B52Node.open` and `requireStateOfL1`
 */
export async function openFound(found: FoundRollup, storages?: NodeStorages): Promise<OpenedRollup> {
  const opened = await openNodeOf(found, storages);
  await requireStateOfL1(opened.node);
  return opened;
}

async function openNodeOf({ consensus, system }: FoundRollup, storages?: NodeStorages): Promise<OpenedRollup> {
  const { profile } = system;
  return consensus === "B52"
    ? { consensus, node: await B52Node.open(system, storages?.b52(profile)) }
    : { consensus, node: await RollupNode.open(system, storages?.proofOfEfficiency(profile)) };
}

/**
 * Whether a consensus is B52, by a view that Proof of Efficiency does not have.
 *
 * @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` for a B52 of a version before drawn tickets, which has other parameters
 *   and other calls; `ENDPOINT_UNAVAILABLE`
 */
async function isB52(provider: Provider, consensusAddress: string): Promise<boolean> {
  const at = contractsOf(provider);
  const consensus = at("B52", consensusAddress);
  if ((await viewOf("REGISTRY", () => consensus.REGISTRY())) === undefined) return false;
  const verifier = at("RollupVerifier", await ask("VERIFIER", () => consensus.VERIFIER()));
  if ((await viewOf("DRAWS", () => verifier.DRAWS())) !== undefined) return true;
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus: consensusAddress },
    `${consensusAddress} is a B52 of an earlier version, whose verifier has no DRAWS: open it with the client of that version`,
  );
}

/** Where a rollup is, and how it is read. */
interface Place {
  readonly core: string;
  readonly consensusAddress: string;
  readonly deploymentBlock: number;
  readonly reading: ReadingOptions;
}

async function b52At(
  provider: Provider,
  { core, consensusAddress, deploymentBlock, reading }: Place,
): Promise<B52System> {
  const at = contractsOf(provider);
  const consensus = at("B52", consensusAddress);
  const verifier = at("RollupVerifier", await ask("VERIFIER", () => consensus.VERIFIER()));
  const registry = at("DrawnProverRegistry", await ask("REGISTRY", () => consensus.REGISTRY()));
  const token = at("NativeToken", await ask("TOKEN", () => consensus.TOKEN()));
  const profile = await profileOf(verifier);
  const contracts = { consensus, registry, rollup: at("Rollup", core), token, verifier };
  return { provider, ...contracts, profile, deploymentBlock, reading };
}

async function proofOfEfficiencyAt(
  provider: Provider,
  { core, consensusAddress, deploymentBlock, reading }: Place,
): Promise<ProofOfEfficiencySystem> {
  const at = contractsOf(provider);
  const consensus = at("ProofOfEfficiency", consensusAddress);
  const verifier = at("LeafVerifier", await ask("VERIFIER", () => consensus.VERIFIER()));
  const token = at("NativeToken", await ask("TOKEN", () => consensus.TOKEN()));
  const profile = await profileOf(verifier);
  return { provider, consensus, rollup: at("Rollup", core), token, verifier, profile, deploymentBlock, reading };
}

const contractsOf =
  (provider: Provider) =>
  <Name extends keyof Contracts>(name: Name, target: string): Contracts[Name] =>
    new Contract(target, ABIS[name], provider) as unknown as Contracts[Name];

const ABIS = {
  Rollup: rollupAbi,
  B52: b52Abi,
  ProofOfEfficiency: proofOfEfficiencyAbi,
  DrawnProverRegistry: drawnProverRegistryAbi,
  NativeToken: nativeTokenAbi,
  RollupVerifier: rollupVerifierAbi,
  LeafVerifier: leafVerifierAbi,
} as const satisfies Record<keyof Contracts, InterfaceAbi>;

interface Contracts {
  readonly Rollup: Rollup;
  readonly B52: B52;
  readonly ProofOfEfficiency: ProofOfEfficiency;
  readonly DrawnProverRegistry: DrawnProverRegistry;
  readonly NativeToken: NativeToken;
  readonly RollupVerifier: RollupVerifier;
  readonly LeafVerifier: LeafVerifier;
}

/**
 * `ConsensusDeployed` of each consensus. Both announce the core that they deployed as the first indexed argument; the rest
 * differs, and by it the one is told from the other.
 */
function topicOf(consensus: "B52" | "ProofOfEfficiency"): string {
  const event = new Interface(ABIS[consensus]).getEvent("ConsensusDeployed");
  if (event === null) {
    throw new ProtocolError(
      "UNKNOWN_DEPLOYMENT",
      { address: undefined },
      `the ABI of ${consensus} has no ConsensusDeployed`,
    );
  }
  return event.topicHash;
}

/** The event with which a consensus announced its core. */
async function findDeployment(
  provider: Provider,
  {
    consensus,
    core,
    known,
    reading,
  }: {
    readonly consensus: string;
    readonly core: string;
    readonly known: number | undefined;
    readonly reading: ReadingOptions;
  },
): Promise<Log> {
  if (known !== undefined && (!Number.isSafeInteger(known) || known < 0)) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "deploymentBlock", value: known, minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      `${known} is not the number of a block`,
    );
  }
  const filter = {
    address: consensus,
    topics: [[topicOf("B52"), topicOf("ProofOfEfficiency")], zeroPadValue(core, 32)],
  };
  const log = await findLog(provider, filter, known ?? 0, reading);
  if (log !== undefined) return log;
  throw known === undefined
    ? new ProtocolError("UNKNOWN_DEPLOYMENT", { address: core }, `${consensus} never deployed the core ${core}`)
    : new ProtocolError(
        "WRONG_DEPLOYMENT_BLOCK",
        { address: core, block: known },
        `${consensus} deployed the core ${core} before block ${known}, or the endpoint does not have the event: give an earlier block, or none`,
      );
}

/** The block in which a consensus deployed the core that it had announced (docs/adr/0042). */
async function findCore(
  provider: Provider,
  {
    consensus,
    core,
    deploymentBlock,
    reading,
  }: {
    readonly consensus: string;
    readonly core: string;
    readonly deploymentBlock: number;
    readonly reading: ReadingOptions;
  },
): Promise<number> {
  const event = new Interface(ABIS.ProofOfEfficiency).getEvent("CoreDeployed");
  const filter = { address: consensus, topics: [event?.topicHash ?? null, zeroPadValue(core, 32)] };
  const log = await findLog(provider, filter, deploymentBlock, reading);
  if (log !== undefined) return log.blockNumber;
  throw new ProtocolError(
    "UNKNOWN_DEPLOYMENT",
    { address: core, fromBlock: deploymentBlock },
    `the endpoint does not have the event of the core ${core}`,
  );
}

/** @throws {ProtocolError} `NOT_CONFIRMED` */
async function requireConfirmed(
  provider: Provider,
  deploymentBlock: number,
  { confirmations = 0 }: ReadingOptions,
): Promise<void> {
  const head = await ask("eth_blockNumber", () => provider.getBlockNumber());
  if (head - confirmations < deploymentBlock) {
    throw new ProtocolError(
      "NOT_CONFIRMED",
      { block: deploymentBlock, confirmations },
      `the rollup was deployed in block ${deploymentBlock}; ${confirmations} blocks behind the head, which is ${head}, there is nothing of it`,
    );
  }
}

const profileOf = async (verifier: LeafVerifier | RollupVerifier): Promise<Profile> => {
  // Both have these; the union of their types cannot be called.
  const sizes = verifier;
  return createProfile({
    name: "deployed",
    depth: Number(await ask("DEPTH", () => sizes.DEPTH())),
    slots: Number(await ask("SLOTS", () => sizes.SLOTS())),
    levels: Number(await ask("LEVELS", () => sizes.LEVELS())),
  });
};
