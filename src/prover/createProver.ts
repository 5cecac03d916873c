// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import { loadCircuits, prepareCircuit, type CircuitArtifacts, type CircuitName } from "../setup/index.ts";
import type { ArtifactsOf, ProverOptions } from "./cachingProver.ts";
import { NativeProver } from "./nativeProver.ts";
import type { Prover } from "./prover.ts";
import { SnarkjsProver } from "./snarkjsProver.ts";

/**
 * Finds circuits by name among those that were prepared, for example by `prepareAll`. One that only some deployments
 * need, and that is not among them, is prepared beside them when it is asked for first.
 */
export function artifactsByName(artifacts: readonly CircuitArtifacts[]): ArtifactsOf {
  const onDemand = new Map<CircuitName, Promise<CircuitArtifacts>>();
  return (name) => {
    const found = artifacts.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    const [beside] = artifacts;
    const circuits = beside === undefined ? [] : loadCircuits(beside.manifest.profile);
    const circuit = circuits.find((candidate) => candidate.name === name && candidate.isOnDemand === true);
    if (beside === undefined || circuit === undefined) {
      throw new ProtocolError("UNKNOWN_CIRCUIT", { circuit: name }, `no circuit ${name} has been prepared`);
    }
    const known = onDemand.get(name);
    if (known !== undefined) return known;
    const made = prepareCircuit(circuit, beside.manifest.profile, undefined, beside.build);
    onDemand.set(name, made);
    return made;
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
