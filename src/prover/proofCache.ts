// SPDX-License-Identifier: GPL-3.0-or-later
import { join } from "node:path";

import { readJsonIfExists, sha256, writeJson } from "../files.ts";
import type { Groth16Proof } from "./prover.ts";
import type { CircuitInput } from "./witness.ts";

/** A proof as it is kept on disk. */
export interface CachedProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly bigint[];
  readonly seconds: number;
}

interface StoredProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly string[];
  readonly seconds: number;
}

/** Keeps proofs in a folder, by proving key and input. A proof found here must be verified before it is used. */
export class ProofCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The proof for these inputs, if one was kept. */
  load(zkeySha256: string, input: CircuitInput): CachedProof | undefined {
    const stored = readJsonIfExists(this.#path(zkeySha256, input)) as StoredProof | undefined;
    return stored && { ...stored, publicSignals: stored.publicSignals.map(BigInt) };
  }

  store(zkeySha256: string, input: CircuitInput, { proof, publicSignals, seconds }: CachedProof): void {
    const stored: StoredProof = { proof, publicSignals: publicSignals.map(String), seconds };
    writeJson(this.#path(zkeySha256, input), stored);
  }

  #path(zkeySha256: string, input: CircuitInput): string {
    return join(this.#folder, `${sha256(`${zkeySha256}:${canonicalJson(input)}`)}.json`);
  }
}

/** JSON with bigints as decimal strings and names in order. */
export function canonicalJson(input: CircuitInput): string {
  const sorted = Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
