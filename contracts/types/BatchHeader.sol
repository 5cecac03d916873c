// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * The header chunk that L1 writes before a batch's data (docs/protocol.md §4).
 *
 *  255     224 223        128 127        112 111          80 79           64 63         0
 * +-----------+--------------+--------------+---------------+---------------+------------+
 * |     0     |   baseFee    |   feeToken   |  feeAccount   |  forcedCount  | timestamp  |
 * +-----------+--------------+--------------+---------------+---------------+------------+
 */
type BatchHeader is uint256;

using { feeTokenOf, forcedCountOf } for BatchHeader global;

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

function feeTokenOf(BatchHeader header) pure returns (uint16) {
    return uint16(BatchHeader.unwrap(header) >> 112);
}

/// @dev Forced operations of the whole batch.
function forcedCountOf(BatchHeader header) pure returns (uint256) {
    return uint16(BatchHeader.unwrap(header) >> 64);
}
