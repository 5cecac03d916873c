// SPDX-License-Identifier: MIT
import { Field as createField } from "@noble/curves/abstract/modular";

import { B8, type Point } from "../../crypto/index.ts";
import { P } from "../../field.ts";
import { SIZE, type Pointer, type WasmField } from "./wasmField.ts";

const F = createField(P);

/**
 * BabyJubJub's a and d. With x' = x·√−a the curve is −x'² + y² = 1 + d'·x'²·y², where d' = −d/a: there an addition costs
 * 8 multiplications. −a is a square and d' is not, so the formulas hold for all points.
 */
const A = 168700n;
const D = 168696n;
const SCALE = F.sqrt(F.neg(A));
const TWICE_D = F.mul(2n, F.neg(F.div(D, A)));

/** A key is multiplied by digits that are 0 or odd, and below 2^(WIDTH − 1) either way. */
const WIDTH = 5;
/** B8 is multiplied by digits of 8 bits, from −127 to 128. */
const BASE_WINDOWS = 32;
const BASE_DIGITS = 128;

/** Extended coordinates X, Y, Z, T, one behind the other: x = X/Z, y = Y/Z, x·y = T/Z. */
type Extended = Pointer;
/** A point as it is added to another: Y − X, Y + X, 2d'·T, 2Z. */
type Prepared = Pointer;

/** Numbers that one addition or doubling needs. */
type Temporary = readonly [Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer];

/** Multiples of points of BabyJubJub, in the memory of a module. Not in constant time: for what is public. */
export class WasmCurve {
  readonly #field: WasmField;
  readonly #constants: Record<"zero" | "one" | "twiceD" | "scale" | "inverseScale", Pointer>;
  /** For intermediate results. */
  readonly #temporary: Temporary;
  readonly #result: Extended;
  readonly #running: Extended;
  readonly #step: Prepared;
  /** 1, 3, 5, … times a key. */
  readonly #odd: readonly Prepared[];
  /** `digit·256^window·B8`, at window·BASE_DIGITS + digit − 1. */
  readonly #base: readonly Prepared[];

  constructor(field: WasmField) {
    this.#field = field;
    const [zero, one, twiceD, scale, inverseScale] = field.constants([0n, 1n, TWICE_D, SCALE, F.inv(SCALE)]);
    this.#constants = { zero: zero!, one: one!, twiceD: twiceD!, scale: scale!, inverseScale: inverseScale! };
    this.#temporary = field.allocate(8) as unknown as Temporary;
    const points = (count: number): Pointer[] => Array.from({ length: count }, () => field.allocate(4)[0]!);
    [this.#result, this.#running, this.#step] = points(3) as [Extended, Extended, Prepared];
    this.#odd = points(2 ** (WIDTH - 2));
    this.#base = points(BASE_WINDOWS * BASE_DIGITS);
    this.#prepareBase();
  }

  /** `s·B8 − 8h·point`, 0 ≤ s, h < 2^254. */
  challengePoint(s: bigint, h: bigint, point: Point): { readonly x: bigint; readonly y: bigint } {
    const result = this.#result;
    this.#load(result, point);
    this.#field.sub(result, this.#constants.zero, result);
    for (let i = 0; i < 3; i++) this.#double(result, i === 2);
    this.#multiply(result, h);
    this.#addBase(result, s);
    return this.#unload(result);
  }

  /** point ← scalar·point */
  #multiply(point: Extended, scalar: bigint): void {
    const running = this.#running;
    this.#copy(running, point);
    this.#double(running, true);
    this.#prepare(this.#step, running);
    this.#copy(running, point);
    for (const [i, multiple] of this.#odd.entries()) {
      if (i > 0) this.#add(running, this.#step, false, true);
      this.#prepare(multiple, running);
    }
    const digits = sparseDigits(scalar);
    this.#setIdentity(point);
    for (let i = digits.length - 1; i >= 0; i--) {
      const digit = digits[i]!;
      // T is needed by an addition only, and by the caller.
      this.#double(point, digit !== 0 || i === 0);
      if (digit !== 0) this.#add(point, this.#odd[Math.abs(digit) >> 1]!, digit < 0, i === 0);
    }
  }

