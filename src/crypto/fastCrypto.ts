// SPDX-License-Identifier: MIT
import type { Point } from "./babyJubJub.ts";

/**
 * Another computation of what the ledger spends its time on, with the same results. The library's own needs no
 * WebAssembly and loads anywhere; a node, which hashes all day, installs a faster one (docs/adr/0055).
 */
export interface FastCrypto {
  /** circomlib's Poseidon. `inputs`: 1 … 16 elements of the field. */
  poseidon(inputs: readonly bigint[]): bigint;
  /** `s·B8 − 8h·point`; `point` is on the curve, 0 ≤ s, h < 8l. */
  challengePoint(s: bigint, h: bigint, point: Point): { readonly x: bigint; readonly y: bigint };
}

let installed: FastCrypto | undefined;

/** Undefined if the library computes by itself. */
export const fastCrypto = (): FastCrypto | undefined => installed;

/** From now on the whole process computes with this; with undefined, by the library itself. */
export function installFastCrypto(fast: FastCrypto | undefined): void {
  installed = fast;
}
