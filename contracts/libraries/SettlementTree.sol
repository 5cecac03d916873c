// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/**
 * @title SettlementTree
 * @notice An append-only keccak tree that keeps, of each height, the last `KEPT` nodes whose subtree is complete. So it
 *         needs no new storage once it has run for a while, and each leaf stays provable for ever.
 * @dev Node j of height h covers the leaves j · 2^h … (j + 1) · 2^h − 1. It is complete when the last of them is
 *      appended, and kept until KEPT further nodes of its height are complete, that is at least KEPT · 2^h leaves later.
 *      A proof leads from a leaf to a node that is kept: a higher one stays longer, and its path is longer. Example: leaf 5
 *      of 7 is node 5 of height 0, and below node 2 of height 1, which is complete; node 1 of height 2 is not yet.
 *
 *      Storage: node j of height h is at h · 2^64 + j mod KEPT. After n leaves the heights below log₂(n / KEPT) are full,
 *      and a leaf takes 2 · KEPT / n new slots on average, for example 1/32 of a slot after 4,096.
 *
 *      Leaves must not be 64-byte preimages.
 */
library SettlementTree {
    struct Tree {
        mapping(uint256 place => bytes32) nodes;
    }

    /// @notice Nodes kept of each height.
    uint256 internal constant KEPT = 64;

    /**
     * @notice Appends a leaf, and completes the nodes whose last leaf it is: one more on average.
     * @param index Number of leaves so far, below 2^64.
     */
    function append(Tree storage tree, uint256 index, bytes32 leaf) internal {
        bytes32 node = leaf;
        uint256 height = 0;
        tree.nodes[_place(height, index)] = node;
        while (index & 1 == 1) {
            node = Hashes.efficientKeccak256(tree.nodes[_place(height, index - 1)], node);
            index >>= 1;
            ++height;
            tree.nodes[_place(height, index)] = node;
        }
    }

    /**
     * @notice Whether the tree has this leaf.
     * @param count Number of leaves so far.
     * @param index Of the leaf.
     * @param path Siblings from the leaf up to a node that is kept; at most 64.
     */
    function contains(
        Tree storage tree,
        uint256 count,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) internal view returns (bool) {
        uint256 height = path.length;
        if (height > 64) return false;
        uint256 node = index >> height;
        uint256 complete = count >> height;
        if (node >= complete || complete - node > KEPT) return false;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < height; ++i) {
            hash = (index >> i) & 1 == 0
                ? Hashes.efficientKeccak256(hash, path[i])
                : Hashes.efficientKeccak256(path[i], hash);
        }
        return hash == tree.nodes[_place(height, node)];
    }

    function _place(uint256 height, uint256 node) private pure returns (uint256) {
        return (height << 64) | (node % KEPT);
    }
}
