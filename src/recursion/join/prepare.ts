// SPDX-License-Identifier: GPL-3.0-or-later
import { findCircuit, type ProfileName, readSymbols } from "../../setup/index.ts";
import { BUILD } from "../../setup/paths.ts";
import type { Barretenberg, HonkKey } from "../barretenberg.ts";
import { type ConvertedCircuit, prepareConverted } from "../convertedCircuit.ts";
import { padInputs, type PaddedProgram } from "../padded.ts";
import { keptKey } from "../keptKey.ts";
import type { NodeSetup } from "../proveNode.ts";
import { JOIN, JOIN_INPUTS } from "./inputs.ts";
import { type JoinChild, joinNode, type StatementKeys } from "./node.ts";
import type { StatementKind } from "./statements.ts";

/** A circuit whose proofs can be joined. */
export interface JoinableCircuit {
  readonly circuit: ConvertedCircuit;
  readonly padded: PaddedProgram;
  readonly key: HonkKey;
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
): Promise<NodeSetup<JoinChild>> {
  const circuit = await prepareConverted(JOIN, profile, build);
  const node = joinNode(circuit, readSymbols(circuit.circuit.sym), keys);
  return { circuit, node, nodeKey: await keptKey(bb, node.program, "node") };
}
