// SPDX-License-Identifier: GPL-3.0-or-later
import { join } from "node:path";

import { MERGE_DIGEST } from "../b52/index.ts";
import { ProtocolError } from "../errors.ts";
import { LEAF_DIGEST, State } from "../ledger/index.ts";
import { createProfile } from "../profile.ts";
import { findCircuit, type CircuitName, type ProfileName } from "./circuits.ts";
import { writeFileAtomically } from "../files.ts";
import { readVerificationKey, type CircuitArtifacts } from "./keys.ts";
import { PROJECT_ROOT } from "./paths.ts";
import { renderVerifyingKey, type VerifyingKeySource } from "./verifyingKeySolidity.ts";

/**
 * Constants of a circuit that the contracts need beside its key: the circuit's parameters, and roots that follow from
 * them.
 */
type ConstantsOf = (params: readonly number[], profile: ProfileName) => NonNullable<VerifyingKeySource["constants"]>;

const CONSTANTS: Readonly<Record<CircuitName, ConstantsOf>> = {
  leaf: ([depth = 0, slots = 0, levels = 0], name) => ({
    DEPTH: { value: BigInt(depth), meaning: "Levels of the account tree, which has arity 4." },
    SLOTS: { value: BigInt(slots), meaning: "Slots of one leaf." },
    LEVELS: { value: BigInt(levels), meaning: "Levels of the subtree of an arrival, which has 4^LEVELS accounts." },
    GENESIS_STATE_ROOT: {
      value: State.genesis(createProfile({ name, depth, slots, levels })).root,
      meaning: "State root without any account.",
    },
    ...statementOf({ words: 13, digest: LEAF_DIGEST }),
  }),
  merge: mergeConstants,
  drawnMerge: mergeConstants,
  escape: ([depth = 0]) => ({
    DEPTH: { value: BigInt(depth), meaning: "Levels of the account tree, which has arity 4." },
  }),
  migration: ([depth = 0, levels = 0]) => ({
    DEPTH: { value: BigInt(depth), meaning: "Levels of the account tree, which has arity 4." },
    LEVELS: { value: BigInt(levels), meaning: "Levels of the subtree of an arrival, which has 4^LEVELS accounts." },
    MIGRANTS: { value: 4n ** BigInt(levels), meaning: "Accounts that may move at once: 4^LEVELS." },
  }),
};

function mergeConstants([ticketBits = 0, treeBits = 0, draws = 0]: readonly number[]): ReturnType<ConstantsOf> {
  return {
    TICKET_BITS: { value: BigInt(ticketBits), meaning: "Bits of a ticket's id: levels of the registry." },
    TREE_BITS: { value: BigInt(treeBits), meaning: "Bits of a node's number: levels of the tree of votes." },
    DRAWS: { value: BigInt(draws), meaning: "1 if votes of elected tickets alone count, else 0." },
    ...statementOf({ words: 11, digest: MERGE_DIGEST }),
  };
}

/** Sizes of a circuit's statements, of which a proof shows digest, evaluation and point (docs/protocol.md §6.1). */
function statementOf({ words, digest }: { readonly words: number; readonly digest: number }): ReturnType<ConstantsOf> {
  return {
    STATEMENT_WORDS: { value: BigInt(words), meaning: "Signals of a statement." },
    DIGEST: { value: BigInt(digest), meaning: "Index of the digest among them." },
  };
}

/** The Solidity library with a circuit's key, which the verifiers use, for example `LeafVerifyingKey.sol`. */
export const keyLibrary = (name: CircuitName): string =>
  join(PROJECT_ROOT, "contracts", "verification", "keys", `${pascalCase(name)}VerifyingKey.sol`);

/**
 * Renders the library of a circuit's key, with the sizes and roots that the contracts take from it.
 *
 * @throws {ProtocolError} `UNKNOWN_CIRCUIT`, and as `renderVerifyingKey`
 */
export function renderKeyLibrary(artifacts: CircuitArtifacts): string {
  const { name, manifest } = artifacts;
  const constantsOf = CONSTANTS[name];
  if (constantsOf === undefined) {
    throw new ProtocolError("UNKNOWN_CIRCUIT", { circuit: name }, `no contract uses a circuit ${name}`);
  }
  return renderVerifyingKey({
    name: pascalCase(name),
    verificationKey: readVerificationKey(artifacts),
    origin: `Holds the key of the ${name} circuit, profile "${manifest.profile}"${
      manifest.isDevelopment ? `,\n *         from the seed "${manifest.seed}".` : ", from a ceremony."
    }`,
    isDevelopment: manifest.isDevelopment,
    constants: constantsOf(findCircuit(name, manifest.profile).params, manifest.profile),
  });
}

/** Writes the library that `renderKeyLibrary` gives. */
export function writeKeyLibrary(artifacts: CircuitArtifacts): void {
  writeFileAtomically(keyLibrary(artifacts.name), renderKeyLibrary(artifacts));
}

const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
