// SPDX-License-Identifier: MIT
import type { ProofTimes } from "../../../src/node/index.ts";

/** How the proofs of a tree are made. Times in seconds. */
export interface TreeRun {
  readonly leaves: number;
  /** Seconds of the median prover. */
  readonly times: ProofTimes;
  /** How many times as long the prover of a node takes for it, by node − 1. */
  readonly slowness: readonly number[];
  /** Until a proof, and the content at the beginning, is with the next prover. */
  readonly way: number;
  /** Another prover, for nodes that are not there. */
  readonly filling: Filling;
}

/** How nodes are filled, as the node program does it. */
export interface Filling {
  /** How many times as long as the median prover it takes. */
  readonly slowness: number;
  /** When it begins to fill a node. */
  readonly from: (node: number) => number;
  /** Until then a parent waits for the proofs of those who promised them. */
  readonly patience: (parent: number) => number;
}

/** When the tree is there, and which nodes were made by those who promised them. */
export interface TreeResult {
  readonly done: number;
  readonly credited: ReadonlySet<number>;
}

/** Levels of the tree above a node: 0 for the root. */
export const levelsAbove = (node: number): number => Math.floor(Math.log2(node));

/**
 * Follows the proofs from the leaves to the root. A parent takes the promised proof of a child if it comes in time, and
 * else the first that there is.
 */
export function runTree({ leaves, times, slowness, way, filling }: TreeRun): TreeResult {
  const taken = new Map<number, number>();
  const credited = new Set<number>();
  for (let node = 2 * leaves - 1; node >= 1; node--) {
    const isLeaf = node >= leaves;
    const seconds = isLeaf ? times.leaf : times.merge;
    const ready = (isLeaf ? 0 : Math.max(taken.get(2 * node)!, taken.get(2 * node + 1)!)) + way;
    const promised = ready + seconds * slowness[node - 1]!;
    const filled = Math.max(ready, filling.from(node)) + seconds * filling.slowness;
    const late = Math.max(filling.patience(node >> 1), filled);
    taken.set(node, Math.min(promised, late));
    if (promised <= late) credited.add(node);
  }
  return { done: taken.get(1)!, credited };
}
