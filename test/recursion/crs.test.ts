// SPDX-License-Identifier: MIT
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

import { bn254 } from "@noble/curves/bn254";
import { expect } from "chai";

import { P } from "../../src/field.ts";
import { sha256, sha256OfFile } from "../../src/files.ts";
import {
  CANONICAL_CHUNKS,
  CANONICAL_TAU2,
  CHUNK_POINTS,
  openCanonicalCrs,
  prepareDevelopmentCrs,
} from "../../src/recursion/index.ts";
import { deriveSecret, DEVELOPMENT_SEED } from "../../src/setup/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { temporaryFolder } from "../setup/fixtures.ts";

const POWER = 6;

describe("the development CRS", () => {
  const { path: folder, remove } = temporaryFolder();
  const g1 = join(folder, "bn254_g1.dat");
  after(remove);

  const wordAt = (file: Buffer, i: number): bigint => BigInt(`0x${file.toString("hex", 32 * i, 32 * i + 32)}`);

  it("is the powers of the τ that follows from the public seed, in bb's form", async () => {
    const crs = await prepareDevelopmentCrs(folder, POWER);
    expect(crs).to.deep.include({ folder, points: 2 ** POWER + 1, isDevelopment: true });
    const { tau } = deriveSecret(DEVELOPMENT_SEED, "recursion");
    const file = readFileSync(g1);
    expect(file).to.have.length(64 * (2 ** POWER + 1));
    let power = 1n;
    for (let i = 0; i <= 2 ** POWER; i++, power = (power * tau) % P) {
      const { x, y } = bn254.G1.ProjectivePoint.BASE.multiply(power);
      expect([wordAt(file, 2 * i), wordAt(file, 2 * i + 1)], `power ${i}`).to.deep.equal([x, y]);
    }
    const { x, y } = bn254.G2.ProjectivePoint.BASE.multiply(tau);
    expect(crs.tau2).to.deep.equal({ x0: x.c0, x1: x.c1, y0: y.c0, y1: y.c1 });
    const g2 = readFileSync(join(folder, "bn254_g2.dat"));
    expect([0, 1, 2, 3].map((i) => wordAt(g2, i))).to.deep.equal([x.c0, x.c1, y.c0, y.c1]);
  });

  it("is published with its [τ]₂, which is not the canonical one, and with a seed that says what it is", async () => {
    const { tau2 } = await prepareDevelopmentCrs(folder, POWER);
    const manifest = JSON.parse(readFileSync(join(folder, "crs.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).to.deep.include({ isDevelopment: true, seed: DEVELOPMENT_SEED, points: 2 ** POWER + 1 });
    expect(tau2).not.to.deep.equal(CANONICAL_TAU2);
  });

  it("is the same bytes again, is kept if it has enough points, and made again if it is damaged or too short", async () => {
    const hash = sha256OfFile(g1);
    const { mtimeMs } = statSync(g1);
    await prepareDevelopmentCrs(folder, POWER - 1);
    expect(statSync(g1).mtimeMs).to.equal(mtimeMs);
    const altered = readFileSync(g1);
    altered[100]! ^= 1;
    writeFileSync(g1, altered);
    await prepareDevelopmentCrs(folder, POWER);
    expect(sha256OfFile(g1)).to.equal(hash);
    const longer = await prepareDevelopmentCrs(folder, POWER + 1);
    expect(longer.points).to.equal(2 ** (POWER + 1) + 1);
    expect(sha256(readFileSync(g1).subarray(0, altered.length))).to.equal(hash);
  });

  it("has the [τ]₂ of the seed, whatever is in the folder", async () => {
    const { tau2 } = await prepareDevelopmentCrs(folder, POWER);
    const g2 = join(folder, "bn254_g2.dat");
    const hash = sha256OfFile(g2);
    writeFileSync(g2, Buffer.alloc(128, 1));
    const path = join(folder, "crs.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...manifest, tau2: Object.values(CANONICAL_TAU2).map(String) }));
    expect((await prepareDevelopmentCrs(folder, POWER)).tau2).to.deep.equal(tau2);
    expect(sha256OfFile(g2)).to.equal(hash);
  });
});

describe("the canonical CRS", () => {
  const { path: folder, remove } = temporaryFolder();
  const file = join(folder, "bn254_g1_compressed.dat");
  after(remove);
  // Not the canonical points, which are not in the repository; but checked in the same way.
  const bytes = Buffer.alloc(32 * CHUNK_POINTS * 2, 7);
  const hashes = [sha256(bytes.subarray(0, bytes.length / 2)), sha256(bytes.subarray(bytes.length / 2))];

  it("has the hashes and the [τ]₂ that are compiled into bb", () => {
    const installed = dirname(createRequire(import.meta.url).resolve("@aztec/bb.js"));
    const binary = readFileSync(join(installed, "..", "..", "build", "amd64-linux", "bb"));
    expect(CANONICAL_CHUNKS).to.have.length(17);
    const start = binary.indexOf(Buffer.from(CANONICAL_CHUNKS[0]!, "hex"));
    expect(start).to.be.above(0);
    CANONICAL_CHUNKS.forEach((hash, i) => {
      expect(binary.toString("hex", start + 32 * i, start + 32 * (i + 1)), `chunk ${i}`).to.equal(hash);
    });
    for (const word of Object.values(CANONICAL_TAU2)) {
      expect(binary.includes(`0x${word.toString(16).padStart(64, "0")}`)).to.equal(true);
    }
  });

  it("has a [τ]₂ on the curve, in the right group", () => {
    const { x0, x1, y0, y1 } = CANONICAL_TAU2;
    const { Fp2 } = bn254.fields;
    const point = bn254.G2.ProjectivePoint.fromAffine({
      x: Fp2.create({ c0: x0, c1: x1 }),
      y: Fp2.create({ c0: y0, c1: y1 }),
    });
    point.assertValidity();
  });

  it("is opened if each chunk that is needed has its hash, and refused if one has another", () => {
    writeFileSync(file, bytes);
    const opened = { folder, isDevelopment: false, tau2: CANONICAL_TAU2 };
    expect(openCanonicalCrs(folder, 1, hashes)).to.deep.equal({ ...opened, points: CHUNK_POINTS });
    expect(openCanonicalCrs(folder, CHUNK_POINTS + 1, hashes)).to.deep.equal({ ...opened, points: 2 * CHUNK_POINTS });

    const altered = Buffer.from(bytes);
    altered[bytes.length - 1]! ^= 1;
    writeFileSync(file, altered);
    expect(openCanonicalCrs(folder, CHUNK_POINTS, hashes).points).to.equal(CHUNK_POINTS);
    const { data } = expectError(() => openCanonicalCrs(folder, CHUNK_POINTS + 1, hashes), "CRS_DIFFERS");
    const found = sha256(altered.subarray(bytes.length / 2));
    expect(data).to.deep.equal({ file, chunk: 1, expected: hashes[1], found });
    // By the canonical hashes, it is not the canonical one.
    expectError(() => openCanonicalCrs(folder, 1), "CRS_DIFFERS");
  });

  it("is refused if it is missing, too short, or has no hash for the points that are needed", () => {
    writeFileSync(file, bytes.subarray(0, bytes.length - 1));
    const { data } = expectError(() => openCanonicalCrs(folder, CHUNK_POINTS + 1, hashes), "CRS_MISSING");
    expect(data).to.deep.equal({ folder, points: CHUNK_POINTS, needed: CHUNK_POINTS + 1 });
    writeFileSync(file, bytes);
    expectError(() => openCanonicalCrs(folder, CHUNK_POINTS + 1, hashes.slice(1)), "CRS_MISSING");
    for (const points of [0, -1, 1.5, NaN]) {
      expectError(() => openCanonicalCrs(folder, points, hashes), "OUT_OF_RANGE");
    }
    const error = expectError(() => openCanonicalCrs(join(folder, "nowhere"), 1), "CRS_MISSING");
    expect(error.message).to.contain("g1_compressed.dat");
  });

  it("is refused beside an uncompressed file, which bb would take unchecked", async () => {
    writeFileSync(file, bytes);
    await prepareDevelopmentCrs(folder, 2);
    expect(existsSync(join(folder, "bn254_g1.dat"))).to.equal(true);
    expectError(() => openCanonicalCrs(folder, 1, hashes), "CRS_DIFFERS");
  });
});
