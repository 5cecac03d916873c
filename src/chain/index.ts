// SPDX-License-Identifier: MIT
export * from "./addresses.ts";
export * from "./blockHeader.ts";
export * from "./calldata.ts";
export * from "./endpoint.ts";
export * from "./endpointProvider.ts";
export * from "./gasPrice.ts";
export * from "./l1Cursor.ts";
export * from "./l1Record.ts";
export * from "./logs.ts";
export * from "./queuedAt.ts";
export * from "./rawTransaction.ts";
export * from "./recentLogs.ts";
export * from "./reverts.ts";
export { sleep } from "../sleep.ts";
export * from "./transaction.ts";
