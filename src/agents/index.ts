export * from "./aggregator.ts";
export * from "./bootAggregator.ts";
export * from "./rollupNode.ts";
export * from "./sequencer.ts";
export * from "./settlement.ts";
export * from "./system.ts";
export * from "./wallet.ts";
