// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { BN254 } from "../verification/batch/BN254.sol";

/**
 * @title DataCommitment
 * @notice Binds a batch's bytes on L1 to the data of the leaf circuit (docs/protocol.md §4, §7).
 * @dev A leaf's chunks are the coefficients of a polynomial. The circuit evaluates the polynomial behind its commitment
 *      `c`, and L1 the one in the posted bytes. The point `z` is a hash of both, so nobody knew it when the bytes and
 *      the commitment were chosen. Two different leaves agree at `z` with probability at most 3·SLOTS / p, so equal
 *      values mean equal bytes.
 */
library DataCommitment {
    /// @dev Bytes of one coefficient, the greatest number that always fits into the field.
    uint256 internal constant CHUNK_BYTES = 31;

    /// @dev Bytes of one slot: three chunks.
    uint256 internal constant SLOT_BYTES = 93;

    /// @dev Bytes that one leaf proof covers.
    uint256 internal constant LEAF_BYTES = LeafVerifyingKey.SLOTS * SLOT_BYTES;

    /// @dev Returns the number of leaves of a batch with this number of bytes, rounded up; at least one.
    function leafCount(uint256 dataLength) internal pure returns (uint256) {
        return Math.max(1, Math.ceilDiv(dataLength, LEAF_BYTES));
    }

    /// @dev Returns the point of evaluation.
    /// @param commitments Commitments `c` of the leaves. They are fixed before the point is known.
    /// @return z Point, below p.
    function challenge(bytes32 dataHash, uint256[] memory commitments) internal pure returns (uint256 z) {
        return uint256(keccak256(abi.encodePacked(dataHash, commitments))) % BN254.SCALAR_FIELD;
    }

    /// @dev Evaluates the polynomials of all leaves.
    /// @return y Σ chunkᵢ·zⁱ mod p of each leaf. `data` counts as padded with zero bytes to a whole number of leaves.
    function evaluate(bytes calldata data, uint256 z) internal pure returns (uint256[] memory y) {
        y = new uint256[](leafCount(data.length));
        uint256 start = 0;
        for (uint256 leaf = 0; leaf < y.length; ++leaf) {
            uint256 end = start + LEAF_BYTES;
            if (end > data.length) end = data.length;
            y[leaf] = evaluateLeaf(data[start:end], z);
            start = end;
        }
    }

    /// @dev Evaluates the polynomial of one leaf.
    /// @param data Bytes of the leaf, at most `LEAF_BYTES`; missing chunks count as zero.
    function evaluateLeaf(bytes calldata data, uint256 z) internal pure returns (uint256 y) {
        uint256 p = BN254.SCALAR_FIELD;
        // Assembly: this loop runs over every posted byte, and a checked slice costs more than the arithmetic.
        // Horner's rule goes from the last chunk down to the first. A chunk is a word without its lowest byte, the
        // first of the next chunk.
        assembly ("memory-safe") {
            let rest := mod(data.length, CHUNK_BYTES)
            let position := add(data.offset, sub(data.length, rest))
            if rest {
                // The last chunk is cut short. The bytes after it in calldata are not data, and count as zero.
                let absent := mul(8, sub(32, rest))
                y := shr(8, shl(absent, shr(absent, calldataload(position))))
            }
            for {} gt(position, data.offset) {} {
                position := sub(position, CHUNK_BYTES)
                // Below p + 2^248, so it does not wrap; the next round, or the line after the loop, reduces it.
                y := add(mulmod(y, z, p), shr(8, calldataload(position)))
            }
            y := mod(y, p)
        }
    }
}
