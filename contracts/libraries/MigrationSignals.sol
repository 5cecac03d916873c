// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title MigrationSignals
 * @notice Names the positions of the public signals of the circuit `migration` (docs/enforcement.md §5.3), and reads
 *         the pairs of tokens.
 * @dev The circuit knows four pairs; a departure uses one of them, four times (docs/adr/0035).
 */
library MigrationSignals {
    /// @notice Holds the number of token pairs.
    uint256 internal constant PAIRS = 4;

    uint256 internal constant NEW_STATE_ROOT = 0;
    uint256 internal constant ARRIVALS_ROOT = 1;
    uint256 internal constant TOTALS = 2;
    uint256 internal constant MOVES_COMMITMENT = 6;
    uint256 internal constant ARRIVALS_COMMITMENT = 8;
    uint256 internal constant OLD_STATE_ROOT = 10;
    uint256 internal constant DOMAIN = 11;
    uint256 internal constant TARGET = 12;
    uint256 internal constant TOKENS = 13;
    uint256 internal constant MOVES_POINT = 14;
    uint256 internal constant ARRIVALS_POINT = 15;
    uint256 internal constant WORKER = 16;

    uint256 private constant PAIR_BITS = 32;
    uint256 private constant ID_BITS = 16;
    uint256 private constant EACH_PAIR = 1 + (1 << 32) + (1 << 64) + (1 << 96);

    /// @notice Reads the token ids of a pair.
    /// @param tokens Word Σ (source + target · 2^16) · 2^(32 · pair).
    /// @param pair Number of the pair, 0 … 3.
    function pairOf(uint256 tokens, uint256 pair) internal pure returns (uint16 source, uint16 target) {
        uint256 ids = tokens >> (PAIR_BITS * pair);
        return (uint16(ids), uint16(ids >> ID_BITS));
    }

    /// @notice Returns whether all pairs are the same. Then the first total is that of all users, and the other totals
    ///         are 0.
    function areOnePair(uint256 tokens) internal pure returns (bool) {
        return tokens == uint256(uint32(tokens)) * EACH_PAIR;
    }
}
