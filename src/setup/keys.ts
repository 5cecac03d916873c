// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type VerificationKey, zKey } from "snarkjs";

import { ProtocolError } from "../errors.ts";
import { type CeremonyResult } from "./ceremony.ts";
import { type CircuitDefinition, type CircuitName, type ProfileName } from "./circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "./compile.ts";
import { withCurve } from "./curve.ts";
import { deriveSecret, DEVELOPMENT_SEED, makeProvingKey } from "./developmentKey.ts";
import { readJsonIfExists, sha256, sha256IfExists, sha256OfFile, writeFileAtomically, writeJson } from "../files.ts";
import { BUILD } from "./paths.ts";
import { type Contribution } from "./zkey.ts";

/** Circuit and files that a key belongs to. */
interface KeyFacts {
  readonly circuit: CircuitName;
  readonly profile: ProfileName;
  readonly constraints: number;
  readonly publicSignals: number;
  readonly r1csSha256: string;
  readonly zkeySha256: string;
  readonly verificationKeySha256: string;
}

type Manifest<Facts> = Facts &
  (
    | {
        /** The key's secret follows from the seed: anyone can forge proofs. */
        readonly isDevelopment: true;
        readonly seed: string;
      }
    | {
        readonly isDevelopment: false;
        readonly ceremony: CeremonySummary;
      }
  );

/** Where a key comes from, and what it belongs to: `build/keys/<profile>/<circuit>.json`. */
export type KeyManifest = Manifest<KeyFacts>;

/** The contributors to a key, in a ceremony that can be verified again from its files. */
export interface CeremonySummary {
  /** BLAKE2b-512 of the file of phase 1, in hexadecimal. */
  readonly phase1Blake2b: string;
  readonly contributions: readonly Contribution[];
}

/** All files of a circuit that is ready to be proved and verified. */
export interface CircuitArtifacts extends CompiledCircuit {
  /** Path of the proving key. */
  readonly zkey: string;
  /** snarkjs's JSON form of the verification key. */
  readonly verificationKey: string;
  /** Origin and hashes of the key. */
  readonly manifest: KeyManifest;
  /** Folder that has all of these, and the proofs that a prover keeps. */
  readonly build: string;
}

/** Called with one line about each step that takes time. */
export type Progress = (message: string) => void;

/** Paths of a circuit's key within a build folder, whether or not it exists. */
export function keyPaths(
  name: CircuitName,
  profile: ProfileName,
  build = BUILD,
): { zkey: string; verificationKey: string; json: string } {
  const path = (extension: string): string => join(build, "keys", profile, `${name}.${extension}`);
  return { zkey: path("zkey"), verificationKey: path("vkey.json"), json: path("json") };
}

/**
 * Compiles a circuit and makes its development key, each only if sources have changed since, or its files are not whole.
 * A key from a ceremony is kept.
 *
 * @param build folder for what is made, 150 MB for the development profile; default: `build` of the project
 * @throws {ProtocolError} `CEREMONY_KEY_OUTDATED` if the circuit changed after its ceremony; `CEREMONY_KEY_DAMAGED` if a
 *   ceremony's key is not whole any more; see also `compileCircuit` and `makeProvingKey`.
 */
export async function prepareCircuit(
  circuit: CircuitDefinition,
  profile: ProfileName,
  progress: Progress = () => undefined,
  build = BUILD,
): Promise<CircuitArtifacts> {
  const { name } = circuit;
  const compiled = await compileCircuit(circuit, circuitsFolder(profile, build), "O2", progress);
  const r1csSha256 = sha256OfFile(compiled.r1cs);
  const existing = await loadKey(compiled, profile, build);
  if (existing?.manifest.r1csSha256 === r1csSha256) {
    if (!existing.manifest.isDevelopment || existing.manifest.seed === DEVELOPMENT_SEED) return existing;
  } else if (existing?.manifest.isDevelopment === false) {
    throw new ProtocolError(
      "CEREMONY_KEY_OUTDATED",
      { circuit: name, zkey: existing.zkey },
      `${name} (${profile}) changed after its ceremony; remove ${existing.zkey} to use a development key`,
    );
  }

  progress(`${name}: making a development key for ${compiled.constraints} constraints`);
  const secret = deriveSecret(DEVELOPMENT_SEED, `${profile}/${name}`);
  const zkey = await makeProvingKey(readFileSync(compiled.r1cs), secret);
  const facts = { ...describe(compiled, profile, zkey), isDevelopment: true, seed: DEVELOPMENT_SEED } as const;
  return installKey(compiled, zkey, facts, build);
}

