// SPDX-License-Identifier: MIT
export * from "./nodeClient.ts";
export type * from "./rounds.ts";
