import { solidityPackedKeccak256 } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../src/deployment/proofOfEfficiency.ts";
import { artifactsByName, type Prover } from "../../src/prover/index.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import { prepareAll } from "../../src/setup/index.ts";

/** Numbers of the circuits in a statement (`IBatchVerifier`). */
const NUMBERS: Readonly<Record<string, number>> = { leaf: 0, escape: 0, migration: 1 };

/**
 * Deploys Proof of Efficiency, and puts the mocks in the place of its verifiers: they accept exactly the public inputs
 * that a proof of `mockProver` was made for.
 */
export async function deployWithMockProofs(
  connection: NetworkConnection,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<ProofOfEfficiencySystem> {
  const { ethers, networkHelpers } = connection;
  const system = await deployProofOfEfficiency(connection, { overrides });
  const mocks = [
    [await system.verifier.getAddress(), await ethers.deployContract("MockVerifier")],
    [await system.rollup.ENFORCEMENT_VERIFIER(), await ethers.deployContract("MockEnforcementVerifier")],
  ] as const;
  for (const [address, mock] of mocks) {
    await networkHelpers.setCode(address, await ethers.provider.getCode(mock));
  }
  return system;
}

/**
 * Computes the witness of the real circuit, so that what no circuit accepts is not proven, and instead of a proof the
 * hash of its public signals.
 */
export async function mockProver(): Promise<Prover> {
  const artifactsOf = artifactsByName(await prepareAll("development"));
  return {
    async prove(circuit, input) {
      const { wasm, manifest } = artifactsOf(circuit);
      const source = { name: circuit, wasm, publicSignals: manifest.publicSignals };
      const { publicSignals } = await calculateWitness(source, input);
      const words = [NUMBERS[circuit] ?? 0, ...publicSignals];
      const hash = solidityPackedKeccak256(
        words.map(() => "uint256"),
        words,
      );
      const zero = ["0", "0"] as [string, string];
      return {
        proof: {
          pi_a: [BigInt(hash).toString(), "0", "1"],
          pi_b: [zero, zero, ["1", "0"]],
          pi_c: ["0", "0", "1"],
          protocol: "groth16",
          curve: "bn128",
        },
        publicSignals,
        seconds: 0,
        cached: false,
      };
    },
    dispose: () => Promise.resolve(),
  };
}
