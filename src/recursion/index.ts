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
export type { ProofWithKey } from "./child.ts";
export { decodeChainChild, decodeChild, encodeChild } from "./childFile.ts";
export {
  JOIN,
  JOIN_INPUT,
  JOIN_INPUTS,
  type JoinableCircuit,
  type JoinChild,
  type Joined,
  joinedPair,
  joinedStatement,
  joinInput,
  type JoinKind,
  joinNode,
  joinPair,
  type JointPlan,
  JointProver,
  planJoint,
  prepareJoin,
  prepareStatement,
  proveRoot,
  proveStatement,
  requirePlanned,
  type StatementInput,
  type StatementKeys,
  type StatementKind,
  statementKindOf,
  type StatementSignals,
} from "./join/index.ts";
export { keptKey, prepareRootKey } from "./keptKey.ts";
export { type NodeProgram, nodeProgram } from "./nodeProgram.ts";
export { type JointListener, type NodeSetup, proveNode } from "./proveNode.ts";
export type { TreeShape } from "./shape.ts";
export { padInputs, type PaddedProgram } from "./padded.ts";
export { findBarretenberg, type Machine, requireMemory, thisMachine } from "./machine.ts";
export { TREE_INPUT, TREE_INPUTS, treeMerge, treeNode, type TreeNode } from "./tree/index.ts";
export {
  CHAIN_INPUT,
  CHAIN_INPUTS,
  type ChainChild,
  chainCircuit,
  type Chained,
  chainedLeaf,
  chainedOf,
  chainedPair,
  chainInput,
  type ChainLeaf,
  chainNode,
  type ChainPlan,
  ChainProver,
  type ChainSetup,
  type ChainWork,
  joinLeaves,
  planChain,
  prepareChain,
  proveChain,
  proveLeaf,
  requireChained,
} from "./chain/index.ts";
