// SPDX-License-Identifier: MIT
import { ProtocolError } from "./errors.ts";

declare const fieldBrand: unique symbol;

/** An element of the BN254 scalar field, 0 ≤ value < P. */
export type Field = bigint & { readonly [fieldBrand]: true };

/** `p`: order of the BN254 scalar field. */
export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** `l`: prime order of the BabyJubJub subgroup that B8 generates; the curve has 8·l points. */
export const L = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

export const isField = (value: bigint): value is Field => value >= 0n && value < P;

/**
 * Takes a field element in; never reduces.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export function toField(value: bigint): Field {
  if (!isField(value)) {
    throw new ProtocolError("NOT_A_FIELD_ELEMENT", { value }, `${value} is not in [0, p)`);
  }
  return value;
}

/** Reduces on purpose: for hashes of other widths that docs/protocol.md takes modulo p. */
export function reduceToField(value: bigint): Field {
  const remainder = value % P;
  return toField(remainder < 0n ? remainder + P : remainder);
}

/**
 * Takes an unsigned integer of `bits` bits in.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function toUint(value: bigint, bits: number, name: string): bigint {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name, value, minimum: 0n, maximum: (1n << BigInt(bits)) - 1n },
      `${name} = ${value} does not fit ${bits} bits`,
    );
  }
  return value;
}
