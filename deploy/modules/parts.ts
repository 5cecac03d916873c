// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { shared } from "./shared.ts";

/**
 * First half of a deployment: the libraries and contracts that the code and the constructors of a consensus and its
 * core refer to. The code of the core contains their addresses, and the consensus is deployed with the hash of that
 * code (docs/adr/0042). So they have to exist first.
 */
export const proofOfEfficiencyParts = buildModule("ProofOfEfficiencyParts", (m) => {
  const parts = m.useModule(shared);
  const LeafVerifier = m.contract("LeafVerifier");
  return { ...parts, LeafVerifier };
});

/** The same under B52, with one of the verifiers of its circuits. */
const b52PartsWith = (id: string, verifier: "RollupVerifier" | "DrawnRollupVerifier") =>
  buildModule(id, (m) => {
    const parts = m.useModule(shared);
    const Poseidon = m.library("Poseidon");
    const BlockVerification = m.library("BlockVerification");
    const BlockRecords = m.library("BlockRecords", { libraries: { Poseidon, BlockVerification } });
    const RollupVerifier = m.contract(verifier);
    return { ...parts, Poseidon, BlockVerification, BlockRecords, RollupVerifier };
  });

export const b52Parts = b52PartsWith("B52Parts", "RollupVerifier");

/** Where tickets are drawn (docs/b52.md §11). */
export const drawnB52Parts = b52PartsWith("DrawnB52Parts", "DrawnRollupVerifier");

/** The parts of both systems, those that they have in common once. */
const pairPartsWith = (id: string, b52: typeof b52Parts) =>
  buildModule(id, (m) => ({ ...m.useModule(proofOfEfficiencyParts), ...m.useModule(b52) }));

export const pairParts = pairPartsWith("PairParts", b52Parts);
export const drawnPairParts = pairPartsWith("DrawnPairParts", drawnB52Parts);
