// SPDX-License-Identifier: MIT
export * from "./b52/index.ts";
export * from "./delivering.ts";
export * from "./posting.ts";
export * from "./proving.ts";