  /** point ← point + scalar·B8 */
  #addBase(point: Extended, scalar: bigint): void {
    let carry = 0;
    let rest = scalar;
    for (let window = 0; window < BASE_WINDOWS; window++) {
      let digit = Number(rest & 0xffn) + carry;
      carry = digit > BASE_DIGITS ? 1 : 0;
      if (carry === 1) digit -= 2 * BASE_DIGITS;
      if (digit !== 0) this.#add(point, this.#base[window * BASE_DIGITS + Math.abs(digit) - 1]!, digit < 0, true);
      rest >>= 8n;
    }
  }

  #prepareBase(): void {
    const [unit, multiple] = [this.#result, this.#running];
    this.#load(unit, B8);
    for (let window = 0; window < BASE_WINDOWS; window++) {
      this.#prepare(this.#step, unit);
      this.#copy(multiple, unit);
      for (let digit = 1; digit <= BASE_DIGITS; digit++) {
        if (digit > 1) this.#add(multiple, this.#step, false, true);
        this.#prepare(this.#base[window * BASE_DIGITS + digit - 1]!, multiple);
      }
      this.#copy(unit, multiple);
      this.#double(unit, true);
    }
  }

  /** point ← point ± other. "add-2008-hwcd-3" (https://hyperelliptic.org/EFD/g1p/auto-twisted-extended-1.html) */
  #add(point: Extended, other: Prepared, isMinus: boolean, withT: boolean): void {
    const { add, sub, mul } = this.#field;
    const [x, y, z, t] = [point, point + SIZE, point + 2 * SIZE, point + 3 * SIZE];
    const [a, b, c, d, e, f, g, h] = this.#temporary;
    sub(a, y, x);
    mul(a, a, isMinus ? other + SIZE : other);
    add(b, y, x);
    mul(b, b, isMinus ? other : other + SIZE);
    mul(c, t, other + 2 * SIZE);
    mul(d, z, other + 3 * SIZE);
    sub(e, b, a);
    if (isMinus) {
      add(f, d, c);
      sub(g, d, c);
    } else {
      sub(f, d, c);
      add(g, d, c);
    }
    add(h, b, a);
    mul(x, e, f);
    mul(y, g, h);
    mul(z, f, g);
    if (withT) mul(t, e, h);
  }

  /** point ← 2·point, whose T is not read. "dbl-2008-hwcd", of the same collection, with a = −1 */
  #double(point: Extended, withT: boolean): void {
    const { add, sub, mul, sqr } = this.#field;
    const [x, y, z, t] = [point, point + SIZE, point + 2 * SIZE, point + 3 * SIZE];
    const [a, b, c, , e, f, g, h] = this.#temporary;
    sqr(a, x);
    sqr(b, y);
    sqr(c, z);
    add(c, c, c);
    add(h, a, b);
    add(e, x, y);
    sqr(e, e);
    sub(e, e, h); // (X + Y)² − A − B
    sub(g, b, a);
    sub(f, g, c);
    sub(h, this.#constants.zero, h); // −A − B
    mul(x, e, f);
    mul(y, g, h);
    mul(z, f, g);
    if (withT) mul(t, e, h);
  }

  #prepare(to: Prepared, point: Extended): void {
    const { add, sub, mul } = this.#field;
    sub(to, point + SIZE, point);
    add(to + SIZE, point + SIZE, point);
    mul(to + 2 * SIZE, point + 3 * SIZE, this.#constants.twiceD);
    add(to + 3 * SIZE, point + 2 * SIZE, point + 2 * SIZE);
  }

  /** All but T is read by doubling alone, so a point whose T is missing is doubled before it is added. */
  #load(to: Extended, { x, y }: Point): void {
    const { mul } = this.#field;
    const { scale } = this.#constants;
    this.#field.write(to, x);
    mul(to, to, scale);
    this.#field.write(to + SIZE, y);
    this.#field.write(to + 2 * SIZE, 1n);
    mul(to + 3 * SIZE, to, to + SIZE);
  }

  #unload(point: Extended): { readonly x: bigint; readonly y: bigint } {
    const { inv, mul } = this.#field;
    const [inverse, value] = this.#temporary;
    inv(inverse, point + 2 * SIZE);
    mul(value, point, inverse);
    mul(value, value, this.#constants.inverseScale);
    const x = this.#field.read(value);
    mul(value, point + SIZE, inverse);
    return { x, y: this.#field.read(value) };
  }

  #setIdentity(point: Extended): void {
    const { zero, one } = this.#constants;
    for (const [i, value] of [zero, one, one, zero].entries()) this.#field.add(point + i * SIZE, value, zero);
  }

  #copy(to: Pointer, from: Pointer): void {
    for (let i = 0; i < 4; i++) this.#field.add(to + i * SIZE, from + i * SIZE, this.#constants.zero);
  }
}

/**
 * `scalar = Σ digitᵢ·2ⁱ` with digits that are 0 or odd, between −15 and 15, and at least four zeros between two that are
 * not 0. The last digit is not 0.
 */
function sparseDigits(scalar: bigint): number[] {
  const bits = scalar.toString(2);
  const digits: number[] = [];
  const size = 2 ** WIDTH;
  let carry = 0;
  for (let i = 0; i < bits.length || carry > 0;) {
    const bitAt = (place: number): number => (place < bits.length ? bits.charCodeAt(bits.length - 1 - place) & 1 : 0);
    if (((bitAt(i) + carry) & 1) === 0) {
      // Two ones, or two zeros: the carry stays as it is.
      digits.push(0);
      i += 1;
      continue;
    }
    let window = carry;
    for (let j = 0; j < WIDTH; j++) window += bitAt(i + j) << j;
    carry = window >= size / 2 ? 1 : 0;
    digits.push(carry === 1 ? window - size : window, 0, 0, 0, 0);
    i += WIDTH;
  }
  while (digits.at(-1) === 0) digits.pop();
  return digits;
}
