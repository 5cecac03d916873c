// SPDX-License-Identifier: MIT
import { Field as createField, FpIsSquare } from "@noble/curves/abstract/modular";
import { babyjubjub } from "@noble/curves/misc";

import { ProtocolError } from "../errors.ts";
import { isField, L, P, toField, type Field } from "../field.ts";
import { fastCrypto } from "./fastCrypto.ts";

/** An affine point of BabyJubJub in twisted Edwards form: a·x² + y² = 1 + d·x²·y² (EIP-2494). */
export interface Point {
  readonly x: Field;
  readonly y: Field;
}

/** A point as a deposit carries it: its y and the parity of its x in [0, p). `keyY` has 254 bits and may be ≥ p. */
export interface CompressedKey {
  readonly keyY: bigint;
  readonly keySign: bigint;
}

/** The curve's a and d. a is a square and d is not, so the addition law is complete. */
const A = 168700n;
const D = 168696n;
/** Smallest non-square of the field. */
const NON_SQUARE = 5n;

// noble's extended coordinates: 2 ms a multiplication, where zk-kit's affine ones take 30. The tests compare the two.
const F = createField(P);
const Extended = babyjubjub.ExtendedPoint;
type ExtendedPoint = ReturnType<typeof Extended.fromAffine>;

/** Generator of the subgroup of order l (EIP-2494). */
export const B8: Point = {
  x: toField(5299619240641551281634865583518297030282874472190772894086521144482721001553n),
  y: toField(16950150798460657717958625567821834550301663161624707787222815936182638968203n),
};

const base = Extended.fromAffine(B8);
base._setWindowSize(8);

const fromExtended = (point: ExtendedPoint): Point => {
  const { x, y } = point.toAffine();
  return { x: toField(x), y: toField(y) };
};

export function isOnCurve({ x, y }: Point): boolean {
  const x2 = F.sqr(x);
  const y2 = F.sqr(y);
  return F.eql(F.add(F.mul(A, x2), y2), F.add(1n, F.mul(D, F.mul(x2, y2))));
}

/** Whether 8·point is the identity. `point` is on the curve. */
export const isSmallOrder = (point: Point): boolean => Extended.fromAffine(point).clearCofactor().equals(Extended.ZERO);

/** `scalar·B8`, 0 ≤ scalar < 8l. */
export const mulBase = (scalar: bigint): Point => fromExtended(base.multiplyUnsafe(scalar));

/** `scalar·B8` in a time that does not depend on a secret scalar; 0 < scalar mod l. */
export const mulBaseSecret = (scalar: bigint): Point => fromExtended(base.multiply(scalar % L));

/** `scalar·point` in a time that does not depend on a secret scalar; 0 < scalar mod l, `point` of order l. */
export const mulSecret = (scalar: bigint, point: Point): Point =>
  fromExtended(Extended.fromAffine(point).multiply(scalar % L));

/** 8·point; `point` is on the curve. */
export const clearCofactor = (point: Point): Point => fromExtended(Extended.fromAffine(point).clearCofactor());

/** `s·base − 8h·point`, as the merge circuit computes it. Both points are on the curve; 0 ≤ s, h < 8l. */
export const combination = (s: bigint, base: Point, h: bigint, point: Point): Point =>
  fromExtended(
    Extended.fromAffine(base).multiplyUnsafe(s).subtract(Extended.fromAffine(point).clearCofactor().multiplyUnsafe(h)),
  );

/** `s·B8 − 8h·point`, as the leaf circuit computes it. `point` is on the curve; 0 ≤ s, h < 8l. */
export function challengePoint(s: bigint, h: bigint, point: Point): Point {
  const fast = fastCrypto()?.challengePoint(s, h, point);
  if (fast !== undefined) return { x: toField(fast.x), y: toField(fast.y) };
  const hPoint = Extended.fromAffine(point).clearCofactor().multiplyUnsafe(h);
  return fromExtended(base.multiplyUnsafe(s).subtract(hPoint));
}

/** A key on the curve as a deposit carries it. */
export const compressKey = ({ x, y }: Point): CompressedKey => ({ keyY: y, keySign: x & 1n });

export type DecompressedKey =
  { readonly key: Point } | { readonly error: "KEY_NOT_CANONICAL" | "KEY_NOT_ON_CURVE" | "KEY_SMALL_ORDER" };

/**
 * The key that a deposit to a new account names, or why it is not good (docs/protocol.md §5.1): `keyY < p`, an x of the
 * parity `keySign` exists, and 8·key is not the identity. Total for every (keyY, keySign).
 */
export function decompressKey({ keyY, keySign }: CompressedKey): DecompressedKey {
  if (!isField(keyY)) {
    return { error: "KEY_NOT_CANONICAL" };
  }
  const { u, w } = curveRatio(keyY);
  const uw = F.mul(u, w);
  if (!F.is0(uw) && !FpIsSquare(F, uw)) {
    return { error: "KEY_NOT_ON_CURVE" };
  }
  const positive = F.div(F.sqrt(uw), w);
  const x = (positive & 1n) === keySign ? positive : F.neg(positive);
  if ((x & 1n) !== keySign) {
    return { error: "KEY_NOT_ON_CURVE" }; // x = 0 has no odd twin
  }
  const key = { x: toField(x), y: keyY };
  return isSmallOrder(key) ? { error: "KEY_SMALL_ORDER" } : { key };
}

/**
 * The leaf circuit's hint `keyRoot` for a deposit to a new account: with x² = u/w on the curve, u = 1 − y² and
 * w = a − d·y², a square root of u·w, such that root/w has the parity `keySign`; or, if u·w is no square and so the key
 * does not exist, a square root of 5·u·w. y is `keyY mod p`: the circuit rejects a `keyY ≥ p` beside it.
 */
export function keyRootHint({ keyY, keySign }: CompressedKey): Field {
  const { u, w } = curveRatio(keyY % P);
  const uw = F.mul(u, w);
  if (F.is0(uw)) {
    return toField(0n);
  }
  if (!FpIsSquare(F, uw)) {
    return toField(F.sqrt(F.mul(NON_SQUARE, uw)));
  }
  const root = F.sqrt(uw);
  return toField((F.div(root, w) & 1n) === keySign ? root : F.neg(root));
}

/** x² = u/w; w is never 0, because a/d is not a square. */
function curveRatio(y: bigint): { u: bigint; w: bigint } {
  const y2 = F.sqr(y);
  return { u: F.sub(1n, y2), w: F.sub(A, F.mul(D, y2)) };
}

/**
 * Takes a point in.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `NOT_ON_CURVE`
 */
export function toPoint(x: bigint, y: bigint): Point {
  const point = { x: toField(x), y: toField(y) };
  if (!isOnCurve(point)) {
    throw new ProtocolError("NOT_ON_CURVE", { x, y }, `(${x}, ${y}) is not on BabyJubJub`);
  }
  return point;
}
