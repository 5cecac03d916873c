// SPDX-License-Identifier: MIT
export * from "./key.ts";
export * from "./node.ts";
export { exportNode, importNode } from "./snapshots.ts";
