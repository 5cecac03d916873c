// SPDX-License-Identifier: MIT
export * from "./aggregatorRole.ts";
export * from "./b52/index.ts";
export * from "./deliveryRole.ts";
export * from "./l1.ts";
export * from "./outboxSigner.ts";
export * from "./sequencerRole.ts";
export * from "./turn.ts";
