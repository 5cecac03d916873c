// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { ProtocolError } from "../errors.ts";
import { P } from "../field.ts";
import {
  packUint256LE,
  readSections,
  readUint256LE,
  requireSection,
  type Section,
  writeSections,
  writeUint256LE,
} from "./binaryFile.ts";
import { BASE_FIELD_PRIME } from "./scalarField.ts";
import { type R1csHeader, visitTerms } from "./r1cs.ts";

/**
 * The content of a Groth16 proving key in the form of snarkjs (`zkey`). Points are affine and in Montgomery form,
 * 64 bytes in G1 and 128 in G2. Names follow Groth's paper (eprint 2016/260), γ being 1.
 */
export interface ProvingKey {
  readonly header: R1csHeader;
  readonly domainPower: number;
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly gamma2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
  /** `(βAᵢ + αBᵢ + Cᵢ)(τ)` for the constant one and the public signals. */
  readonly ic: Uint8Array;
  /** `(βAᵢ + αBᵢ + Cᵢ)(τ) / δ` for the other wires. */
  readonly c: Uint8Array;
  /** `Aᵢ(τ)`. */
  readonly a: Uint8Array;
  /** `Bᵢ(τ)` in G1. */
  readonly b1: Uint8Array;
  /** `Bᵢ(τ)` in G2. */
  readonly b2: Uint8Array;
  /** `L₂ᵢ₊₁(τ) / δ` for the Lagrange polynomials of the domain of double size. */
  readonly h: Uint8Array;
  /** Non-zero coefficients of A and B, from `encodeCoefficients`. */
  readonly coefficients: Uint8Array;
  /** 64 bytes that name the circuit; the transcript of later contributions starts from them. */
  readonly circuitHash: Uint8Array;
}

/** Ids of the sections of a Groth16 zkey. */
export const ZKEY_SECTION = {
  protocol: 1,
  header: 2,
  ic: 3,
  coefficients: 4,
  a: 5,
  b1: 6,
  b2: 7,
  c: 8,
  h: 9,
  contributions: 10,
} as const;

const GROTH16 = 1;
const COEFFICIENT_BYTES = 44;

/** R² for the Montgomery radix R = 2^256: snarkjs stores coefficients times R². */
const MONTGOMERY_RADIX_SQUARED = (1n << 512n) % P;

/** Encodes a proving key without contributions as a zkey file. */
export function encodeZkey(key: ProvingKey): Buffer {
  const sections: Section[] = [
    { id: ZKEY_SECTION.protocol, content: uint32LE(GROTH16) },
    { id: ZKEY_SECTION.header, content: encodeHeader(key) },
    { id: ZKEY_SECTION.ic, content: key.ic },
    { id: ZKEY_SECTION.coefficients, content: key.coefficients },
    { id: ZKEY_SECTION.a, content: key.a },
    { id: ZKEY_SECTION.b1, content: key.b1 },
    { id: ZKEY_SECTION.b2, content: key.b2 },
    { id: ZKEY_SECTION.c, content: key.c },
    { id: ZKEY_SECTION.h, content: key.h },
    { id: ZKEY_SECTION.contributions, content: Buffer.concat([key.circuitHash, uint32LE(0)]) },
  ];
  return writeSections("zkey", 1, sections);
}

/**
 * Encodes the coefficients from which the prover computes `A·w` and `B·w`: for each (matrix u32, row u32, wire u32,
 * coefficient · R² mod p), with one row of A for the constant one and each public signal at the end.
 */
export function encodeCoefficients(r1cs: Buffer, { constraints, publicSignals }: R1csHeader): Buffer {
  let count = publicSignals + 1;
  visitTerms(r1cs, (matrix) => {
    if (matrix !== "C") count++;
  });

  const encoded = Buffer.alloc(4 + count * COEFFICIENT_BYTES);
  encoded.writeUInt32LE(count, 0);
  let offset = 4;
  const append = (matrix: number, row: number, wire: number, coefficient: bigint): void => {
    encoded.writeUInt32LE(matrix, offset);
    encoded.writeUInt32LE(row, offset + 4);
    encoded.writeUInt32LE(wire, offset + 8);
    writeUint256LE(encoded, offset + 12, (coefficient * MONTGOMERY_RADIX_SQUARED) % P);
    offset += COEFFICIENT_BYTES;
  };
  visitTerms(r1cs, (matrix, row, wire, coefficient) => {
    if (matrix !== "C") append(matrix === "A" ? 0 : 1, row, wire, coefficient);
  });
  for (let wire = 0; wire <= publicSignals; wire++) append(0, constraints + wire, wire, 1n);
  return encoded;
}

