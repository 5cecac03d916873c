// SPDX-License-Identifier: GPL-3.0-or-later
export { type ArtifactsOf, type ProverOptions } from "./cachingProver.ts";
export { artifactsByName, createProver } from "./createProver.ts";
export { NativeProver } from "./nativeProver.ts";
export { type Groth16Proof, type ProofResult, type Prover, type VerificationKey } from "./prover.ts";
export { SnarkjsProver } from "./snarkjsProver.ts";
export { SnarkjsVerifier } from "./snarkjsVerifier.ts";
export {
  calculateWitness,
  calculateWitnessFile,
  type CircuitInput,
  type SignalValue,
  type Witness,
  WitnessError,
  type WitnessSource,
} from "./witness.ts";
