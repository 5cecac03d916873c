// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { isField } from "../field.ts";

/** Code and key for the verification of joint proofs on L1 (docs/recursion.md). */
export interface JointVerification {
  /** Creation code of the contract that `Barretenberg.solidityVerifier` gives for the key of the root, in hex. */
  readonly honkCode: string;
  /** Hash of the nodes' key, as a child of a node: not that of the key for L1. */
  readonly nodeKeyHash: bigint;
}

/**
 * Coordinates of the canonical [τ]₂, from Aztec's ceremony Ignition, as the contract's code has them. Source: bb 5.0.0;
 * test/recursion/crs.test.ts compares them with `CANONICAL_TAU2`.
 */
export const CANONICAL_TAU2_WORDS: readonly string[] = [
  "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0",
  "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1",
  "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55",
  "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4",
];

/**
 * Arguments of a verifier of joint proofs, without the address of the contract that verifies the root.
 *
 * A string of powers whose secret nobody is known to have is the canonical one: a contract with another [τ]₂ counts as
 * one for development. Whether code and hash belong to the keys of this project's circuits is not checked here.
 *
 * @throws {ProtocolError} `BAD_PARAMETER` for a hash that no key can have
 */
export function jointArguments({
  honkCode,
  nodeKeyHash,
}: JointVerification): [nodeKeyHash: bigint, isDevelopment: boolean] {
  if (nodeKeyHash === 0n || !isField(nodeKeyHash)) {
    throw new ProtocolError(
      "BAD_PARAMETER",
      { name: "nodeKeyHash", value: nodeKeyHash, limit: "from 1 to p − 1" },
      `nodeKeyHash = ${nodeKeyHash} is the hash of no key: it has to be from 1 to p − 1`,
    );
  }
  const code = honkCode.toLowerCase();
  return [nodeKeyHash, !CANONICAL_TAU2_WORDS.every((word) => code.includes(word))];
}
