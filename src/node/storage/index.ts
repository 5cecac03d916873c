// SPDX-License-Identifier: MIT
export * from "./database.ts";
export * from "./snapshot.ts";
export * from "./stateStore.ts";
