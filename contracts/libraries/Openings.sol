// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "../verification/batch/BN254.sol";

/**
 * @title Openings
 * @notice Holds the data hash of a batch, the commitments `c` of its n leaves, and their evaluations `y`, in a row of
 *         2n + 1 words: `dataHash | c₀ … cₙ₋₁ | y₀ … yₙ₋₁` (docs/protocol.md §7). So the words of each of its two
 *         hashes are neighbours.
 */
library Openings {
    /// @dev Allocates the words of `leaves` leaves, and writes the data hash.
    function allocate(bytes32 dataHash, uint256 leaves) internal pure returns (uint256[] memory words) {
        words = new uint256[](2 * leaves + 1);
        words[0] = uint256(dataHash);
    }

    /// @dev Allocates the words of leaves whose openings are given.
    /// @param openings Commitments c₀ …, then as many evaluations y₀ ….
    function copy(bytes32 dataHash, uint256[] calldata openings) internal pure returns (uint256[] memory words) {
        words = allocate(dataHash, openings.length / 2);
        // Assembly: copies a whole array; `words` has room for it, as its length is even.
        assembly ("memory-safe") {
            calldatacopy(add(words, 0x40), openings.offset, shl(5, openings.length))
        }
    }

    /// @dev Returns a copy of the commitments.
    function commitments(uint256[] memory words) internal pure returns (uint256[] memory list) {
        list = new uint256[](words.length / 2);
        for (uint256 i = 0; i < list.length; ++i) list[i] = words[1 + i];
    }

    /// @dev Writes the words of a leaf.
    function setLeaf(uint256[] memory words, uint256 leaf, uint256 commitment, uint256 evaluation) internal pure {
        words[1 + leaf] = commitment;
        words[1 + words.length / 2 + leaf] = evaluation;
    }

    /// @dev Returns the evaluation of a leaf.
    function evaluationOf(uint256[] memory words, uint256 leaf) internal pure returns (uint256) {
        return words[1 + words.length / 2 + leaf];
    }

    /// @dev Returns the point of evaluation.
    /// @return z Hash keccak256(dataHash, c₀, …) mod p.
    function challenge(uint256[] memory words) internal pure returns (uint256 z) {
        uint256 size = (words.length / 2 + 1) * 0x20;
        // Assembly: hashes words in place.
        assembly ("memory-safe") {
            z := keccak256(add(words, 0x20), size)
        }
        z %= BN254.SCALAR_FIELD;
    }

    /// @dev Returns the hash that a batch's accumulator holds.
    /// @return hash Hash keccak256(c₀, …, y₀, …).
    function hashOf(uint256[] memory words) internal pure returns (bytes32 hash) {
        uint256 size = (words.length - 1) * 0x20;
        // Assembly: hashes words in place.
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x40), size)
        }
    }
}
