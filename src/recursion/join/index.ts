// SPDX-License-Identifier: GPL-3.0-or-later
export { decodeChild, encodeChild } from "./childFile.ts";
export { JOIN, JOIN_INPUT, JOIN_INPUTS } from "./inputs.ts";
export { type JointPlan, type JointShape, planJoint, type StatementSignals } from "./jointPlan.ts";
export {
  joinPair,
  type JointListener,
  JointProver,
  proveRoot,
  proveStatement,
  requirePlanned,
  type StatementInput,
} from "./jointProver.ts";
export { type JoinableCircuit, type JoinSetup, prepareJoin, prepareRootKey, prepareStatement } from "./prepare.ts";
export { type JoinChild, joinInput, type JoinNode, joinNode, type StatementKeys } from "./node.ts";
export {
  type Joined,
  joinedPair,
  joinedStatement,
  type JoinKind,
  type StatementKind,
  statementKindOf,
} from "./statements.ts";
