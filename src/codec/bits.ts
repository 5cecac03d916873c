// SPDX-License-Identifier: MIT
import { bytesToNumberBE } from "@noble/curves/abstract/utils";

import { ProtocolError } from "../errors.ts";
import { toUint } from "../field.ts";

/** The fields of a packed integer, most significant first: [name, width in bits]. */
export type BitLayout<Name extends string> = readonly (readonly [Name, number])[];

export const layoutBits = (layout: BitLayout<string>): number => layout.reduce((sum, [, width]) => sum + width, 0);

/** @throws {ProtocolError} `OUT_OF_RANGE` for a value that does not fit its field */
export function packBits<Name extends string>(layout: BitLayout<Name>, values: Readonly<Record<Name, bigint>>): bigint {
  return layout.reduce((packed, [name, width]) => (packed << BigInt(width)) | toUint(values[name], width, name), 0n);
}

/** @throws {ProtocolError} `OUT_OF_RANGE` for an integer wider than the layout */
export function unpackBits<Name extends string>(layout: BitLayout<Name>, packed: bigint): Record<Name, bigint> {
  let rest = toUint(packed, layoutBits(layout), "packed integer");
  const values: Partial<Record<Name, bigint>> = {};
  for (const [name, width] of [...layout].reverse()) {
    values[name] = BigInt.asUintN(width, rest);
    rest >>= BigInt(width);
  }
  return values as Record<Name, bigint>;
}

/** Big-endian. @throws {ProtocolError} `OUT_OF_RANGE` */
export function toBytes(value: bigint, length: number): Uint8Array {
  toUint(value, 8 * length, "value");
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Big-endian. */
export const fromBytes = (bytes: Uint8Array): bigint => bytesToNumberBE(bytes);

/** @throws {ProtocolError} `BAD_LENGTH` */
export function requireLength(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length !== length) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name, length: bytes.length, expected: length, relation: "exactly" },
      `${name} has ${bytes.length} bytes instead of ${length}`,
    );
  }
  return bytes;
}
