// SPDX-License-Identifier: MIT
import type { CircuitName } from "../setup/index.ts";

/** Told of each proof that was made. */
export type ProofListener = (proof: {
  readonly circuit: CircuitName;
  /** The time that it took. */
  readonly seconds: number;
  /** Whether it was made in an earlier run, and kept. */
  readonly cached: boolean;
}) => void;
