// SPDX-License-Identifier: MIT
export * from "./abis.ts";
export * from "./customErrors.ts";
/** All ABIs of `abis.ts`, by the same names. */
export * as abis from "./abis.ts";
