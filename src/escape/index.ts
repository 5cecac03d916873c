export * from "./escape.ts";
export * from "./openRollup.ts";
