// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SettlementTree } from "../../../contracts/libraries/SettlementTree.sol";
import { Test } from "../helpers/Test.sol";
import { ExitsModel } from "./ExitsModel.sol";

contract SettlementTreeTest is Test, ExitsModel {
    using SettlementTree for SettlementTree.Tree;

    uint256 private constant KEPT = 64;
    uint256 private constant KEPT_ABOVE = 8;

    SettlementTree.Tree private tree;
    bytes32[] private leaves;

    // --- Leaves ------------------------------------------------------------------------------------------------------

    /// @dev At every size up to some hundred, every leaf so far has a path, and it is of this leaf alone.
    function test_everyLeafIsProvableAtEverySize() public {
        for (uint256 count = 1; count <= 3 * KEPT + 5; ++count) {
            append();
            uint256 index = uint256(keccak256(abi.encode(count))) % count;
            uint256[3] memory some = [index, count - 1, 0];
            for (uint256 i = 0; i < 3; ++i) {
                bytes32[] memory path = settlementPath(leaves, some[i]);
                assertTrue(this.contains(some[i], leaves[some[i]], path));
                assertFalse(this.contains(some[i], leaves[some[i]] ^ bytes32(uint256(1)), path));
                assertFalse(this.contains(some[i] ^ 1, leaves[some[i]], path), "place of its sibling");
            }
        }
    }

    /// @dev Each node is kept until so many further ones of its height are complete: known by the heights of paths.
    function testFuzz_nodesAreKept(uint256 count, uint256 index, uint256 height) public {
        count = bound(count, 1, 300);
        index = bound(index, 0, count - 1);
        height = bound(height, 0, 9);
        for (uint256 i = 0; i < count; ++i) append();
        uint256 complete = count >> height;
        uint256 node = index >> height;
        bool isKept = node < complete && node + (height == 0 ? KEPT : KEPT_ABOVE) >= complete;
        assertEq(this.contains(index, leaves[index], pathTo(index, height)), isKept);
    }

    function test_emptyTreeHasNothing() public view {
        assertFalse(this.contains(0, bytes32(0), new bytes32[](0)));
        assertFalse(this.contains(0, bytes32(0), new bytes32[](64)));
        assertFalse(this.contains(type(uint256).max, bytes32(0), new bytes32[](64)));
    }

    /// @dev Paths grow with the tree, to 64 siblings once 2^64 leaves are there.
    function test_pathsOfEveryLength() public {
        bytes32 leaf = keccak256("leaf");
        for (uint256 length = 0; length <= 64; ++length) {
            uint256 index = 2 ** length - 1;
            bytes32[] memory path = new bytes32[](length);
            for (uint256 i = 0; i < length; ++i) {
                path[i] = keccak256(abi.encode("sibling", i));
                // The node before its place, where the height's ring has it.
                tree.nodes[(i << 64) | (((index >> i) - 1) % (i == 0 ? KEPT : KEPT_ABOVE))] = path[i];
            }
            tree.append(index, leaf);
            assertTrue(this.containsOf(index + 1, index, leaf, path));
            if (length == 0) continue;
            path[length - 1] ^= bytes32(uint256(1));
            assertFalse(this.containsOf(index + 1, index, leaf, path));
        }
    }

    /// @dev A path of 64 leads to node 0 of height 64, which is not complete; longer ones would shift by more.
    function test_pathIsBounded() public {
        append();
        for (uint256 length = 1; length <= 300; length += 23) {
            assertFalse(this.contains(0, leaves[0], new bytes32[](length)));
        }
        assertFalse(this.contains(0, leaves[0], new bytes32[](64)));
        assertFalse(this.contains(0, leaves[0], new bytes32[](65)));
        assertFalse(this.contains(0, leaves[0], new bytes32[](256)));
    }

    /// @dev The node of the same place in storage, KEPT nodes before or after.
    function test_placesAreReused() public {
        for (uint256 i = 0; i < KEPT + 1; ++i) append();
        bytes32[] memory none = new bytes32[](0);
        assertTrue(this.contains(KEPT, leaves[KEPT], none));
        assertFalse(this.contains(0, leaves[KEPT], none));
        assertFalse(this.contains(2 * KEPT, leaves[KEPT], none));
        assertFalse(this.contains(0, leaves[0], none));
        assertTrue(this.contains(1, leaves[1], none));
    }

    // --- Storage -----------------------------------------------------------------------------------------------------

    /// @dev New slots of the last 1024 of 4096 leaves: the heights below 9 are full.
    function test_newSlotsBecomeRare() public {
        uint256 before;
        for (uint256 i = 0; i < 4096; ++i) {
            if (i == 3072) before = slotsInUse();
            append();
        }
        uint256 created = slotsInUse() - before;
        // Nodes 6 and 7 of height 9, 3 of height 10, 1 of height 11, and 0 of height 12.
        assertEq(created, 2 + 1 + 1 + 1);
        assertLe(created, (2 * KEPT_ABOVE * 1024) / 3072);
    }

    /// @dev Places of the heights below 20.
    function slotsInUse() private view returns (uint256 used) {
        for (uint256 height = 0; height < 20; ++height) {
            for (uint256 i = 0; i < KEPT; ++i) {
                if (tree.nodes[(height << 64) | i] == 0) continue;
                assertTrue(height == 0 || i < KEPT_ABOVE);
                ++used;
            }
        }
    }

    // --- Helpers -----------------------------------------------------------------------------------------------------

    function append() private {
        bytes32 leaf = keccak256(abi.encode("leaf", leaves.length));
        tree.append(leaves.length, leaf);
        leaves.push(leaf);
    }

    /// @dev Siblings from a leaf up to `height`; zeros where there is no such node.
    function pathTo(uint256 index, uint256 height) private view returns (bytes32[] memory path) {
        path = new bytes32[](height);
        bytes32[] memory nodes = leaves;
        for (uint256 i = 0; i < height; ++i) {
            if ((index ^ 1) < nodes.length) path[i] = nodes[index ^ 1];
            bytes32[] memory next = new bytes32[](nodes.length / 2);
            for (uint256 k = 0; k < next.length; ++k) {
                next[k] = keccak256(bytes.concat(nodes[2 * k], nodes[2 * k + 1]));
            }
            nodes = next;
            index /= 2;
        }
    }

    function contains(uint256 index, bytes32 leaf, bytes32[] calldata path) external view returns (bool) {
        return tree.contains(leaves.length, index, leaf, path);
    }

    function containsOf(
        uint256 count,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) external view returns (bool) {
        return tree.contains(count, index, leaf, path);
    }
}