/**
 * Puts a ceremony's key in the place of the development key.
 *
 * @param result A finished ceremony of this circuit, from `Ceremony.finish`.
 */
export async function installCeremonyKey(
  compiled: CompiledCircuit,
  profile: ProfileName,
  { zkey, phase1Blake2b, contributions }: CeremonyResult,
): Promise<CircuitArtifacts> {
  const content = readFileSync(zkey);
  return installKey(compiled, content, {
    ...describe(compiled, profile, content),
    isDevelopment: false,
    ceremony: { phase1Blake2b, contributions },
  });
}

/** A manifest of a key that has no verification key yet. */
type Unfinished = Manifest<Omit<KeyFacts, "verificationKeySha256">>;

/** Writes a key, its verification key and, last, its manifest. */
export async function installKey(
  compiled: CompiledCircuit,
  content: Buffer,
  unfinished: Unfinished,
  build = BUILD,
): Promise<CircuitArtifacts> {
  writeFileAtomically(keyPaths(unfinished.circuit, unfinished.profile, build).zkey, content);
  return finishKey(compiled, unfinished, build);
}

/** Writes what follows from a zkey that is in its place. */
async function finishKey(compiled: CompiledCircuit, unfinished: Unfinished, build: string): Promise<CircuitArtifacts> {
  const { zkey, verificationKey, json } = keyPaths(unfinished.circuit, unfinished.profile, build);
  writeJson(verificationKey, await withCurve(() => zKey.exportVerificationKey(zkey)));
  const manifest = { ...unfinished, verificationKeySha256: sha256OfFile(verificationKey) };
  writeJson(json, manifest);
  return { ...compiled, zkey, verificationKey, manifest, build };
}

/** Reads a circuit's verification key. */
export function readVerificationKey(artifacts: CircuitArtifacts): VerificationKey {
  return JSON.parse(readFileSync(artifacts.verificationKey, "utf8")) as VerificationKey;
}

function describe(
  { name, r1cs, constraints, publicSignals }: CompiledCircuit,
  profile: ProfileName,
  zkey: Buffer,
): Omit<KeyFacts, "verificationKeySha256"> {
  return {
    circuit: name,
    profile,
    constraints,
    publicSignals,
    r1csSha256: sha256OfFile(r1cs),
    zkeySha256: sha256(zkey),
  };
}

/**
 * The key in the build folder, if it is whole. A verification key that is not is made again from its zkey.
 *
 * @throws {ProtocolError} `CEREMONY_KEY_DAMAGED`: a development key must not take the place of a ceremony's
 */
async function loadKey(
  compiled: CompiledCircuit,
  profile: ProfileName,
  build: string,
): Promise<CircuitArtifacts | undefined> {
  const { zkey, verificationKey, json } = keyPaths(compiled.name, profile, build);
  const manifest = readJsonIfExists(json) as KeyManifest | undefined;
  if (manifest === undefined) return undefined;
  if (manifest.zkeySha256 !== sha256IfExists(zkey)) {
    if (manifest.isDevelopment) return undefined;
    throw new ProtocolError(
      "CEREMONY_KEY_DAMAGED",
      { zkey },
      `${zkey} is not the key of its ceremony any more: export it again, or remove ${json} to use a development key`,
    );
  }
  const hash = sha256IfExists(verificationKey);
  if (hash === undefined || hash !== manifest.verificationKeySha256) return finishKey(compiled, manifest, build);
  return { ...compiled, zkey, verificationKey, manifest, build };
}
