// SPDX-License-Identifier: MIT
import { AbiCoder, concat, Contract, Interface, keccak256, type Provider } from "ethers";

import { leafVerifierAbi, rollupAbi } from "../contracts/index.ts";
import { State } from "../ledger/index.ts";
import { createProfile, type Profile } from "../profile.ts";

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

/**
 * Sizes of the leaf circuit whose key a deployed verifier has.
 *
 * @param verifier address of a `LeafVerifier` or `RollupVerifier`: both have these views
 * @throws {ProtocolError} `OUT_OF_RANGE` if its sizes are not those of a profile
 */
export async function profileOf(provider: Provider, verifier: string): Promise<Profile> {
  const sizes = new Contract(verifier, leafVerifierAbi, provider);
  const ask = async (size: string): Promise<number> => Number(await sizes.getFunction(size).staticCall());
  return createProfile({
    name: "deployed",
    depth: await ask("DEPTH"),
    slots: await ask("SLOTS"),
    levels: await ask("LEVELS"),
  });
}
