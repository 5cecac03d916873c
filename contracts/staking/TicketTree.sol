// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Poseidon } from "../libraries/Poseidon.sol";

/**
 * @title TicketTree
 * @notice Keeps a binary Poseidon tree of depth 8 over the tickets' keys (docs/b52.md §1), which the circuits open.
 * @dev All nodes are stored, so that a ticket can be changed without a proof. A change costs 8 hashes for any number of
 *      tickets. Absent nodes are 0 in storage, and stand for a tree of zeros.
 */
library TicketTree {
    uint256 internal constant DEPTH = 8;

    struct Tree {
        /// @dev Node by level and index. Level 0 holds the leaves.
        mapping(uint256 level => mapping(uint256 index => uint256)) nodes;
    }

    /// @dev Sets a leaf, and the nodes above it.
    /// @param index Number of the leaf. WARNING: It must be below 2^8, which is not checked.
    /// @param leaf Leaf that `leafOf` returned, or 0.
    function set(Tree storage self, uint256 index, uint256 leaf) internal {
        uint256 node = leaf;
        for (uint256 level = 0; level < DEPTH; ++level) {
            self.nodes[level][index] = node;
            uint256 sibling = _nodeAt(self, level, index ^ 1);
            node = Poseidon.hash(index & 1 == 0 ? [node, sibling] : [sibling, node]);
            index >>= 1;
        }
        self.nodes[DEPTH][0] = node;
    }

    /// @dev Returns the root of the tree.
    function root(Tree storage self) internal view returns (uint256) {
        return _nodeAt(self, DEPTH, 0);
    }

    /// @dev Returns the leaf of a key.
    function leafOf(uint256 keyX, uint256 keyY) internal pure returns (uint256) {
        return Poseidon.hash([keyX, keyY]);
    }

    /// @dev Returns a node.
    function _nodeAt(Tree storage self, uint256 level, uint256 index) private view returns (uint256 node) {
        node = self.nodes[level][index];
        return node == 0 ? _zero(level) : node;
    }

    /// @dev Returns the root of a tree of zeros with this number of levels.
    function _zero(uint256 level) private pure returns (uint256) {
        if (level == 0) return 0;
        if (level == 1) return 0x2098f5fb9e239eab3ceac3f27b81e481dc3124d55ffed523a839ee8446b64864;
        if (level == 2) return 0x1069673dcdb12263df301a6ff584a7ec261a44cb9dc68df067a4774460b1f1e1;
        if (level == 3) return 0x18f43331537ee2af2e3d758d50f72106467c6eea50371dd528d57eb2b856d238;
        if (level == 4) return 0x07f9d837cb17b0d36320ffe93ba52345f1b728571a568265caac97559dbc952a;
        if (level == 5) return 0x2b94cf5e8746b3f5c9631f4c5df32907a699c58c94b2ad4d7b5cec1639183f55;
        if (level == 6) return 0x2dee93c5a666459646ea7d22cca9e1bcfed71e6951b953611d11dda32ea09d78;
        if (level == 7) return 0x078295e5a22b84e982cf601eb639597b8b0515a88cb5ac7fa8a4aabe3c87349d;
        return 0x2fa5e5f18f6027a6501bec864564472a616b2e274a41211a444cbe3a99f3cc61;
    }
}
