// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Orders up to 32 things, each named by an index 0 … 31, in 160 bits.
 *
 *  159     155              9    5 4    0
 * +---------+-- … ---------+------+------+
 * | rank 31 |              |  1   |  0   |   each field: the index of the thing at this rank
 * +---------+-- … ---------+------+------+
 *
 * The caller knows how many ranks are taken. Example: things 2, 0 and 1, in this order, are 1·2^10 + 0·2^5 + 2 = 1,026.
 */
type Ranking is uint160;

using { indexAt, insertAt, removeAt, swapRanks } for Ranking global;

uint256 constant RANK_BITS = 5;
uint256 constant RANK_MASK = (1 << RANK_BITS) - 1;

/// @dev Returns the index at a rank, 0 … 31.
function indexAt(Ranking ranking, uint256 rank) pure returns (uint256) {
    return (uint256(Ranking.unwrap(ranking)) >> (RANK_BITS * rank)) & RANK_MASK;
}

/// @dev Puts an index at a rank. Those from this rank on move back by one; one at rank 31 is lost.
function insertAt(Ranking ranking, uint256 rank, uint256 index) pure returns (Ranking) {
    uint256 word = Ranking.unwrap(ranking);
    uint256 before = word & ((1 << (RANK_BITS * rank)) - 1);
    return Ranking.wrap(uint160(before | (index << (RANK_BITS * rank)) | ((word ^ before) << RANK_BITS)));
}

/// @dev Takes the index at a rank out. Those behind it move up by one.
function removeAt(Ranking ranking, uint256 rank) pure returns (Ranking) {
    uint256 word = Ranking.unwrap(ranking);
    uint256 before = word & ((1 << (RANK_BITS * rank)) - 1);
    uint256 behind = word >> (RANK_BITS * (rank + 1));
    return Ranking.wrap(uint160(before | (behind << (RANK_BITS * rank))));
}

/// @dev Exchanges the indexes at two ranks.
function swapRanks(Ranking ranking, uint256 left, uint256 right) pure returns (Ranking) {
    uint256 difference = indexAt(ranking, left) ^ indexAt(ranking, right);
    uint256 word = Ranking.unwrap(ranking);
    return Ranking.wrap(uint160(word ^ (difference << (RANK_BITS * left)) ^ (difference << (RANK_BITS * right))));
}
