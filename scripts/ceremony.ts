import { join } from "node:path";
import { parseArgs } from "node:util";

import { ProtocolError } from "../src/errors.ts";
import { Ceremony } from "../src/setup/ceremony.ts";
import { writeKeyLibrary } from "../src/setup/circuitKeys.ts";
import { findCircuit, loadCircuits, type ProfileName } from "../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../src/setup/compile.ts";
import { installCeremonyKey } from "../src/setup/keys.ts";
import { BUILD } from "../src/setup/paths.ts";

const USAGE = `
npm run ceremony -- <command> [options]

  import <file.ptau> --hash <hex>   take a public, prepared Powers of Tau file; --hash is its published BLAKE2b-512
  new                               start phase 2
  contribute --name <text>          add randomness
  beacon --value <hex>              add the last contribution, from a public random value
         [--iterations <exponent>]  hashed 2^exponent times (default 10)
  verify                            check all contributions, the circuit and phase 1
  export                            check all, then prove with it and write its Solidity library

Options: --profile development|production (default production), --circuit <name> (default all).
Files are kept in build/ceremony/<profile>; pass that folder on to the next contributor.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: "string", default: "production" },
    circuit: { type: "string" },
    hash: { type: "string" },
    name: { type: "string" },
    value: { type: "string" },
    iterations: { type: "string", default: "10" },
  },
});
const [command, file] = positionals;
const profile = toProfileName(values.profile);
const ceremony = new Ceremony(join(BUILD, "ceremony", profile));

/** Runs a step for the circuit that was named, or for all. */
async function forEachCircuit(step: (circuit: CompiledCircuit) => Promise<string>): Promise<void> {
  const circuits = values.circuit === undefined ? loadCircuits(profile) : [findCircuit(values.circuit, profile)];
  for (const circuit of circuits) {
    const compiled = await compileCircuit(circuit, circuitsFolder(profile), "O2", console.log);
    console.log(`${circuit.name}: ${await step(compiled)}`);
  }
}

function required(option: "hash" | "name" | "value"): string {
  const value = values[option];
  if (value === undefined) exitWithUsage(`--${option} is missing`);
  return value;
}

function toProfileName(name: string): ProfileName {
  if (name !== "development" && name !== "production") exitWithUsage(`no profile ${name}`);
  return name;
}

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n${USAGE}`);
  process.exit(2);
}

try {
  await run();
} catch (error) {
  if (!(error instanceof ProtocolError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  switch (command) {
    case "import": {
      if (file === undefined) exitWithUsage("the file is missing");
      const { power } = await ceremony.importPhase1(file, required("hash"));
      console.log(`The hash matches. It serves circuits with a domain of up to 2^${power}.`);
      break;
    }
    case "new":
      await forEachCircuit((circuit) => ceremony.start(circuit));
      break;
    case "contribute": {
      const name = required("name");
      await forEachCircuit((circuit) => ceremony.contribute(circuit, name));
      break;
    }
    case "beacon": {
      const value = required("value");
      await forEachCircuit((circuit) => ceremony.applyBeacon(circuit, value, Number(values.iterations)));
      break;
    }
    case "verify":
      await forEachCircuit(async (circuit) => {
        const { contributions } = await ceremony.verify(circuit);
        return `valid; ${contributions.map(({ kind, name }) => `${kind} "${name}"`).join(", ") || "no contributions"}`;
      });
      break;
    case "export":
      await forEachCircuit(async (circuit) => {
        const artifacts = await installCeremonyKey(circuit, profile, await ceremony.finish(circuit));
        writeKeyLibrary(artifacts);
        return artifacts.zkey;
      });
      break;
    default:
      exitWithUsage(command === undefined ? "no command" : `no command ${command}`);
  }
}
