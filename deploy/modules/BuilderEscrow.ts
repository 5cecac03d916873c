// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * An escrow of builders beside a B52 that is there (docs/b52.md §10). Parameters: the consensus, the structs that it
 * logged at its deployment, and the rules of the escrow, which `escrowParametersOf` derives from them.
 */
export default buildModule("BuilderEscrow", (m) => {
  const names = ["consensus", "core", "params", "staking", "parameters"] as const;
  const escrow = m.contract(
    "BuilderEscrow",
    names.map((name) => m.getParameter(name)),
  );
  return { escrow };
});
