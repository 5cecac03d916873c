// SPDX-License-Identifier: MIT
export * from "./court.ts";
export * from "./promising.ts";
export * from "./proposing.ts";
export * from "./proving.ts";
export * from "./score.ts";
export * from "./submitting.ts";
export * from "./trading.ts";
export * from "./voting.ts";
