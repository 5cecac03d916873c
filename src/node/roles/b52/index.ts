// SPDX-License-Identifier: MIT
export * from "./closingRole.ts";
export * from "./courtRole.ts";
export * from "./desk.ts";
export * from "./expectedState.ts";
export * from "./gossipBook.ts";
export * from "./loneGossip.ts";
export * from "./nodeProverRole.ts";
export * from "./proposerRole.ts";
export * from "./roundWatch.ts";
export * from "./setting.ts";
export * from "./voterRole.ts";
export * from "./watcherRole.ts";
export * from "./workshop.ts";
