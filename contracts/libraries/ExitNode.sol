// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ExitNode
/// @notice Hashes the leaves of the keccak tree over the exits of a transition (docs/protocol.md §10).
library ExitNode {
    /**
     * @notice Returns the leaf of an exit: a hash of 96 bytes. Inner nodes are hashes of 64 bytes, so that neither
     *         passes for the other.
     * @param index Number of the exit in its transition, from 0.
     * @param amount Amount in the token's smallest unit.
     */
    function hash(uint256 index, address recipient, uint16 token, uint128 amount) internal pure returns (bytes32) {
        return hash(index, uint160(recipient) | (uint256(token) << 160), amount);
    }

    /// @notice Returns the leaf of an exit, from its two words.
    /// @param to Word with recipient + token · 2^160.
    function hash(uint256 index, uint256 to, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, to, amount));
    }
}
