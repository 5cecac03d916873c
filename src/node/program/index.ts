// SPDX-License-Identifier: MIT
export * from "./key.ts";
export * from "./node.ts";
