// SPDX-License-Identifier: MIT
export * from "./configuration.ts";
export * from "./key.ts";
