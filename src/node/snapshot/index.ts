// SPDX-License-Identifier: MIT
export * from "./exportSnapshot.ts";
export * from "./importSnapshot.ts";
export type { SnapshotManifest } from "./format.ts";
