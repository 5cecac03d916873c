// SPDX-License-Identifier: GPL-3.0-or-later
export { JOIN, JOIN_INPUT, JOIN_INPUTS } from "./inputs.ts";
export { type JointPlan, planJoint, type StatementSignals } from "./jointPlan.ts";
export {
  joinPair,
  JointProver,
  proveRoot,
  proveStatement,
  requirePlanned,
  type StatementInput,
} from "./jointProver.ts";
export { type JoinableCircuit, prepareJoin, prepareStatement } from "./prepare.ts";
export { type JoinChild, joinInput, joinNode, type StatementKeys } from "./node.ts";
export {
  type Joined,
  joinedPair,
  joinedStatement,
  type JoinKind,
  type StatementKind,
  statementKindOf,
} from "./statements.ts";
