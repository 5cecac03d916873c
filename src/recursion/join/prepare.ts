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
import { BB_VERSION } from "../machine.ts";
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
}

/**
 * The key of a program, which is made once for a version of bb, a string of powers and a program.
 *
 * WARNING: a kept key is believed. A writer of the folder can choose the keys, so keys of a deployment are made in an
 * empty one.
 */
export async function keptKey(bb: Barretenberg, program: Program, audience: Audience): Promise<HonkKey> {
  const { folder, tau2 } = bb.crs;
  const hash = sha256(writeProgram(program));
  const origin = sha256([BB_VERSION, ...Object.values(tau2).map(String), hash, audience].join());
  const path = join(folder, "keys", `${origin}.json`);
  const kept = readKept(path);
  if (kept !== undefined) {
    return {
      ...{ audience, power: kept.power, publicInputs: kept.publicInputs, program: hash },
      bytes: Buffer.from(kept.bytes, "base64"),
      hash: BigInt(kept.hash),
    };
  }
  const key = await bb.makeKey(program, audience);
  const { bytes, power, publicInputs } = key;
  const made: KeptKey = { bytes: bytes.toString("base64"), hash: String(key.hash), power, publicInputs };
  mkdirSync(join(folder, "keys"), { recursive: true });
  writeJson(path, { ...made, sha256: checkOf(made) });
  return key;
}

/** Undefined if there is none, or it is cut off or damaged: it is made again then. */
function readKept(path: string): KeptKey | undefined {
  try {
    const kept = readJsonIfExists(path) as (KeptKey & { readonly sha256: string }) | undefined;
    return kept?.sha256 === checkOf(kept!) ? kept : undefined;
  } catch {
    return undefined;
  }
}

const checkOf = ({ bytes, hash, power, publicInputs }: KeptKey): string =>
  sha256([bytes, hash, power, publicInputs].join());
