// SPDX-License-Identifier: MIT
/**
 * The library as a whole. Its parts can be imported alone, and load less: `/wallet` signs, `/node` follows and sends,
 * `/prover` proves, `/contracts` has ABIs and addresses, `/circuits` the circuits, `/deployment` deploys a rollup on a
 * chain of one's own (docs/client.md).
 *
 * @packageDocumentation
 */
export * from "./entries/wallet.ts";
export * from "./entries/node.ts";
export * from "./entries/prover.ts";
export { readAddresses, type Addresses, type HexAddress } from "./chain/index.ts";
export {
  deployB52,
  deployBuilderEscrow,
  deployProofOfEfficiency,
  type DeployedEscrow,
  type DeployedRollup,
  type DeployOptions,
  type EscrowConsensus,
  type EscrowParameters,
} from "./deployment/index.ts";
