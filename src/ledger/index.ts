// SPDX-License-Identifier: MIT
export * from "./account.ts";
export * from "./accountTree.ts";
export * from "./arrivals.ts";
export * from "./batch.ts";
export * from "./batchBuilder.ts";
export * from "./commitment.ts";
export * from "./decideSlot.ts";
export * from "./exits.ts";
export * from "./leaf.ts";
export * from "./leafProof.ts";
export * from "./outcome.ts";
export * from "./payee.ts";
export * from "./signedNonce.ts";
export * from "./state.ts";
export * from "./wallet.ts";
