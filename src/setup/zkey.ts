import {
  packUint256LE,
  readSections,
  requireSection,
  type Section,
  writeSections,
  writeUint256LE,
} from "./binaryFile.ts";
import { P } from "../field.ts";
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
}

/** Bytes of a contribution before its type: δ after it, the two points in G1 and one in G2 of its proof, a hash. */
const CONTRIBUTION_PROOF_BYTES = 64 + 64 + 64 + 128 + 64;
const BEACON_TYPE = 1;
const NAME_PARAMETER = 1;

/** Reads who contributed to a key, in order. */
export function readContributions(zkey: Buffer): readonly Contribution[] {
  const section = requireSection(readSections(zkey, "zkey"), ZKEY_SECTION.contributions);
  let offset = 64;
  const count = section.readUInt32LE(offset);
  offset += 4;
  return Array.from({ length: count }, () => {
    offset += CONTRIBUTION_PROOF_BYTES;
    const type = section.readUInt32LE(offset);
    const parametersBytes = section.readUInt32LE(offset + 4);
    const parameters = section.subarray(offset + 8, offset + 8 + parametersBytes);
    offset += 8 + parametersBytes;
    // Parameters come in order of their type, so the name is the first: type, length, text.
    const name = parameters[0] === NAME_PARAMETER ? parameters.toString("utf8", 2, 2 + parameters[1]!) : "";
    return { kind: type === BEACON_TYPE ? "beacon" : "participant", name };
  });
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
