// SPDX-License-Identifier: MIT
export * from "./fees.ts";
export * from "./l1.ts";
export * from "./nextStep.ts";
export * from "./outbox.ts";
export * from "./row.ts";
export * from "./store.ts";
