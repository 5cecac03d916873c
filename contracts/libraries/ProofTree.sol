// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ProofTree
 * @notice Numbers the nodes of a block's proof tree as a heap: 1 is the root, i has the children 2i and 2i + 1, and
 *         leaf j of n is n + j (docs/b52.md §2). Reads bitmaps of nodes.
 */
library ProofTree {
    uint256 internal constant ROOT = 1;

    /// @dev Returns the least number of leaves of a tree for this number of leaves with data: a power of two, at least
    ///      2.
    function leavesFor(uint256 dataLeaves) internal pure returns (uint256) {
        uint256 leaves = 2;
        while (leaves < dataLeaves) leaves *= 2;
        return leaves;
    }

    /// @dev Returns the ticket that was promised `node`; 0 if no ticket was.
    function ticketOf(uint128 promised, uint256 node) internal pure returns (uint256) {
        return (promised >> (8 * node)) & 0xff;
    }

    /// @dev Returns whether a node is credited.
    /// @param nodes Bitmap in the form of the merge circuit.
    function isCredited(uint32 nodes, uint256 node) internal pure returns (bool) {
        return (nodes >> node) & 1 == 1;
    }

    /// @dev Returns whether a node has a default.
    /// @param nodes Bitmap in the form of the merge circuit.
    function isDefaulted(uint32 nodes, uint256 node) internal pure returns (bool) {
        return (nodes >> (16 + node)) & 1 == 1;
    }

    /**
     * @dev Finds the tickets of nodes.
     * @param nodes Bitmap of nodes; bits above 15 do not count.
     * @return tickets Bitmap of the tickets that were promised one of these nodes.
     */
    function ticketsOf(uint128 promised, uint256 nodes) internal pure returns (uint256 tickets) {
        for (uint256 node = ROOT; node < 16; ++node) {
            if ((nodes >> node) & 1 == 1) tickets |= 1 << ticketOf(promised, node);
        }
    }

    /// @dev Returns the number of ones.
    /// @param bitmap Bitmap with at most 254 ones.
    function popCount(uint256 bitmap) internal pure returns (uint256) {
        // Ones of each pair of bits, of each four, of each byte; a number is the sum of its bytes modulo 255.
        unchecked {
            bitmap -= (bitmap >> 1) & (type(uint256).max / 3);
            bitmap = (bitmap & (type(uint256).max / 5)) + ((bitmap >> 2) & (type(uint256).max / 5));
            return ((bitmap + (bitmap >> 4)) & (type(uint256).max / 17)) % 255;
        }
    }
}
