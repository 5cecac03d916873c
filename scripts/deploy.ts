// SPDX-License-Identifier: MIT
import { globSync } from "node:fs";
import { basename, join } from "node:path";

import { electionOption } from "../tools/deployment/electionOption.ts";
import { EXPLORERS, SYSTEMS } from "../tools/deployment/names.ts";
import type { ProfileName } from "../src/setup/index.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { existingFile, httpUrl, oneOf, privateKey, runCommand, UsageError } from "../tools/commandLine.ts";

const PROFILES = ["development", "production"] as const satisfies readonly ProfileName[];

const USAGE = `
npm run deploy -- --network <name> [options]

  --network <name>        localhost, sepolia, or another of hardhat.config.ts
  --system <system>       ${SYSTEMS.join(" | ")}; default: ProofOfEfficiency
  --election <election>   who may sequence and prove, as SlotAuction, SlotAuction+RandomPriority, or
                          StakeRotation/GovernedSlashing (docs/elections.md)
  --escrow                with an escrow of builders beside the B52 (docs/b52.md §10)
  --parameters <file>     a file of deploy/parameters, or a path; default: the network's, localhost: local
  --id <id>               of the deployment, whose journal is in deploy/deployments; default: <network>-<system>[-<election>]
  --dry-run               rehearse on an embedded chain: sizes, gas and cost; sends nothing
  --gas-price <gwei>      for the cost of a dry run; default: 10
  --check                 deploy nothing: read the deployment back from the chain, and compare
  --verify                have the sources verified, after the deployment or after a check
  --explorer <explorer>   ${EXPLORERS.join(" | ")}; default: sourcify
  --profile <profile>     of the circuits: ${PROFILES.join(" | ")}; default: development

Running it again goes on where it was interrupted. docs/deployment.md says the rest.
`;

const options = {
  network: { type: "string" },
  system: { type: "string", default: "ProofOfEfficiency" },
  election: { type: "string" },
  escrow: { type: "boolean", default: false },
  parameters: { type: "string" },
  id: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  "gas-price": { type: "string", default: "10" },
  check: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  explorer: { type: "string", default: "sourcify" },
  profile: { type: "string", default: "development" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const system = oneOf("--system", values.system, SYSTEMS);
  const explorer = oneOf("--explorer", values.explorer, EXPLORERS);
  const profile = oneOf("--profile", values.profile, PROFILES);
  const gasPrice = gwei(values["gas-price"]);
  if (values.escrow && system === "ProofOfEfficiency") {
    throw new UsageError("--escrow needs --system B52 or Pair: Proof of Efficiency has no builders");
  }
  if (values.election !== undefined && system === "B52") {
    throw new UsageError("--election needs --system ProofOfEfficiency or Pair: B52 has no elections");
  }
  const isDryRun = values["dry-run"];
  if (isDryRun && (values.check || values.verify)) {
    throw new UsageError(`--dry-run deploys nothing that --${values.check ? "check" : "verify"} could read`);
  }
  const networkName = await networkOption(values.network, isDryRun);
  const parameters = parametersOption(values.parameters ?? (networkName === "localhost" ? "local" : networkName));
  const election = await electionOption(values.election);
  const elected = election === undefined ? "" : `-${election.replaceAll(/[+/]/gu, "-")}`;
  const id = idOption(values.id ?? `${networkName}-${system}${elected}`);

  const { runDeployment } = await import("../tools/deployment/deployment.ts");
  await runDeployment({
    networkName,
    system,
    parameters,
    id,
    election,
    withEscrow: values.escrow,
    explorer,
    profile,
    gasPrice,
    isDryRun,
    isCheck: values.check,
    isVerified: values.verify,
  });
});

/**
 * The network to deploy on: one of hardhat.config.ts to which transactions can be sent. Refuses malformed URLs and keys
 * in the environment.
 */
async function networkOption(given: string | undefined, isDryRun: boolean): Promise<string> {
  if (process.env["LOCALHOST_URL"] !== undefined) {
    httpUrl("LOCALHOST_URL of the environment", process.env["LOCALHOST_URL"]);
  }
  if (process.env["SOURCIFY_URL"] !== undefined) {
    httpUrl("SOURCIFY_URL of the environment", process.env["SOURCIFY_URL"]);
  }
  const { default: config } = await import("../hardhat.config.ts");
  const networks = Object.entries(config.networks ?? {}).flatMap(([name, network]) =>
    network.type === "http" ? [{ name, network }] : [],
  );
  const name = oneOf(
    "--network",
    given,
    networks.map((candidate) => candidate.name),
  );
  const { url, accounts } = networks.find((candidate) => candidate.name === name)!.network;
  if (!isDryRun) {
    const address = fromEnvironment(url);
    if (address !== undefined) httpUrl(`${address.variable} of the environment`, address.value);
    for (const account of Array.isArray(accounts) ? accounts : []) {
      const key = fromEnvironment(account);
      if (key !== undefined) privateKey(key.variable, key.value);
    }
  }
  return name;
}

/** The value of a variable of the configuration, if it is in the environment and not in the keystore. */
function fromEnvironment(setting: unknown): { readonly variable: string; readonly value: string } | undefined {
  if (typeof setting !== "object" || setting === null || !("name" in setting)) return undefined;
  const variable = String(setting.name);
  const value = process.env[variable];
  return value === undefined ? undefined : { variable, value };
}

function parametersOption(given: string): string {
  if (given.endsWith(".json")) return existingFile("--parameters", given);
  const known = globSync("*.json", { cwd: join(PROJECT_ROOT, "deploy", "parameters") }).sort();
  return oneOf(
    "--parameters",
    given,
    known.map((file) => basename(file, ".json")),
  );
}

/** Ignition's rule for the names of its folders. */
function idOption(given: string): string {
  if (!/^[a-zA-Z][a-zA-Z0-9_-]*$/.test(given)) {
    throw new UsageError(`--id ${given}: must be letters, digits, - and _, and begin with a letter`);
  }
  return given;
}

function gwei(given: string): bigint {
  const [, whole, decimals = ""] = /^(\d{1,12})(?:\.(\d{1,9}))?$/u.exec(given) ?? [];
  if (whole === undefined) {
    throw new UsageError(`--gas-price ${given}: must be a number of gwei with up to 9 decimals`);
  }
  return BigInt(whole + decimals.padEnd(9, "0"));
}
