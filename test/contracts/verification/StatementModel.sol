// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Model of statements, written from docs/protocol.md §6.1: the powers of the point one by one. Shares no code
///         with the contracts.
abstract contract StatementModel {
    uint256 internal constant P = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant LEAF_WORDS = 13;
    uint256 internal constant MERGE_WORDS = 11;
    uint256 internal constant TO = 2 ** 176;

    /// @dev Σ wordᵢ · pointⁱ, and the power after the last word.
    function evaluate(bytes memory words, uint256 point) internal pure returns (uint256 value, uint256 power) {
        power = 1;
        for (uint256 i = 0; i < words.length; i += 32) {
            value = addmod(value, mulmod(wordAt(words, i), power, P), P);
            power = mulmod(power, point, P);
        }
    }

    function wordAt(bytes memory words, uint256 offset) internal pure returns (uint256 word) {
        for (uint256 k = 0; k < 32; ++k) word = word * 256 + uint8(words[offset + k]);
    }
}
