// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import type { B52System } from "../../src/agents/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { RollupVerifier } from "../../typechain-types/index.ts";
import type { B52Harness } from "./b52Harness.ts";

/** The rollup of a harness as a node sees it through an endpoint. */
export function systemOf(h: B52Harness, provider: Provider = h.network.connection.ethers.provider): B52System {
  return {
    provider,
    consensus: h.b52.connect(provider),
    registry: h.registry.connect(provider),
    rollup: h.rollup.connect(provider),
    token: h.token,
    verifier: h.verifier as unknown as RollupVerifier,
    profile: DEVELOPMENT,
    deploymentBlock: h.startBlock,
    reading: { retryDelay: 1, attempts: 3 },
  };
}
