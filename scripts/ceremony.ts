// SPDX-License-Identifier: MIT
import type { CircuitDefinition, CompiledCircuit, Contribution, ProfileName } from "../src/setup/index.ts";
import { existingFile, oneOf, required, runCommand, UsageError, wholeNumber } from "../tools/commandLine.ts";

const COMMANDS = ["import", "new", "contribute", "beacon", "verify", "export"] as const;
const PROFILES = ["development", "production"] as const satisfies readonly ProfileName[];

const USAGE = `
npm run ceremony -- <command> [options]

  import <file.ptau> --hash <hex>   take a public, prepared Powers of Tau file; --hash is its published BLAKE2b-512
  new                               start phase 2
  contribute --name <text>          add randomness; ends with the hashes of the contributions, to be published
  beacon --value <hex>              add the last contribution, from a public random value
         [--iterations <exponent>]  hashed 2^exponent times, 10 to 63 (default 10)
  verify --hash <hex>               check all contributions, the circuit and phase 1
         [--transcript <file>]      and that they go on from a transcript that was published
  export --hash <hex> --transcript <file>
                                    check all, then prove with it and write its Solidity library

Options: --profile ${PROFILES.join("|")} (default production), --circuit <name> (default all but drawnMerge, which
only deployments with electedTickets above 0 need).

Files are kept in build/ceremony/<profile>; pass that folder on to the next contributor. Its transcript.json has the
hashes of phase 1 and of all contributions: each contributor publishes it, and keeps a copy. Nothing in the folder is to
be trusted: --hash comes from where phase 1 was published, --transcript from where contributors published it.
`;

const options = {
  profile: { type: "string", default: "production" },
  circuit: { type: "string" },
  hash: { type: "string" },
  name: { type: "string" },
  value: { type: "string" },
  iterations: { type: "string", default: "10" },
  transcript: { type: "string" },
} as const;

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const [given, file, ...rest] = positionals;
  const command = oneOf("command", given, COMMANDS);
  const surplus = command === "import" ? rest[0] : file;
  if (surplus !== undefined) throw new UsageError(`argument ${surplus}: ${command} has no such argument`);
  const profile = oneOf("--profile", values.profile, PROFILES);
  const { findCircuit, loadCircuits } = await import("../src/setup/circuits.ts");
  const names = loadCircuits(profile).map(({ name }) => name);
  const circuits =
    values.circuit === undefined
      ? loadCircuits(profile).filter(({ isOnDemand }) => isOnDemand !== true)
      : [findCircuit(oneOf("--circuit", values.circuit, names), profile)];

  const step = await stepOf(command);
  if (step !== undefined) await forEach(circuits, profile, step);

  /** Checks the command's own options; gives what is to be done with each circuit. */
  async function stepOf(
    which: (typeof COMMANDS)[number],
  ): Promise<((circuit: CompiledCircuit) => Promise<string>) | undefined> {
    const load = async () => {
      const { Ceremony, ceremonyFolder } = await import("../src/setup/ceremony.ts");
      return new Ceremony(ceremonyFolder(profile));
    };
    switch (which) {
      case "import": {
        const path = existingFile("file", required("the .ptau file", file));
        const hash = hashOption(values.hash);
        const { power } = await (await load()).importPhase1(path, hash);
        console.log(`The hash matches. It serves circuits with a domain of up to 2^${power}.`);
        return undefined;
      }
      case "new": {
        const ceremony = await load();
        return (circuit) => ceremony.start(circuit);
      }
      case "contribute": {
        const name = nameOption(values.name);
        const ceremony = await load();
        return async (circuit) => describe(await ceremony.contribute(circuit, name), true);
      }
      case "beacon": {
        const value = beaconOption(values.value);
        const iterations = wholeNumber("--iterations", values.iterations, 10, 63);
        const ceremony = await load();
        return async (circuit) => describe(await ceremony.applyBeacon(circuit, value, iterations), true);
      }
      case "verify": {
        const published = { phase1: hashOption(values.hash), ...(await transcriptOption(values.transcript)) };
        const ceremony = await load();
        return async (circuit) => {
          const { contributions } = await ceremony.verify(circuit, published);
          return `valid, with phase 1 ${published.phase1}\n${describe(contributions, published.transcript === undefined)}`;
        };
      }
      case "export": {
        const phase1 = hashOption(values.hash);
        const { transcript } = await transcriptOption(required("--transcript", values.transcript));
        if (transcript === undefined) throw new UsageError("--transcript is missing");
        const ceremony = await load();
        const { installCeremonyKey } = await import("../src/setup/keys.ts");
        const { writeKeyLibrary } = await import("../src/setup/circuitKeys.ts");
        return async (circuit) => {
          const result = await ceremony.finish(circuit, { phase1, transcript });
          const artifacts = await installCeremonyKey(circuit, profile, result);
          writeKeyLibrary(artifacts);
          return `${artifacts.zkey}\n${describe(result.contributions, false)}`;
        };
      }
    }
  }
});

async function forEach(
  circuits: readonly CircuitDefinition[],
  profile: ProfileName,
  step: (circuit: CompiledCircuit) => Promise<string>,
): Promise<void> {
  const { circuitsFolder, compileCircuit } = await import("../src/setup/compile.ts");
  for (const circuit of circuits) {
    const compiled = await compileCircuit(circuit, circuitsFolder(profile), "O2", console.log);
    console.log(`${circuit.name}: ${await step(compiled)}`);
  }
}

/** The contributions with their hashes; contributors compare their own. */
function describe(contributions: readonly Contribution[], toPublish: boolean): string {
  const lines = contributions.map(({ kind, name, hash, beacon }, i) => {
    const from = beacon === undefined ? "" : `, from ${beacon.value} hashed 2^${beacon.iterationsExponent} times`;
    return `  ${i + 1}. ${kind} "${name}"${from}\n     ${hash}`;
  });
  const advice = "  Compare these hashes with what the contributors published.";
  return [...(lines.length > 0 ? lines : ["  no contributions"]), ...(toPublish ? [advice] : [])].join("\n");
}

function hashOption(given: string | undefined): string {
  const hash = required("--hash", given)
    .replace(/\s|^0x/g, "")
    .toLowerCase();
  if (!/^[0-9a-f]{128}$/.test(hash)) {
    throw new UsageError(`--hash ${given}: must be a BLAKE2b-512 hash, 128 hexadecimal digits`);
  }
  return hash;
}

/** snarkjs cuts a name after 64 characters. */
function nameOption(given: string | undefined): string {
  const name = required("--name", given);
  if (Buffer.byteLength(name) > 64) throw new UsageError(`--name ${name}: must have at most 64 bytes`);
  return name;
}

function beaconOption(given: string | undefined): string {
  const value = required("--value", given).replace(/^0x/, "");
  if (!/^([0-9a-f]{2}){1,255}$/i.test(value)) {
    throw new UsageError(`--value ${given}: must be 1 to 255 bytes in hexadecimal`);
  }
  return value;
}

async function transcriptOption(path: string | undefined) {
  if (path === undefined) return {};
  existingFile("--transcript", path);
  const { readTranscript } = await import("../src/setup/transcript.ts");
  return { transcript: readTranscript(path) };
}
