// SPDX-License-Identifier: GPL-3.0-or-later
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

import { ProtocolError } from "../../errors.ts";
import { ifExists, sha256 } from "../../files.ts";
import { requireInteger } from "../ranges.ts";
import type { Crs } from "./crs.ts";

/** Points in one chunk of `bn254_g1_compressed.dat`, of 32 bytes each: 4 MiB. */
export const CHUNK_POINTS = 2 ** 17;
const COMPRESSED_BYTES = 32;

/**
 * SHA-256 of the first chunks of the canonical powers of τ, from Aztec's ceremony "Ignition". They are compiled into bb
 * 5.0.0, which compares what it downloads with them, but not what it finds on the disk. Sixteen are 2^21 points, and
 * seventeen are enough for a circuit of 2^21 gates.
 *
 * Source: read out of `build/amd64-linux/bb` of the npm package `@aztec/bb.js` 5.0.0.
 */
export const CANONICAL_CHUNKS: readonly string[] = [
  "fad8203ae1fd103658d4bb33b2b4cf126a28352b5de4684737cff23cc15fb94b",
  "652de4632b48f5856eaa29ab88dc11a0c35fdb738f02fb87b7e9355cc0717436",
  "1bd8f89c08d1c5000e9dc6a4ecabcfa28b2417676f5700b520c9cf448979ef4c",
  "4a3d5598c4995247b20f8948fb57d4180f71a31182f67e0f3304afe1a0e1f904",
  "3ed6cef0be438d9dd5e5c90d0d381e27ded2dbccbe02f9073136da70a6fb84ea",
  "11032b437a436c1af221ce67af4bc0037c5be7f976bc7b39f77c3f140b0858d4",
  "f925cbcbd122b8a8890b04483cb92f9cb970ce7eb5e4008aa89ff106fbadffe3",
  "edf6b390165207e1c85bc7c4a7654465f7799715765e2161b67c68149f9e7e5f",
  "cb2e273a40ecf31c8e43de099030eaf6803a3a1ad6e0ff9b0869a6799993bc56",
  "bf0109ad754ee2095d3219dc1584bbbff48019d2a9ad4f05cb0ba0007519239f",
  "5a994bf842a1169d1260ba941d6d9581111ea1239efea398e763f67655ff1deb",
  "f945df976cb8f000e10fd94e755027c8d91854ca766f47e28ca00ffef35522d9",
  "97a0d5ab4183a9411e3fa2cf4d6e969beb0a3f9f985b92b828a0d4cb506aa814",
  "686b592a23f48c3acd3dffab21a7840045cae7b98b0fb13cec729863570fe859",
  "063bbd8f1f6ed556495300152017cb18c84bc123b936225aa2b810c39f1579ef",
  "a20ed06d4362ecd0809d9e08867e2696a265d65beca7d1a69f3056c4794f0960",
  "029fb1a69301c3012a6aee91a15ca019fedd06fc9859dcf69fa24c77cb4a3ab6",
];

/** [τ]₂ of the canonical string, as every Solidity verifier of bb has it. */
export const CANONICAL_TAU2 = {
  x0: 0x0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0n,
  x1: 0x260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1n,
  y0: 0x22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55n,
  y1: 0x04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4n,
} as const;

/**
 * Opens a folder with the canonical string in the compressed form in which it is published, and checks every whole chunk
 * of it by its hash. A prover's string cannot harm anybody but the prover; keys that are deployed have to be made with a
 * checked one.
 *
 * @param folder has `bn254_g1_compressed.dat`, and no `bn254_g1.dat`: bb would take that unchecked
 * @param points how many are needed, 1 or more
 * @param chunks SHA-256 of each chunk; default: the canonical ones
 * @throws {ProtocolError} `CRS_MISSING` if there are fewer points in whole chunks; `CRS_DIFFERS`; `OUT_OF_RANGE`
 */
export function openCanonicalCrs(folder: string, points: number, chunks = CANONICAL_CHUNKS): Crs {
  requireInteger("points", points, 1, Number.MAX_SAFE_INTEGER);
  const uncompressed = join(folder, "bn254_g1.dat");
  if (existsSync(uncompressed)) {
    throw differs(uncompressed, "only bn254_g1_compressed.dat, which can be checked", "a file that bb does not check");
  }
  const file = join(folder, "bn254_g1_compressed.dat");
  const chunkBytes = CHUNK_POINTS * COMPRESSED_BYTES;
  const wanted = Math.ceil(points / CHUNK_POINTS);
  const whole = Math.min(Math.floor((ifExists(() => statSync(file).size) ?? 0) / chunkBytes), chunks.length);
  if (whole < wanted) {
    throw new ProtocolError(
      "CRS_MISSING",
      { folder, points: whole * CHUNK_POINTS, needed: points },
      `${folder} has ${whole * CHUNK_POINTS} checked points of the common reference string, and ${points} are needed: ` +
        "download the first bytes of https://crs.aztec-cdn.foundation/g1_compressed.dat as bn254_g1_compressed.dat",
    );
  }
  const buffer = Buffer.alloc(chunkBytes);
  const descriptor = openSync(file, "r");
  try {
    for (let chunk = 0; chunk < wanted; chunk++) {
      readSync(descriptor, buffer, 0, chunkBytes, chunk * chunkBytes);
      const found = sha256(buffer);
      if (found !== chunks[chunk]) throw differs(file, chunks[chunk]!, found, chunk);
    }
  } finally {
    closeSync(descriptor);
  }
  return { folder, points: wanted * CHUNK_POINTS, isDevelopment: false, tau2: CANONICAL_TAU2 };
}

function differs(file: string, expected: string, found: string, chunk?: number): ProtocolError {
  const where = chunk === undefined ? "" : ` in chunk ${chunk}`;
  return new ProtocolError(
    "CRS_DIFFERS",
    { file, expected, found, ...(chunk === undefined ? {} : { chunk }) },
    `${file} is not the canonical common reference string${where}: expected ${expected}, found ${found}`,
  );
}
