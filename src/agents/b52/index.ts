export * from "./node.ts";
export * from "./proposer.ts";
export * from "./provers.ts";
export * from "./statements.ts";
export * from "./system.ts";
