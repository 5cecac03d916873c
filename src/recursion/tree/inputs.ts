// SPDX-License-Identifier: GPL-3.0-or-later
import { type CircuitDefinition, findCircuit, type ProfileName } from "../../setup/index.ts";

/**
 * Places of the public inputs that every proof in a tree has: those of the circuit `Merge`, where all signals that the
 * tree has in common are public, and the hash of the nodes' key. A leaf has the first three, and zeros: bb wants as many
 * inputs of leaves as of nodes, where either may stand.
 */
export const TREE_INPUT = {
  digest: 0,
  evaluation: 1,
  point: 2,
  leftDigest: 3,
  rightDigest: 4,
  context: 5,
  registryRoot: 6,
  votesRoot: 7,
  promised: 8,
  place: 9,
  worker: 10,
  nodeKeyHash: 11,
} as const;

/** Number of public inputs of each proof in a tree. */
export const TREE_INPUTS = 12;

/** `Merge` with the signals public that a parent, or L1, has to compare. */
export function treeMerge(profile: ProfileName): CircuitDefinition {
  const publicInputs = Object.keys(TREE_INPUT).slice(TREE_INPUT.point, TREE_INPUT.nodeKeyHash);
  return { ...findCircuit("merge", profile), name: "treeMerge", publicInputs };
}
