// SPDX-License-Identifier: MIT
import { solidityPackedKeccak256 } from "ethers";
import { artifacts } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import type { Groth16Proof } from "snarkjs";

import { artifactsByName, calculateWitness, type Prover } from "../../src/prover/index.ts";
import { circuitsFolder, compileCircuit, findCircuit, prepareAll } from "../../src/setup/index.ts";

/** Numbers of the circuits in the statements of their verifiers (`IBatchVerifier`). */
const NUMBERS = { leaf: 0n, merge: 1n, drawnMerge: 1n, escape: 0n, migration: 1n } as const;

type MockedCircuit = keyof typeof NUMBERS;

/** A proof that `MockVerifier` or `MockEnforcementVerifier` accepts for these public signals, and for no others. */
export function mockProof(circuit: MockedCircuit, publicSignals: readonly bigint[]): Groth16Proof {
  const words: bigint[] = [NUMBERS[circuit], ...publicSignals];
  const hash = solidityPackedKeccak256(
    words.map(() => "uint256"),
    words,
  );
  const zero: [string, string] = ["0", "0"];
  return {
    pi_a: [BigInt(hash).toString(), "0", "1"],
    pi_b: [zero, zero, ["1", "0"]],
    pi_c: ["0", "0", "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}

let compiled: ReturnType<typeof compileCircuit> | undefined;
const compileDrawn = (): ReturnType<typeof compileCircuit> =>
  (compiled ??= compileCircuit(findCircuit("drawnMerge", "development"), circuitsFolder("development")));

let prepared: ReturnType<typeof prepareAll> | undefined;

/**
 * A prover for networks where the mocks stand for the verifiers. It computes the witness of the real circuit, so what
 * no circuit accepts is not proven, and gives a mock proof of its public signals.
 */
export async function mockProver(): Promise<Prover> {
  // Half a second of hashing, to know that the files are whole.
  const artifactsOf = artifactsByName(await (prepared ??= prepareAll("development")));
  return {
    async prove(circuit, input) {
      // This circuit's key takes a minute to make, and a mock needs none.
      const source = circuit === "drawnMerge" ? await compileDrawn() : await artifactsOf(circuit);
      const { publicSignals } = await calculateWitness(source, input);
      return { proof: mockProof(circuit as MockedCircuit, publicSignals), publicSignals, seconds: 0, cached: false };
    },
    dispose: () => Promise.resolve(),
  };
}

/** Puts the code of a mock in the place of a contract of an embedded network; storage and address stay. */
export async function putMock(
  { ethers }: NetworkConnection,
  address: string,
  mock: "MockVerifier" | "MockEnforcementVerifier",
): Promise<void> {
  const { deployedBytecode } = await artifacts.readArtifact(mock);
  await ethers.provider.send("hardhat_setCode", [address, deployedBytecode]);
}

/** Does something while `MockVerifier` is in the place of a verifier, and then gives that one its code back. */
export async function withMockVerifier<T>(
  connection: NetworkConnection,
  verifier: string,
  action: () => Promise<T>,
): Promise<T> {
  const { provider } = connection.ethers;
  const code = await provider.getCode(verifier);
  await putMock(connection, verifier, "MockVerifier");
  try {
    return await action();
  } finally {
    await provider.send("hardhat_setCode", [verifier, code]);
  }
}
