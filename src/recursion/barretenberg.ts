// SPDX-License-Identifier: GPL-3.0-or-later
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { ProtocolError } from "../errors.ts";
import { toField } from "../field.ts";
import { sha256 } from "../files.ts";
import { assertSatisfied, encodeProgram, encodeWitness, type Program, writeProgram } from "./acir/index.ts";
import { CANONICAL_TAU2, type Crs, type G2Point, readUint256BE } from "./crs/index.ts";
import { findBarretenberg, requireMemory } from "./machine.ts";

const run = promisify(execFile);

/**
 * Whom a proof is for, which decides its hash function: `l1`, for the Solidity verifier (Keccak), or `node`, to be a
 * child in the proof tree (Poseidon2). Neither has zero knowledge: proofs leak values of the witness, so none may be
 * secret. Proofs and keys of the two are not interchangeable.
 */
export type Audience = "l1" | "node";

const TARGETS: Readonly<Record<Audience, string>> = { l1: "evm-no-zk", node: "noir-recursive-no-zk" };

/** The key of a program. */
export interface HonkKey {
  readonly audience: Audience;
  /** As bb writes and reads it. */
  readonly bytes: Buffer;
  /** By which a recursive verifier knows the key. WARNING: of an `l1` key it is another hash, of another function. */
  readonly hash: bigint;
  /** The circuit has a domain of 2^power: its gates, and a few rows that bb needs. */
  readonly power: number;
  /** SHA-256 of the program, as `writeProgram` writes it. */
  readonly program: string;
  readonly publicInputs: number;
}

/** A proof. Two proofs of one statement by one witness differ: no proof's hash is an id. */
export interface HonkProof {
  readonly audience: Audience;
  /** Field elements of 32 bytes. */
  readonly bytes: Buffer;
  readonly publicInputs: readonly bigint[];
}

/**
 * Result of bb's own verifier. It always computes with the canonical [τ]₂; so under a development CRS the last step, the
 * pairing, fails for good proofs too, and only the Solidity verifier with the [τ]₂ of that CRS can take it.
 *
 * WARNING: "all but the pairing" tells a good proof from a damaged one, and not from a forged one: all that comes before
 * the pairing can be satisfied for a false statement, even without τ. Only "valid" is evidence against a liar.
 */
export type Verdict = "valid" | "all but the pairing" | "invalid";

const WORD_BYTES = 32;
/** A circuit whose witness does not satisfy it: bb goes on, writes a worthless proof and exits with 0. */
const UNSATISFIED = "Builder failure";
const FAILED_AT_PAIRING = "failed at pairing check";
const FAILED = "verification failed";
/** Public inputs that bb adds: two points for the pairing, of which a verifier takes what a recursion left. */
const PAIRING_WORDS = 8;
/** Rows of a domain that bb 5.0.0 takes beside the gates are fewer than this. */
const ROOM = 8;
const MAX_OUTPUT_BYTES = 1 << 24;
/** A node takes half a minute on two cores, and some minutes beside other work. */
const MAX_SECONDS = 3_600;

/**
 * Proves programs of ACIR by UltraHonk, with the program bb 5.0.0. One job at a time: bb uses all cores, and up to two
 * gigabytes.
 */
