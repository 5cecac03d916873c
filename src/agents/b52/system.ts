// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import type { B52, NativeToken, DrawnProverRegistry, Rollup, RollupVerifier } from "../../../typechain-types/index.ts";
import type { Profile } from "../../profile.ts";
import type { ReadingOptions } from "../../chain/index.ts";

/** A deployed B52 rollup, as the agents see it. */
export interface B52System {
  /** An L1 endpoint that has all events since the deployment. */
  readonly provider: Provider;
  /** The consensus contract. */
  readonly consensus: B52;
  /** Keys and stakes of the provers. */
  readonly registry: DrawnProverRegistry;
  /** The core: queue, exits and state root. */
  readonly rollup: Rollup;
  /** The native token, in which bids and stakes are paid. */
  readonly token: NativeToken;
  /** Verifies the proofs of blocks. */
  readonly verifier: RollupVerifier;
  /** Sizes of the leaf circuit whose key was deployed. */
  readonly profile: Profile;
  /** L1 block of the deployment: events begin here. */
  readonly deploymentBlock: number;
  /** How nodes read L1. */
  readonly reading?: ReadingOptions;
}
