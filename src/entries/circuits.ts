// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The circuits: their sources, sizes and public signals, and a compiler for them. Licence: GPL-3.0-or-later
 * (docs/adr/0052).
 *
 * @packageDocumentation
 */
export {
  circuitSources,
  compileCircuit,
  findCircuit,
  loadCircuits,
  readVerificationKey,
  type CircuitArtifacts,
  type CircuitDefinition,
  type CircuitName,
  type CompiledCircuit,
  type Optimisation,
  type ProfileName,
} from "../setup/index.ts";
export { createProfile, DEVELOPMENT, PRODUCTION, type Profile } from "../profile.ts";
