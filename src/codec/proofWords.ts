// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";

/** A Groth16 proof in snarkjs's form: coordinates as decimal strings, points projective with z = 1. */
export interface Groth16Proof {
  pi_a: [string, string, string];
  pi_b: [[string, string], [string, string], [string, string]];
  pi_c: [string, string, string];
  protocol: string;
  curve: string;
}

/** A proof as Solidity's `uint256[8]`. */
export type ProofWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/**
 * Encodes a proof for the contracts: `[A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y]`, where `c1` is the
 * imaginary part, which comes first in the encoding of the pairing precompile (EIP-197).
 *
 * @throws {ProtocolError} `INVALID_PROOF` if a point is not affine: the encoding has no room for a third coordinate.
 */
export function toProofWords({ pi_a, pi_b, pi_c }: Groth16Proof): ProofWords {
  const isAffine = pi_a[2] === "1" && pi_b[2][0] === "1" && pi_b[2][1] === "0" && pi_c[2] === "1";
  if (!isAffine) throw new ProtocolError("INVALID_PROOF", {}, "the proof has a point that is not in affine form");
  const [[bX0, bX1], [bY0, bY1]] = pi_b;
  return [
    BigInt(pi_a[0]),
    BigInt(pi_a[1]),
    BigInt(bX1),
    BigInt(bX0),
    BigInt(bY1),
    BigInt(bY0),
    BigInt(pi_c[0]),
    BigInt(pi_c[1]),
  ];
}

/** The proof of eight words, as snarkjs takes it: the reverse of `toProofWords`. @throws {ProtocolError} `BAD_LENGTH` */
export function fromProofWords(words: readonly bigint[]): Groth16Proof {
  const [aX, aY, bX1, bX0, bY1, bY0, cX, cY, ...more] = words;
  if (cY === undefined || more.length > 0) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "proof", length: words.length, expected: 8, relation: "exactly" },
      `a proof of ${words.length} words instead of 8`,
    );
  }
  return {
    pi_a: [String(aX), String(aY), "1"],
    pi_b: [
      [String(bX0), String(bX1)],
      [String(bY0), String(bY1)],
      ["1", "0"],
    ],
    pi_c: [String(cX), String(cY), "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}
