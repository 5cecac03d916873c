import { loadCircuits, type Profile } from "./circuits.ts";
import { type CircuitArtifacts, prepareCircuit, type Progress } from "./keys.ts";

/** Prepares all circuits of a profile; does nothing for those that are up to date. */
export async function prepareAll(profile: Profile, progress?: Progress): Promise<readonly CircuitArtifacts[]> {
  const artifacts: CircuitArtifacts[] = [];
  for (const { name } of loadCircuits(profile)) artifacts.push(await prepareCircuit(name, profile, progress));
  return artifacts;
}
