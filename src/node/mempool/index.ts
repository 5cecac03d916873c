// SPDX-License-Identifier: MIT
export * from "./mempool.ts";
