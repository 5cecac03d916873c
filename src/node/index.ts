// SPDX-License-Identifier: MIT
export * from "./accountIndex/index.ts";
export * from "./api/index.ts";
export * from "./b52Store/index.ts";
export * from "./configuration/index.ts";
export * from "./crypto/index.ts";
export * from "./mempool/index.ts";
export * from "./network/index.ts";
export * from "./outbox/index.ts";
export * from "./program/index.ts";
export * from "./roles/index.ts";
export * from "./snapshot/index.ts";
export * from "./storage/index.ts";
export * from "./strategies/index.ts";
export * from "./tokenBucket.ts";
