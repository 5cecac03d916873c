// SPDX-License-Identifier: MIT
export * from "./database.ts";
