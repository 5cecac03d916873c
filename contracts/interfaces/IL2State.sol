// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IL2State
 * @notice What L1 knows of L2.
 */
interface IL2State {
    /// @notice Root of the last proven state.
    function stateRoot() external view returns (uint256);

    /// @notice What ties signatures and proofs to this chain and this rollup, below 2^248 (docs/protocol.md §3).
    function DOMAIN() external view returns (uint256);
}
