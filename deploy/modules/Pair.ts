// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Makes two rollups that are there, one under each consensus, migratable to each other (docs/enforcement.md §5): on one
 * L1, with one verifier of migrations, and with the native token registered in both. ETH has the id 0 in every rollup;
 * each token that is registered in both later on can move as well, whatever its ids.
 */
export default buildModule("Pair", (m) => {
  for (const name of ["poe", "b52"]) {
    const rollup = m.contractAt("Rollup", m.getParameter(`${name}Core`), { id: `${name}_Rollup` });
    m.call(rollup, "registerToken", [m.getParameter("token")], {
      id: `${name}_registerToken`,
      value: m.staticCall(rollup, "TOKEN_FEE", [], 0, { id: `${name}_tokenFee` }),
    });
  }
  return {};
});
