// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { readJsonIfExists, sha256, writeJson } from "../../files.ts";
import { findCircuit, type ProfileName, readSymbols } from "../../setup/index.ts";
import { BUILD } from "../../setup/paths.ts";
import { type Program, writeProgram } from "../acir/index.ts";
import type { Audience, Barretenberg, HonkKey } from "../barretenberg.ts";
import { type ConvertedCircuit, prepareConverted } from "../convertedCircuit.ts";
import { padInputs, type PaddedProgram } from "../padded.ts";
import { JOIN, JOIN_INPUTS } from "./inputs.ts";
import { type JoinNode, joinNode, type StatementKeys } from "./node.ts";
import type { StatementKind } from "./statements.ts";

/** A circuit whose proofs can be joined. */
export interface JoinableCircuit {
  readonly circuit: ConvertedCircuit;
  readonly padded: PaddedProgram;
  readonly key: HonkKey;
}

/** Means to join proofs: the circuit `Join`, the program around it, and its key as a child. */
export interface JoinSetup {
  readonly join: ConvertedCircuit;
  readonly node: JoinNode;
  readonly nodeKey: HonkKey;
}

/**
 * Compiles and converts the circuit of a statement, and makes its key, unless that was done before.
 *
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `prepareConverted` and `Barretenberg.makeKey`
 */
export async function prepareStatement(
  kind: StatementKind,
  profile: ProfileName,
  bb: Barretenberg,
  build = BUILD,
): Promise<JoinableCircuit> {
  const circuit = await prepareConverted(findCircuit(kind, profile), profile, build);
  const padded = padInputs(circuit, JOIN_INPUTS);
  return { circuit, padded, key: await keptKey(bb, padded.program, "node") };
}

/**
 * Compiles and converts the circuit that joins, and makes its key, unless that was done before.
 *
 * @param keys of the statements; by other ones it is another program, whose proofs L1 rejects
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `prepareConverted`, `joinNode` and `Barretenberg.makeKey`
 */
export async function prepareJoin(
  profile: ProfileName,
  bb: Barretenberg,
  keys: StatementKeys,
  build = BUILD,
): Promise<JoinSetup> {
  const circuit = await prepareConverted(JOIN, profile, build);
  const node = joinNode(circuit, readSymbols(circuit.circuit.sym), keys);
  return { join: circuit, node, nodeKey: await keptKey(bb, node.program, "node") };
}

/** The key by which L1 verifies a joint proof. */
export const prepareRootKey = async ({ node }: JoinSetup, bb: Barretenberg): Promise<HonkKey> =>
  keptKey(bb, node.program, "l1");

/** A key as it is kept beside the string of powers that it was made with. */
interface KeptKey {
  /** In base64. */
  readonly bytes: string;
  readonly hash: string;
  readonly power: number;
  readonly publicInputs: number;
  /** Of the bytes: a file that was cut off is made again. */
  readonly sha256: string;
}

async function keptKey(bb: Barretenberg, program: Program, audience: Audience): Promise<HonkKey> {
  const folder = join(bb.crs.folder, "keys");
  const hash = sha256(writeProgram(program));
  const path = join(folder, `${hash}-${audience}.json`);
  const kept = readJsonIfExists(path) as KeptKey | undefined;
  if (kept !== undefined && kept.sha256 === sha256(Buffer.from(kept.bytes, "base64"))) {
    const { bytes, power, publicInputs } = kept;
    return {
      ...{ audience, power, publicInputs, program: hash },
      bytes: Buffer.from(bytes, "base64"),
      hash: BigInt(kept.hash),
    };
  }
  const key = await bb.makeKey(program, audience);
  const { bytes, power, publicInputs } = key;
  mkdirSync(folder, { recursive: true });
  const made: KeptKey = {
    ...{ power, publicInputs, sha256: sha256(bytes) },
    bytes: bytes.toString("base64"),
    hash: String(key.hash),
  };
  writeJson(path, made);
  return key;
}
