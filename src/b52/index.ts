export * from "./binaryTree.ts";
export * from "./merge.ts";
export * from "./nodes.ts";
export * from "./proofTree.ts";
export * from "./tickets.ts";
export * from "./transcript.ts";
export * from "./votes.ts";
