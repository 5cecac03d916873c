// SPDX-License-Identifier: MIT
export * from "./dispatch.ts";
export * from "./explorer.ts";
export * from "./history.ts";
export * from "./method.ts";
export * from "./methods.ts";
export * from "./metrics.ts";
export * from "./openRpc.ts";
export * from "./parameters.ts";
export * from "./peers.ts";
export * from "./rounds.ts";
export * from "./rules.ts";
export * from "./server.ts";
