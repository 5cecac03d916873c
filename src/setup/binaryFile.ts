// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";

/**
 * The container of iden3's binary formats (r1cs, wtns, ptau, zkey):
 * magic (4 bytes), version (u32), number of sections (u32), then for each section its id (u32), its length in bytes
 * (u64) and its content. All integers are little-endian.
 *
 * @see https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md
 */
export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

const HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;

/**
 * Splits a file into its sections, without copying.
 *
 * @throws {ProtocolError} `MALFORMED_BINARY_FILE` if the magic differs, a section is cut off or appears twice, or bytes
 *   follow the last one.
 */
export function readSections(file: Buffer, magic: string): ReadonlyMap<number, Buffer> {
  const malformed = (reason: string): ProtocolError =>
    new ProtocolError("MALFORMED_BINARY_FILE", { reason }, `not a good ${magic} file: ${reason}`);
  if (file.length < HEADER_BYTES || file.toString("latin1", 0, 4) !== magic) throw malformed("wrong magic");

  const sections = new Map<number, Buffer>();
  const count = file.readUInt32LE(8);
  let offset = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const start = offset + SECTION_HEADER_BYTES;
    if (start > file.length) throw malformed(`section header ${i} is cut off`);
    const id = file.readUInt32LE(offset);
    const end = start + Number(file.readBigUInt64LE(offset + 4));
    if (end > file.length) throw malformed(`section ${id} is cut off`);
    if (sections.has(id)) throw malformed(`section ${id} appears twice`);
    sections.set(id, file.subarray(start, end));
    offset = end;
  }
  if (offset !== file.length) throw malformed(`${file.length - offset} bytes follow the last section`);
  return sections;
}

/** Joins sections to a file. */
export function writeSections(magic: string, version: number, sections: readonly Section[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(magic, "latin1");
  header.writeUInt32LE(version, 4);
  header.writeUInt32LE(sections.length, 8);
  const parts = sections.flatMap(({ id, content }) => {
    const sectionHeader = Buffer.alloc(SECTION_HEADER_BYTES);
    sectionHeader.writeUInt32LE(id, 0);
    sectionHeader.writeBigUInt64LE(BigInt(content.length), 4);
    return [sectionHeader, content];
  });
  return Buffer.concat([header, ...parts]);
}

/** Takes a section that must be there. @throws {ProtocolError} `MALFORMED_BINARY_FILE` */
export function requireSection(sections: ReadonlyMap<number, Buffer>, id: number): Buffer {
  const section = sections.get(id);
  if (section === undefined) {
    throw new ProtocolError(
      "MALFORMED_BINARY_FILE",
      { reason: `section ${id} is missing` },
      `section ${id} is missing`,
    );
  }
  return section;
}

const MASK_64 = (1n << 64n) - 1n;

/** Reads 32 bytes as a little-endian integer. */
export function readUint256LE(buffer: Buffer, offset: number): bigint {
  return (
    buffer.readBigUInt64LE(offset) |
    (buffer.readBigUInt64LE(offset + 8) << 64n) |
    (buffer.readBigUInt64LE(offset + 16) << 128n) |
    (buffer.readBigUInt64LE(offset + 24) << 192n)
  );
}

/** Writes an integer in [0, 2^256) as 32 little-endian bytes. */
export function writeUint256LE(buffer: Buffer, offset: number, value: bigint): void {
  buffer.writeBigUInt64LE(value & MASK_64, offset);
  buffer.writeBigUInt64LE((value >> 64n) & MASK_64, offset + 8);
  buffer.writeBigUInt64LE((value >> 128n) & MASK_64, offset + 16);
  buffer.writeBigUInt64LE(value >> 192n, offset + 24);
}

/** Writes integers in [0, 2^256) one after another, 32 little-endian bytes each. */
export function packUint256LE(values: readonly bigint[]): Buffer {
  const buffer = Buffer.alloc(32 * values.length);
  values.forEach((value, i) => {
    writeUint256LE(buffer, 32 * i, value);
  });
  return buffer;
}
