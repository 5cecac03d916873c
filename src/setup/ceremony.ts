// SPDX-License-Identifier: GPL-3.0-or-later
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { type Logger, zKey } from "snarkjs";

import { isProtocolError, ProtocolError } from "../errors.ts";
import { type ProfileName } from "./circuits.ts";
import { type CompiledCircuit } from "./compile.ts";
import { withCurve } from "./curve.ts";
import { produceAtomically, readJsonIfExists, sha256OfFile, writeJson } from "../files.ts";
import { BUILD } from "./paths.ts";
import { assertServes, importPhase1, type Phase1 } from "./phase1.ts";
import { domainPowerFor } from "./qap.ts";
import { readR1csHeader } from "./r1cs.ts";
import { type CircuitTranscript, readTranscriptIfExists, requireContinuation, type Transcript } from "./transcript.ts";
import { type Contribution, readContributions } from "./zkey.ts";

/** A verified key with the contributions behind it. */
export interface CeremonyResult {
  /** Path of the final zkey. */
  readonly zkey: string;
  readonly phase1Blake2b: string;
  readonly contributions: readonly Contribution[];
}

/**
 * Facts of a ceremony from another source than its folder. The folder goes from hand to hand, and its last holder can
 * replace everything in it.
 */
export interface Published {
  /** BLAKE2b-512 of the file of phase 1, as its ceremony published it; spaces and case do not matter. */
  readonly phase1: string;
  /** As a contributor published it. The key has to go on from it: it may have later contributions. */
  readonly transcript?: Transcript;
}

/** Folder of the ceremony for a profile's circuits. */
export const ceremonyFolder = (profile: ProfileName): string => join(BUILD, "ceremony", profile);

/**
 * A Groth16 setup by many parties, of whom one honest one is enough: a public phase 1 (Powers of Tau), and for each
 * circuit a phase 2 of contributions that ends with a public random beacon. All cryptography is snarkjs's.
 *
 * The folder holds `phase1.json`, for each circuit `<circuit>_0000.zkey` (no contribution), `_0001.zkey`, …, and
 * `transcript.json` with the hashes of phase 1 and of all contributions. Contributors pass the folder on, and publish the
 * transcript; nothing in the folder is secret. A step that is interrupted leaves it as it was.
 */
