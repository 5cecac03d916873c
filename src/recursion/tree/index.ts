// SPDX-License-Identifier: GPL-3.0-or-later
export { TREE_INPUT, TREE_INPUTS, treeMerge } from "./inputs.ts";
export { treeLeaf, type TreeLeaf } from "./leaf.ts";
export { treeNode, type TreeNode, type TreeProof } from "./node.ts";
