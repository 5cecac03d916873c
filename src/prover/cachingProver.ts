// SPDX-License-Identifier: GPL-3.0-or-later
import { join } from "node:path";
import { performance } from "node:perf_hooks";

import { ProtocolError } from "../errors.ts";
import { sha256 } from "../files.ts";
import { readVerificationKey, type CircuitArtifacts, type CircuitName } from "../setup/index.ts";
import { canonicalJson, ProofCache, type CachedProof } from "./proofCache.ts";
import type { Groth16Proof, ProofResult, Prover } from "./prover.ts";
import { calculateWitness, type CircuitInput } from "./witness.ts";
import { WorkerPool } from "./workerPool.ts";

/** Finds the files of a circuit; throws `UNKNOWN_CIRCUIT` for others. */
export type ArtifactsOf = (circuit: CircuitName) => CircuitArtifacts | Promise<CircuitArtifacts>;

/** How a prover works. */
export interface ProverOptions {
  /** Folder of kept proofs; `false` for none. Default: `proofs` in the build folder of the circuit. */
  readonly cacheFolder?: string | false;
  /** Number of snarkjs processes; each uses all cores while it proves. By default 1. */
  readonly processes?: number;
}

/** Hashes of circuit, input and proof. */
const foundGood = new Set<string>();

/**
 * Base of the provers: keeps proofs in a cache, and verifies every result before it is returned. A proof from the cache
 * must also have the public signals of the input's witness, which is computed for it: else it proves another statement.
 */
export abstract class CachingProver implements Prover {
  protected readonly pool: WorkerPool;
  readonly #artifactsOf: ArtifactsOf;
  readonly #cacheFolder: string | false | undefined;

  constructor(artifactsOf: ArtifactsOf, { cacheFolder, processes = 1 }: ProverOptions = {}) {
    this.#artifactsOf = artifactsOf;
    this.#cacheFolder = cacheFolder;
    this.pool = new WorkerPool(processes);
  }

  /** Makes a proof, without looking at the cache. */
  protected abstract makeProof(
    artifacts: CircuitArtifacts,
    input: CircuitInput,
  ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly bigint[] }>;

  /** @throws {ProtocolError} `PROVER_FAILED` if the proof is not valid; as `makeProof` and `calculateWitness` */
  async prove(circuit: CircuitName, input: CircuitInput): Promise<ProofResult> {
    const artifacts = await this.#artifactsOf(circuit);
    const { zkeySha256 } = artifacts.manifest;
    const cache = this.#cacheOf(artifacts);
    const kept = cache?.load(zkeySha256, input);
    if (kept !== undefined && (await this.#isGood(artifacts, input, kept))) {
      return { ...kept, cached: true };
    }

    const start = performance.now();
    const made = await this.makeProof(artifacts, input);
    const result = { ...made, seconds: (performance.now() - start) / 1000 };
    if (!(await this.#verify(artifacts, result))) {
      throw new ProtocolError(
        "PROVER_FAILED",
        { reason: `an invalid proof of ${circuit}` },
        `the prover made an invalid proof of ${circuit}`,
      );
    }
    cache?.store(zkeySha256, input, result);
    return { ...result, cached: false };
  }

  async dispose(): Promise<void> {
    await this.pool.dispose();
  }

  #cacheOf({ build }: CircuitArtifacts): ProofCache | undefined {
    return this.#cacheFolder === false ? undefined : new ProofCache(this.#cacheFolder ?? join(build, "proofs"));
  }

  /** Whether a proof is valid, and of this statement; of one that this process has found good, that is known. */
  async #isGood(artifacts: CircuitArtifacts, input: CircuitInput, kept: CachedProof): Promise<boolean> {
    const { manifest, wasm } = artifacts;
    const facts = [manifest.zkeySha256, wasm, canonicalJson(input), kept.proof, kept.publicSignals.map(String)];
    const fact = sha256(JSON.stringify(facts));
    if (foundGood.has(fact)) return true;
    const isGood = (await isOf(artifacts, input, kept)) && (await this.#verify(artifacts, kept));
    if (isGood) foundGood.add(fact);
    return isGood;
  }

  #verify(
    artifacts: CircuitArtifacts,
    { proof, publicSignals }: { readonly proof: Groth16Proof; readonly publicSignals: readonly bigint[] },
  ): Promise<boolean> {
    return this.pool.run({ kind: "verify", key: readVerificationKey(artifacts), publicSignals, proof });
  }
}

/**
 * Whether a proof has the public signals of an input's witness.
 *
 * @throws {ProtocolError} as `calculateWitness`
 */
export async function isOf(
  artifacts: CircuitArtifacts,
  input: CircuitInput,
  { publicSignals }: { readonly publicSignals: readonly bigint[] },
): Promise<boolean> {
  const witness = await calculateWitness(artifacts, input);
  return publicSignals.join() === witness.publicSignals.join();
}
