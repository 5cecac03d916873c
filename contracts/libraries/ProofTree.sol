// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ProofTree
 * @notice Nodes of a block's proof tree, numbered as in a heap: 1 is the root, i has the children 2i and 2i + 1, and
 *         leaf j of n is n + j (docs/b52.md §2).
 */
library ProofTree {
    uint256 internal constant ROOT = 1;

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

    /**
     * @param nodes Bitmap of nodes, of which those above 15 do not count.
     * @return tickets Bitmap of those that were promised any of them.
     */
    function ticketsOf(uint128 promised, uint256 nodes) internal pure returns (uint256 tickets) {
        for (uint256 node = ROOT; node < 16; ++node) {
            if ((nodes >> node) & 1 == 1) tickets |= 1 << ticketOf(promised, node);
        }
    }

    /// @param bitmap With at most 254 ones.
    /// @return Number of ones.
    function popCount(uint256 bitmap) internal pure returns (uint256) {
        // Ones of each pair of bits, of each four, of each byte; a number is the sum of its bytes modulo 255.
        unchecked {
            bitmap -= (bitmap >> 1) & (type(uint256).max / 3);
            bitmap = (bitmap & (type(uint256).max / 5)) + ((bitmap >> 2) & (type(uint256).max / 5));
            return ((bitmap + (bitmap >> 4)) & (type(uint256).max / 17)) % 255;
        }
    }
}
