// SPDX-License-Identifier: MIT
import { concat, getBytes, keccak256, solidityPackedKeccak256 } from "ethers";

import type { JointLeafProver } from "../../src/agents/index.ts";
import { calculateWitness } from "../../src/prover/index.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit } from "../../src/setup/compile.ts";

/** A prover of joint proofs for `MockVerifier`: computes the witness of each leaf, and hashes the public signals. */
export async function mockJointProver(): Promise<JointLeafProver> {
  const circuit = await compileCircuit(findCircuit("leaf", "development"), circuitsFolder("development"));
  return {
    async prove(leaves) {
      const hashes: string[] = [];
      for (const { input } of leaves) {
        const words = [0n, ...(await calculateWitness(circuit, input)).publicSignals];
        hashes.push(
          solidityPackedKeccak256(
            words.map(() => "uint256"),
            words,
          ),
        );
      }
      return getBytes(keccak256(concat(hashes)));
    },
  };
}

/** A root without an UltraHonk proof: where the gas of everything else is measured. */
export const rootOnly: JointLeafProver = { prove: () => Promise.resolve(new Uint8Array(32)) };

/** Creation code of a contract that returns 1 to every call, in the place of a `HonkVerifier` where gas is measured. */
export const YES_CODE = "0x6760015f5260205ff35f5260086018f3";
