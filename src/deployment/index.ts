// SPDX-License-Identifier: MIT
/**
 * Deploys a rollup of one's own, with ethers alone: for a chain on this machine, for tests and for experiments. It keeps
 * no journal, so it cannot go on where it was interrupted: for a public chain there is `npm run deploy` in the repository
 * (docs/deployment.md).
 *
 * @packageDocumentation
 */
export { coreCode, profileOf, type CoreCode } from "./core.ts";
export { deployB52, deployProofOfEfficiency, LOCAL_CHAINS, type DeployedRollup, type DeployOptions } from "./deploy.ts";
export {
  deployBuilderEscrow,
  escrowParametersOf,
  readEscrowArguments,
  type DeployedEscrow,
  type EscrowArguments,
  type EscrowBasis,
  type EscrowConsensus,
  type EscrowParameters,
} from "./escrow.ts";
export {
  ELECTION_NAMES,
  electionArguments,
  linksOf,
  officeOf,
  readElections,
  requireTimeForElections,
  selectorOf,
  type ElectionName,
} from "./elections.ts";
export { CANONICAL_TAU2_WORDS, jointArguments, type JointVerification } from "./joint.ts";
export { SCHEMA, validateParameters, type ParameterModule, type ParameterValue } from "./schema.ts";
