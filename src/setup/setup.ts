import { loadCircuits, type ProfileName } from "./circuits.ts";
import { type CircuitArtifacts, prepareCircuit, type Progress } from "./keys.ts";

/** Prepares all circuits of a profile; does nothing for those that are up to date. */
export async function prepareAll(profile: ProfileName, progress?: Progress): Promise<readonly CircuitArtifacts[]> {
  const artifacts: CircuitArtifacts[] = [];
  for (const circuit of loadCircuits(profile)) artifacts.push(await prepareCircuit(circuit, profile, progress));
  return artifacts;
}
