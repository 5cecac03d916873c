// SPDX-License-Identifier: MIT
export * from "./database.ts";
export * from "./stateStore.ts";
