// SPDX-License-Identifier: GPL-3.0-or-later
import { statSync } from "node:fs";
import { join } from "node:path";

import { P } from "../../field.ts";
import { ifExists, readJsonIfExists, writeFileAtomically, writeJson, sha256, sha256IfExists } from "../../files.ts";
import { computePoints, deriveSecret, DEVELOPMENT_SEED } from "../../setup/index.ts";
import type { Crs } from "./crs.ts";
import { G1_BYTES, type G2Point, readUint256BE, toBigEndian } from "./points.ts";

/** A file beside the points, so that nobody takes them for the canonical ones. */
interface Manifest {
  readonly isDevelopment: true;
  /** τ follows from it: anyone can read it, and forge proofs. */
  readonly seed: string;
  readonly points: number;
  readonly g1Sha256: string;
}

/**
 * Makes the powers of a known τ in the files that bb reads, unless the folder has them, whole and no fewer: the same
 * bytes on every machine. Takes a minute for 2^21 points.
 *
 * WARNING: everybody knows τ, and can prove false statements with it. The Solidity verifier has to have the [τ]₂ of
 * this string, and must never be deployed where anything has a value.
 *
 * @param power 2^power + 1 points: a circuit of up to 2^power gates
 */
export async function prepareDevelopmentCrs(folder: string, power: number): Promise<Crs> {
  const path = join(folder, "crs.json");
  const g1Path = join(folder, "bn254_g1.dat");
  const points = 2 ** power + 1;
  const known = readJsonIfExists(path) as Partial<Manifest> | undefined;
  const isThere =
    known?.seed === DEVELOPMENT_SEED &&
    (known.points ?? 0) >= points &&
    ifExists(() => statSync(g1Path).size) === known.points! * G1_BYTES &&
    sha256IfExists(g1Path) === known.g1Sha256;
  const manifest = isThere ? (known as Manifest) : await make(g1Path, points);
  if (!isThere) writeJson(path, manifest);
  return { folder, points: manifest.points, isDevelopment: true, tau2: await writeTau2(folder) };
}

/** Computes [τ]₂ and writes it beside the powers: the Solidity verifier is only as good as this point. */
async function writeTau2(folder: string): Promise<G2Point> {
  const [g2] = await computePoints([{ group: "G2", scalars: [deriveSecret(DEVELOPMENT_SEED, "recursion").tau] }]);
  // A zkey has the coordinates of a point of G2 in the order x0, x1, y0, y1, which bb's file has too.
  const file = toBigEndian(g2!);
  writeFileAtomically(join(folder, "bn254_g2.dat"), file);
  const [x0, x1, y0, y1] = [0, 32, 64, 96].map((offset) => readUint256BE(file, offset)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { x0, x1, y0, y1 };
}

async function make(g1Path: string, points: number): Promise<Manifest> {
  const { tau } = deriveSecret(DEVELOPMENT_SEED, "recursion");
  const powers: bigint[] = [];
  for (let power = 1n; powers.length < points; power = (power * tau) % P) powers.push(power);
  const [g1] = await computePoints([{ group: "G1", scalars: powers }]);
  const g1File = toBigEndian(g1!);
  writeFileAtomically(g1Path, g1File);
  return { isDevelopment: true, seed: DEVELOPMENT_SEED, points, g1Sha256: sha256(g1File) };
}
