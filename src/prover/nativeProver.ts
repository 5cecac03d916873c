// SPDX-License-Identifier: GPL-3.0-or-later
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { ProtocolError } from "../errors.ts";
import type { CircuitArtifacts } from "../setup/index.ts";
import { CachingProver, isOf, type ArtifactsOf, type ProverOptions } from "./cachingProver.ts";
import type { Groth16Proof } from "./prover.ts";
import { calculateWitnessFile, type CircuitInput } from "./witness.ts";

const run = promisify(execFile);

/**
 * Proves with a program of the user's, which must take the arguments of iden3's rapidsnark:
 * `<zkey> <wtns> <proof.json> <public.json>`, of which it writes the last two in snarkjs's form.
 */
export class NativeProver extends CachingProver {
  readonly #binary: string;

  /** @param binary Path of the program. */
  constructor(binary: string, artifactsOf: ArtifactsOf, options?: ProverOptions) {
    super(artifactsOf, options);
    this.#binary = binary;
  }

  /**
   * @throws {ProtocolError} `PROVER_FAILED` if the program fails, or its proof is of another statement; as
   *   `calculateWitness`
   */
  protected override async makeProof(
    artifacts: CircuitArtifacts,
    input: CircuitInput,
  ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly bigint[] }> {
    const witness = await calculateWitnessFile(artifacts, input);
    const folder = await mkdtemp(join(tmpdir(), "prover-"));
    try {
      const [wtns, proof, publicSignals] = ["witness.wtns", "proof.json", "public.json"].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      await writeFile(wtns, witness);
      await this.#run([artifacts.zkey, wtns, proof, publicSignals]);
      const made = {
        proof: JSON.parse(await readFile(proof, "utf8")) as Groth16Proof,
        publicSignals: (JSON.parse(await readFile(publicSignals, "utf8")) as string[]).map(BigInt),
      };
      if (await isOf(artifacts, input, made)) return made;
      throw new ProtocolError(
        "PROVER_FAILED",
        { reason: "a proof of another statement" },
        `${this.#binary} made a proof of another statement of ${artifacts.name}`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(args: readonly string[]): Promise<void> {
    try {
      await run(this.#binary, args);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ProtocolError("PROVER_FAILED", { reason: message }, `${this.#binary} failed: ${message}`, {
        cause: error,
      });
    }
  }
}
