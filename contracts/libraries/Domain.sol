// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Domain
/// @notice Ties signatures and proofs to one chain and one core (docs/protocol.md §3).
library Domain {
    bytes32 private constant TAG = keccak256("DecentralisedSequencing.Domain.v1");

    /// @dev Returns the domain of a core on this chain. It is below 2^248, so that it is a field element.
    function ofCore(address rollup) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(TAG, block.chainid, rollup))) >> 8;
    }
}
