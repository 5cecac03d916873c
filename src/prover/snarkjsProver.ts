// SPDX-License-Identifier: GPL-3.0-or-later
import type { CircuitArtifacts } from "../setup/index.ts";
import { CachingProver } from "./cachingProver.ts";
import type { Groth16Proof } from "./prover.ts";
import type { CircuitInput } from "./witness.ts";

/** Proves with snarkjs: slower than a native prover, but there wherever the project is. */
export class SnarkjsProver extends CachingProver {
  protected override makeProof(
    { name, wasm, publicSignals, zkey }: CircuitArtifacts,
    input: CircuitInput,
  ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly bigint[] }> {
    return this.pool.run({ kind: "prove", circuit: { name, wasm, publicSignals }, zkey, input });
  }
}
