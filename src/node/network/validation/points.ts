// SPDX-License-Identifier: MIT
import { bn254 } from "@noble/curves/bn254";

const G1 = bn254.G1.ProjectivePoint;
const G2 = bn254.G2.ProjectivePoint;

/**
 * Whether the points of a proof are of their groups, and none is zero: the precompiles of L1 refuse others, and snarkjs
 * does not look at the group of B.
 *
 * @param words `[A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y]`
 */
export function arePoints(words: readonly bigint[]): boolean {
  const [aX = 0n, aY = 0n, bX1 = 0n, bX0 = 0n, bY1 = 0n, bY0 = 0n, cX = 0n, cY = 0n] = words;
  try {
    const points = [
      G1.fromAffine({ x: aX, y: aY }),
      G1.fromAffine({ x: cX, y: cY }),
      G2.fromAffine({ x: { c0: bX0, c1: bX1 }, y: { c0: bY0, c1: bY1 } }),
    ];
    for (const point of points) point.assertValidity();
    // Noble takes zero, which is (0, 0) here, for valid.
    return [aX | aY, bX1 | bX0 | bY1 | bY0, cX | cY].every((coordinates) => coordinates !== 0n);
  } catch {
    return false;
  }
}
