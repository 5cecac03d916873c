// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import type { CircuitArtifacts } from "../setup/index.ts";
import type { ArtifactsOf, ProverOptions } from "./cachingProver.ts";
import { NativeProver } from "./nativeProver.ts";
import type { Prover } from "./prover.ts";
import { SnarkjsProver } from "./snarkjsProver.ts";

/** Finds circuits by name among those that were prepared, for example by `prepareAll`. */
export function artifactsByName(artifacts: readonly CircuitArtifacts[]): ArtifactsOf {
  return (name) => {
    const found = artifacts.find((candidate) => candidate.name === name);
    if (found === undefined) {
      throw new ProtocolError("UNKNOWN_CIRCUIT", { circuit: name }, `no circuit ${name} has been prepared`);
    }
    return found;
  };
}

/**
 * Makes the prover that the environment asks for: `NativeProver` if `PROVER_BINARY` names a program, else
 * `SnarkjsProver`.
 */
export function createProver(
  artifacts: readonly CircuitArtifacts[],
  options?: ProverOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Prover {
  const binary = environment["PROVER_BINARY"];
  const artifactsOf = artifactsByName(artifacts);
  return binary ? new NativeProver(binary, artifactsOf, options) : new SnarkjsProver(artifactsOf, options);
}
