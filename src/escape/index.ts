// SPDX-License-Identifier: MIT
export { GAS, type EscapeAction, type TokenId } from "./actions.ts";
export * from "./escape.ts";
export type { Limits } from "./limitedSigner.ts";
export { LimitedSigner } from "./limitedSigner.ts";
export * from "./openRollup.ts";
export * from "./requireStateOfL1.ts";
