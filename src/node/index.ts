// SPDX-License-Identifier: MIT
export * from "./crypto/index.ts";
export * from "./storage/index.ts";
