// SPDX-License-Identifier: MIT
export * from "./bits.ts";
export * from "./chunks.ts";
export * from "./domain.ts";
export * from "./header.ts";
export * from "./leafChain.ts";
export * from "./proofWords.ts";
export * from "./slot.ts";
export * from "./statement.ts";
export * from "./tip.ts";
