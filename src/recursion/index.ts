// SPDX-License-Identifier: GPL-3.0-or-later
export {
  assertConverted,
  assertSatisfied,
  type AssertZero,
  type Conversion,
  convert,
  decodeProgram,
  encodeProgram,
  encodeWitness,
  extendWitness,
  type Opcode,
  type Program,
  violatedOpcodes,
  writeProgram,
  type VerifyProof,
} from "./acir/index.ts";
export { type Audience, Barretenberg, type HonkKey, type HonkProof, type Verdict } from "./barretenberg.ts";
export {
  CANONICAL_CHUNKS,
  CANONICAL_TAU2,
  CHUNK_POINTS,
  type Crs,
  type G2Point,
  openCanonicalCrs,
  prepareDevelopmentCrs,
} from "./crs/index.ts";
export { type ConvertedCircuit, convertedWitness, prepareConverted } from "./convertedCircuit.ts";
export { findBarretenberg, type Machine, requireMemory, thisMachine } from "./machine.ts";
export {
  TREE_INPUT,
  TREE_INPUTS,
  treeLeaf,
  type TreeLeaf,
  treeMerge,
  treeNode,
  type TreeNode,
  type TreeProof,
} from "./tree/index.ts";
