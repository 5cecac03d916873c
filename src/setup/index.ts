// SPDX-License-Identifier: GPL-3.0-or-later
export { type CircuitDefinition, type CircuitName, findCircuit, loadCircuits, type ProfileName } from "./circuits.ts";
export { circuitsFolder, compileCircuit, type CompiledCircuit, type Optimisation } from "./compile.ts";
export { keyLibrary, renderKeyLibrary } from "./circuitKeys.ts";
export { terminateCurve, withCurve } from "./curve.ts";
export { deriveSecret, DEVELOPMENT_SEED, makeProvingKey, type SetupSecret } from "./developmentKey.ts";
export { type CircuitArtifacts, type KeyManifest, prepareCircuit, type Progress, readVerificationKey } from "./keys.ts";
export { BASE_FIELD_PRIME, invert } from "./scalarField.ts";
export { computePoints } from "./points.ts";
export {
  type Combination,
  type Constraint,
  type Matrix,
  type R1csHeader,
  readConstraints,
  readR1csHeader,
  readSymbols,
  type TermVisitor,
  violatedConstraints,
  visitTerms,
} from "./r1cs.ts";
export { prepareAll } from "./setup.ts";
export { circuitSources } from "./sources.ts";
export { verifyingKeyWords } from "./verifyingKeySolidity.ts";
export { type Contribution } from "./zkey.ts";
export { readWitness } from "./wtns.ts";
