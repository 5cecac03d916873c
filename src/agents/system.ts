// SPDX-License-Identifier: MIT
import type { Provider, Signer } from "ethers";

import type { LeafVerifier, NativeToken, ProofOfEfficiency, Rollup } from "../../typechain-types/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Profile } from "../profile.ts";
import type { ReadingOptions } from "../chain/index.ts";

/** The rules by which parties may make the batches or blocks of a rollup. */
export type Consensus = "Proof of Efficiency" | "B52";

/** A deployed Proof-of-Efficiency rollup, as the agents see it. */
export interface ProofOfEfficiencySystem {
  /** An L1 endpoint that has all events since the deployment. */
  readonly provider: Provider;
  /** The consensus contract. */
  readonly consensus: ProofOfEfficiency;
  /** The core: queue, exits and state root. */
  readonly rollup: Rollup;
  /** The native token, in which batch fees and bonds are paid. */
  readonly token: NativeToken;
  /** Verifies the proofs of batches. */
  readonly verifier: LeafVerifier;
  /** Sizes of the leaf circuit whose key was deployed. */
  readonly profile: Profile;
  /** L1 block of the deployment: events begin here. */
  readonly deploymentBlock: number;
  /** How nodes read L1. */
  readonly reading?: ReadingOptions;
}

/**
 * The address of a signer, from its property `address`. All signers of ethers and Hardhat have it, except wrappers such
 * as `NonceManager`.
 *
 * @param given takes precedence
 * @throws {ProtocolError} `UNKNOWN_OWNER`
 */
export function requireAddress(signer: Signer, given?: string): string {
  const { address } = signer as Signer & { readonly address?: unknown };
  if (given !== undefined) return given;
  if (typeof address === "string") return address;
  throw new ProtocolError("UNKNOWN_OWNER", {}, "the signer does not say its address: give it in the options");
}

/** An L1 address as the ledger has it: 160 bits. */
export const addressToUint = (address: string): bigint => BigInt(address);

/** A 160-bit number as an L1 address. */
export const uintToAddress = (value: bigint): string => `0x${value.toString(16).padStart(40, "0")}`;

/** Whether two L1 addresses are the same, in whatever letters. */
export const isSameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
