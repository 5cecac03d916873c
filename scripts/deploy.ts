import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { formatEther, parseUnits } from "ethers";
import hre, { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  cappedGas,
  findRules,
  requireEstimates,
  requireWithinLimits,
  scheduledRules,
  type ChainRules,
} from "../src/deployment/chainRules.ts";
import { checkDeployment, requireSame, type Inspection } from "../src/deployment/check.ts";
import { deploySystem, firstBlockOf, readJournal, requireJournalOf } from "../src/deployment/ignition.ts";
import { refuseDevelopmentKeys } from "../src/deployment/local.ts";
import { allowsDevelopmentKeys, readParameters, SYSTEMS, type SystemName } from "../src/deployment/parameters.ts";
import { rehearse, type Rehearsal } from "../src/deployment/rehearsal.ts";
import { EXPLORERS, verifySources, type Explorer } from "../src/deployment/verify.ts";
import { renderTable } from "../src/demo/report.ts";
import { ProtocolError } from "../src/errors.ts";
import { BLOCK_GAS, L1_RULES, RULE_FACTS, TRANSACTION_GAS } from "../src/l1Rules.ts";
import { type CircuitArtifacts, prepareAll, terminateCurve, type ProfileName } from "../src/setup/index.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";

const USAGE = `npm run deploy -- --network <name> [options]

  --network <name>        localhost, sepolia, or another of hardhat.config.ts
  --system <system>       ${SYSTEMS.join(" | ")}; default: ProofOfEfficiency
  --parameters <file>     a file of deploy/parameters, or a path; default: the network's, localhost: local
  --id <id>               of the deployment, whose journal is in deploy/deployments; default: <network>-<system>
  --dry-run               rehearse on an embedded chain: sizes, gas and cost; sends nothing
  --gas-price <gwei>      for the cost of a dry run; default: 10
  --check                 deploy nothing: read the deployment back from the chain, and compare
  --verify                have the sources verified, after the deployment or after a check
  --explorer <explorer>   ${EXPLORERS.join(" | ")}; default: sourcify
  --profile <profile>     of the circuits: development | production; default: development

Running it again goes on where it was interrupted. docs/deployment.md says the rest.`;

interface Run {
  readonly networkName: string;
  readonly system: SystemName;
  readonly parameters: string;
  readonly id: string;
  readonly keys: readonly CircuitArtifacts[];
}

let step = 0;
const announce = (title: string): void => console.log(`\n[${++step}] ${title}`);
const say = (line: string): void => console.log(`      ${line}`);

try {
  await main();
} catch (error) {
  console.error(`\n${describe(error)}`);
  process.exitCode = 1;
}
await terminateCurve();
process.exit();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      network: { type: "string" },
      system: { type: "string", default: "ProofOfEfficiency" },
      parameters: { type: "string" },
      id: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      "gas-price": { type: "string", default: "10" },
      check: { type: "boolean", default: false },
      verify: { type: "boolean", default: false },
      explorer: { type: "string", default: "sourcify" },
      profile: { type: "string", default: "development" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const networkName = oneOf("network", values.network, networks());
  const system = oneOf("system", values.system, SYSTEMS);
  const explorer = oneOf("explorer", values.explorer, EXPLORERS);
  const profile = oneOf<ProfileName>("profile", values.profile, ["development", "production"]);
  const parameters = values.parameters ?? (networkName === "localhost" ? "local" : networkName);
  const id = values.id ?? `${networkName}-${system}`;
  const gasPrice = gwei(values["gas-price"]);

  announce(`Parameters of ${parameters} for ${system}`);
  const modules = Object.entries(readParameters(system, { parameters }));
  say(modules.map(([module, read]) => `${module}: ${Object.keys(read).length}`).join(", ") + "; all in their ranges");

  const run = { networkName, system, parameters, id };
  if (values["dry-run"]) {
    await dryRun({ ...run, keys: await prepare(profile) }, gasPrice);
    return;
  }
  const connection = await connect(networkName);
  try {
    const keys = await prepare(profile);
    if (!values.check) await deploy({ ...run, keys }, connection);
    const inspection = await check({ ...run, keys }, connection);
    if (values.verify) await verify(connection, inspection, explorer);
  } finally {
    await connection.close();
  }
}

