// SPDX-License-Identifier: MIT
export * from "./delivering.ts";
export * from "./posting.ts";
export * from "./proving.ts";
