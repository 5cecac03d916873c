export * from "./events.ts";
export * from "./status.ts";
