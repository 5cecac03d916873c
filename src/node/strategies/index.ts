// SPDX-License-Identifier: MIT
export * from "./posting.ts";
export * from "./proving.ts";
