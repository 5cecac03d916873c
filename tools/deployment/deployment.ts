// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Contract, formatEther, getAddress } from "ethers";
import hre, { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  cappedGas,
  findRules,
  requireEstimates,
  requireWithinLimits,
  scheduledRules,
  type ChainRules,
} from "./chainRules.ts";
import { checkDeployment, requireSame, type Inspection } from "./check.ts";
import { type Deployment, deploySystem, firstBlockOf, readJournal, requireJournalOf } from "./ignition.ts";
import { refuseDevelopmentKeys } from "./local.ts";
import type { Explorer, SystemName } from "./names.ts";
import {
  allowsDevelopmentKeys,
  furtherCircuits,
  isDrawn,
  readParameters,
  type SystemParameters,
} from "./parameters.ts";
import { rehearse, type Rehearsal } from "./rehearsal.ts";
import { verifySources } from "./verify.ts";
import { renderTable } from "../../demo/report.ts";
import { CodedError } from "../../src/errors.ts";
import { ToolError } from "../errors.ts";
import { BLOCK_GAS, L1_RULES, RULE_FACTS, TRANSACTION_GAS } from "../../src/l1Rules.ts";
import { type CircuitArtifacts, prepareAll, type ProfileName } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { describeError } from "../commandLine.ts";

/** System, network and options of a deployment; all of them were checked. */
export interface DeploymentSettings {
  /** Of hardhat.config.ts. */
  readonly networkName: string;
  readonly system: SystemName;
  /** A file of deploy/parameters, or a path. */
  readonly parameters: string;
  readonly id: string;
  /** Elections of Proof of Efficiency; undefined: everybody may sequence and prove. */
  readonly election: string | undefined;
  /** With an escrow of builders. */
  readonly withEscrow: boolean;
  readonly explorer: Explorer;
  readonly profile: ProfileName;
  /** In wei, for the cost of a dry run. */
  readonly gasPrice: bigint;
  readonly isDryRun: boolean;
  /** Deploys nothing. */
  readonly isCheck: boolean;
  /** Has the sources verified. */
  readonly isVerified: boolean;
}

interface Run {
  readonly networkName: string;
  readonly system: SystemName;
  readonly parameters: string;
  readonly id: string;
  readonly election: string | undefined;
  readonly withEscrow: boolean;
  readonly keys: readonly CircuitArtifacts[];
}

let step = 0;
const announce = (title: string): void => console.log(`\n[${++step}] ${title}`);
const say = (line: string): void => console.log(`      ${line}`);

/**
 * Deploys a system, or rehearses that, or checks what is deployed, and shows every step.
 *
 * @throws {ToolError} of any code; the message says what is wrong, and what to do
 */
export async function runDeployment(settings: DeploymentSettings): Promise<void> {
  try {
    await run(settings);
  } catch (error) {
    throw explained(error, settings.networkName);
  }
}

async function run(settings: DeploymentSettings): Promise<void> {
  const { networkName, system, parameters, id, election, profile } = settings;
  announce(`Parameters of ${parameters} for ${system}${election === undefined ? "" : ` under ${election}`}`);
  const values = readParameters(system, { parameters, election });
  const modules = Object.entries(values);
  say(modules.map(([module, read]) => `${module}: ${Object.keys(read).length}`).join(", ") + "; all in their ranges");

  const run = { networkName, system, parameters, id, election, withEscrow: settings.withEscrow };
  if (settings.isDryRun) {
    await dryRun({ ...run, keys: await prepare(profile, values) }, settings.gasPrice);
    return;
  }
  const connection = await connect(networkName);
  try {
    const keys = await prepare(profile, values);
    if (!settings.isCheck) await deploy({ ...run, keys }, connection);
    const { inspection, deployment } = await check({ ...run, keys }, connection);
    if (settings.isVerified) await verify(connection, inspection, settings.explorer);
    await sayAddresses(connection, deployment, firstBlockOf(journalOf(id)));
  } finally {
    await connection.close();
  }
}

async function prepare(profile: ProfileName, values: SystemParameters): Promise<readonly CircuitArtifacts[]> {
  announce("Circuits, keys and contracts (a minute or two the first time, then kept)");
  const keys = await prepareAll(profile, say, undefined, furtherCircuits(values));
  await hre.tasks.getTask("build").run({ noTests: true, quiet: true });
  return keys;
}