export class Barretenberg {
  /** The common reference string that it computes with. */
  readonly crs: Crs;
  readonly #binary: string;
  readonly #maxSeconds: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(binary: string, crs: Crs, maxSeconds: number) {
    this.#binary = binary;
    this.crs = crs;
    this.#maxSeconds = maxSeconds;
  }

  /**
   * @param binary path of a bb 5.0.0; default: the one in the package `@aztec/bb.js`
   * @param maxSeconds after which a command of bb is ended, and has failed
   * @throws {ProtocolError} `BB_UNAVAILABLE`
   */
  static async create(crs: Crs, binary?: string, maxSeconds = MAX_SECONDS): Promise<Barretenberg> {
    return new Barretenberg(await findBarretenberg(binary), crs, maxSeconds);
  }

  /**
   * Makes the key of a program, for which the CRS matters, and no secret is needed.
   *
   * @param program with at least one equation that a witness could violate: bb ends abruptly at `0 = 0`
   * @throws {ProtocolError} `CRS_MISSING` if the circuit has more gates than the CRS has points; `PROVER_FAILED`
   */
  async makeKey(program: Program, audience: Audience): Promise<HonkKey> {
    return this.#job(async (folder) => {
      const bytecode = await this.#write(folder, "program.json", encodeProgram(program));
      // bb would fetch a longer CRS from the internet.
      const report = await this.#run(["gates", "-b", bytecode, "-t", TARGETS[audience]]);
      const gates = Number(/"circuit_size": (\d+)/.exec(report)?.[1]);
      if (!Number.isSafeInteger(gates)) throw failed("gates", `no number of gates in ${report}`);
      this.#requirePoints(Math.ceil(Math.log2(gates + ROOM)));
      await this.#run(["write_vk", "-b", bytecode, "-o", folder, "-t", TARGETS[audience]]);
      const [bytes, hash] = await Promise.all(["vk", "vk_hash"].map((name) => readFile(join(folder, name))));
      const key = readKey(audience, bytes!, readUint256BE(hash!, 0), programHash(program));
      // If it is more than was counted, bb has fetched points.
      this.#requirePoints(key.power);
      return key;
    });
  }

  /**
   * Proves that a witness satisfies a program. Evaluates all equations first; the recursive verifications inside are
   * evaluated by bb only.
   *
   * @param witness values of all witnesses, in [0, p)
   * @throws {ProtocolError} `WITNESS_VIOLATES`, `CRS_MISSING`, `NOT_ENOUGH_MEMORY`; `PROVER_FAILED` also if the key is
   *   that of another program, or bb found that the witness does not satisfy the circuit, or proved another statement
   */
  async prove(program: Program, key: HonkKey, witness: readonly bigint[]): Promise<HonkProof> {
    if (key.program !== programHash(program)) throw failed("prove", "the key is of another program");
    assertSatisfied(program, witness);
    this.#requirePoints(key.power);
    requireMemory(key.power);
    return this.#job(async (folder) => {
      const bytecode = await this.#write(folder, "program.json", encodeProgram(program));
      const values = await this.#write(folder, "witness.gz", encodeWitness(witness));
      const vk = await this.#write(folder, "vk", key.bytes);
      const args = ["prove", "-b", bytecode, "-w", values, "-k", vk, "-o", folder, "-t", TARGETS[key.audience]];
      await this.#run(args);
      const [bytes, inputs] = await Promise.all(["proof", "public_inputs"].map((name) => readFile(join(folder, name))));
      const publicInputs = wordsOf(inputs!);
      const expected = program.publicWitnesses.map((i) => witness[i]!);
      if (publicInputs.join() !== expected.join()) throw failed("prove", "a proof of another statement");
      return { audience: key.audience, bytes: bytes!, publicInputs };
    });
  }

  /**
   * Asks bb whether a proof is valid.
   *
   * @throws {ProtocolError} `CRS_MISSING`; `PROVER_FAILED` if bb does not run, or ends without a word
   */
  async verify(key: HonkKey, proof: HonkProof): Promise<Verdict> {
    if (key.audience !== proof.audience) return "invalid";
    this.#requirePoints(key.power);
    return this.#job(async (folder) => {
      const vk = await this.#write(folder, "vk", key.bytes);
      const proofFile = await this.#write(folder, "proof", proof.bytes);
      const inputs = await this.#write(folder, "public_inputs", bytesOf(proof.publicInputs));
      const args = ["verify", "-k", vk, "-p", proofFile, "-i", inputs, "-t", TARGETS[key.audience]];
      const { output, error } = await this.#execute(args);
      if (error === undefined && !output.includes(FAILED)) return "valid";
      if (output === "") throw failed("verify", error!.message, error);
      if (output.includes(FAILED_AT_PAIRING) && this.crs.isDevelopment) return "all but the pairing";
      // A proof that is cut off, or has a point off the curve, ends the program in another way than a false one.
      return "invalid";
    });
  }

  /**
   * Source of the Solidity verifier for a key's proofs, with the [τ]₂ of this CRS: a contract `HonkVerifier` with
   * `verify(bytes, bytes32[])`.
   *
   * WARNING: with a development CRS everybody can prove everything to it.
   *
   * @param key for `l1`
   * @throws {ProtocolError} `PROVER_FAILED` if bb fails, or its source has another [τ]₂ than the canonical one
   */
  async solidityVerifier(key: HonkKey): Promise<string> {
    if (key.audience !== "l1") throw failed("write_solidity_verifier", `a key for ${key.audience}, not for l1`);
    return this.#job(async (folder) => {
      const vk = await this.#write(folder, "vk", key.bytes);
      const path = join(folder, "Verifier.sol");
      await this.#run(["write_solidity_verifier", "-k", vk, "-o", path, "-t", TARGETS.l1, "--optimized"]);
      return withTau(await readFile(path, "utf8"), this.crs.tau2);
    });
  }

  #requirePoints(power: number): void {
    const needed = 2 ** power + 1;
    const { folder, points } = this.crs;
    if (points < needed) {
      throw new ProtocolError(
        "CRS_MISSING",
        { folder, points, needed },
        `the common reference string in ${folder} has ${points} points, and a circuit of 2^${power} gates needs ${needed}`,
      );
    }
  }

  /** Runs a job after those that were asked for before, in a folder of its own. */
  async #job<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const job = this.#last.then(async () => {
      const folder = await mkdtemp(join(tmpdir(), "bb-"));
      try {
        return await work(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
    this.#last = job.catch(() => undefined);
    return job;
  }

  async #write(folder: string, name: string, content: string | Buffer): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  /**
   * @returns what it wrote to both streams
   * @throws {ProtocolError} `PROVER_FAILED`
   */
  async #run(args: readonly string[]): Promise<string> {
    const command = args[0]!;
    const { output, error } = await this.#execute(args);
    // Keys are made without a witness, and the warning says to ignore it then.
    if (command === "prove" && output.includes(UNSATISFIED)) {
      throw failed(command, "the witness does not satisfy the circuit", error);
    }
    if (error !== undefined) throw failed(command, output || error.message, error);
    return output;
  }

  /** Runs bb to its end, good or bad. @throws {ProtocolError} `PROVER_FAILED` if it does not end in time */
  async #execute(args: readonly string[]): Promise<{ readonly output: string; readonly error?: Error }> {
    const env = { ...process.env, CRS_PATH: this.crs.folder };
    const job = run(this.#binary, args, { env, maxBuffer: MAX_OUTPUT_BYTES });
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      job.child.kill("SIGKILL");
    }, 1_000 * this.#maxSeconds);
    if (args[0] === "prove") {
      for (const stream of [job.child.stdout, job.child.stderr]) {
        // The proof that it would go on to make, for up to half a minute, is worth nothing.
        stream?.on("data", (text: string) => {
          if (text.includes(UNSATISFIED)) job.child.kill("SIGKILL");
        });
      }
    }
    try {
      const { stdout, stderr } = await job;
      return { output: `${stdout}${stderr}`.trim() };
    } catch (error) {
      if (late.signal.aborted) throw failed(args[0]!, `it did not end within ${this.#maxSeconds} s`, error);
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return { output: `${stdout}${stderr}`.trim(), error: error as Error };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** bb writes a key as words: the power, the number of public inputs, the place of the first one, and its points. */
function readKey(audience: Audience, bytes: Buffer, hash: bigint, program: string): HonkKey {
  const [power, publicInputs] = [0, 1].map((i) => Number(readUint256BE(bytes, i * WORD_BYTES))) as [number, number];
  return { audience, bytes, hash, power, program, publicInputs: publicInputs - PAIRING_WORDS };
}

const programHash = (program: Program): string => sha256(writeProgram(program));

/** @throws {ProtocolError} `BAD_LENGTH`, `NOT_A_FIELD_ELEMENT` */
export function wordsOf(bytes: Buffer): bigint[] {
  if (bytes.length % WORD_BYTES !== 0) {
    throw new ProtocolError(
      "BAD_LENGTH",
      { name: "words", length: bytes.length, expected: WORD_BYTES, relation: "a multiple of" },
      `${bytes.length} bytes are not whole words of ${WORD_BYTES}`,
    );
  }
  return Array.from({ length: bytes.length / WORD_BYTES }, (_, i): bigint =>
    toField(readUint256BE(bytes, i * WORD_BYTES)),
  );
}

/** Numbers in [0, 2^256) as words. */
export const bytesOf = (words: readonly bigint[]): Buffer =>
  Buffer.from(words.map((word) => word.toString(16).padStart(2 * WORD_BYTES, "0")).join(""), "hex");

/** Puts another [τ]₂ in the place of the canonical one, each word of which has to be there once. */
function withTau(source: string, tau2: G2Point): string {
  const hex = (word: bigint): string => `0x${word.toString(16).padStart(2 * WORD_BYTES, "0")}`;
  let result = source;
  for (const coordinate of ["x0", "x1", "y0", "y1"] as const) {
    const parts = result.split(hex(CANONICAL_TAU2[coordinate]));
    if (parts.length !== 2) {
      throw failed("write_solidity_verifier", `the canonical [τ]₂ is there ${parts.length - 1} times, not once`);
    }
    result = parts.join(hex(tau2[coordinate]));
  }
  return result;
}

function failed(command: string, reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError("PROVER_FAILED", { reason }, `bb ${command} failed: ${reason}`, { cause });
}
