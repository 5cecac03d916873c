// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/**
 * @title MerkleRoot
 * @notice Computes the root of a commutative keccak tree, as OpenZeppelin's `MerkleProof` verifies it.
 * @dev An odd node at the end of a level moves up unhashed.
 *      WARNING: Leaves must not be hashes of 64 bytes, as inner nodes are.
 */
library MerkleRoot {
    /// @dev Returns the root.
    /// @param nodes Leaves, at least one. WARNING: They are overwritten.
    function compute(bytes32[] memory nodes) internal pure returns (bytes32) {
        uint256 count = nodes.length;
        while (count > 1) {
            uint256 parents = (count + 1) / 2;
            for (uint256 i = 0; i < count / 2; ++i) {
                nodes[i] = Hashes.commutativeKeccak256(nodes[2 * i], nodes[2 * i + 1]);
            }
            if (count % 2 == 1) nodes[parents - 1] = nodes[count - 1];
            count = parents;
        }
        return nodes[0];
    }
}
