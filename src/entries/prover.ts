// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Proofs: circuits that are compiled, keys, and provers. Licence: GPL-3.0-or-later, as it uses snarkjs and circomlib
 * (docs/adr/0052).
 *
 * snarkjs keeps threads alive: end them with `terminateCurve` and `prover.dispose()`, or the process does not end.
 *
 * @packageDocumentation
 */
export {
  createProver,
  NativeProver,
  SnarkjsProver,
  type Groth16Proof,
  type Prover,
  type ProverOptions,
  type ProofResult,
} from "../prover/index.ts";
export {
  assertConverted,
  Barretenberg,
  ChainProver,
  convert,
  convertedWitness,
  JointProver,
  planChain,
  planJoint,
  requireChained,
  requirePlanned,
  openCanonicalCrs,
  prepareConverted,
  prepareDevelopmentCrs,
  statementKindOf,
  writeProgram,
  type AssertZero,
  type Audience,
  type ChainChild,
  type Chained,
  type ChainLeaf,
  type ChainPlan,
  type ChainSetup,
  type ChainWork,
  type Conversion,
  type ConvertedCircuit,
  type Crs,
  type HonkKey,
  type HonkProof,
  type JoinChild,
  type JointListener,
  type JointPlan,
  type NodeProgram,
  type NodeSetup,
  type StatementInput,
  type TreeShape,
  type Program,
  type Verdict,
} from "../recursion/index.ts";
export { prepareAll, terminateCurve, type CircuitArtifacts, type ProfileName, type Progress } from "../setup/index.ts";
