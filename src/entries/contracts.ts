// SPDX-License-Identifier: MIT
/**
 * The contracts as a program sees them: ABIs `as const`, from which viem and wagmi infer types, and the addresses of a
 * deployment. Needs ethers alone.
 *
 * @packageDocumentation
 */
export { readAddresses, type Addresses, type HexAddress } from "../chain/index.ts";
export * from "../contracts/index.ts";
