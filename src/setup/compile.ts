// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { ProtocolError } from "../errors.ts";
import { readSections } from "./binaryFile.ts";
import { runCircom } from "./circom.ts";
import { type CircuitDefinition, type ProfileName, renderMain } from "./circuits.ts";
import {
  moveIntoPlace,
  readJsonIfExists,
  sha256,
  sha256IfExists,
  sha256OfFile,
  temporaryPath,
  writeFileAtomically,
  writeJson,
} from "../files.ts";
import { BUILD, PROJECT_ROOT } from "./paths.ts";
import { readR1csHeader } from "./r1cs.ts";
import { PACKAGES, readSources, sourceName } from "./sources.ts";

/**
 * circom's simplification: `O0` none, `O1` constants and equalities, `O2` all linear constraints.
 * Keys are always made for `O2`; soundness tests use `O0`, where every signal still has its own wire.
 */
export type Optimisation = "O0" | "O1" | "O2";

/** Where the compiler put a circuit's constraint system, and how big it is. */
export interface ConstraintSystem {
  readonly name: string;
  /** Constraint system. */
  readonly r1cs: string;
  /** Names of the signals. */
  readonly sym: string;
  readonly constraints: number;
  /** Number of public signals: outputs, then public inputs. */
  readonly publicSignals: number;
}

/** A circuit that witnesses can be computed of. */
export interface CompiledCircuit extends ConstraintSystem {
  /** Witness generator. */
  readonly wasm: string;
}

/** Hashes of a compilation's inputs and outputs. A compilation with the same inputs would give the same files. */
interface Stamp {
  readonly inputsSha256: string;
  readonly outputsSha256: Readonly<Partial<Record<Output, string>>>;
}

type Output = "r1cs" | "wasm" | "sym";

const COMPILER_VERSION = (createRequire(import.meta.url)("circom2/package.json") as { version: string }).version;

/** Folder of a profile's compiled circuits within a build folder. */
export function circuitsFolder(profile: ProfileName, build = BUILD): string {
  return join(build, "circuits", profile);
}

/**
 * Compiles a circuit with circom, unless the folder already holds the result for the same sources, parameters,
 * compiler and options, whole. Leaves `<name>.circom`, `.r1cs`, `.wasm`, `.sym` and `.json` (the stamp) in `folder`.
 *
 * @throws {ProtocolError} `CIRCUIT_COMPILATION_FAILED` with circom's message.
 */
export async function compileCircuit(
  circuit: CircuitDefinition,
  folder: string,
  optimisation: Optimisation = "O2",
  progress: (message: string) => void = () => undefined,
): Promise<CompiledCircuit> {
  const { path, ...system } = await produce(circuit, folder, optimisation, ["r1cs", "wasm", "sym"], progress);
  return { ...system, wasm: path("wasm") };
}

/**
 * As `compileCircuit`, without the witness generator, which takes circom more than half of the time. The constraint
 * system is the same.
 *
 * @throws {ProtocolError} `CIRCUIT_COMPILATION_FAILED` with circom's message.
 */
export async function compileConstraints(
  circuit: CircuitDefinition,
  folder: string,
  optimisation: Optimisation = "O2",
): Promise<ConstraintSystem> {
  const { path: _, ...system } = await produce(circuit, folder, optimisation, ["r1cs", "sym"], () => undefined);
  return system;
}

/** Compiles unless all of `outputs` are there. */
async function produce(
  circuit: CircuitDefinition,
  folder: string,
  optimisation: Optimisation,
  outputs: readonly Output[],
  progress: (message: string) => void,
): Promise<ConstraintSystem & { readonly path: (extension: string) => string }> {
  const path = (extension: string): string => join(folder, `${circuit.name}.${extension}`);
  const template = resolve(PROJECT_ROOT, circuit.file);
  const mainSource = renderMain(circuit, sourceName(template));
  const sources = readSources(template);

  const inputsSha256 = sha256(JSON.stringify([COMPILER_VERSION, optimisation, mainSource, [...sources]]));
  const stamp = readJsonIfExists(path("json")) as Partial<Stamp> | undefined;
  const isWhole = outputs.every((output) => {
    const expected = stamp?.outputsSha256?.[output];
    return expected !== undefined && sha256IfExists(path(output)) === expected;
  });
  if (stamp?.inputsSha256 !== inputsSha256 || !isWhole) {
    progress(`${circuit.name}: compiling ${circuit.template}(${circuit.params.join(", ")})`);
    rmSync(path("json"), { force: true });
    writeFileAtomically(path("circom"), mainSource);
    const all = new Map([...sources, [`${circuit.name}.circom`, mainSource]]);
    await runCompiler(circuit.name, all, optimisation, outputs, path);
    const outputsSha256 = Object.fromEntries(outputs.map((output) => [output, sha256OfFile(path(output))]));
    writeJson(path("json"), { inputsSha256, outputsSha256 } satisfies Stamp);
  }

  const { constraints, publicSignals } = readR1csHeader(readFileSync(path("r1cs")));
  return { name: circuit.name, r1cs: path("r1cs"), sym: path("sym"), constraints, publicSignals, path };
}

/**
 * Runs circom in a temporary folder that has the sources and nothing else, since circom2 sees the file system through
 * WASI, which maps relative paths only; and moves the results to their place.
 */
async function runCompiler(
  name: string,
  sources: ReadonlyMap<string, string>,
  optimisation: Optimisation,
  outputs: readonly Output[],
  path: (extension: string) => string,
): Promise<void> {
  const folder = temporaryPath(join(dirname(path("r1cs")), `.${name}`));
  const options = [...outputs.map((output) => `--${output}`), `--${optimisation}`, "-l", PACKAGES, "-l", "./"];
  try {
    for (const [source, content] of sources) writeFileAtomically(join(folder, source), content);
    mkdirSync(join(folder, PACKAGES), { recursive: true });
    const { isGood, output } = await runCircom({ folder, args: [`${name}.circom`, "-o", ".", ...options] });
    if (!isGood) throw new Error(stripVTControlCharacters(output).trim());
    const made = {
      wasm: join(folder, `${name}_js`, `${name}.wasm`),
      sym: join(folder, `${name}.sym`),
      r1cs: join(folder, `${name}.r1cs`),
    };
    // Not every way to fail shows in the exit code, as on a full disk.
    readSections(readFileSync(made.r1cs), "r1cs");
    if (outputs.includes("wasm") && !WebAssembly.validate(readFileSync(made.wasm))) {
      throw new Error(`${made.wasm} was not written completely`);
    }
    for (const output of outputs) moveIntoPlace(made[output], path(output));
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    throw new ProtocolError(
      "CIRCUIT_COMPILATION_FAILED",
      { circuit: name, output },
      `circom failed on ${name}:\n${output}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
