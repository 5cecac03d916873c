// SPDX-License-Identifier: MIT
export * from "./binaryTree.ts";
export * from "./block.ts";
export * from "./draw.ts";
export * from "./merge.ts";
export * from "./nodes.ts";
export * from "./openedTranscript.ts";
export * from "./proposal.ts";
export * from "./roundsKept.ts";
export * from "./tickets.ts";
export * from "./transcript.ts";
export * from "./votes.ts";
