// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ForcedOperation } from "./ForcedOperation.sol";

/**
 * @title BatchSize
 * @notice Limits the leaves of a batch, so that a false commitment can always be answered. The answer, one call of
 *         `IProofOfEfficiency.verify`, holds the proofs of all leaves, all their data, and an exit for each slot.
 */
library BatchSize {
    /// @dev Bytes of the largest transaction that nodes of Ethereum pass on.
    uint256 private constant PUBLIC_TRANSACTION = 128 * 1024;

    /// @dev Bytes of the answer that do not depend on the leaves: the transaction's own fields and signature, the
    ///      selector, and the ABI's words for one batch. They are below 900.
    uint256 private constant OVERHEAD = 1024;

    /// @dev Bytes of an `IProofOfEfficiency.LeafProof`.
    uint256 private constant LEAF_PROOF = 14 * 32;

    /// @dev Bytes of an exit. A slot has at most one (`ShownExits`).
    uint256 private constant EXIT = 2 * 32;

    /// @dev Leaves that fit the gas of a transaction (2^24) with a margin: a leaf takes about 60,000, and its calldata.
    uint256 private constant GAS_LIMITED = 128;

    /// @dev Returns the greatest number of leaves: 120 with 4 slots, 43 with 16.
    /// @param slots Slots of a leaf.
    function maxLeaves(uint256 slots) internal pure returns (uint256 leaves) {
        leaves = (PUBLIC_TRANSACTION - OVERHEAD) / (LEAF_PROOF + slots * (ForcedOperation.SLOT_BYTES + EXIT));
        if (leaves > GAS_LIMITED) leaves = GAS_LIMITED;
    }
}
