// SPDX-License-Identifier: MIT
export * from "./aggregator.ts";
export * from "./batchFee.ts";
export * from "./bootAggregator.ts";
export * from "./provingPlan.ts";
export * from "./replay.ts";
export * from "./rollupNode.ts";
export { accumulate, firstAccumulator, truncate } from "./rollupView.ts";
export * from "./savedView.ts";
export * from "./sequencer.ts";
