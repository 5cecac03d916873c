// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { concat, toBeHex } from "ethers";
import { groth16, type VerificationKey, zKey } from "snarkjs";

import { toProofWords } from "../../src/codec/index.ts";
import { calculateWitnessFile, type CircuitInput } from "../../src/prover/witness.ts";
import { type CircuitDefinition } from "../../src/setup/circuits.ts";
import { type CompiledCircuit, compileCircuit } from "../../src/setup/compile.ts";
import { deriveSecret, makeProvingKey } from "../../src/setup/developmentKey.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { renderVerifyingKey } from "../../src/setup/verifyingKeySolidity.ts";

/** A statement, as contracts/verification/batch/Statements.sol encodes it. */
export interface Statement {
  readonly circuit: bigint;
  readonly proof: readonly bigint[];
  readonly inputs: readonly bigint[];
}

/** A tiny circuit of contracts/mocks/TestVerifier.sol, ready to be proved. */
export interface TestCircuit {
  /** Its id in `TestVerifier`. */
  readonly id: bigint;
  readonly compiled: CompiledCircuit;
  /** Path of the proving key. */
  readonly zkey: string;
  readonly verificationKey: VerificationKey;
}

const FOLDER = join(BUILD, "test", "verification");
const SEED = "test circuits of the verifier";

const PRODUCT: CircuitDefinition = {
  name: "product",
  file: "test/verification/fixtures/Product.circom",
  template: "Product",
  params: [],
  publicInputs: ["scale"],
};

/** To a verifier as large as the leaf circuit. */
const POWERS: CircuitDefinition = {
  name: "powers",
  file: "test/verification/fixtures/Powers.circom",
  template: "Powers",
  params: [13],
  publicInputs: [],
};

/** As many public signals as `PRODUCT`. */
const SQUARE_AND_CUBE: CircuitDefinition = { ...POWERS, name: "squareAndCube", params: [2] };

export interface TestCircuits {
  /** [product, scale]; every pair is provable. */
  readonly product: TestCircuit;
  /** [base², …, base¹⁴] */
  readonly powers: TestCircuit;
  /** [base², base³] */
  readonly squareAndCube: TestCircuit;
}

let prepared: Promise<TestCircuits> | undefined;

/** Compiles the circuits and makes their keys, from one phase 1; the same every time, and once in a process. */
export const prepareTestCircuits = (): Promise<TestCircuits> => (prepared ??= prepareAll());

async function prepareAll(): Promise<TestCircuits> {
  return {
    product: await prepare(PRODUCT, 0n),
    powers: await prepare(POWERS, 1n),
    squareAndCube: await prepare(SQUARE_AND_CUBE, 2n),
  };
}

async function prepare(definition: CircuitDefinition, id: bigint): Promise<TestCircuit> {
  mkdirSync(FOLDER, { recursive: true });
  const compiled = await compileCircuit(definition, FOLDER);
  const zkey = join(FOLDER, `${definition.name}.zkey`);
  writeFileSync(zkey, await makeProvingKey(readFileSync(compiled.r1cs), deriveSecret(SEED, definition.name)));
  return { id, compiled, zkey, verificationKey: await zKey.exportVerificationKey(zkey) };
}

const proofs = new Map<string, Promise<Statement>>();

/** Makes a proof, as the contract takes it; for each input once in a process. */
export function prove(circuit: TestCircuit, input: CircuitInput): Promise<Statement> {
  const key = JSON.stringify([circuit.compiled.name, input], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
  const proof = proofs.get(key) ?? proveAnew(circuit, input);
  proofs.set(key, proof);
  return proof;
}

async function proveAnew(circuit: TestCircuit, input: CircuitInput): Promise<Statement> {
  const data = await calculateWitnessFile(circuit.compiled, input);
  const { proof, publicSignals } = await groth16.prove(circuit.zkey, { type: "mem", data });
  return { circuit: circuit.id, proof: toProofWords(proof), inputs: publicSignals.map(BigInt) };
}

/** A list of statements as the contract takes it; words may also be out of range. */
export function encodeStatements(statements: readonly Statement[]): string {
  return concat(
    statements.flatMap(({ circuit, proof, inputs }) => [circuit, ...proof, ...inputs]).map((word) => toBeHex(word, 32)),
  );
}

/** Folders of the keys in `contracts`: the example of `BatchVerifier` has two of them. */
const KEY_FOLDERS = {
  product: ["verification", "batch", "example", "keys"],
  powers: ["verification", "batch", "example", "keys"],
  squareAndCube: ["mocks", "keys"],
} as const satisfies Record<keyof TestCircuits, readonly string[]>;

/** The Solidity library of a test circuit's key, and the path where it is committed. */
export function mockKeyLibrary({ compiled, verificationKey }: TestCircuit): { path: string; content: string } {
  const name = compiled.name.charAt(0).toUpperCase() + compiled.name.slice(1);
  return {
    path: join(
      PROJECT_ROOT,
      "contracts",
      ...KEY_FOLDERS[compiled.name as keyof TestCircuits],
      `${name}VerifyingKey.sol`,
    ),
    content: renderVerifyingKey({
      name,
      verificationKey,
      origin: `Holds the key of the test circuit "${compiled.name}" (test/verification/testCircuits.ts).`,
      isDevelopment: true,
    }),
  };
}
