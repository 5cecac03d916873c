// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds a hash and a time in one word: an entry of the forced queue or of the ring of sequenced batches.
 *
 *  255                                              40 39             0
 * +---------------------------------------------------+----------------+
 * |  first 216 bits of a keccak256 hash (bytes27)     |  unix seconds  |
 * +---------------------------------------------------+----------------+
 *
 * A collision of 216 bits costs about 2^108 hashes. BN254, on which every validity proof rests, is itself estimated
 * at about 2^100, so the truncation is not the weakest link. The timestamp lasts for 34,000 years.
 */
type HashAndTime is uint256;

using { hashOf, timeOf } for HashAndTime global;

/// @dev Keeps the first 216 bits of `fullHash` and the low 40 bits of `time`.
function packHashAndTime(bytes32 fullHash, uint256 time) pure returns (HashAndTime) {
    return HashAndTime.wrap(((uint256(fullHash) >> 40) << 40) | uint40(time));
}

/// @dev Returns the first 216 bits of the hash.
function hashOf(HashAndTime entry) pure returns (bytes27) {
    return bytes27(bytes32(HashAndTime.unwrap(entry)));
}

/// @dev Returns the time, in unix seconds.
function timeOf(HashAndTime entry) pure returns (uint256) {
    return uint40(HashAndTime.unwrap(entry));
}
