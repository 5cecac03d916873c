// SPDX-License-Identifier: MIT
export * from "./addresses.ts";
export * from "./bans.ts";
export * from "./budgets.ts";
export * from "./later.ts";
export * from "./libp2pGossip.ts";
export * from "./limits.ts";
export * from "./log.ts";
export * from "./outgoing.ts";
export * from "./peerKey.ts";
export * from "./peers.ts";
export * from "./scores.ts";
export * from "./streams.ts";
export * from "./topics.ts";
export * from "./traffic.ts";
