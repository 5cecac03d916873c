// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { calculateWitness, type CircuitInput } from "../prover/index.ts";
import {
  type CircuitDefinition,
  circuitsFolder,
  compileCircuit,
  type CompiledCircuit,
  type ProfileName,
} from "../setup/index.ts";
import { BUILD } from "../setup/paths.ts";
import { assertConverted, type Conversion, convert, extendWitness, writeProgram } from "./acir/index.ts";

/** A circuit of `circuits.json` as a program of ACIR. */
export interface ConvertedCircuit extends Conversion {
  readonly circuit: CompiledCircuit;
}

/**
 * Compiles a circuit for UltraHonk, unless that was done before; converts it; and checks the bytes that bb will get
 * (`assertConverted`).
 *
 * It is another compilation than Groth16's. circom's `O2` puts linear constraints into others: fewer, with six times as
 * many terms. A constraint of Groth16 costs the same with any number of terms, and an equation of UltraHonk does not.
 *
 * @param definition as `findCircuit` gives it
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `compileCircuit`, `convert` and `assertConverted`
 */
export async function prepareConverted(
  definition: CircuitDefinition,
  profile: ProfileName,
  build = BUILD,
): Promise<ConvertedCircuit> {
  const folder = join(circuitsFolder(profile, build), "O1");
  const circuit = await compileCircuit(definition, folder, "O1");
  const r1cs = readFileSync(circuit.r1cs);
  const conversion = convert(r1cs);
  assertConverted(r1cs, writeProgram(conversion.program));
  return { ...conversion, circuit };
}

/**
 * Computes all witnesses of a converted circuit.
 *
 * @throws {ProtocolError} as `calculateWitness`
 */
export async function convertedWitness(converted: ConvertedCircuit, input: CircuitInput): Promise<bigint[]> {
  const { values } = await calculateWitness(converted.circuit, input);
  return extendWitness(converted, values);
}
