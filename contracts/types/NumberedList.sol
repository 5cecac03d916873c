// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds an include list of B52 in one word, with the round or the height that it belongs to.
 *
 *  255                                        48 47          8 7            0
 * +---------------------------------------------+-------------+--------------+
 * |  first 208 bits of a keccak256 hash         |  number     |  slots       |
 * +---------------------------------------------+-------------+--------------+
 *
 * So a word is never cleared: for another number, it holds no list. Example: the list of one slot whose hash begins
 * with 0xabcd… has the word 0xabcd…0000000901 for height 9. `listFor(9)` returns 0xabcd…0000000001, and `listFor(11)`
 * returns 0. A collision of 208 bits costs about 2^104 hashes (`HashAndTime` says why that is enough).
 */
type NumberedList is uint256;

using { listFor } for NumberedList global;

/// @dev Packs a list, with its hash and its number of slots as `IB52Rounds.listDue` returns them. A list has at least
///      one slot.
function packList(bytes32 list, uint256 number) pure returns (NumberedList) {
    return NumberedList.wrap(uint256(list) | (uint256(uint40(number)) << 8));
}

/// @dev Returns the list if it is that of `number`; else 0.
function listFor(NumberedList word, uint256 number) pure returns (bytes32) {
    uint256 list = NumberedList.unwrap(word) ^ (number << 8);
    // For another number these bits are not zero.
    return uint40(list >> 8) == 0 ? bytes32(list) : bytes32(0);
}
