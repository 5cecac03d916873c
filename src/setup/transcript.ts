// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";

import { ProtocolError } from "../errors.ts";
import { type CircuitName } from "./circuits.ts";
import { ifExists } from "../files.ts";
import { type Contribution } from "./zkey.ts";

/**
 * Record of a ceremony up to now: `transcript.json` of its folder. Each contributor publishes it after their step. If a
 * later transcript does not continue it, the later one is of a forged ceremony.
 */
export interface Transcript {
  /** BLAKE2b-512 of the file of phase 1, in hexadecimal. */
  readonly phase1Blake2b: string;
  readonly circuits: Readonly<Record<CircuitName, CircuitTranscript>>;
}

export interface CircuitTranscript {
  /** SHA-256 of the constraint system, in hexadecimal. */
  readonly r1csSha256: string;
  readonly contributions: readonly Contribution[];
}

/**
 * Reads a transcript.
 *
 * @throws {ProtocolError} `MALFORMED_TRANSCRIPT` unless the file is one
 */
export function readTranscript(path: string): Transcript {
  const transcript = readTranscriptIfExists(path);
  if (transcript === undefined) throw new ProtocolError("MALFORMED_TRANSCRIPT", { path }, `there is no ${path}`);
  return transcript;
}

/** As `readTranscript`; `undefined` if there is no file. @throws {ProtocolError} `MALFORMED_TRANSCRIPT` */
export function readTranscriptIfExists(path: string): Transcript | undefined {
  const text = ifExists(() => readFileSync(path, "utf8"));
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("MALFORMED_TRANSCRIPT", { path }, `${path} is not JSON`, { cause });
  }
  if (!isTranscript(value)) {
    throw new ProtocolError("MALFORMED_TRANSCRIPT", { path }, `${path} is not the transcript of a ceremony`);
  }
  return value;
}

/**
 * Checks that contributions go on from those of a transcript.
 *
 * @param source Where the transcript is from, for the message.
 * @throws {ProtocolError} `CEREMONY_TRANSCRIPT_DIFFERS`, naming what differs
 */
export function requireContinuation(
  {
    circuit,
    phase1Blake2b,
    r1csSha256,
    contributions,
  }: CircuitTranscript & {
    readonly circuit: CircuitName;
    readonly phase1Blake2b: string;
  },
  transcript: Transcript,
  source: string,
): void {
  const differs = (what: string): ProtocolError =>
    new ProtocolError("CEREMONY_TRANSCRIPT_DIFFERS", { circuit, what, source }, `${circuit}: ${what}, by ${source}`);
  if (transcript.phase1Blake2b !== phase1Blake2b) throw differs(`phase 1 is ${transcript.phase1Blake2b}`);
  const recorded = transcript.circuits[circuit];
  if (recorded === undefined) return;
  if (recorded.r1csSha256 !== r1csSha256) throw differs(`the circuit is another one`);
  recorded.contributions.forEach((expected, i) => {
    const actual = contributions[i];
    if (actual === undefined || JSON.stringify(sorted(actual)) !== JSON.stringify(sorted(expected))) {
      throw differs(
        `contribution ${i + 1} is ${expected.kind} "${expected.name}" with hash ${expected.hash}; ` +
          (actual === undefined ? "the key has no such one" : `the key has "${actual.name}" with hash ${actual.hash}`),
      );
    }
  });
}

const sorted = ({ kind, name, hash, beacon }: Contribution): readonly unknown[] => [
  kind,
  name,
  hash,
  beacon?.value,
  beacon?.iterationsExponent,
];

function isTranscript(value: unknown): value is Transcript {
  if (!isObject(value) || !isHash(value["phase1Blake2b"]) || !isObject(value["circuits"])) return false;
  return Object.values(value["circuits"]).every(
    (circuit) =>
      isObject(circuit) &&
      typeof circuit["r1csSha256"] === "string" &&
      Array.isArray(circuit["contributions"]) &&
      circuit["contributions"].every(isContribution),
  );
}

const isContribution = (value: unknown): boolean =>
  isObject(value) &&
  (value["kind"] === "participant" || value["kind"] === "beacon") &&
  typeof value["name"] === "string" &&
  isHash(value["hash"]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isHash = (value: unknown): boolean => typeof value === "string" && /^[0-9a-f]{128}$/.test(value);
