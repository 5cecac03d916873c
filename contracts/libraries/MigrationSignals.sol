// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title MigrationSignals
 * @notice Public signals of the circuit `migration` (docs/enforcement.md §5.3), by position, and the pairs of tokens.
 */
library MigrationSignals {
    /// @notice Number of token pairs; a pair that is not used may repeat another one.
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

    /// @param tokens Σ (source + target · 2^16) · 2^(32 · pair).
    function pairOf(uint256 tokens, uint256 pair) internal pure returns (uint16 source, uint16 target) {
        uint256 ids = tokens >> (PAIR_BITS * pair);
        return (uint16(ids), uint16(ids >> ID_BITS));
    }

    /// @notice Whether each token of the source has one id in the target, and the other way round: two pairs are equal,
    ///         or differ in both ids.
    function areUnambiguous(uint256 tokens) internal pure returns (bool) {
        for (uint256 i = 1; i < PAIRS; ++i) {
            (uint16 source, uint16 target) = pairOf(tokens, i);
            for (uint256 j = 0; j < i; ++j) {
                (uint16 otherSource, uint16 otherTarget) = pairOf(tokens, j);
                if ((source == otherSource) != (target == otherTarget)) return false;
            }
        }
        return true;
    }

    /// @return source Id in the source of the token that has the id `target` in the target, and is in a pair.
    function sourceOf(uint256 tokens, uint16 target) internal pure returns (uint16 source) {
        for (uint256 i = 0; i < PAIRS; ++i) {
            (uint16 candidate, uint16 id) = pairOf(tokens, i);
            if (id == target) return candidate;
        }
    }
}
