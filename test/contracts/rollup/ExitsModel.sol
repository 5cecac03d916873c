// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IExits } from "../../../contracts/interfaces/IExits.sol";

/**
 * @notice Model of the exits of a core, as far as claims need it: written from docs/protocol.md §5.3, and shares no
 *         code with the contracts.
 */
abstract contract ExitsModel {
    /// @dev An exit as L1 is shown it.
    function entry(
        uint256 slot,
        address recipient,
        uint16 token,
        uint128 amount
    ) internal pure returns (uint256[2] memory) {
        return [uint160(recipient) + uint256(token) * 2 ** 160 + slot * 2 ** 176, amount];
    }

    /// @dev Leaf of a transition's tree; `index` counts its exits.
    function exitNode(uint256 index, IExits.ExitClaim memory exit) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, uint160(exit.recipient) + uint256(exit.token) * 2 ** 160, exit.amount));
    }

    /// @dev Leaf of the tree over all transitions with exits.
    function settlementNode(uint256 settlement, uint256 first, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(settlement, first, root));
    }

    /// @dev Root of a commutative tree in which an odd node at the end of a level moves up.
    function rootOf(bytes32[] memory nodes) internal pure returns (bytes32) {
        while (nodes.length > 1) nodes = parents(nodes);
        return nodes[0];
    }

    /// @dev Siblings from leaf `index` to the root of the same tree.
    function pathOf(bytes32[] memory nodes, uint256 index) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](256);
        uint256 length;
        while (nodes.length > 1) {
            if ((index ^ 1) < nodes.length) path[length++] = nodes[index ^ 1];
            nodes = parents(nodes);
            index /= 2;
        }
        return cut(path, length);
    }

    /**
     * @dev Siblings from settlement `index` to the highest node of the append-only tree that covers it and is complete.
     * @param nodes Leaves of all settlements so far.
     */
    function settlementPath(bytes32[] memory nodes, uint256 index) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](256);
        uint256 length;
        while ((index | 1) < nodes.length) {
            path[length++] = nodes[index ^ 1];
            bytes32[] memory next = new bytes32[](nodes.length / 2);
            for (uint256 i = 0; i < next.length; ++i) {
                next[i] = keccak256(bytes.concat(nodes[2 * i], nodes[2 * i + 1]));
            }
            nodes = next;
            index /= 2;
        }
        return cut(path, length);
    }

    function parents(bytes32[] memory nodes) private pure returns (bytes32[] memory next) {
        next = new bytes32[]((nodes.length + 1) / 2);
        for (uint256 i = 0; i < next.length; ++i) {
            next[i] = 2 * i + 1 < nodes.length ? parent(nodes[2 * i], nodes[2 * i + 1]) : nodes[2 * i];
        }
    }

    function parent(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function cut(bytes32[] memory list, uint256 length) private pure returns (bytes32[] memory short) {
        short = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) short[i] = list[i];
    }
}
