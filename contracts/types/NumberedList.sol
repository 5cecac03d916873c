// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * One storage word for an include list of B52 and the round, or the height, that it belongs to.
 *
 *  255                                        48 47          8 7            0
 * +---------------------------------------------+-------------+--------------+
 * |  first 208 bits of a keccak256 hash         |  number     |  slots       |
 * +---------------------------------------------+-------------+--------------+
 *
 * So a word never has to be cleared: read for another number, it holds no list. For example, the list of one slot whose
 * hash begins with 0xabcd… has the word 0xabcd…0000000901 for height 9: `listFor(9)` gives 0xabcd…0000000001, and
 * `listFor(11)` gives 0. A collision of 208 bits costs about 2^104 hashes (`HashAndTime` says why that is enough).
 */
type NumberedList is uint256;

using { listFor } for NumberedList global;

/// @dev The hash and the number of slots, as `IB52.listDue` gives them; a list has at least one slot.
function packList(bytes32 list, uint256 number) pure returns (NumberedList) {
    return NumberedList.wrap(uint256(list) | (uint256(uint40(number)) << 8));
}

/// @return The list, if it is that of `number`; else 0.
function listFor(NumberedList word, uint256 number) pure returns (bytes32) {
    uint256 list = NumberedList.unwrap(word) ^ (number << 8);
    // With another number these bits are not zero.
    return uint40(list >> 8) == 0 ? bytes32(list) : bytes32(0);
}
