// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ProofTree
 * @notice Nodes of a block's proof tree, numbered as in a heap: 1 is the root, i has the children 2i and 2i + 1, and
 *         leaf j of n is n + j (docs/b52.md §2).
 */
library ProofTree {
    /// @return Least number of leaves of a tree that holds this many leaves with data: a power of two, at least 2.
    function leavesFor(uint256 dataLeaves) internal pure returns (uint256) {
        uint256 leaves = 2;
        while (leaves < dataLeaves) leaves *= 2;
        return leaves;
    }

    /// @return The ticket that was promised `node`; 0 for nobody.
    function ticketOf(uint128 promised, uint256 node) internal pure returns (uint256) {
        return (promised >> (8 * node)) & 0xff;
    }

    /// @param nodes As the merge circuit gives them.
    function isCredited(uint32 nodes, uint256 node) internal pure returns (bool) {
        return (nodes >> node) & 1 == 1;
    }

    /// @param nodes As the merge circuit gives them.
    function isDefaulted(uint32 nodes, uint256 node) internal pure returns (bool) {
        return (nodes >> (16 + node)) & 1 == 1;
    }

    /// @return count Number of ones in `bitmap`.
    function popCount(uint256 bitmap) internal pure returns (uint256 count) {
        for (; bitmap != 0; ++count) bitmap &= bitmap - 1;
    }
}
