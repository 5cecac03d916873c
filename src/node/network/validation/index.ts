// SPDX-License-Identifier: MIT
export * from "./b52Facts.ts";
export * from "./facts.ts";
export * from "./points.ts";
export * from "./queue.ts";
export * from "./rules.ts";
export * from "./store.ts";
export * from "./validator.ts";
export * from "./verdict.ts";
