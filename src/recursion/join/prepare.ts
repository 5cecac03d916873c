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
import { type JoinNode, joinNode } from "./node.ts";

/** A circuit whose proofs can be joined. */
export interface JoinableCircuit {
  readonly circuit: ConvertedCircuit;
  readonly padded: PaddedProgram;
  readonly key: HonkKey;
}

/** All that provers need to prove statements and to join their proofs. */
export interface JoinSetup {
  readonly leaf: JoinableCircuit;
  readonly merge: JoinableCircuit;
  /** The circuit `Join`, and the program around it. */
  readonly join: ConvertedCircuit;
  readonly node: JoinNode;
  readonly nodeKey: HonkKey;
}

/**
 * Compiles and converts the circuits, and makes the keys, unless that was done before.
 *
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `prepareConverted` and `Barretenberg.makeKey`
 */
export async function prepareJoin(profile: ProfileName, bb: Barretenberg, build = BUILD): Promise<JoinSetup> {
  const prepare = async (name: string): Promise<JoinableCircuit> => {
    const circuit = await prepareConverted(findCircuit(name, profile), profile, build);
    const padded = padInputs(circuit, JOIN_INPUTS);
    return { circuit, padded, key: await keptKey(bb, padded.program, "node") };
  };
  const leaf = await prepare("leaf");
  const merge = await prepare("merge");
  const circuit = await prepareConverted(JOIN, profile, build);
  const node = joinNode(circuit, readSymbols(circuit.circuit.sym), { leaf: leaf.key.hash, merge: merge.key.hash });
  return { leaf, merge, join: circuit, node, nodeKey: await keptKey(bb, node.program, "node") };
}

/** The key by which L1 verifies a joined proof. */
export async function prepareRootKey(setup: JoinSetup, bb: Barretenberg): Promise<HonkKey> {
  return keptKey(bb, setup.node.program, "l1");
}

/** The key of a program, which is kept beside the string of powers it was made with. */
async function keptKey(bb: Barretenberg, program: Program, audience: Audience): Promise<HonkKey> {
  const folder = join(bb.crs.folder, "keys");
  mkdirSync(folder, { recursive: true });
  const hash = sha256(writeProgram(program));
  const path = join(folder, `${hash}-${audience}.json`);
  const kept = readJsonIfExists(path) as KeptKey | undefined;
  if (kept?.sha256 === sha256(Buffer.from(kept?.bytes ?? "", "base64"))) {
    const { power, publicInputs } = kept;
    return {
      audience,
      bytes: Buffer.from(kept.bytes, "base64"),
      hash: BigInt(kept.hash),
      power,
      publicInputs,
      program: hash,
    };
  }
  const key = await bb.makeKey(program, audience);
  const { bytes, power, publicInputs } = key;
  const file: KeptKey = {
    bytes: bytes.toString("base64"),
    hash: String(key.hash),
    power,
    publicInputs,
    sha256: sha256(bytes),
  };
  writeJson(path, file);
  return key;
}

interface KeptKey {
  readonly bytes: string;
  readonly hash: string;
  readonly power: number;
  readonly publicInputs: number;
  readonly sha256: string;
}
