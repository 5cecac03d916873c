// SPDX-License-Identifier: MIT
export * from "./database.ts";
export * from "./rollupStore.ts";
export * from "./stateStore.ts";
export * from "./viewStore.ts";
export type { BlockPlace } from "../../chain/index.ts";
