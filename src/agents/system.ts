import type { Provider } from "ethers";

import type { LeafVerifier, NativeToken, ProofOfEfficiency, Rollup } from "../../typechain-types/index.ts";
import type { Profile } from "../profile.ts";
import type { ReadingOptions } from "./l1Cursor.ts";

/** A deployed Proof-of-Efficiency rollup, as the agents see it. */
export interface ProofOfEfficiencySystem {
  readonly provider: Provider;
  readonly consensus: ProofOfEfficiency;
  readonly rollup: Rollup;
  readonly token: NativeToken;
  readonly verifier: LeafVerifier;
  /** Sizes of the leaf circuit whose key was deployed. */
  readonly profile: Profile;
  /** L1 block of the deployment: events begin here. */
  readonly deploymentBlock: number;
  /** How nodes read L1. */
  readonly reading?: ReadingOptions;
}

/**
 * Gas limit for a call that was estimated at `estimate`. What the exponential of the batch fee costs depends on the
 * seconds that have passed, and those are not known before the call is included.
 */
export const gasLimitFor = (estimate: bigint): bigint => (estimate * 11n) / 10n;

/** An L1 address as the ledger has it: 160 bits. */
export const addressToUint = (address: string): bigint => BigInt(address);

/** A 160-bit number as an L1 address. */
export const uintToAddress = (value: bigint): string => `0x${value.toString(16).padStart(40, "0")}`;
