// SPDX-License-Identifier: MIT
import { dataLength, dataSlice, getAddress, id } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { newStateOf, stateGas } from "../bench/newState.ts";
import { MEASURING_BLOCK_GAS, RULE_FACTS, type L1Rules } from "../../src/l1Rules.ts";
import { isFrom, readCompiled } from "./bytecode.ts";
import { checkDeployment, type Inspection } from "./check.ts";
import { deploySystem } from "./ignition.ts";
import type { DeploymentOptions, SystemName } from "./parameters.ts";
import { ELECTION_NAMES } from "../../src/deployment/index.ts";
import type { CircuitArtifacts } from "../../src/setup/index.ts";

/** A transaction that a deployment sends. */
export interface SentTransaction {
  /** A contract that it deploys, or a call. */
  readonly what: string;
  /** Bytes of the transaction's data: init code and arguments, or the call. */
  readonly dataBytes: number;
  /** Bytes of the code that it leaves behind; 0 for a call. */
  readonly codeBytes: number;
  readonly gas: bigint;
  /** The part of it that pays for new state. */
  readonly stateGas: bigint;
}

export interface Rehearsal {
  readonly transactions: readonly SentTransaction[];
  readonly inspection: Inspection;
}

/** Whose creation code is recognised. */
const CONTRACTS = [
  "NativeToken",
  "Poseidon",
  "MigrationVerification",
  "BlockVerification",
  "BlockRecords",
  "EnforcementVerifier",
  "LeafVerifier",
  "RollupVerifier",
  "DrawnRollupVerifier",
  "ProofOfEfficiency",
  "B52",
  "DrawnB52",
  "BuilderEscrow",
  "PairedElection",
  ...ELECTION_NAMES,
] as const;

/**
 * Deploys a system on an embedded chain, and checks it. Nothing leaves this process. Blocks are large: whether a chain
 * takes the transactions, `requireWithinLimits` says.
 *
 * @param rules of the chain that the deployment is for
 * @throws {ProtocolError} as `deploySystem` and `checkDeployment`
 */
export async function rehearse(
  system: SystemName,
  options: Pick<DeploymentOptions, "parameters" | "overrides" | "election" | "withEscrow">,
  keys: readonly CircuitArtifacts[],
  rules: L1Rules,
): Promise<Rehearsal> {
  const connection = await network.create({
    network: RULE_FACTS[rules].network,
    override: { blockGasLimit: MEASURING_BLOCK_GAS },
  });
  try {
    const deployment = await deploySystem(connection, system, options);
    const transactions = await transactionsOf(connection, rules);
    return { transactions, inspection: await checkDeployment(connection.ethers.provider, deployment, keys) };
  } finally {
    await connection.close();
  }
}

async function transactionsOf({ ethers }: NetworkConnection, rules: L1Rules): Promise<SentTransaction[]> {
  const { provider } = ethers;
  const abis = await Promise.all(["Rollup", "ProofOfEfficiency"].map(readCompiled));
  const [calls, deploying] = abis.map(({ abi }) => new ethers.Interface(abi));
  const callOf = (data: string): string =>
    calls?.parseTransaction({ data })?.name ?? deploying?.parseTransaction({ data })?.name ?? "of another contract";
  const sent: SentTransaction[] = [];
  for (let number = 1; number <= (await provider.getBlockNumber()); number++) {
    const block = await provider.getBlock(number, true);
    for (const { hash, data, to } of block?.prefetchedTransactions ?? []) {
      const receipt = await provider.getTransactionReceipt(hash);
      const created = receipt?.contractAddress ?? coreOf(receipt?.logs ?? []);
      sent.push({
        what: to === null ? await nameOf(data) : `call ${callOf(data)}`,
        dataBytes: dataLength(data),
        codeBytes: created === null ? 0 : dataLength(await provider.getCode(created)),
        gas: receipt?.gasUsed ?? 0n,
        stateGas: BigInt(stateGas(await newStateOf(provider, hash), rules)),
      });
    }
  }
  return sent;
}

/** The core that a consensus deployed. */
function coreOf(logs: readonly { readonly topics: readonly string[] }[]): string | null {
  const core = logs.find(({ topics }) => topics[0] === id("CoreDeployed(address)"))?.topics[1];
  return core === undefined ? null : getAddress(dataSlice(core, 12));
}

/** The contract whose creation code the data begin with. */
async function nameOf(data: string): Promise<string> {
  for (const name of CONTRACTS) {
    const { creation } = await readCompiled(name);
    const size = dataLength(creation.code);
    if (size <= dataLength(data) && isFrom(creation, dataSlice(data, 0, size))) return name;
  }
  return "another contract";
}
