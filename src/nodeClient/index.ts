// SPDX-License-Identifier: MIT
export * from "./nodeClient.ts";
