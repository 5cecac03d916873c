// SPDX-License-Identifier: MIT
export * from "./blocks.ts";
export * from "./builder.ts";
export * from "./chores.ts";
export * from "./escrow.ts";
export * from "./escrowView.ts";
export * from "./node.ts";
export * from "./openedVotes.ts";
export * from "./proposer.ts";
export * from "./proofTree.ts";
export * from "./provers.ts";
export * from "./publishedOpenings.ts";
export * from "./savedView.ts";
export * from "./statements.ts";
export * from "./system.ts";
