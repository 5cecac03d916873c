// SPDX-License-Identifier: MIT
import { bn254 } from "@noble/curves/bn254";

/** Prime of BN254's base field, over which coordinates are. */
export const Q = bn254.fields.Fp.ORDER;

const { Fp, Fp2 } = bn254.fields;
const G1 = bn254.G1.ProjectivePoint;

export const GENERATOR: Point = [1n, 2n];

/** A point of G1, not the one at infinity. */
export type Point = readonly [x: bigint, y: bigint];

/** a + scalar · b */
export function addMultiple([ax, ay]: Point, scalar: bigint, [bx, by]: Point): Point {
  const product = G1.fromAffine({ x: bx, y: by }).multiplyUnsafe(scalar);
  const { x, y } = G1.fromAffine({ x: ax, y: ay }).add(product).toAffine();
  return [x, y];
}

export function negate([x, y]: Point): Point {
  return [x, Fp.neg(y)];
}

/** Four words of a point that is on the curve of G2 but not in the subgroup of order p: [x₁, x₀, y₁, y₀]. */
export function pointOutsideG2(): readonly [bigint, bigint, bigint, bigint] {
  const b = bn254.G2.CURVE.b;
  for (let x0 = 1n; ; x0++) {
    const x = { c0: x0, c1: 0n };
    const y = squareRoot(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b));
    if (y === undefined) continue;
    const point = bn254.G2.ProjectivePoint.fromAffine({ x, y });
    if (point.isTorsionFree()) continue;
    return [0n, x0, y.c1, y.c0];
  }
}

function squareRoot(value: { c0: bigint; c1: bigint }): { c0: bigint; c1: bigint } | undefined {
  try {
    return Fp2.sqrt(value);
  } catch {
    return undefined;
  }
}
