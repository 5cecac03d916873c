import { ProtocolError } from "./errors.ts";

/** Order of the BN254 scalar field, over which circuits and Poseidon work. */
export const FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Order l of the prime-order subgroup of BabyJubJub. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

declare const fieldBrand: unique symbol;

/** A number in [0, FIELD_MODULUS). */
export type Field = bigint & { readonly [fieldBrand]: true };

/** @throws {ProtocolError} `NOT_IN_FIELD`; a value is never reduced silently */
export function toField(value: bigint, name = "value"): Field {
  if (value < 0n || value >= FIELD_MODULUS) {
    throw new ProtocolError("NOT_IN_FIELD", `${name} is ${value}, outside [0, ${FIELD_MODULUS})`);
  }
  return value as Field;
}

/** The residue of any integer: for arithmetic whose result is meant modulo the field. */
export function reduce(value: bigint): Field {
  const rest = value % FIELD_MODULUS;
  return (rest < 0n ? rest + FIELD_MODULUS : rest) as Field;
}

/**
 * Checks that `value` is an unsigned integer of at most `bits` bits.
 * @throws {ProtocolError} `OUT_OF_RANGE`, naming value and limit
 */
export function checkBits(value: bigint | number, bits: number, name: string): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new ProtocolError("OUT_OF_RANGE", `${name} is ${value}, not an integer`);
  }
  const integer = BigInt(value);
  if (integer < 0n || integer >> BigInt(bits) !== 0n) {
    throw new ProtocolError("OUT_OF_RANGE", `${name} is ${integer}, outside [0, 2^${bits})`);
  }
  return integer;
}

/** Big-endian bytes as an unsigned integer. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** An unsigned integer as `length` big-endian bytes. @throws {ProtocolError} `OUT_OF_RANGE` */
export function integerToBytes(value: bigint, length: number, name = "value"): Uint8Array {
  checkBits(value, 8 * length, name);
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}
