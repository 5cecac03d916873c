// SPDX-License-Identifier: MIT
/**
 * Functions whose result the language leaves to the engine (`Math.exp`, `Math.log`, `**`), made of additions,
 * multiplications and divisions alone. IEEE 754 fixes these to the bit, so the lab's tables are the same under every
 * Node. A lint rule keeps the engine's functions out of the lab.
 *
 * Relative errors are below 2·10⁻¹⁵ in the ranges that the lab uses: `test/lab/maths.test.ts`.
 */

const LN2 = 0.693_147_180_559_945_3;
/** `LN2` in two parts: multiples of the first one up to 2^10 are exact. */
const [LN2_HIGH, LN2_LOW] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];

/** Terms of the series after which nothing changes. */
const TERMS = 24;

/** The natural logarithm of a finite number above 0. */
export function ln(value: number): number {
  let exponent = 0;
  let mantissa = value;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  // ln m = 2 artanh((m − 1) / (m + 1))
  const part = (mantissa - 1) / (mantissa + 1);
  const square = part * part;
  let sum = 0;
  for (let n = 2 * TERMS + 1; n > 0; n -= 2) sum = sum * square + 1 / n;
  return exponent * LN2_HIGH + (2 * part * sum + exponent * LN2_LOW);
}

/** e to a power from −700 to 700. */
export function exp(power: number): number {
  const halvings = Math.round(power / LN2);
  const rest = power - halvings * LN2_HIGH - halvings * LN2_LOW;
  let sum = 1;
  for (let n = TERMS; n > 0; n--) sum = 1 + (rest / n) * sum;
  let scale = 1;
  for (let n = Math.abs(halvings); n > 0; n--) scale *= 2;
  return halvings < 0 ? sum / scale : sum * scale;
}

/** A number above 0 to any power. */
export function power(base: number, exponent: number): number {
  return Number.isInteger(exponent) && Math.abs(exponent) <= 1_000
    ? wholePower(base, exponent)
    : exp(exponent * ln(base));
}

function wholePower(base: number, exponent: number): number {
  let product = 1;
  for (let n = Math.abs(exponent); n > 0; n--) product *= base;
  return exponent < 0 ? 1 / product : product;
}

/** Probability that a normal deviate is below a value. */
export function normalBelow(value: number): number {
  const distance = Math.abs(value);
  if (distance > 30) return value > 0 ? 1 : 0;
  const density = exp((-distance * distance) / 2) / 2.506_628_274_631_000_2;
  const above = distance < 3 ? 0.5 - density * seriesOf(distance) : density * fractionOf(distance);
  return value > 0 ? 1 - above : above;
}

/** Part of the area from 0 to a value, as a multiple of its density: x + x³/3 + x⁵/15 + … */
function seriesOf(value: number): number {
  let term = value;
  let sum = value;
  for (let n = 3; n < 200; n += 2) {
    term *= (value * value) / n;
    sum += term;
  }
  return sum;
}

/** The area above a value, as a multiple of its density: a continued fraction. */
function fractionOf(value: number): number {
  let below = value;
  for (let n = 200; n > 0; n--) below = value + n / below;
  return 1 / below;
}

export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** @throws {RangeError} if there are none */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("no values have no mean");
  return sum(values) / values.length;
}

/** The value that so many percent of the others do not exceed. @throws {RangeError} if there are none */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError("no values have no percentile");
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** Herfindahl's and Hirschman's index of shares: 1 for a monopoly, 1/n for n equal shares; 0 of nothing. */
export function concentration(values: readonly number[]): number {
  const total = sum(values);
  return total === 0 ? 0 : sum(values.map((value) => (value / total) * (value / total)));
}

/** Gini's index: 0 if all have the same, and near 1 if one has everything. 0 of nothing. */
export function inequality(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const total = sum(sorted);
  if (total === 0) return 0;
  const weighted = sum(sorted.map((value, i) => (i + 1) * value));
  return (2 * weighted) / (sorted.length * total) - (sorted.length + 1) / sorted.length;
}
