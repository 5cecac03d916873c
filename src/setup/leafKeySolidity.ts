import { join } from "node:path";

import { exitsRoot, State } from "../ledger/index.ts";
import { createProfile } from "../profile.ts";
import { findCircuit } from "./circuits.ts";
import { writeFileAtomically } from "./files.ts";
import { type CircuitArtifacts, readVerificationKey } from "./keys.ts";
import { PROJECT_ROOT } from "./paths.ts";
import { renderVerifyingKey } from "./verifyingKeySolidity.ts";

/** The library with the leaf circuit's key, which `LeafVerifier` and `DataCommitment` use. */
export const LEAF_KEY_LIBRARY = join(PROJECT_ROOT, "contracts", "verification", "keys", "LeafVerifyingKey.sol");

/**
 * Renders the library of the leaf circuit's key, with the sizes and roots that the contracts take from it.
 *
 * @param artifacts Of the circuit `leaf`.
 * @throws ProtocolError as `renderVerifyingKey`
 */
export function renderLeafVerifyingKey(artifacts: CircuitArtifacts): string {
  const { manifest } = artifacts;
  const [depth = 0, slots = 0] = findCircuit(artifacts.name, manifest.profile).params;
  const profile = createProfile({ name: manifest.profile, depth, slots });
  return renderVerifyingKey({
    name: "Leaf",
    verificationKey: readVerificationKey(artifacts),
    origin: `Key of the leaf circuit, profile "${profile.name}"${
      manifest.isDevelopment ? `, from the seed "${manifest.seed}".` : ", from a ceremony."
    }`,
    isDevelopment: manifest.isDevelopment,
    constants: {
      DEPTH: { value: BigInt(depth), meaning: "Levels of the account tree, which has arity 4." },
      SLOTS: { value: BigInt(slots), meaning: "Slots of one leaf." },
      GENESIS_STATE_ROOT: { value: State.genesis(profile).root, meaning: "State root without any account." },
      EMPTY_EXITS_ROOT: { value: exitsRoot([], slots), meaning: "`exitsRoot` of a leaf without exits." },
    },
  });
}

/** Writes the library that `renderLeafVerifyingKey` gives. */
export function writeLeafVerifyingKey(artifacts: CircuitArtifacts): void {
  writeFileAtomically(LEAF_KEY_LIBRARY, renderLeafVerifyingKey(artifacts));
}
