// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ExitNode
/// @notice Leaves of the keccak tree over the exits of a transition (docs/protocol.md §5.3).
library ExitNode {
    /**
     * @param index Number of the exit in its transition, from 0.
     * @param amount In the token's smallest unit.
     * @return Hash of 96 bytes; inner nodes are hashes of 64, so that one cannot pass for the other.
     */
    function hash(uint256 index, address recipient, uint16 token, uint128 amount) internal pure returns (bytes32) {
        return hash(index, uint160(recipient) | (uint256(token) << 160), amount);
    }

    /// @param to Recipient + token · 2^160.
    function hash(uint256 index, uint256 to, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, to, amount));
    }
}
