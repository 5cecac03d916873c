// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";

import { ProtocolError } from "../errors.ts";

/** A file of a Powers of Tau ceremony: phase 1, which serves all circuits up to a size. */
export interface Phase1 {
  /** Path of the `.ptau` file. */
  readonly file: string;
  /** BLAKE2b-512 of the whole file, in hexadecimal. Ceremonies publish it. */
  readonly blake2b: string;
  /** It serves circuits with a domain of up to 2^power points. */
  readonly power: number;
}

const HEADER_SECTION = 1;
/** Lagrange form of the powers, which `snarkjs powersoftau prepare phase2` adds. */
const PREPARED_SECTION = 12;

/**
 * Takes in a public `.ptau` file that is prepared for phase 2.
 *
 * @param publishedHash BLAKE2b-512 of the file as its ceremony published it; spaces and case do not matter.
 * @throws {ProtocolError} `PHASE1_HASH_MISMATCH` if the file is another one; `PHASE1_NOT_PREPARED`;
 *   `MALFORMED_BINARY_FILE`.
 */
export async function importPhase1(file: string, publishedHash: string): Promise<Phase1> {
  const expected = publishedHash.replace(/\s|^0x/g, "").toLowerCase();
  const blake2b = await hashFile(file);
  if (blake2b !== expected) {
    throw new ProtocolError(
      "PHASE1_HASH_MISMATCH",
      { file, expected, found: blake2b },
      `BLAKE2b-512 of ${file} is ${blake2b}, published is ${expected}`,
    );
  }
  return { file, blake2b, power: await readPower(file) };
}

/**
 * Checks that phase 1 is large enough for a circuit. (Points beyond its end would be zero.)
 *
 * @throws {ProtocolError} `PHASE1_TOO_SMALL`, naming both powers.
 */
export function assertServes({ power, file }: Phase1, circuit: string, domainPower: number): void {
  if (power < domainPower) {
    throw new ProtocolError(
      "PHASE1_TOO_SMALL",
      { circuit, file, power, needed: domainPower },
      `${circuit} needs powers of tau up to 2^${domainPower}, ${file} has 2^${power}`,
    );
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("blake2b512");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Reads the headers of the sections only: such files are gigabytes. */
async function readPower(file: string): Promise<number> {
  const handle = await open(file);
  try {
    const readAt = async (position: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead < length) {
        throw new ProtocolError("MALFORMED_BINARY_FILE", { file, reason: "cut off" }, `${file} is cut off`);
      }
      return buffer;
    };
    const header = await readAt(0, 12);
    if (header.toString("latin1", 0, 4) !== "ptau") {
      throw new ProtocolError(
        "MALFORMED_BINARY_FILE",
        { file, reason: "not a ptau file" },
        `${file} is not a ptau file`,
      );
    }

    const positions = new Map<number, number>();
    let position = 12;
    for (let i = 0; i < header.readUInt32LE(8); i++) {
      const section = await readAt(position, 12);
      positions.set(section.readUInt32LE(0), position + 12);
      position += 12 + Number(section.readBigUInt64LE(4));
    }
    if (!positions.has(PREPARED_SECTION)) {
      throw new ProtocolError(
        "PHASE1_NOT_PREPARED",
        { file },
        `run "snarkjs powersoftau prepare phase2" on ${file} first`,
      );
    }
    const start = positions.get(HEADER_SECTION);
    if (start === undefined) {
      throw new ProtocolError("MALFORMED_BINARY_FILE", { file, reason: "no header" }, `${file} has no header`);
    }
    // Size of the prime (u32), the prime (32 bytes), the power (u32).
    return (await readAt(start, 40)).readUInt32LE(36);
  } finally {
    await handle.close();
  }
}
