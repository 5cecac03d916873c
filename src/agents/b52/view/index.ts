// SPDX-License-Identifier: MIT
export * from "./b52View.ts";
export { entryKey } from "./encoding.ts";
