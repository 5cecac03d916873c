// SPDX-License-Identifier: MIT
export * from "./consensus.ts";
export * from "./draw.ts";
export * from "./escrow.ts";
export * from "./score.ts";
export * from "./tickets.ts";
export * from "./types.ts";
export * from "./refusal.ts";
