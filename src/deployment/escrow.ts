// SPDX-License-Identifier: MIT
import { ContractFactory, Interface, type Provider, type Result, type Signer } from "ethers";

import { b52Abi } from "../contracts/index.ts";
import { ProtocolError } from "../errors.ts";
import { readArtifact } from "./artifacts.ts";

/** Rules of an escrow of builders; times in seconds, the bond in the native token. */
export interface EscrowParameters {
  /** Seconds for an answer to a demand, 1 … half of the proof window. */
  readonly answerWindow: bigint;
  /** Seconds from the request of a withdrawal to the withdrawal, at least the proposal window. */
  readonly withdrawalDelay: bigint;
  /** Bond of a demand, about the price of an answer. */
  readonly demandBond: bigint;
}

/** A B52 for whose blocks an escrow is deployed. */
export interface EscrowConsensus {
  readonly consensus: string;
  /** L1 block from which on the event of its deployment is looked for. */
  readonly deploymentBlock: number;
}

/** An escrow that was deployed: arguments of `EscrowClient.open`. */
export interface DeployedEscrow {
  readonly escrow: string;
  /** Block of its deployment. */
  readonly deploymentBlock: number;
  readonly parameters: EscrowParameters;
}

/** Blocks that a deployment may take; endpoints limit the range of one query. */
const DEPLOYMENT_RANGE = 9_999;

/** A third of the proof window for an answer: the block can then be proven in two thirds, if the demand came at once. */
const ANSWER_PART = 3n;

/** Parameters of a B52 from which the rules of its escrow follow. */
export interface EscrowBasis {
  readonly proposalWindow: bigint;
  readonly proofWindow: bigint;
  readonly voteDeposit: bigint;
}

/**
 * The rules that an escrow has unless it is given others: a third of the proof window for answers, the proposal window as
 * the delay of withdrawals, and the deposit of a demand for votes as the bond.
 */
export const escrowParametersOf = ({ proposalWindow, proofWindow, voteDeposit }: EscrowBasis): EscrowParameters => ({
  answerWindow: proofWindow / ANSWER_PART,
  withdrawalDelay: proposalWindow,
  demandBond: voteDeposit,
});

/** Arguments of the escrow's constructor. */
export interface EscrowArguments {
  readonly consensus: string;
  /** Parameters of the consensus, as it logged them. */
  readonly core: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly staking: Readonly<Record<string, unknown>>;
  readonly parameters: EscrowParameters;
}

/**
 * Reads the arguments of the constructor of an escrow from the event of its B52's deployment.
 *
 * @param parameters that differ from those of `escrowParametersOf`
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if no B52 was deployed there; `BAD_PARAMETER`
 */
export async function readEscrowArguments(
  provider: Provider,
  { consensus, deploymentBlock }: EscrowConsensus,
  parameters: Partial<EscrowParameters> = {},
): Promise<EscrowArguments> {
  const b52 = new Interface(b52Abi);
  const event = b52.getEvent("ConsensusDeployed");
  const [log] = await provider.getLogs({
    address: consensus,
    topics: event === null ? [] : [event.topicHash],
    fromBlock: deploymentBlock,
    toBlock: deploymentBlock + DEPLOYMENT_RANGE,
  });
  if (log === undefined) {
    throw new ProtocolError(
      "UNKNOWN_DEPLOYMENT",
      { address: consensus, fromBlock: deploymentBlock },
      `no deployment of ${consensus} by this version of the contracts from block ${deploymentBlock} on`,
    );
  }
  const args = b52.parseLog(log)?.args;
  const struct = (name: string): Record<string, unknown> => (args?.getValue(name) as Result).toObject();
  const params = struct("params");
  const basis = params as unknown as EscrowBasis;
  const own = { ...escrowParametersOf(basis), ...parameters };
  requireParameters(own, basis.proposalWindow, basis.proofWindow);
  return { consensus, core: struct("core"), params, staking: struct("staking"), parameters: own };
}

/**
 * Deploys the escrow of builders beside a B52, in one transaction (docs/b52.md §10).
 *
 * @param signer with a provider
 * @param parameters that differ from the defaults of `escrowParametersOf`
 * @throws {ProtocolError} `NO_PROVIDER`; as `readEscrowArguments`
 */
export async function deployBuilderEscrow(
  signer: Signer,
  rollup: EscrowConsensus,
  parameters: Partial<EscrowParameters> = {},
): Promise<DeployedEscrow> {
  const { provider } = signer;
  if (provider === null) {
    throw new ProtocolError("NO_PROVIDER", {}, "the signer has no provider, so no chain to deploy on");
  }
  const { consensus, core, params, staking, parameters: own } = await readEscrowArguments(provider, rollup, parameters);
  const { abi, code } = readArtifact("BuilderEscrow");
  const contract = await new ContractFactory(abi, code, signer).deploy(consensus, core, params, staking, own);
  const receipt = await contract.deploymentTransaction()?.wait();
  return { escrow: await contract.getAddress(), deploymentBlock: receipt?.blockNumber ?? 0, parameters: own };
}

/** The limits of the contract's constructor. */
function requireParameters(
  { answerWindow, withdrawalDelay, demandBond }: EscrowParameters,
  proposalWindow: bigint,
  proofWindow: bigint,
): void {
  const limits: readonly (readonly [name: string, value: bigint, minimum: bigint, maximum: bigint])[] = [
    ["answerWindow", answerWindow, 1n, proofWindow / 2n],
    ["withdrawalDelay", withdrawalDelay, proposalWindow, 2n ** 32n - 1n],
    ["demandBond", demandBond, 0n, 2n ** 96n - 1n],
  ];
  for (const [name, value, minimum, maximum] of limits) {
    if (value >= minimum && value <= maximum) continue;
    const limit = `from ${minimum} to ${maximum}`;
    throw new ProtocolError(
      "BAD_PARAMETER",
      { name: `BuilderEscrow.${name}`, value, limit },
      `BuilderEscrow.${name} = ${value}: must be ${limit}`,
    );
  }
}
