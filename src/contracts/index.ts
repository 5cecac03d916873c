/**
 * The contracts as a program sees them: ABIs `as const`, from which viem and wagmi infer types, and the addresses of a
 * deployment. Needs ethers and nothing else.
 *
 * @packageDocumentation
 */
export * from "./abis.ts";
/** All ABIs of `abis.ts`, by the same names. */
export * as abis from "./abis.ts";
export { readAddresses, type Addresses } from "./addresses.ts";
