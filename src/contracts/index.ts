// SPDX-License-Identifier: MIT
export * from "./abis.ts";
/** All ABIs of `abis.ts`, by the same names. */
export * as abis from "./abis.ts";
