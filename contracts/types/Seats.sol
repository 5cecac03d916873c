// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds the seats of an epoch in one word: who is drawn for each, and how many of its slots were missed.
 *
 *  255          64 + 24·i + 24 … 64 + 24·i              63        32 31            0
 * +---+------------------------------------------+----+------------+----------------+
 * | … |  seat i: misses (8 bits), id (16 bits)   | …  |  0         |  epoch         |
 * +---+------------------------------------------+----+------------+----------------+
 *
 * A word has places for 8 seats. The id 0 stands for nobody. An epoch of 32 bits lasts for 10^5 years if it is one L1
 * block long.
 */
type Seats is uint256;

using { epochOf, idOf, missesOf, withId, withMiss, holds } for Seats global;

/// @dev Number of places in a word.
uint256 constant MAX_SEATS = 8;

/// @dev Returns seats of `epoch` that nobody is drawn for.
function emptySeats(uint256 epoch) pure returns (Seats) {
    return Seats.wrap(uint32(epoch));
}

/// @dev Returns the epoch.
function epochOf(Seats seats) pure returns (uint256) {
    return uint32(Seats.unwrap(seats));
}

/// @dev Returns the id of the party that is drawn for `seat`, which is below 8; 0 for nobody.
function idOf(Seats seats, uint256 seat) pure returns (uint256) {
    return uint16(Seats.unwrap(seats) >> (64 + 24 * seat));
}

/// @dev Returns the number of slots that `seat` missed.
function missesOf(Seats seats, uint256 seat) pure returns (uint256) {
    return uint8(Seats.unwrap(seats) >> (80 + 24 * seat));
}

/// @dev Gives an empty seat to a party. Keeps the low 16 bits of `id`.
function withId(Seats seats, uint256 seat, uint256 id) pure returns (Seats) {
    return Seats.wrap(Seats.unwrap(seats) | (uint256(uint16(id)) << (64 + 24 * seat)));
}

/// @dev Counts a missed slot. The caller ensures that fewer than 255 are counted.
function withMiss(Seats seats, uint256 seat) pure returns (Seats) {
    return Seats.wrap(Seats.unwrap(seats) + (1 << (80 + 24 * seat)));
}

/// @dev Returns whether a party is drawn for one of the seats. `id` is not 0.
function holds(Seats seats, uint256 id) pure returns (bool) {
    for (uint256 seat = 0; seat < MAX_SEATS; ++seat) {
        if (idOf(seats, seat) == id) return true;
    }
    return false;
}