async function dryRun(run: Run, gasPrice: bigint): Promise<void> {
  const { chainId } = hre.config.networks[run.networkName] ?? {};
  for (const chain of await rulesToRehearse(run.networkName, chainId)) {
    const { gas, inspection } = await rehearsal(run, chain, gasPrice);
    say(`${inspection.findings.length} values and codes read back, all as they should be`);
    say(`at ${Number(gasPrice) / 1e9} gwei ${formatEther(gas * gasPrice)} ETH; nothing was sent`);
  }
  if (chainId !== undefined) {
    const { system, parameters, election } = run;
    const isDrawnHere = isDrawn(readParameters(system, { parameters, election }));
    await refuseDevelopmentKeys(system, BigInt(chainId), allowsDevelopmentKeys({}), isDrawnHere).catch(
      (error: unknown) => say(`would be refused: ${describeError(error)}`),
    );
  }
}

/** The rules of a network; of one that cannot be asked those of its schedule, or else all. */
async function rulesToRehearse(networkName: string, chainId: number | undefined): Promise<readonly ChainRules[]> {
  announce(`Rules of ${networkName}`);
  const connection = await network.create(networkName);
  try {
    await connection.provider.request({ method: "eth_chainId" });
    return [await rulesOf(connection)];
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const scheduled = chainId === undefined ? undefined : scheduledRules(BigInt(chainId), Date.now() / 1_000);
    const rules = scheduled === undefined ? L1_RULES : [scheduled];
    say(`nobody answers: ${rules.join(" and ")}, with blocks of ${BLOCK_GAS} gas`);
    return rules.map((name) => ({ rules: name, blockGas: BLOCK_GAS }));
  } finally {
    await connection.close();
  }
}

async function rulesOf(connection: NetworkConnection): Promise<ChainRules> {
  const chain = await findRules(connection.ethers.provider);
  const { rules, blockGas, changesAt } = chain;
  const change = changesAt === undefined ? "" : `; other rules from ${new Date(changesAt * 1_000).toISOString()}`;
  say(`rules of ${rules}, blocks of ${blockGas} gas${change}`);
  return chain;
}

/** Shows what a deployment sends. */
async function rehearsal(
  { system, parameters, keys, election, withEscrow }: Run,
  chain: ChainRules,
  gasPrice: bigint,
): Promise<Rehearsal & { gas: bigint }> {
  const { rules, blockGas } = chain;
  announce(`Rehearsal on an embedded chain with the rules of ${rules}`);
  const rehearsed = await rehearse(system, { parameters, election, withEscrow }, keys, rules);
  requireSame(rehearsed.inspection.findings);
  const grouped = (value: bigint | number): string => value.toLocaleString("en");
  const rows = rehearsed.transactions.map((transaction) => [
    transaction.what,
    grouped(transaction.dataBytes),
    transaction.codeBytes === 0 ? "" : grouped(transaction.codeBytes),
    grouped(transaction.gas),
    grouped(cappedGas(transaction, rules)),
    formatEther(transaction.gas * gasPrice),
  ]);
  const gas = rehearsed.transactions.reduce((sum, transaction) => sum + transaction.gas, 0n);
  rows.push(["sum", "", "", grouped(gas), "", formatEther(gas * gasPrice)]);
  const { initCodeLimit, codeLimit } = RULE_FACTS[rules];
  rows.push(["limit for each", ...[initCodeLimit, codeLimit, blockGas, TRANSACTION_GAS].map(grouped)]);
  const headings = [
    `${rehearsed.transactions.length} transactions`,
    "data",
    "code",
    "gas",
    "gas that is capped",
    "ETH",
  ];
  renderTable(headings, rows).forEach(say);
  requireWithinLimits(rehearsed.transactions, chain);
  return { ...rehearsed, gas };
}

async function connect(networkName: string): Promise<NetworkConnection> {
  announce(`Network ${networkName}`);
  const connection = await network.create(networkName);
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const client = (await connection.provider.request({ method: "web3_clientVersion" })) as string;
  say(`chain ${chainId}, block ${await provider.getBlockNumber()}, ${client}`);
  return connection;
}

