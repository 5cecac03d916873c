import { AbiCoder, concat, Interface, keccak256 } from "ethers";

import { rollupAbi } from "../contracts/index.ts";
import { State } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";

/** The argument of a consensus' `deployCore`, and the hash that the consensus is deployed with. */
export interface CoreCode {
  /** Creation code of the core, with the addresses of its libraries, and the arguments of its constructor. */
  readonly initCode: string;
  /** keccak256 of the creation code, without arguments. */
  readonly codeHash: string;
  /** `CORE_HASH` of the consensus. */
  readonly hash: string;
}

/**
 * The core that a consensus deploys (docs/adr/0042).
 *
 * @param code creation code of `Rollup`, linked
 * @param profile of the circuits whose keys the consensus has
 * @param params `IRollup.CoreParameters`, by name; others may be among them
 */
export function coreCode(code: string, profile: Profile, params: Readonly<Record<string, unknown>>): CoreCode {
  const codeHash = keccak256(code);
  const { inputs } = new Interface(rollupAbi).deploy;
  const encoded = AbiCoder.defaultAbiCoder().encode(inputs, [State.genesis(profile).root, profile.slots, params]);
  return { initCode: concat([code, encoded]), codeHash, hash: keccak256(concat([codeHash, keccak256(encoded)])) };
}
