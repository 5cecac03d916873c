// SPDX-License-Identifier: GPL-3.0-or-later
import { fromProofWords, type ProofWords } from "../codec/index.ts";
import { readVerificationKey, type CircuitName } from "../setup/index.ts";
import type { ArtifactsOf } from "./cachingProver.ts";
import type { VerificationKey } from "./prover.ts";
import { WorkerPool } from "./workerPool.ts";

/** Verifies proofs with snarkjs in processes of their own, one proof after the other in each. */
export class SnarkjsVerifier {
  readonly #artifactsOf: ArtifactsOf;
  readonly #pool: WorkerPool;
  readonly #keys = new Map<CircuitName, VerificationKey>();

  /** @param processes default 1 */
  constructor(artifactsOf: ArtifactsOf, processes = 1) {
    this.#artifactsOf = artifactsOf;
    this.#pool = new WorkerPool(processes);
  }

  /**
   * Whether a proof is valid for its public signals.
   *
   * @param proof the eight words that L1 takes
   * @throws {ProtocolError} `UNKNOWN_CIRCUIT`; as `WorkerPool.run`
   */
  async verify(circuit: CircuitName, publicSignals: readonly bigint[], proof: readonly bigint[]): Promise<boolean> {
    const key = this.#keys.get(circuit) ?? readVerificationKey(await this.#artifactsOf(circuit));
    this.#keys.set(circuit, key);
    return this.#pool.run({ kind: "verify", key, publicSignals, proof: fromProofWords(proof as ProofWords) });
  }

  /** Ends the processes. */
  dispose(): Promise<void> {
    return this.#pool.dispose();
  }
}
