// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/**
 * @title SettlementTree
 * @notice Appends leaves to a keccak tree that keeps, of each height, the last nodes whose subtree is complete. So it
 *         needs no new storage after some time, and each leaf stays provable for ever.
 * @dev Node j of height h covers the leaves j · 2^h … (j + 1) · 2^h − 1. It is complete when the last of them is
 *      appended, and kept until 64 (leaves) or 8 (nodes above them) further nodes of its height are complete.
 *      A proof leads from a leaf to a kept node. A higher node stays longer, and its path is longer. Example:
 *      leaf 5 of 7 is node 5 of height 0, and below node 2 of height 1, which is complete; node 1 of height 2 is not
 *      yet.
 *
 *      Storage: node j of height h is at h · 2^64 + j mod 64 or 8. After n leaves the heights below log₂(n / 8) are
 *      full, and a leaf takes 16 / n new slots on average, for example 1/256 of a slot after 4,096.
 *
 *      WARNING: Leaves must not be hashes of 64 bytes, as inner nodes are.
 */
library SettlementTree {
    struct Tree {
        mapping(uint256 place => bytes32) nodes;
    }

    /// @notice Holds the number of kept leaves. An empty path leads to one of these.
    uint256 internal constant KEPT_LEAVES = 64;

    /// @notice Holds the number of kept nodes of each height above. Two are enough to append; more make shorter paths.
    uint256 internal constant KEPT_NODES = 8;

    /**
     * @notice Appends a leaf, and completes the nodes whose last leaf it is: one node on average.
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
     * @notice Returns whether the tree has this leaf.
     * @param count Number of leaves so far.
     * @param index Number of the leaf.
     * @param path Siblings from the leaf up to a kept node; at most 64.
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
        if (node >= complete || complete - node > _kept(height)) return false;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < height; ++i) {
            hash =
                (index >> i) & 1 == 0
                    ? Hashes.efficientKeccak256(hash, path[i])
                    : Hashes.efficientKeccak256(path[i], hash);
        }
        return hash == tree.nodes[_place(height, node)];
    }

    function _place(uint256 height, uint256 node) private pure returns (uint256) {
        return (height << 64) | (node % _kept(height));
    }

    function _kept(uint256 height) private pure returns (uint256) {
        return height == 0 ? KEPT_LEAVES : KEPT_NODES;
    }
}
