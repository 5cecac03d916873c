import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { type Logger, zKey } from "snarkjs";

import { ProtocolError } from "../errors.ts";
import { type CompiledCircuit } from "./compile.ts";
import { withCurve } from "./curve.ts";
import { readJsonIfExists, writeJson } from "./files.ts";
import { assertServes, importPhase1, type Phase1 } from "./phase1.ts";
import { domainPowerFor } from "./qap.ts";
import { readR1csHeader } from "./r1cs.ts";
import { type Contribution, readContributions } from "./zkey.ts";

/** A verified key with the contributions behind it. */
export interface CeremonyResult {
  /** Path of the final zkey. */
  readonly zkey: string;
  readonly phase1Blake2b: string;
  readonly contributions: readonly Contribution[];
}

/**
 * A Groth16 setup by many parties, of whom one honest one is enough: a public phase 1 (Powers of Tau), and for each
 * circuit a phase 2 of contributions that ends with a public random beacon. All cryptography is snarkjs's.
 *
 * The folder holds `phase1.json` and, for each circuit, `<circuit>_0000.zkey` (no contribution), `_0001.zkey`, … .
 * Contributors pass the folder on; nothing in it is secret.
 */
export class Ceremony {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Chooses phase 1; see `importPhase1`. */
  async importPhase1(file: string, publishedHash: string): Promise<Phase1> {
    const phase1 = await importPhase1(resolve(file), publishedHash);
    writeJson(this.#phase1Path, phase1);
    return phase1;
  }

  /**
   * Starts phase 2 of a circuit.
   *
   * @throws ProtocolError `PHASE1_MISSING`, `PHASE1_TOO_SMALL`, `PHASE1_HASH_MISMATCH` if the file has changed since;
   *   `CEREMONY_STARTED` if there are keys of this circuit already.
   */
  async start(circuit: CompiledCircuit): Promise<string> {
    const phase1 = await this.#checkedPhase1();
    assertServes(phase1, circuit.name, domainPowerFor(readR1csHeader(readFileSync(circuit.r1cs))));
    if (this.#keys(circuit).length > 0) {
      throw new ProtocolError("CEREMONY_STARTED", `${this.#folder} has keys of ${circuit.name} already`);
    }
    const zkey = this.#keyPath(circuit, 0);
    const { errors, logger } = collectErrors();
    const hash = await withCurve(() => zKey.newZKey(circuit.r1cs, phase1.file, zkey, logger));
    if (hash === -1) throw new ProtocolError("CEREMONY_FAILED", errors.join("; "));
    return zkey;
  }

  /**
   * Adds a contribution, with randomness that is forgotten when the call ends.
   *
   * @param name Public name of the contributor.
   * @throws ProtocolError `CEREMONY_NOT_STARTED`, `CEREMONY_FINISHED` after a beacon.
   */
  async contribute(circuit: CompiledCircuit, name: string): Promise<string> {
    const { latest, next } = this.#openKeys(circuit);
    const entropy = randomBytes(64).toString("hex");
    await withCurve(() => zKey.contribute(latest, next, name, entropy));
    return next;
  }

  /**
   * Adds the last contribution, made from a public random value that nobody knew before the others were in.
   *
   * @param beacon The value in hexadecimal, for example the hash of a block that was announced beforehand.
   * @param iterationsExponent The value is hashed 2^iterationsExponent times; 10 … 63.
   * @throws ProtocolError `INVALID_BEACON`, `CEREMONY_NOT_STARTED`, `CEREMONY_FINISHED`.
   */
  async applyBeacon(circuit: CompiledCircuit, beacon: string, iterationsExponent: number): Promise<string> {
    const value = beacon.replace(/^0x/, "");
    if (!/^([0-9a-f]{2}){1,255}$/i.test(value)) {
      throw new ProtocolError("INVALID_BEACON", `not 1 to 255 bytes in hexadecimal: ${beacon}`);
    }
    if (!Number.isInteger(iterationsExponent) || iterationsExponent < 10 || iterationsExponent > 63) {
      throw new ProtocolError("INVALID_BEACON", `2^${iterationsExponent} iterations`);
    }
    const { latest, next } = this.#openKeys(circuit);
    await withCurve(() => zKey.beacon(latest, next, "final beacon", value, iterationsExponent));
    return next;
  }

  /**
   * Checks the latest key of a circuit against its constraint system and phase 1: every contribution follows from the
   * one before it, and nothing but δ has changed.
   *
   * @throws ProtocolError `CEREMONY_INVALID` with snarkjs's reason; `CEREMONY_NOT_STARTED`; `PHASE1_MISSING`;
   *   `PHASE1_HASH_MISMATCH`.
   */
  async verify(circuit: CompiledCircuit): Promise<CeremonyResult> {
    const phase1 = await this.#checkedPhase1();
    const zkey = this.#latestKey(circuit);
    const { errors, logger } = collectErrors();
    const isValid = await withCurve(() => zKey.verifyFromR1cs(circuit.r1cs, phase1.file, zkey, logger));
    if (!isValid) throw new ProtocolError("CEREMONY_INVALID", `${zkey}: ${errors.join("; ") || "see above"}`);
    return { zkey, phase1Blake2b: phase1.blake2b, contributions: readContributions(readFileSync(zkey)) };
  }

  /**
   * As `verify`, for a key that is to be used: it must have a contribution, and end with a beacon.
   *
   * @throws ProtocolError `CEREMONY_INCOMPLETE`, and those of `verify`.
   */
  async finish(circuit: CompiledCircuit): Promise<CeremonyResult> {
    const result = await this.verify(circuit);
    const kinds = result.contributions.map(({ kind }) => kind);
    if (!kinds.includes("participant") || kinds.at(-1) !== "beacon") {
      throw new ProtocolError(
        "CEREMONY_INCOMPLETE",
        `${circuit.name} needs a participant's contribution and then a beacon, has: ${kinds.join(", ") || "none"}`,
      );
    }
    return result;
  }

  get #phase1Path(): string {
    return join(this.#folder, "phase1.json");
  }

  /** Hashes the file again: a key must not come from another phase 1 than the published one. */
  async #checkedPhase1(): Promise<Phase1> {
    const phase1 = readJsonIfExists(this.#phase1Path) as Phase1 | undefined;
    if (phase1 === undefined) throw new ProtocolError("PHASE1_MISSING", "import a Powers of Tau file first");
    return importPhase1(phase1.file, phase1.blake2b);
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
      throw new ProtocolError("CEREMONY_NOT_STARTED", `${this.#folder} has no key of ${circuit.name}`);
    }
    return join(this.#folder, latest);
  }

  #openKeys(circuit: CompiledCircuit): { readonly latest: string; readonly next: string } {
    const latest = this.#latestKey(circuit);
    if (readContributions(readFileSync(latest)).at(-1)?.kind === "beacon") {
      throw new ProtocolError("CEREMONY_FINISHED", `${latest} ends with a beacon`);
    }
    return { latest, next: this.#keyPath(circuit, this.#keys(circuit).length) };
  }
}

function collectErrors(): { readonly errors: readonly string[]; readonly logger: Logger } {
  const errors: string[] = [];
  const ignore = (): void => undefined;
  return { errors, logger: { debug: ignore, info: ignore, warn: ignore, error: (message) => errors.push(message) } };
}
