// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { expect } from "chai";

import { calculateWitness, WitnessError, type CircuitInput } from "../../src/prover/witness.ts";
import type { CircuitDefinition } from "../../src/setup/circuits.ts";
import {
  compileCircuit,
  compileConstraints,
  type CompiledCircuit,
  type ConstraintSystem,
  type Optimisation,
} from "../../src/setup/compile.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { violatedInBoth } from "./conversion.ts";

/** Where the tests compile single templates to; kept between runs and made again when a source changes. */
const FOLDER = join(BUILD, "test-circuits");

/** Compiles one template as a main component, all inputs private. `file` is relative to `circuits/lib`. */
export async function compileTemplate(
  file: string,
  params: readonly number[] = [],
  optimisation: Optimisation = "O2",
): Promise<CompiledCircuit> {
  return compile(join("circuits", "lib", file), params, optimisation);
}

/** As `compileTemplate`, with `file` relative to the project's root. */
export async function compile(
  file: string,
  params: readonly number[],
  optimisation: Optimisation = "O2",
  publicInputs: readonly string[] = [],
): Promise<CompiledCircuit> {
  return compileCircuit(definitionOf(file, params, optimisation, publicInputs), FOLDER, optimisation);
}

/** As `compile`, of a circuit whose witness nobody computes. */
export async function compileSystem(
  file: string,
  params: readonly number[],
  optimisation: Optimisation = "O2",
  publicInputs: readonly string[] = [],
): Promise<ConstraintSystem> {
  return compileConstraints(definitionOf(file, params, optimisation, publicInputs), FOLDER, optimisation);
}

function definitionOf(
  file: string,
  params: readonly number[],
  optimisation: Optimisation,
  publicInputs: readonly string[],
): CircuitDefinition {
  const template = basename(file, ".circom");
  return { name: [template, ...params, optimisation].join("-"), file, template, params, publicInputs };
}

/** The outputs, in the order of their declaration, of a circuit without public inputs. */
export async function outputsOf(circuit: CompiledCircuit, input: CircuitInput): Promise<readonly bigint[]> {
  return (await calculateWitness(circuit, input)).publicSignals;
}

/** Attack of a dishonest prover on a template: it chooses some signals, and computes all others from them. */
export interface Forgery {
  /** Constraints of the original that the forged witness violates, in circom's form and converted to ACIR. */
  readonly violated: readonly number[];
  readonly outputs: readonly bigint[];
}

/**
 * Prepares forgeries of a template's signals: its hints (`<--`), or what it declares and computes in one line
 * (`signal … <== …`). A variant of its source takes them as inputs and asserts nothing, so that every other signal is
 * computed from them as the template says; its witness is then held against the constraints of the original, without
 * optimisation.
 */
export async function forgeable(
  file: string,
  forged: readonly string[],
  params: readonly number[] = [],
): Promise<(input: CircuitInput) => Promise<Forgery>> {
  const template = basename(file, ".circom");
  const original = await compileSystem(join("circuits", "lib", file), params, "O0");

  const folder = join(PROJECT_ROOT, "circuits", "lib", dirname(file));
  const path = join(FOLDER, "forgeable", `Forgeable${template}.circom`);
  let source = readFileSync(join(folder, basename(file)), "utf8");
  for (const name of forged) {
    const isHint = source.includes(`signal ${name};`);
    source = replaceOnce(source, new RegExp(`signal ${name}(;| <== .*;)$`, "m"), `signal input ${name};`);
    source = isHint ? replaceOnce(source, new RegExp(`^ *${name} <-- .*;$`, "m"), "") : source;
  }
  source = source
    .replaceAll(/^.* === .*;$/gm, "")
    .replaceAll(
      /include "((?:\.\.|[A-Z]).*)"/g,
      (_, used: string) => `include "${relative(dirname(path), join(folder, used))}"`,
    );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source.replace(`template ${template}(`, `template Forgeable${template}(`));
  const variant = await compile(relative(PROJECT_ROOT, path), params, "O0");

  const wires = readSymbols(original.sym);
  const variantWires = readSymbols(variant.sym);
  const r1cs = readFileSync(original.r1cs);
  return async (input) => {
    const { values, publicSignals } = await calculateWitness(variant, input);
    const witness = [1n];
    for (const [name, wire] of wires) {
      const value = values[variantWires.get(name) ?? -1];
      if (value === undefined) {
        throw new Error(`the variant of ${template} has no signal ${name}`);
      }
      witness[wire] = value;
    }
    return { violated: violatedInBoth(r1cs, witness), outputs: publicSignals };
  };
}

/**
 * Lets a dishonest prover decompose a number otherwise: puts bits into a `Num2Bits_strict`, computes its comparison from
 * them, and other values where they lead. Only the strictness of the decomposition may refuse bits of value + p.
 *
 * @param circuit without optimisation
 * @param values an honest witness
 * @param component `main.…`
 * @param bits 254 of them
 * @param others values by the names of their signals
 * @returns the constraints that are violated
 */
export async function violatedByBits(
  circuit: CompiledCircuit,
  values: readonly bigint[],
  component: string,
  bits: readonly bigint[],
  others: Readonly<Record<string, bigint>>,
): Promise<readonly number[]> {
  const file = join("node_modules", "circomlib", "circuits", "compconstant.circom");
  const name = "CompConstant";
  const definition = { name, file, template: name, params: [-1], publicInputs: [] };
  const comparison = await compileCircuit(definition, FOLDER, "O0");
  const compared = await calculateWitness(comparison, { in: [...bits] });

  const wires = readSymbols(circuit.sym);
  const forged = [...values];
  const write = (signal: string, value: bigint): void => {
    const wire = wires.get(signal);
    expect(wire, signal).to.be.a("number");
    forged[wire!] = value;
  };
  bits.forEach((bit, i) => {
    for (const part of ["out", "n2b.out", "aliasCheck.in"]) write(`${component}.${part}[${i}]`, bit);
  });
  for (const [signal, wire] of readSymbols(comparison.sym)) {
    write(signal.replace("main.", `${component}.aliasCheck.compConstant.`), compared.values[wire]!);
  }
  for (const [signal, value] of Object.entries(others)) write(signal, value);
  return violatedInBoth(readFileSync(circuit.r1cs), forged);
}

function replaceOnce(source: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(source)) {
    throw new Error(`the source has no ${pattern}`);
  }
  return source.replace(pattern, replacement);
}

/**
 * Expects a witness generator to refuse an input.
 *
 * @param template where: the innermost template of the trace
 */
export async function expectRefusal(circuit: CompiledCircuit, input: CircuitInput, template: string): Promise<void> {
  const result: unknown = await calculateWitness(circuit, input).catch((error: unknown) => error);
  expect(result, "the circuit accepted it").to.be.instanceOf(WitnessError);
  expect((result as WitnessError).templates[0], (result as WitnessError).message).to.equal(template);
}

/** The lowest `count` bits of a number, least significant first. */
export const bitsOf = (value: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => (value >> BigInt(i)) & 1n);
