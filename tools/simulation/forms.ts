// SPDX-License-Identifier: MIT
import { NODE_PROVING_STRATEGY, type ProofTimes } from "../../src/node/index.ts";

/**
 * Seconds of the longest path of a tree with as many provers as nodes: a leaf, and a merge for each level.
 *
 * @param slowest times that the slowest prover takes as long as the one of `times`
 */
export const longestPath = (leaves: number, { leaf, merge }: ProofTimes, slowest = 1): number =>
  slowest * (leaf + Math.log2(leaves) * merge);

/**
 * Seconds that so few provers take for a tree, level by level: none begins a level before the one below is done. As
 * `longestPath` if there are as many provers as leaves.
 */
export function levelByLevel(leaves: number, provers: number, { leaf, merge }: ProofTimes, slowest = 1): number {
  let total = Math.ceil(leaves / provers) * leaf;
  for (let nodes = leaves / 2; nodes >= 1; nodes /= 2) total += Math.ceil(nodes / provers) * merge;
  return slowest * total;
}

/**
 * A proof window in which nobody can begin to fill a leaf that its prover still delivers. A prover begins to fill a leaf
 * when three times its own times for the leaf and all levels above are left before the reserve (`decideNodeProof`); so
 * the slowest begins first. Longer than needed, as the slowest is not the first in turn everywhere.
 *
 * @param slowest times that the slowest prover takes as long as the fastest, of which `times` are
 * @param held leaves of one prover, in all blocks of the round
 * @param revealed seconds from the begin of the window until all hosts have the content
 */
export const safeProofWindow = (
  leaves: number,
  times: ProofTimes,
  { slowest, held, revealed }: { readonly slowest: number; readonly held: number; readonly revealed: number },
): number =>
  3 * NODE_PROVING_STRATEGY.margin + 3 * longestPath(leaves, times, slowest) + revealed + held * slowest * times.leaf;
