// SPDX-License-Identifier: MIT
export * from "./b52/index.ts";
export { EMPTY_QUEUE } from "./coreLog.ts";
export type { ExecutedBatch, Execution } from "./executedBatches.ts";
export * from "./ledgerNode.ts";
export * from "./migrations.ts";
export * from "./migrator.ts";
export type { Kept, NodeStorage, Saved } from "./nodeStorage.ts";
export * from "./poe/index.ts";
export * from "./proofListener.ts";
export * from "./savedCore.ts";
export * from "./settlement.ts";
export * from "./system.ts";
export * from "./transactionPool.ts";
export * from "./wallet.ts";
