// SPDX-License-Identifier: GPL-3.0-or-later
import type { VerifyProof } from "./acir/index.ts";
import { type HonkKey, type HonkProof, wordsOf } from "./barretenberg.ts";

/** Words of a key and of a proof for nodes, whatever their circuit: bb 5.0.0 pads them. */
export const KEY_WORDS = 115;
export const PROOF_WORDS = 410;

/** A proof with its key, as the prover of its parent needs them. */
export interface ProofWithKey {
  readonly key: HonkKey;
  readonly proof: HonkProof;
}

/**
 * "The proof of a child is valid", for a program that has the child's public inputs among its witnesses.
 *
 * @param take numbers of so many new witnesses: a key, a proof, and the hash of the key
 * @returns WARNING: the program has to say which value `keyHash` has.
 */
export function verifyChild(take: (count: number) => number[], publicInputs: readonly number[]): VerifyProof {
  return {
    kind: "verify",
    key: take(KEY_WORDS),
    proof: take(PROOF_WORDS),
    publicInputs,
    keyHash: take(1)[0]!,
  };
}

/** Values of the witnesses that `verifyChild` takes. */
export const childWitness = ({ key, proof }: ProofWithKey): bigint[] => [
  ...wordsOf(key.bytes),
  ...wordsOf(proof.bytes),
  key.hash,
];
