// SPDX-License-Identifier: MIT
export * from "./aggregator.ts";
export * from "./batchFee.ts";
export * from "./bootAggregator.ts";
export * from "./provingPlan.ts";
export * from "./rollupNode.ts";
export * from "./savedView.ts";
export * from "./sequencer.ts";