/** One step of phase 2, as it is recorded in the key. */
export interface Contribution {
  readonly kind: "participant" | "beacon";
  readonly name: string;
  /** The hash that snarkjs shows to the contributor: BLAKE2b-512 of the points of the contribution, in hexadecimal. */
  readonly hash: string;
  /** Of a beacon: the public value, in hexadecimal, which was hashed 2^iterationsExponent times. */
  readonly beacon?: { readonly value: string; readonly iterationsExponent: number };
}

/** Points of a contribution: δ after it, its proof of two points in G1 and one in G2. Then comes a hash. */
const CONTRIBUTION_POINTS = [64, 64, 64, 128] as const;
const TRANSCRIPT_BYTES = 64;
const BEACON_TYPE = 1;
const NAME_PARAMETER = 1;
const ITERATIONS_PARAMETER = 2;
const BEACON_PARAMETER = 3;

/**
 * Reads who contributed to a key, in order.
 *
 * @throws {ProtocolError} `MALFORMED_BINARY_FILE`
 */
export function readContributions(zkey: Buffer): readonly Contribution[] {
  const section = requireSection(readSections(zkey, "zkey"), ZKEY_SECTION.contributions);
  let offset = TRANSCRIPT_BYTES;
  const take = (bytes: number): Buffer => {
    if (offset + bytes > section.length) {
      throw new ProtocolError(
        "MALFORMED_BINARY_FILE",
        { reason: "the contributions are cut off" },
        "the contributions of the key are cut off",
      );
    }
    offset += bytes;
    return section.subarray(offset - bytes, offset);
  };
  const takeUint32 = (): number => take(4).readUInt32LE();
  return Array.from({ length: takeUint32() }, (): Contribution => {
    const points = CONTRIBUTION_POINTS.map((bytes) => toUncompressed(take(bytes)));
    const hash = createHash("blake2b512")
      .update(Buffer.concat([...points, take(TRANSCRIPT_BYTES)]))
      .digest("hex");
    const isBeacon = takeUint32() === BEACON_TYPE;
    const { name, value, iterationsExponent } = readParameters(take(takeUint32()));
    return isBeacon
      ? { kind: "beacon", name, hash, beacon: { value, iterationsExponent } }
      : { kind: "participant", name, hash };
  });
}

/** Parameters come one after another: type, then a length if it is a text or bytes, then the value. */
function readParameters(parameters: Buffer): { name: string; value: string; iterationsExponent: number } {
  let [name, value, iterationsExponent] = ["", "", 0];
  for (let offset = 0; offset + 1 < parameters.length;) {
    const type = parameters[offset]!;
    const argument = parameters[offset + 1]!;
    offset += 2;
    if (type === ITERATIONS_PARAMETER) {
      iterationsExponent = argument;
      continue;
    }
    const bytes = parameters.subarray(offset, offset + argument);
    offset += argument;
    if (type === NAME_PARAMETER) name = bytes.toString("utf8");
    if (type === BEACON_PARAMETER) value = bytes.toString("hex");
  }
  return { name, value, iterationsExponent };
}

/** R⁻¹ for the Montgomery radix R = 2^256 of the base field. */
const MONTGOMERY_INVERSE = invertModulo(1n << 256n, BASE_FIELD_PRIME);

/**
 * A point as its hash is taken: from coordinates in Montgomery form, little-endian, to big-endian ones, of which the
 * imaginary part comes first in G2.
 */
function toUncompressed(point: Buffer): Buffer {
  const words = Array.from({ length: point.length / 32 }, (_, i) => {
    const value = (readUint256LE(point, 32 * i) * MONTGOMERY_INVERSE) % BASE_FIELD_PRIME;
    return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
  });
  if (words.length === 2) return Buffer.concat(words);
  const [x0, x1, y0, y1] = words as [Buffer, Buffer, Buffer, Buffer];
  return Buffer.concat([x1, x0, y1, y0]);
}

/** The inverse modulo a prime. */
function invertModulo(value: bigint, prime: bigint): bigint {
  let [result, square] = [1n, value % prime];
  for (let rest = prime - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

function encodeHeader(key: ProvingKey): Buffer {
  return Buffer.concat([
    uint32LE(32),
    packUint256LE([BASE_FIELD_PRIME]),
    uint32LE(32),
    packUint256LE([P]),
    uint32LE(key.header.wires),
    uint32LE(key.header.publicSignals),
    uint32LE(2 ** key.domainPower),
    key.alpha1,
    key.beta1,
    key.beta2,
    key.gamma2,
    key.delta1,
    key.delta2,
  ]);
}

function uint32LE(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
