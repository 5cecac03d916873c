// SPDX-License-Identifier: MIT
export * from "./node.ts";