async function deploy(run: Run, connection: NetworkConnection): Promise<void> {
  const { system, parameters, id, election, withEscrow } = run;
  const { ethers } = connection;
  const { chainId } = await ethers.provider.getNetwork();
  // Before anything else: no rehearsal is of interest if this is refused.
  const isDrawnHere = isDrawn(readParameters(system, { parameters, election }));
  await refuseDevelopmentKeys(system, chainId, allowsDevelopmentKeys({}), isDrawnHere);
  await requireJournalOf(ethers.provider, journalOf(id));
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) {
    throw new ToolError("NO_DEPLOYER", { network: run.networkName }, `network ${run.networkName} has no account`);
  }
  const { maxFeePerGas, gasPrice } = await ethers.provider.getFeeData();
  const price = maxFeePerGas ?? gasPrice ?? 0n;
  const chain = await rulesOf(connection);
  const { gas, transactions } = await rehearsal(run, chain, price);
  const largest = transactions.reduce((most, transaction) => (transaction.gas > most ? transaction.gas : most), 0n);
  await requireEstimates(ethers.provider, deployer.address, chain, largest);

  const isResumed = existsSync(journalOf(id));
  const balance = await ethers.provider.getBalance(deployer);
  // A deployment that is resumed has paid a part of its transactions already.
  const needed = isResumed ? 1n : gas * price;
  if (balance < needed) {
    throw new ToolError(
      "INSUFFICIENT_FUNDS",
      { address: deployer.address, balance, needed },
      `${deployer.address} has ${formatEther(balance)} ETH; the deployment needs ${formatEther(needed)} ETH at ${Number(price) / 1e9} gwei`,
    );
  }
  announce(`${isResumed ? "Going on with" : "Deploying"} ${system} as ${id}, from ${deployer.address}`);
  await deploySystem(connection, system, { parameters, deploymentId: id, election, withEscrow, displayUi: true });
}

/** Reads the deployment back, and shows every value. */
async function check(
  run: Run,
  connection: NetworkConnection,
): Promise<{ readonly inspection: Inspection; readonly deployment: Deployment }> {
  const { system, parameters, id, keys, election, withEscrow } = run;
  announce(`Reading ${id} back from the chain`);
  const deployment = readJournal(
    ...([journalOf(id), system, readParameters(system, { parameters, election }), election] as const),
  );
  if (withEscrow && deployment.escrow === undefined) {
    const path = journalOf(id);
    throw new ToolError("UNKNOWN_DEPLOYMENT", { path }, `${path} does not have an escrow of builders`);
  }
  const inspection = await checkDeployment(connection.ethers.provider, deployment, keys, firstBlockOf(journalOf(id)));
  const rows = inspection.findings.map(({ contract, what, expected, actual }) => [
    `${expected === actual ? "✔" : "✘"} ${contract}`,
    what,
    actual,
    expected === actual ? "" : `should be ${expected}`,
  ]);
  renderTable(["", "what", "on the chain", ""], rows, "left").forEach(say);
  requireSame(inspection.findings);
  say(
    `${inspection.findings.length} values and codes of ${inspection.contracts.length} contracts are as they should be`,
  );
  return { inspection, deployment };
}

/** Ends with what the other commands ask for. */
async function sayAddresses({ ethers }: NetworkConnection, deployment: Deployment, block: number): Promise<void> {
  announce("The addresses");
  for (const [name, consensus] of Object.entries(deployment.consensus) as [string, string][]) {
    const contract = new Contract(consensus, ["function ROLLUP() view returns (address)"], ethers.provider);
    const core = getAddress((await contract.getFunction("ROLLUP").staticCall()) as string);
    say(`${name}: consensus ${consensus}`);
    say(`${name}: core      ${core}, for other commands: --rollup ${core} --deployment-block ${block}`);
  }
  for (const [name, election] of Object.entries(deployment.elections)) say(`ProofOfEfficiency: ${name} ${election}`);
  const { escrow } = deployment;
  if (escrow !== undefined) say(`B52: escrow of builders ${escrow}, for nodes: --escrow ${escrow}`);
}

async function verify(connection: NetworkConnection, { contracts }: Inspection, explorer: Explorer): Promise<void> {
  announce(`Verifying the sources of ${contracts.length} contracts on ${explorer}`);
  const failed = await verifySources(connection, contracts, explorer, say);
  if (failed.length > 0) {
    const reasons = failed.map(({ name, reason }) => `${name}: ${reason}`).join("\n");
    throw new ToolError(
      "NOT_VERIFIED",
      { contracts: failed.map(({ name }) => name) },
      `${failed.length} of ${contracts.length} contracts:\n${reasons}`,
    );
  }
}

function journalOf(id: string): string {
  return join(PROJECT_ROOT, "deploy", "deployments", id);
}

/** The error, with advice if its cause is known. */
function explained(error: unknown, networkName: string): unknown {
  if (!(error instanceof Error) || error instanceof CodedError) return error;
  const secret = /Configuration Variable "(\w+)" not found/u.exec(error.message)?.[1];
  if (secret !== undefined) {
    return new ToolError(
      "MISSING_SECRET",
      { secret },
      `${secret} is neither in the environment nor in the keystore; set it with: npx hardhat keystore set ${secret}`,
      { cause: error },
    );
  }
  if (/Cannot connect to the network|ECONNREFUSED|ENOTFOUND|timed? ?out/iu.test(error.message)) {
    return new ToolError(
      "NO_ENDPOINT",
      { network: networkName },
      `nothing answers at the URL of network ${networkName}: ${error.message}`,
      {
        cause: error,
      },
    );
  }
  return error;
}
