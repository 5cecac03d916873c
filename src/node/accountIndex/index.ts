// SPDX-License-Identifier: MIT
export * from "./accountIndex.ts";
