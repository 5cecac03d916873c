// SPDX-License-Identifier: MIT
export * from "./message.ts";
