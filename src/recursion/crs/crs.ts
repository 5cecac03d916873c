// SPDX-License-Identifier: GPL-3.0-or-later
import type { G2Point } from "./points.ts";

/** A common reference string: powers of a τ times the generators of BN254, in the files that bb reads. */
export interface Crs {
  /** Has `bn254_g1.dat` or `bn254_g1_compressed.dat`, and `bn254_g2.dat`. */
  readonly folder: string;
  /** Number of powers in G1, with the zeroth: at least one more than the gates of a circuit, rounded up to 2^k. */
  readonly points: number;
  /** Whether everybody knows τ. */
  readonly isDevelopment: boolean;
  /** [τ]₂, by which the Solidity verifier checks a proof. */
  readonly tau2: G2Point;
}
