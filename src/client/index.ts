// SPDX-License-Identifier: MIT
export * from "./events.ts";
export * from "./status.ts";