export class Ceremony {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Chooses phase 1; see `importPhase1`.
   *
   * @throws {ProtocolError} `CEREMONY_STARTED` if there are contributions on another phase 1.
   */
  async importPhase1(file: string, publishedHash: string): Promise<Phase1> {
    const phase1 = await importPhase1(resolve(file), publishedHash);
    const transcript = readTranscriptIfExists(this.#transcriptPath);
    if (transcript !== undefined && transcript.phase1Blake2b !== phase1.blake2b) {
      throw new ProtocolError(
        "CEREMONY_STARTED",
        { folder: this.#folder, phase1Blake2b: transcript.phase1Blake2b },
        `${this.#folder} has keys on phase 1 ${transcript.phase1Blake2b}`,
      );
    }
    writeJson(this.#phase1Path, phase1);
    return phase1;
  }

  /**
   * Starts phase 2 of a circuit.
   *
   * @returns Path of the key without contributions.
   * @throws {ProtocolError} `PHASE1_MISSING`, `PHASE1_TOO_SMALL`, `PHASE1_HASH_MISMATCH` if the file has changed since;
   *   `CEREMONY_STARTED` if there are keys of this circuit already.
   */
  async start(circuit: CompiledCircuit): Promise<string> {
    const phase1 = await this.#checkedPhase1();
    assertServes(phase1, circuit.name, domainPowerFor(readR1csHeader(readFileSync(circuit.r1cs))));
    if (this.#keys(circuit).length > 0) {
      throw new ProtocolError(
        "CEREMONY_STARTED",
        { folder: this.#folder, circuit: circuit.name },
        `${this.#folder} has keys of ${circuit.name} already`,
      );
    }
    const zkey = this.#keyPath(circuit, 0);
    const { errors, logger } = collectErrors();
    await produceAtomically(zkey, async (temporary) => {
      const hash = await withCurve(() => zKey.newZKey(circuit.r1cs, phase1.file, temporary, logger));
      if (hash === -1) {
        throw new ProtocolError("CEREMONY_FAILED", { zkey, reason: errors.join("; ") }, errors.join("; "));
      }
      requireWhole(temporary, 0);
    });
    this.#record(circuit, phase1, zkey);
    return zkey;
  }

  /**
   * Adds a contribution, with randomness that is forgotten when the call ends.
   *
   * @param name Public name of the contributor, at most 64 bytes.
   * @returns All contributions of the circuit; the last one's hash is for the contributor to publish.
   * @throws {ProtocolError} `CEREMONY_NOT_STARTED`, `CEREMONY_FINISHED` after a beacon, `CEREMONY_KEY_DAMAGED`,
   *   `CEREMONY_FAILED` if the key cannot be written, `CEREMONY_TRANSCRIPT_DIFFERS` if the folder's key is not that of its transcript.
   */
  contribute(circuit: CompiledCircuit, name: string): Promise<readonly Contribution[]> {
    const entropy = randomBytes(64).toString("hex");
    return this.#continue(circuit, (latest, next) => zKey.contribute(latest, next, name, entropy));
  }

  /**
   * Adds the last contribution, made from a public random value that nobody knew before the others were in.
   *
   * @param beacon The value in hexadecimal, for example the hash of a block that was announced beforehand.
   * @param iterationsExponent The value is hashed 2^iterationsExponent times; 10 … 63.
   * @returns As `contribute`.
   * @throws {ProtocolError} `INVALID_BEACON`, and as `contribute`.
   */
  async applyBeacon(
    circuit: CompiledCircuit,
    beacon: string,
    iterationsExponent: number,
  ): Promise<readonly Contribution[]> {
    const value = beacon.replace(/^0x/, "");
    if (!/^([0-9a-f]{2}){1,255}$/i.test(value)) {
      throw new ProtocolError(
        "INVALID_BEACON",
        { beacon, iterationsExponent },
        `not 1 to 255 bytes in hexadecimal: ${beacon}`,
      );
    }
    if (!Number.isInteger(iterationsExponent) || iterationsExponent < 10 || iterationsExponent > 63) {
      throw new ProtocolError("INVALID_BEACON", { beacon, iterationsExponent }, `2^${iterationsExponent} iterations`);
    }
    return this.#continue(circuit, (latest, next) =>
      zKey.beacon(latest, next, "final beacon", value, iterationsExponent),
    );
  }

  /**
   * Checks the latest key of a circuit against its constraint system and phase 1: every contribution follows from the
   * one before it, and nothing but δ has changed; and the key against what was published.
   *
   * @throws {ProtocolError} `CEREMONY_INVALID` with snarkjs's reason; `CEREMONY_NOT_STARTED`; `CEREMONY_KEY_DAMAGED`;
   *   `PHASE1_MISSING`; `PHASE1_HASH_MISMATCH` if the folder has another phase 1 than was published;
   *   `CEREMONY_TRANSCRIPT_DIFFERS` if contributions are not those that were published.
   */
  async verify(circuit: CompiledCircuit, { phase1: publishedHash, transcript }: Published): Promise<CeremonyResult> {
    const phase1 = await this.#checkedPhase1(publishedHash);
    const zkey = this.#latestKey(circuit);
    const contributions = this.#contributionsOf(circuit, phase1, zkey);
    if (transcript !== undefined) {
      const own = { ...ofCircuit(circuit, contributions), phase1Blake2b: phase1.blake2b };
      requireContinuation(own, transcript, "the transcript that was published");
    }
    const { errors, logger } = collectErrors();
    const isValid = await withCurve(() => zKey.verifyFromR1cs(circuit.r1cs, phase1.file, zkey, logger));
    if (!isValid) {
      throw new ProtocolError("CEREMONY_INVALID", { zkey, errors }, `${zkey}: ${errors.join("; ") || "see above"}`);
    }
    return { zkey, phase1Blake2b: phase1.blake2b, contributions };
  }

  /**
   * As `verify`, for a key that is to be used: it must have a contribution that was published, and end with a beacon.
   *
   * @throws {ProtocolError} `CEREMONY_INCOMPLETE`, and those of `verify`.
   */
  async finish(circuit: CompiledCircuit, published: Required<Published>): Promise<CeremonyResult> {
    const result = await this.verify(circuit, published);
    const kinds = result.contributions.map(({ kind }) => kind);
    if (!kinds.includes("participant") || kinds.at(-1) !== "beacon") {
      throw new ProtocolError(
        "CEREMONY_INCOMPLETE",
        { circuit: circuit.name, contributions: kinds },
        `${circuit.name} needs a participant's contribution and then a beacon, has: ${kinds.join(", ") || "none"}`,
      );
    }
    const attested = published.transcript.circuits[circuit.name]?.contributions ?? [];
    if (!attested.some(({ kind }) => kind === "participant")) {
      throw new ProtocolError(
        "CEREMONY_INCOMPLETE",
        { circuit: circuit.name, contributions: attested.map(({ kind }) => kind) },
        `the transcript that was published has no participant's contribution to ${circuit.name}`,
      );
    }
    return result;
  }

  async #continue(
    circuit: CompiledCircuit,
    contribute: (latest: string, next: string) => Promise<Uint8Array>,
  ): Promise<readonly Contribution[]> {
    const phase1 = await this.#checkedPhase1();
    const latest = this.#latestKey(circuit);
    const before = this.#contributionsOf(circuit, phase1, latest);
    if (before.at(-1)?.kind === "beacon") {
      throw new ProtocolError("CEREMONY_FINISHED", { zkey: latest }, `${latest} ends with a beacon`);
    }
    const next = this.#keyPath(circuit, this.#keys(circuit).length);
    await produceAtomically(next, async (temporary) => {
      await withCurve(() => contribute(latest, temporary));
      requireWhole(temporary, before.length + 1);
    });
    return this.#record(circuit, phase1, next);
  }

  /** The contributions to a key, which have to go on from the folder's transcript. */
  #contributionsOf(circuit: CompiledCircuit, phase1: Phase1, zkey: string): readonly Contribution[] {
    let contributions: readonly Contribution[];
    try {
      contributions = readContributions(readFileSync(zkey));
    } catch (cause) {
      if (!isProtocolError(cause)) throw cause;
      const advice = "copy it again, or remove it to go on from the key before it";
      throw new ProtocolError("CEREMONY_KEY_DAMAGED", { zkey }, `${zkey}: ${cause.message}; ${advice}`, { cause });
    }
    const transcript = readTranscriptIfExists(this.#transcriptPath);
    if (transcript !== undefined) {
      const own = { ...ofCircuit(circuit, contributions), phase1Blake2b: phase1.blake2b };
      requireContinuation(own, transcript, this.#transcriptPath);
    }
    return contributions;
  }

  /** Writes the contributions to a key into the transcript. */
  #record(circuit: CompiledCircuit, { blake2b }: Phase1, zkey: string): readonly Contribution[] {
    const contributions = readContributions(readFileSync(zkey));
    const { circuits = {} } = readTranscriptIfExists(this.#transcriptPath) ?? {};
    const { r1csSha256 } = ofCircuit(circuit, contributions);
    writeJson(this.#transcriptPath, {
      phase1Blake2b: blake2b,
      circuits: { ...circuits, [circuit.name]: { r1csSha256, contributions } },
    } satisfies Transcript);
    return contributions;
  }

  get #phase1Path(): string {
    return join(this.#folder, "phase1.json");
  }

  get #transcriptPath(): string {
    return join(this.#folder, "transcript.json");
  }

  /**
   * Hashes the file again: a key must not come from another phase 1 than the published one.
   *
   * @param publishedHash Default: the one of the import, which is in the folder.
   */
  async #checkedPhase1(publishedHash?: string): Promise<Phase1> {
    const phase1 = readPhase1(this.#phase1Path);
    return importPhase1(phase1.file, publishedHash ?? phase1.blake2b);
  }

  #keyPath(circuit: CompiledCircuit, index: number): string {
    return join(this.#folder, `${circuit.name}_${String(index).padStart(4, "0")}.zkey`);
  }

  #keys({ name }: CompiledCircuit): readonly string[] {
    if (!existsSync(this.#folder)) return [];
    const isKey = (file: string): boolean => /^_\d{4}\.zkey$/.test(file.slice(name.length)) && file.startsWith(name);
    return readdirSync(this.#folder).filter(isKey).sort();
  }

  #latestKey(circuit: CompiledCircuit): string {
    const latest = this.#keys(circuit).at(-1);
    if (latest === undefined) {
      throw new ProtocolError(
        "CEREMONY_NOT_STARTED",
        { folder: this.#folder, circuit: circuit.name },
        `${this.#folder} has no key of ${circuit.name}`,
      );
    }
    return join(this.#folder, latest);
  }
}

/** snarkjs does not say when it cannot write, as on a full disk. */
function requireWhole(zkey: string, contributions: number): void {
  let found: number | undefined;
  try {
    found = readContributions(readFileSync(zkey)).length;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
  }
  if (found !== contributions) {
    throw new ProtocolError(
      "CEREMONY_FAILED",
      { zkey, reason: "not written completely" },
      `${zkey} could not be written completely: is the disk full?`,
    );
  }
}

/** The record of the import. The file of phase 1 may have been moved since; then it has to be imported again. */
function readPhase1(path: string): Pick<Phase1, "file" | "blake2b"> {
  const { file, blake2b } = (readJsonIfExists(path) ?? {}) as Partial<Phase1>;
  if (typeof file !== "string" || typeof blake2b !== "string") {
    throw new ProtocolError("PHASE1_MISSING", { file: undefined }, "import a Powers of Tau file first");
  }
  if (!existsSync(file)) throw new ProtocolError("PHASE1_MISSING", { file }, `there is no ${file}: import it again`);
  return { file, blake2b };
}

function ofCircuit(
  { name, r1cs }: CompiledCircuit,
  contributions: readonly Contribution[],
): CircuitTranscript & { readonly circuit: string } {
  return { circuit: name, r1csSha256: sha256OfFile(r1cs), contributions };
}

function collectErrors(): { readonly errors: readonly string[]; readonly logger: Logger } {
  const errors: string[] = [];
  const ignore = (): void => undefined;
  return { errors, logger: { debug: ignore, info: ignore, warn: ignore, error: (message) => errors.push(message) } };
}
