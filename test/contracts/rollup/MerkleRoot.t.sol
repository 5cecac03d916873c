// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import { MerkleRoot } from "../../../contracts/libraries/MerkleRoot.sol";
import { Test } from "../helpers/Test.sol";

contract MerkleRootTest is Test {
    /// @dev Every leaf of a tree of any size has a path to the root, and a leaf that is not in the tree has none.
    function testFuzz_everyLeafHasAPath(uint256 size, uint256 index, bytes32 seed) public pure {
        size = bound(size, 1, 70);
        index = bound(index, 0, size - 1);
        bytes32[] memory nodes = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) nodes[i] = keccak256(abi.encode(seed, i));
        bytes32 leaf = nodes[index];
        bytes32[] memory path = pathOf(nodes, index);

        bytes32 root = MerkleRoot.compute(nodes);
        assertTrue(MerkleProof.verify(path, root, leaf), "a leaf");
        assertFalse(MerkleProof.verify(path, root, keccak256(abi.encode(leaf))), "no leaf");
    }

    function test_singleLeafIsTheRoot() public pure {
        bytes32[] memory nodes = new bytes32[](1);
        nodes[0] = keccak256("leaf");
        assertEq(MerkleRoot.compute(nodes), keccak256("leaf"));
    }

    /// @dev Siblings from the leaf upwards, by recursion over the levels: a second way to the same tree.
    function pathOf(bytes32[] memory nodes, uint256 index) private pure returns (bytes32[] memory path) {
        if (nodes.length == 1) return path;
        bytes32[] memory parents = new bytes32[]((nodes.length + 1) / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            bool alone = 2 * i + 1 == nodes.length;
            parents[i] = alone ? nodes[2 * i] : Hashes.commutativeKeccak256(nodes[2 * i], nodes[2 * i + 1]);
        }
        bytes32[] memory rest = pathOf(parents, index / 2);
        if ((index ^ 1) >= nodes.length) return rest;
        path = new bytes32[](rest.length + 1);
        path[0] = nodes[index ^ 1];
        for (uint256 i = 0; i < rest.length; ++i) path[i + 1] = rest[i];
    }
}
