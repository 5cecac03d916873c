import { babyjubjub } from "@noble/curves/misc.js";

import { reduce, SUBGROUP_ORDER, type Field } from "../field.ts";

/** An affine point in twisted Edwards form: a·x² + y² = 1 + d·x²·y². */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const A = 168700n;
const D = 168696n;

/** The least number that is not a square in the field. */
export const NON_RESIDUE = 5n;

const curve = babyjubjub.Point;
const field = curve.Fp;

export function isOnCurve({ x, y }: Point): boolean {
  const xx = reduce(x * x);
  const yy = reduce(y * y);
  return reduce(A * xx + yy) === reduce(1n + D * xx * yy);
}

/** Whether 8·point is the identity. @param point on the curve */
export function isSmallOrder(point: Point): boolean {
  return curve.fromAffine(point).clearCofactor().is0();
}

/** Whether an account may have this key: canonical, on the curve, not of small order (docs/protocol.md §5.1). */
export function isGoodKey(point: Point): boolean {
  const canonical = field.isValid(point.x) && field.isValid(point.y);
  return canonical && isOnCurve(point) && !isSmallOrder(point);
}

/** R8 = s·B8 − 8h·key. @param key on the curve; h, s ≥ 0 */
export function recoverR8(key: Point, h: bigint, s: bigint): Point {
  const eightKey = curve.fromAffine(key).clearCofactor();
  return curve.BASE.multiplyUnsafe(s % SUBGROUP_ORDER)
    .subtract(eightKey.multiplyUnsafe(h % SUBGROUP_ORDER))
    .toAffine();
}

/** What the decompression of a key shows: circuits/lib/keys/DecompressKey.circom. */
export interface Decompression {
  /** The key, if there is one and it may belong to an account. */
  readonly key: Point | undefined;
  /** The circuit's hint: a root of u·w or of 5·u·w. */
  readonly root: Field;
}

/** Recovers the point with this y whose x has the parity `sign`. @param y in [0, p) */
export function decompressKey(y: bigint, sign: 0 | 1): Decompression {
  const u = reduce(1n - y * y);
  const w = reduce(A - D * y * y);
  const uw = reduce(u * w);
  if (!isSquare(uw)) return { key: undefined, root: field.sqrt(reduce(NON_RESIDUE * uw)) as Field };
  const root = field.sqrt(uw);
  const x = field.div(root, w);
  const flip = x !== 0n && x % 2n !== BigInt(sign);
  const key = { x: flip ? reduce(-x) : x, y };
  const good = u !== 0n && !isSmallOrder(key);
  return { key: good ? key : undefined, root: flip ? reduce(-root) : (root as Field) };
}

function isSquare(value: bigint): boolean {
  return value === 0n || field.pow(value, (field.ORDER - 1n) / 2n) === 1n;
}
