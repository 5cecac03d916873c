// SPDX-License-Identifier: GPL-3.0-or-later
export { JOIN, JOIN_INPUT, JOIN_INPUTS } from "./inputs.ts";
export { type JoinableCircuit, type JoinSetup, prepareJoin, prepareRootKey } from "./prepare.ts";
export { type JoinChild, joinInput, type JoinNode, joinNode, type StatementKeys } from "./node.ts";
export { type Joined, joinedPair, joinedStatement, type JoinKind } from "./statements.ts";
