// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @notice Holds the header that L1 writes when it accepts a batch (docs/protocol.md §4).
 *
 *  255     224 223        128 127        112 111          80 79           64 63         0
 * +-----------+--------------+--------------+---------------+---------------+------------+
 * |     0     |   baseFee    |   feeToken   |  feeAccount   |  forcedCount  | timestamp  |
 * +-----------+--------------+--------------+---------------+---------------+------------+
 */
type BatchHeader is uint256;

using { feeTokenOf, forcedCountOf, ofLeaf, withForcedCount } for BatchHeader global;

/// @dev Packs a header. Keeps the low 64 bits of `timestamp`.
function packBatchHeader(
    uint96 baseFee,
    uint16 feeToken,
    uint32 feeAccount,
    uint16 forcedCount,
    uint256 timestamp
) pure returns (BatchHeader) {
    return
        BatchHeader.wrap(
            (uint256(baseFee) << 128) |
                (uint256(feeToken) << 112) |
                (uint256(feeAccount) << 80) |
                (uint256(forcedCount) << 64) |
                uint64(timestamp)
        );
}

/// @dev Returns the token in which the batch's transactions pay fees.
function feeTokenOf(BatchHeader header) pure returns (uint16) {
    return uint16(BatchHeader.unwrap(header) >> 112);
}

/// @dev Returns the number of forced operations of the whole batch.
function forcedCountOf(BatchHeader header) pure returns (uint256) {
    return uint16(BatchHeader.unwrap(header) >> 64);
}

/**
 * @dev Returns the header of a leaf: that of the batch, with the number of the leaf's own forced operations.
 * @param leaf Position of the leaf in the batch.
 * @param slots Slots of a leaf, below 2^16.
 */
function ofLeaf(BatchHeader header, uint256 leaf, uint256 slots) pure returns (BatchHeader) {
    return header.withForcedCount(Math.min(Math.saturatingSub(header.forcedCountOf(), leaf * slots), slots));
}

/// @dev Returns a header with another number of forced operations, below 2^16.
function withForcedCount(BatchHeader header, uint256 forced) pure returns (BatchHeader) {
    return BatchHeader.wrap((BatchHeader.unwrap(header) & ~uint256(0xffff << 64)) | (forced << 64));
}
