import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import B52 from "./B52.ts";
import ProofOfEfficiency from "./ProofOfEfficiency.ts";

/**
 * Two rollups, one under each consensus, of which each can be migrated to the other (docs/enforcement.md §5): on one
 * L1, with one verifier of migrations, and with the native token registered in both. ETH has the id 0 in every rollup;
 * each token that is registered in both later on can move as well, whatever its ids.
 */
export default buildModule("Pair", (m) => {
  const poe = m.useModule(ProofOfEfficiency);
  const b52 = m.useModule(B52);
  for (const [name, { token, rollup }] of Object.entries({ poe, b52 })) {
    m.call(rollup, "registerToken", [token], { id: `${name}_registerToken`, value: m.staticCall(rollup, "TOKEN_FEE") });
  }
  return { token: poe.token, poe: poe.consensus, b52: b52.consensus };
});
