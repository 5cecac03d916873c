// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ExitNode } from "./ExitNode.sol";
import { MerkleRoot } from "./MerkleRoot.sol";

/**
 * @title ShownExits
 * @notice Reads the exits that a caller shows, two words each: recipient + token · 2^160 + slot · 2^176, then the
 *         amount. The slots of a batch or block are counted through its leaves.
 * @dev In the statement of a leaf, the slots are counted from the leaf's first one. The proof of the leaf says that the
 *      exits are those of the leaf, in their one encoding (`StatementPoint`). Example: with four slots a leaf, an exit
 *      in slot 6 belongs to leaf 1, and in its statement to slot 2.
 */
library ShownExits {
    /// @dev Leaves of the tree over the exits of a transition; `count` of them are set. In memory only.
    struct Nodes {
        bytes32[] list;
        uint256 count;
    }

    /// @dev Bits of the first word below the slot.
    uint256 private constant TO_BITS = 176;

    /// @dev Allocates the leaves of the transition's tree.
    /// @param words Number of words of all exits.
    function allocate(uint256 words) internal pure returns (Nodes memory nodes) {
        nodes.list = new bytes32[](words / 2);
    }

    /**
     * @notice Takes the exits of one leaf: writes them into its statement, and into the tree of the transition.
     * @param next Index of the first word that was not taken yet.
     * @param leaf Position of the leaf.
     * @param slots Slots of a leaf.
     * @param position Position in memory for the words of the exits.
     *        WARNING: The caller must have reserved the memory.
     * @return end Index of the first word after the exits of this leaf.
     */
    function takeLeaf(
        Nodes memory nodes,
        uint256[] calldata exits,
        uint256 next,
        uint256 leaf,
        uint256 slots,
        uint256 position
    ) internal pure returns (uint256 end) {
        uint256 firstSlot = leaf * slots;
        end = next;
        while (end + 1 < exits.length) {
            uint256 slot = exits[end] >> TO_BITS;
            if (slot < firstSlot || slot >= firstSlot + slots) break;
            uint256 to = exits[end] & ((1 << TO_BITS) - 1);
            uint256 amount = exits[end + 1];
            nodes.list[nodes.count] = ExitNode.hash(nodes.count, to, amount);
            ++nodes.count;
            uint256 head = to | ((slot - firstSlot) << TO_BITS);
            // Assembly: writes to memory that the caller has reserved.
            assembly ("memory-safe") {
                mstore(position, head)
                mstore(add(position, 0x20), amount)
            }
            position += 0x40;
            end += 2;
        }
    }

    /// @dev Takes the exits of a whole batch into the tree of the transition.
    ///      WARNING: The caller must have them proven, with their slots.
    /// @param exits Two words for each.
    function takeAll(Nodes memory nodes, uint256[] calldata exits) internal pure {
        for (uint256 i = 0; i < exits.length; i += 2) {
            nodes.list[nodes.count] = ExitNode.hash(nodes.count, exits[i] & ((1 << TO_BITS) - 1), exits[i + 1]);
            ++nodes.count;
        }
    }

    /// @dev Returns the root over the exits that were taken; zero if there are none. WARNING: This overwrites `nodes`.
    function rootOf(Nodes memory nodes) internal pure returns (bytes32 root) {
        bytes32[] memory list = nodes.list;
        assert(nodes.count == list.length);
        if (list.length > 0) root = MerkleRoot.compute(list);
    }
}