async function prepare(profile: ProfileName): Promise<readonly CircuitArtifacts[]> {
  announce("Circuits, keys and contracts (a minute or two the first time, then kept)");
  const keys = await prepareAll(profile, say);
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
    await refuseDevelopmentKeys(run.system, BigInt(chainId), allowsDevelopmentKeys({})).catch((error: unknown) =>
      say(`would be refused: ${describe(error)}`),
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
    if (error instanceof ProtocolError) throw error;
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
  { system, parameters, keys }: Run,
  chain: ChainRules,
  gasPrice: bigint,
): Promise<Rehearsal & { gas: bigint }> {
  const { rules, blockGas } = chain;
  announce(`Rehearsal on an embedded chain with the rules of ${rules}`);
  const rehearsed = await rehearse(system, { parameters }, keys, rules);
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
  const { system, parameters, id } = run;
  const { ethers } = connection;
  const { chainId } = await ethers.provider.getNetwork();
  // Before anything else: no rehearsal is of interest if this is refused.
  await refuseDevelopmentKeys(system, chainId, allowsDevelopmentKeys({}));
  await requireJournalOf(ethers.provider, journalOf(id));
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new ProtocolError("NO_DEPLOYER", `network ${run.networkName} has no account`);
  const { maxFeePerGas, gasPrice } = await ethers.provider.getFeeData();
  const price = maxFeePerGas ?? gasPrice ?? 0n;
  const chain = await rulesOf(connection);
  const { gas, transactions } = await rehearsal(run, chain, price);
  const largest = transactions.reduce((most, transaction) => (transaction.gas > most ? transaction.gas : most), 0n);
  await requireEstimates(ethers.provider, deployer.address, chain, largest);

  const isResumed = existsSync(journalOf(id));
  const balance = await ethers.provider.getBalance(deployer);
  // What was sent before an interruption is paid already.
  const needed = isResumed ? 1n : gas * price;
  if (balance < needed) {
    throw new ProtocolError(
      "INSUFFICIENT_FUNDS",
      `${deployer.address} has ${formatEther(balance)} ETH; the deployment needs ${formatEther(needed)} ETH at ${Number(price) / 1e9} gwei`,
    );
  }
  announce(`${isResumed ? "Going on with" : "Deploying"} ${system} as ${id}, from ${deployer.address}`);
  await deploySystem(connection, system, { parameters, deploymentId: id, displayUi: true });
}

/** Reads the deployment back, and shows every value. */
async function check(run: Run, connection: NetworkConnection): Promise<Inspection> {
  const { system, parameters, id, keys } = run;
  announce(`Reading ${id} back from the chain`);
  const deployment = readJournal(journalOf(id), system, readParameters(system, { parameters }));
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
  for (const [consensus, address] of Object.entries(deployment.consensus)) say(`${consensus}: ${String(address)}`);
  return inspection;
}

async function verify(connection: NetworkConnection, { contracts }: Inspection, explorer: Explorer): Promise<void> {
  announce(`Verifying the sources of ${contracts.length} contracts on ${explorer}`);
  const failed = await verifySources(connection, contracts, explorer, say);
  if (failed.length > 0) {
    const reasons = failed.map(({ name, reason }) => `${name}: ${reason}`).join("\n");
    throw new ProtocolError("NOT_VERIFIED", `${failed.length} of ${contracts.length} contracts:\n${reasons}`);
  }
}

function journalOf(id: string): string {
  return join(PROJECT_ROOT, "deploy", "deployments", id);
}

/** Networks that a deployment can be sent to. */
function networks(): string[] {
  return Object.entries(hre.config.networks).flatMap(([name, { type }]) => (type === "http" ? [name] : []));
}

function oneOf<T extends string>(option: string, value: string | undefined, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new ProtocolError("BAD_OPTION", `--${option} ${value ?? "is missing"}: must be one of ${known.join(", ")}`);
  }
  return found;
}

function gwei(value: string): bigint {
  if (!/^\d+(\.\d{1,9})?$/u.test(value)) {
    throw new ProtocolError("BAD_OPTION", `--gas-price ${value}: must be a number of gwei with up to 9 decimals`);
  }
  return parseUnits(value, "gwei");
}

/** What went wrong, in words for whoever deploys. */
function describe(error: unknown): string {
  if (error instanceof ProtocolError) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  const secret = /Configuration Variable "(\w+)" not found/u.exec(error.message)?.[1];
  if (secret !== undefined) {
    return `MISSING_SECRET: ${secret} is neither in the environment nor in the keystore; set it with: npx hardhat keystore set ${secret}`;
  }
  return error.message;
}
