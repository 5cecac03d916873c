// SPDX-License-Identifier: MIT
export * from "./configuration.ts";
