import type { Provider } from "ethers";

import type { B52, NativeToken, ProverRegistry, Rollup, RollupVerifier } from "../../../typechain-types/index.ts";
import type { Profile } from "../../profile.ts";
import type { ReadingOptions } from "../../chain/index.ts";

/** A deployed B52 rollup, as the agents see it. */
export interface B52System {
  readonly provider: Provider;
  readonly consensus: B52;
  readonly registry: ProverRegistry;
  readonly rollup: Rollup;
  readonly token: NativeToken;
  readonly verifier: RollupVerifier;
  /** Sizes of the leaf circuit whose key was deployed. */
  readonly profile: Profile;
  /** L1 block of the deployment: events begin here. */
  readonly deploymentBlock: number;
  /** How nodes read L1. */
  readonly reading?: ReadingOptions;
}
