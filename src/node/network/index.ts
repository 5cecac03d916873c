// SPDX-License-Identifier: MIT
export type * from "./gossip.ts";
export * from "./gossip/index.ts";
export * from "./messages/index.ts";
export * from "./validation/index.ts";
