// SPDX-License-Identifier: MIT
import { AbiCoder, getBytes, keccak256 } from "ethers";

import type { JointLeafProver } from "../../src/agents/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { calculateWitness } from "../../src/prover/index.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit } from "../../src/setup/compile.ts";

/**
 * A prover of joint proofs for `MockVerifier`: computes the witness of each leaf, and refuses leaves that are no chain, or
 * whose words are not under their digest.
 */
export async function mockJointProver(): Promise<JointLeafProver> {
  const circuit = await compileCircuit(findCircuit("leaf", "development"), circuitsFolder("development"));
  return {
    async prove({ leaves, chain }) {
      let state = leaves[0]!.words[OLD_STATE]!;
      const first = state;
      for (const { input, words } of leaves) {
        const [digest] = (await calculateWitness(circuit, input)).publicSignals;
        if (digest !== poseidon(words)) throw new Error("words that are not under the digest");
        if (words[OLD_STATE] !== state) throw new Error("leaves that are no chain");
        state = words[NEW_STATE]!;
      }
      const coder = AbiCoder.defaultAbiCoder();
      const types = ["uint256", "uint256", "bytes32"];
      return getBytes(keccak256(coder.encode(types, [first, state, keccak256(chain)])));
    },
  };
}

/** Places of states among the words under a digest. */
const NEW_STATE = 0;
const OLD_STATE = 5;

/** A root without an UltraHonk proof: where the gas of everything else is measured. */
export const rootOnly: JointLeafProver = { prove: () => Promise.resolve(new Uint8Array(32)) };

/** Creation code of a contract that returns 1 to every call, in the place of a `HonkVerifier` where gas is measured. */
export const YES_CODE = "0x6760015f5260205ff35f5260086018f3";
