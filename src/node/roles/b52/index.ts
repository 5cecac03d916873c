// SPDX-License-Identifier: MIT
export * from "./base.ts";
export * from "./builderRole.ts";
export * from "./buyer.ts";
export * from "./closingRole.ts";
export * from "./courtRole.ts";
export * from "./desk.ts";
export * from "./escrowRole.ts";
export * from "./expectedState.ts";
export * from "./gossipBook.ts";
export * from "./loneGossip.ts";
export * from "./nodeProverRole.ts";
export * from "./proposerRole.ts";
export * from "./setting.ts";
export * from "./teller.ts";
export * from "./voterRole.ts";
export * from "./workshop.ts";
