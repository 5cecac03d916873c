// SPDX-License-Identifier: MIT
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";

/** Proofs of the statements that the tests make, in the project: a run verifies them, and need not make them. */
const KEPT = join(PROJECT_ROOT, "test", "proofs");

/** Where provers look for proofs, and leave those that they make. */
const USED = join(BUILD, "proofs");

/**
 * Puts the project's proofs where provers look for them. Every prover verifies what it finds before it is used, and
 * contracts verify it again; a statement or key that has changed is not found, and its proof is made (docs/adr/0054).
 */
export function offerKeptProofs(): void {
  mkdirSync(USED, { recursive: true });
  cpSync(KEPT, USED, { recursive: true, force: false });
}

/** Makes the next run begin without proofs. */
export function forgetProofs(): void {
  rmSync(USED, { recursive: true, force: true });
}

/** Replaces the project's proofs by those of this run. Returns how many there are. */
export function keepProofs(): number {
  rmSync(KEPT, { recursive: true, force: true });
  cpSync(USED, KEPT, { recursive: true });
  return readdirSync(KEPT).length;
}
