// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";

/** Prime of the field of the coordinates of BN254's points. */
export const BASE_FIELD_PRIME = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** The largest k for which the field has a root of unity of order 2^k. */
export const TWO_ADICITY = 28;

/** The smallest quadratic non-residue: its odd part's power generates the 2^28-th roots of unity, as in snarkjs. */
const NON_RESIDUE = 5n;

/** The representative of `value` in [0, p). */
export function reduce(value: bigint): bigint {
  const remainder = value % P;
  return remainder < 0n ? remainder + P : remainder;
}

/** `base` to a non-negative power. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = reduce(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/**
 * The multiplicative inverse.
 *
 * @throws {ProtocolError} `DIVISION_BY_ZERO`.
 */
export function invert(value: bigint): bigint {
  if (reduce(value) === 0n) throw new ProtocolError("DIVISION_BY_ZERO", {}, "zero has no inverse");
  return power(value, P - 2n);
}

/** The inverses of many non-zero elements for the price of one inversion (Montgomery's trick). */
export function invertAll(values: readonly bigint[]): bigint[] {
  const prefix = [1n];
  for (const value of values) prefix.push((prefix.at(-1)! * value) % P);
  const inverses = new Array<bigint>(values.length);
  let inverse = invert(prefix.at(-1)!);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (inverse * prefix[i]!) % P;
    inverse = (inverse * values[i]!) % P;
  }
  return inverses;
}

/** The root of unity of order 2^k that snarkjs uses, for k up to `TWO_ADICITY`. @throws {ProtocolError} `CIRCUIT_TOO_LARGE` */
export function rootOfUnity(k: number): bigint {
  if (k > TWO_ADICITY) {
    throw new ProtocolError(
      "CIRCUIT_TOO_LARGE",
      { power: k, maximum: TWO_ADICITY },
      `no root of unity of order 2^${k}`,
    );
  }
  const oddPart = (P - 1n) >> BigInt(TWO_ADICITY);
  return power(NON_RESIDUE, oddPart << BigInt(TWO_ADICITY - k));
}

/**
 * Values at `point` of the Lagrange polynomials of the domain of size n = 2^k:
 * `L_i(x) = ωⁱ · (xⁿ − 1) / (n · (x − ωⁱ))`.
 *
 * @throws {ProtocolError} `DIVISION_BY_ZERO` if the point lies in the domain.
 */
export function lagrangeAt(point: bigint, k: number): bigint[] {
  const size = 2 ** k;
  const omega = rootOfUnity(k);
  const domain = [1n];
  for (let i = 1; i < size; i++) domain.push((domain[i - 1]! * omega) % P);

  const numerator = reduce((power(point, BigInt(size)) - 1n) * invert(BigInt(size)));
  const inverses = invertAll(domain.map((x) => reduce(point - x)));
  return domain.map((x, i) => (((numerator * x) % P) * inverses[i]!) % P);
}
