// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { isProtocolError } from "../src/errors.ts";
import {
  describeOptions,
  OPTIONS,
  readConfiguration,
  usesNetwork,
  type NodeConfiguration,
} from "../src/node/configuration/index.ts";
import { existingFile, runCommand, UsageError } from "../tools/commandLine.ts";

const USAGE = `
npm run node -- --data-dir <path> --l1 <url> --rollup <address> [options]

Follows a rollup of Proof of Efficiency or B52, and plays the roles that it is told to; without a role it follows. It runs until
SIGINT or SIGTERM. After that, or after any other end, the next start goes on (docs/node.md).

  --config <path>              JSON file with options, by their names in camel case; flags and the environment
                               (NODE_DATA_DIR for --data-dir) take precedence
${describeOptions()}

  --export-snapshot <path>     write a snapshot of the node in --data-dir, which must not run, and end
  --import-snapshot <path>     fill --data-dir, which has no database, from a snapshot, and end; nothing of it is
                               believed: all is executed again and compared with L1

The key of the roles comes from --keystore and NODE_PASSWORD, or from NODE_PRIVATE_KEY, never from the command line. The
key of a prover's ticket is in NODE_TICKET_KEY.

Exit code 0 if it was told to stop, 1 if it failed, 2 for a wrong configuration.
`;

/** Milliseconds: a node that has not stopped by then is ended; nothing that is accepted or sent is lost. */
const STOP = 9_500;

/** They end when their work is done. */
const JOBS = { "export-snapshot": { type: "string" }, "import-snapshot": { type: "string" } } as const;

const flags: Record<string, { readonly type: "boolean" | "string" }> = {};
for (const [name, option] of Object.entries(OPTIONS)) flags[name] = { type: "value" in option ? "string" : "boolean" };

const options = { ...flags, ...JOBS, config: { type: "string" } } as const;
await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const jobs = Object.keys(JOBS).filter((name) => values[name as keyof typeof JOBS] !== undefined);
  if (jobs.length > 1) throw new UsageError("--export-snapshot and --import-snapshot: only one at a time");
  const configuration = configurationOf(values);
  if (typeof values["export-snapshot"] === "string") return exportTo(configuration, values["export-snapshot"]);
  if (typeof values["import-snapshot"] === "string") {
    return importFrom(configuration, existingFile("--import-snapshot", values["import-snapshot"]));
  }
  const { pino } = await import("pino");
  const { Node, useFastCrypto } = await import("../src/node/index.ts");
  await useFastCrypto();
  const log = pino({ level: configuration.log });
  const prover = await proverFor(configuration);
  const isPackage = !import.meta.url.endsWith(".ts");
  if (!configuration.noApi && !isPackage) await bundleExplorer();
  const show = process.stderr.isTTY;
  const onProgress = (block: number, last: number): void => {
    if (show) process.stderr.write(`\rblock ${block} of ${last}${block === last ? "\n" : ""}`);
    else log.info({ block, last }, `block ${block} of ${last}`);
  };
  const node = await Node.start(configuration, {
    ...{ environment: process.env, log, onProgress },
    ...(prover === undefined ? {} : { prover }),
    ...(usesNetwork(configuration) ? { verifier: await verifierForPeers() } : {}),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // In the place of the command's own answer, which ends the process at once.
    process.removeAllListeners(signal);
    process.on(signal, () => {
      setTimeout(() => process.exit(0), STOP).unref();
      void node.stop().then(() => process.exit(0));
    });
  }
  await node.ended();
  return 0;
});

function configurationOf(values: Readonly<Record<string, unknown>>): NodeConfiguration {
  const { config, help: _, "export-snapshot": _export, "import-snapshot": _import, ...given } = values;
  try {
    const file = typeof config === "string" ? parseFile(existingFile("--config", config)) : undefined;
    return readConfiguration({ flags: given, environment: process.env, file });
  } catch (error) {
    if (!isProtocolError(error, "BAD_CONFIGURATION")) throw error;
    throw new UsageError(error.data.faults.join("; "));
  }
}

async function exportTo(configuration: NodeConfiguration, path: string): Promise<number> {
  const { exportNode } = await import("../src/node/index.ts");
  const { block, batches, forced } = await exportNode(configuration, path);
  console.log(`${path}: after L1 block ${block.number}, with ${batches} batches and ${forced} forced operations`);
  return 0;
}

async function importFrom(configuration: NodeConfiguration, path: string): Promise<number> {
  const { importNode, useFastCrypto } = await import("../src/node/index.ts");
  await useFastCrypto();
  const show = process.stderr.isTTY;
  const { block, batches } = await importNode(configuration, path, {
    onProgress: (batch, last) => {
      if (show) process.stderr.write(`\rbatch ${batch} of ${last}${batch === last ? "\n" : ""}`);
    },
  });
  console.log(`${configuration.dataDir}: after L1 block ${block.number}, with ${batches} batches; start the node now`);
  return 0;
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch (error) {
    throw new UsageError(`--config ${path}: is not JSON: ${(error as Error).message.split("\n")[0]!}`);
  }
}

/** A fifth of a second. The package has the files. */
async function bundleExplorer(): Promise<void> {
  const { buildExplorer } = await import("../tools/explorer/build.ts");
  await buildExplorer();
}

/** Circuits and keys take a minute or two the first time. */
async function proverFor({ aggregator, boot, prover, dataDir }: NodeConfiguration) {
  if (!aggregator && !boot && !prover) return undefined;
  const { createProver } = await import("../src/prover/index.ts");
  const { prepareAll } = await import("../src/setup/index.ts");
  // A proof that was made is there after a restart, too.
  return createProver(await prepareAll("development"), { cacheFolder: join(dataDir, "proofs") });
}

/** Of the proofs that peers send. */
async function verifierForPeers() {
  const { artifactsByName, SnarkjsVerifier } = await import("../src/prover/index.ts");
  const { prepareAll } = await import("../src/setup/index.ts");
  return new SnarkjsVerifier(artifactsByName(await prepareAll("development")));
}
