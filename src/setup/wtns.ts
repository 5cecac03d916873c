// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import { P, toField } from "../field.ts";
import { readSections, readUint256LE, requireSection } from "./binaryFile.ts";

const VERSION = 2;
const HEADER_SECTION = 1;
const VALUES_SECTION = 2;
const FIELD_BYTES = 32;
/** Size of the field's elements, prime, number of values. */
const HEADER_BYTES = 4 + FIELD_BYTES + 4;

/**
 * Reads a witness as circom's generators write it.
 *
 * @param file Content of a `.wtns` file.
 * @param wires How many of the first wires are read; all of them by default.
 * @returns Value of each of these wires, in [0, p); wire 0 is the constant one.
 * @throws {ProtocolError} `MALFORMED_BINARY_FILE`, also if wire 0 is not one; `WRONG_FIELD`; `BAD_LENGTH` if the values
 *   are not as many as the header says; `NOT_A_FIELD_ELEMENT`
 */
export function readWitness(file: Buffer, wires = Infinity): bigint[] {
  const sections = readSections(file, "wtns");
  if (file.readUInt32LE(4) !== VERSION) throw malformed(`version ${file.readUInt32LE(4)}, not ${VERSION}`);
  const header = requireSection(sections, HEADER_SECTION);
  if (header.length !== HEADER_BYTES) throw malformed(`a header of ${header.length} bytes, not ${HEADER_BYTES}`);
  const fieldBytes = header.readUInt32LE(0);
  if (fieldBytes !== FIELD_BYTES || readUint256LE(header, 4) !== P) {
    throw new ProtocolError("WRONG_FIELD", { fieldBytes }, "the witness is not over BN254's scalar field");
  }
  const count = header.readUInt32LE(4 + FIELD_BYTES);
  const content = requireSection(sections, VALUES_SECTION);
  if (content.length !== count * FIELD_BYTES) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "values", length: content.length, expected: count * FIELD_BYTES, relation: "exactly" },
      `${content.length} bytes for ${count} values`,
    );
  }
  const length = Math.min(count, wires);
  const values = Array.from({ length }, (_, i): bigint => toField(readUint256LE(content, i * FIELD_BYTES)));
  if (values[0] !== 1n) throw malformed(`wire 0 is ${values[0]}, not 1`);
  return values;
}

function malformed(reason: string): ProtocolError {
  return new ProtocolError("MALFORMED_BINARY_FILE", { reason }, `not a good wtns file: ${reason}`);
}
