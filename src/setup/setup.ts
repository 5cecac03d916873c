// SPDX-License-Identifier: GPL-3.0-or-later
import { loadCircuits, type ProfileName } from "./circuits.ts";
import { type CircuitArtifacts, prepareCircuit, type Progress } from "./keys.ts";

/**
 * Compiles all circuits of a profile and makes their development keys; does nothing for those that are up to date.
 *
 * @param progress called with one line about each step that takes time
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `prepareCircuit`
 */
export async function prepareAll(
  profile: ProfileName,
  progress?: Progress,
  build?: string,
): Promise<readonly CircuitArtifacts[]> {
  const artifacts: CircuitArtifacts[] = [];
  for (const circuit of loadCircuits(profile)) artifacts.push(await prepareCircuit(circuit, profile, progress, build));
  return artifacts;
}
