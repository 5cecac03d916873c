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

/** The same under B52. */
export const b52Parts = buildModule("B52Parts", (m) => {
  const parts = m.useModule(shared);
  const Poseidon = m.library("Poseidon");
  const BlockVerification = m.library("BlockVerification");
  const BlockRecords = m.library("BlockRecords", { libraries: { Poseidon, BlockVerification } });
  const RollupVerifier = m.contract("RollupVerifier");
  return { ...parts, Poseidon, BlockVerification, BlockRecords, RollupVerifier };
});

/** The parts of both, those that they have in common once. */
export const pairParts = buildModule("PairParts", (m) => ({
  ...m.useModule(proofOfEfficiencyParts),
  ...m.useModule(b52Parts),
}));
