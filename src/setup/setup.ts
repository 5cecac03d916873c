// SPDX-License-Identifier: GPL-3.0-or-later
import { findCircuit, loadCircuits, type CircuitName, type ProfileName } from "./circuits.ts";
import { type CircuitArtifacts, prepareCircuit, type Progress } from "./keys.ts";

/**
 * Compiles the circuits of a profile and makes their development keys; does nothing for those that are up to date.
 *
 * @param progress called with one line about each step that takes time
 * @param build folder for what is made; default: `build` of the project
 * @param onDemand circuits that only some deployments need, and which are left out else: `drawnMerge`
 * @throws {ProtocolError} as `prepareCircuit`; `UNKNOWN_CIRCUIT`
 */
export async function prepareAll(
  profile: ProfileName,
  progress?: Progress,
  build?: string,
  onDemand: readonly CircuitName[] = [],
): Promise<readonly CircuitArtifacts[]> {
  const artifacts: CircuitArtifacts[] = [];
  const always = loadCircuits(profile).filter(({ isOnDemand }) => isOnDemand !== true);
  const named = onDemand.map((name) => findCircuit(name, profile));
  for (const circuit of [...always, ...named]) artifacts.push(await prepareCircuit(circuit, profile, progress, build));
  return artifacts;
}
