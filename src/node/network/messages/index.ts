// SPDX-License-Identifier: MIT
export { badMessage } from "./bytes.ts";
export * from "./codec.ts";
export * from "./message.ts";
export * from "./proofs.ts";
export * from "./requests.ts";
export * from "./signing.ts";
