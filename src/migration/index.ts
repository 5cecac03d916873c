// SPDX-License-Identifier: MIT
export * from "./arrivals.ts";
export * from "./departure.ts";
export * from "./escape.ts";
export * from "./migration.ts";
export * from "./migrationProof.ts";
export * from "./moves.ts";
export * from "./tokenPairs.ts";
