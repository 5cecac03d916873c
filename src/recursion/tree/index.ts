// SPDX-License-Identifier: GPL-3.0-or-later
export { TREE_INPUT, TREE_INPUTS, treeMerge } from "./inputs.ts";
export { treeNode, type TreeNode } from "./node.ts";
