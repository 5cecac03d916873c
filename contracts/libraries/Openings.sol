// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "./BN254.sol";

/**
 * @title Openings
 * @notice The data hash of a batch, the commitments `c` of its n leaves, and their evaluations `y`, in a row of 2n + 1 words:
 *         `dataHash | c₀ … cₙ₋₁ | y₀ … yₙ₋₁` (docs/protocol.md §7). Both hashes that are taken of them are of neighbours.
 */
library Openings {
    /// @return words For `leaves` leaves, with the data hash only.
    function allocate(bytes32 dataHash, uint256 leaves) internal pure returns (uint256[] memory words) {
        words = new uint256[](2 * leaves + 1);
        words[0] = uint256(dataHash);
    }

    function setLeaf(uint256[] memory words, uint256 leaf, uint256 commitment, uint256 evaluation) internal pure {
        words[1 + leaf] = commitment;
        words[1 + words.length / 2 + leaf] = evaluation;
    }

    function evaluationOf(uint256[] memory words, uint256 leaf) internal pure returns (uint256) {
        return words[1 + words.length / 2 + leaf];
    }

    /// @return z keccak256(dataHash, c₀, …) mod p: the point of evaluation.
    function challenge(uint256[] memory words) internal pure returns (uint256 z) {
        uint256 size = (words.length / 2 + 1) * 0x20;
        // Assembly: hashes words where they are.
        assembly ("memory-safe") {
            z := keccak256(add(words, 0x20), size)
        }
        z %= BN254.SCALAR_FIELD;
    }

    /// @return hash keccak256(c₀, …, y₀, …): what a batch's accumulator keeps of them.
    function hashOf(uint256[] memory words) internal pure returns (bytes32 hash) {
        uint256 size = (words.length - 1) * 0x20;
        // Assembly: hashes words where they are.
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x40), size)
        }
    }
}
