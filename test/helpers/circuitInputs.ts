// SPDX-License-Identifier: MIT
import { leafCircuitInput } from "../../src/ledger/index.ts";
import { escapeCircuitInput, migrationCircuitInput } from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { CircuitInput } from "../../src/prover/witness.ts";
import { randomLeaves } from "./randomLeaf.ts";
import { randomMerges } from "./randomMerge.ts";
import { randomMigrations } from "./randomMigration.ts";

/** Inputs of each circuit of the development profile, on random data: the same for the same seed. */
export const RANDOM_INPUTS: Readonly<Record<string, (seed: string) => CircuitInput>> = {
  leaf: (seed) => {
    const { result, binding } = first(randomLeaves(DEVELOPMENT, seed));
    return { ...leafCircuitInput(result, binding) };
  },
  merge: (seed) => ({ ...first(randomMerges(seed)).result.input }),
  escape: (seed) => {
    const { before } = first(randomMigrations(seed));
    const [index] = first(before.accounts.entries());
    return { ...escapeCircuitInput(before, index) };
  },
  migration: (seed) => {
    const { result, worker } = first(randomMigrations(seed));
    return { ...migrationCircuitInput(result, { worker }) };
  },
};

function first<T>(items: Iterable<T>): T {
  for (const item of items) return item;
  throw new Error("there is none");
}
