// SPDX-License-Identifier: MIT
/**
 * Deploys a rollup of one's own, with ethers alone: for a chain on this machine, for tests and for experiments. It keeps
 * no journal, so it cannot go on where it was interrupted: for a public chain there is `npm run deploy` in the repository
 * (docs/deployment.md).
 *
 * @packageDocumentation
 */
export { deployB52, deployProofOfEfficiency, type DeployedRollup, type DeployOptions } from "./deploy.ts";
export { coreCode, type CoreCode } from "./core.ts";
export { SCHEMA, validateParameters, type ParameterModule, type ParameterValue } from "./schema.ts";
