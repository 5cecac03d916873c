// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Programs of ACIR, the language of Noir's provers, as far as this library uses it: equations of degree two over
 * BN254's scalar field, and "this proof is valid". Witnesses are numbered from 0; there is no constant wire.
 */

/** `Σ c·a·b + Σ c·w + constant = 0`. Coefficients are in [0, p). */
export interface AssertZero {
  readonly kind: "zero";
  readonly products: readonly (readonly [coefficient: bigint, left: number, right: number])[];
  readonly terms: readonly (readonly [coefficient: bigint, witness: number])[];
  readonly constant: bigint;
}

/** "The proof in these witnesses is valid under the key in these witnesses": bb expands it into a verifier. */
export interface VerifyProof {
  readonly kind: "verify";
  readonly key: readonly number[];
  readonly proof: readonly number[];
  readonly publicInputs: readonly number[];
  /** WARNING: the program has to say which value this has: bb only compares it with the key. */
  readonly keyHash: number;
}

/** One statement of a program. */
export type Opcode = AssertZero | VerifyProof;

/** Equations and proofs that all hold for the same witnesses, and which of these are public. */
export interface Program<Kind extends Opcode = Opcode> {
  readonly opcodes: readonly Kind[];
  /** Public inputs, in this order: ascending, since ACIR has them as an ordered set. */
  readonly publicWitnesses: readonly number[];
}
