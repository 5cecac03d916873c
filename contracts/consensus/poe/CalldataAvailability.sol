// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { DataCommitment } from "../../libraries/DataCommitment.sol";
import { ForcedOperation } from "../../libraries/ForcedOperation.sol";
import { DataAvailability } from "./DataAvailability.sol";

/// @title CalldataAvailability
/// @notice Takes the bytes of a batch from the calldata of the call that sequences it.
abstract contract CalldataAvailability is DataAvailability {
    /// @inheritdoc DataAvailability
    function _layout(
        bytes calldata data,
        uint256 forcedCount
    ) internal pure override returns (uint256 leaves, bytes calldata forcedSlots) {
        uint256 length = forcedCount * ForcedOperation.SLOT_BYTES;
        forcedSlots = data[:length < data.length ? length : data.length];
        leaves = DataCommitment.leafCount(data.length);
    }

    /// @inheritdoc DataAvailability
    function _bind(
        bytes calldata data,
        uint256[] memory commitments
    ) internal pure override returns (bytes32 dataHash, uint256[] memory evaluations) {
        dataHash = keccak256(data);
        evaluations = DataCommitment.evaluate(data, DataCommitment.challenge(dataHash, commitments));
    }
}
