// SPDX-License-Identifier: MIT
export * from "./b52Store.ts";
export * from "./tradeStore.ts";
