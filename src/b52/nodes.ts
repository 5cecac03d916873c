// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { toUint } from "../field.ts";

/** Bits of a node's number. Nodes are numbered as in a heap (docs/b52.md §2): 1 is the root, 2i and 2i + 1 follow i. */
export const TREE_BITS = 4;

/** Nodes are below this. */
export const TREE_NODES = 2 ** TREE_BITS;

export const ROOT_NODE = 1;

/** Numbers of leaves that a proof tree may have. */
export const TREE_SIZES = [2, 4, 8] as const;
export type TreeSize = (typeof TREE_SIZES)[number];

/** The least tree with room for `leaves`. @throws {ProtocolError} `OUT_OF_RANGE` for more than eight, or none */
export function treeSize(leaves: number): TreeSize {
  const size = TREE_SIZES.find((candidate) => candidate >= leaves);
  if (size === undefined || leaves < 1) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "leaves", value: leaves, minimum: 1, maximum: TREE_SIZES[2] },
      `no proof tree has ${leaves} leaves`,
    );
  }
  return size;
}

/** All nodes of a tree, children before parents. */
export const nodesOf = (size: TreeSize): number[] => Array.from({ length: 2 * size - 1 }, (_, i) => 2 * size - 1 - i);

/**
 * The number that binds proofs to a proposal: the proposal's hash without its lowest 16 bits, then 8 zero bits, which
 * leave room for the number of a leaf's node. Below 2^248.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE` if `proposal` has more than 256 bits
 */
export const contextOf = (proposal: bigint): bigint => (toUint(proposal, 256, "proposal") >> 16n) << 8n;

/** The leaf circuit's `context` for the leaf that is this node. */
export const leafContext = (context: bigint, node: number): bigint => context + BigInt(node);
