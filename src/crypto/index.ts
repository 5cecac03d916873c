// SPDX-License-Identifier: MIT
export * from "./babyJubJub.ts";
export * from "./eddsa.ts";
export * from "./fastCrypto.ts";
export * from "./poseidon.ts";
export * from "./vrf.ts";
