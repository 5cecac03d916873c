// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IL2State
 * @notice Returns the state of L2 that L1 knows.
 */
interface IL2State {
    /// @notice Returns the root of the last proven state.
    function stateRoot() external view returns (uint256);

    /// @notice Returns the number that ties signatures and proofs to this chain and this rollup, below 2^248
    ///         (docs/protocol.md §3).
    function DOMAIN() external view returns (uint256);
}
