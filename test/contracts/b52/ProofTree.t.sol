// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ProofTree } from "../../../contracts/libraries/ProofTree.sol";
import { Test } from "../helpers/Test.sol";

contract ProofTreeTest is Test {
    function test_popCountOfEdges() public pure {
        assertEq(ProofTree.popCount(0), 0);
        assertEq(ProofTree.popCount(type(uint256).max >> 2), 254);
        assertEq(ProofTree.popCount(type(uint256).max << 2), 254);
        for (uint256 i = 0; i < 256; ++i) assertEq(ProofTree.popCount(1 << i), 1);
    }

    function testFuzz_popCountIsThatOfANaiveLoop(uint256 bitmap) public pure {
        bitmap >>= 2;
        uint256 count = 0;
        for (uint256 i = 0; i < 256; ++i) count += (bitmap >> i) & 1;
        assertEq(ProofTree.popCount(bitmap), count);
    }

    function test_leavesFor() public pure {
        uint8[10] memory expected = [2, 2, 2, 4, 4, 8, 8, 8, 8, 16];
        for (uint256 i = 0; i < expected.length; ++i) assertEq(ProofTree.leavesFor(i), expected[i]);
    }

    function testFuzz_leavesForIsTheLeastPowerOfTwo(uint256 dataLeaves) public pure {
        dataLeaves = bound(dataLeaves, 0, type(uint128).max);
        uint256 leaves = ProofTree.leavesFor(dataLeaves);
        assertEq(leaves & (leaves - 1), 0);
        assertGe(leaves, dataLeaves);
        assertGe(leaves, 2);
        if (leaves > 2) assertLt(leaves / 2, dataLeaves);
    }

    function testFuzz_ticketOfIsAByte(bytes16 promised, uint256 node) public pure {
        node = bound(node, 0, 15);
        // bytes16 counts from the left.
        assertEq(ProofTree.ticketOf(uint128(promised), node), uint8(promised[15 - node]));
    }

    function testFuzz_noTicketBeyondTheTree(uint128 promised, uint256 node) public pure {
        assertEq(ProofTree.ticketOf(promised, bound(node, 16, type(uint256).max / 8)), 0);
    }

    function testFuzz_setsOfNodes(uint16 credited, uint16 defaulted, uint256 node) public pure {
        node = bound(node, 0, 15);
        uint32 nodes = (uint32(defaulted) << 16) | credited;
        assertEq(ProofTree.isCredited(nodes, node), (credited / 2 ** node) % 2 == 1);
        assertEq(ProofTree.isDefaulted(nodes, node), (defaulted / 2 ** node) % 2 == 1);
    }
}
