// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { DataCommitment } from "../libraries/DataCommitment.sol";

/// @title DataCommitmentHarness
/// @notice Calls the functions of `DataCommitment` from outside.
contract DataCommitmentHarness {
    function leafCount(uint256 dataLength) external pure returns (uint256) {
        return DataCommitment.leafCount(dataLength);
    }

    function challenge(bytes32 dataHash, uint256[] calldata commitments) external pure returns (uint256) {
        return DataCommitment.challenge(dataHash, commitments);
    }

    function evaluate(bytes calldata data, uint256 z) external pure returns (uint256[] memory) {
        return DataCommitment.evaluate(data, z);
    }

    /// @notice Calls `evaluate` with other calldata right after the data's last byte.
    function evaluateFollowed(
        bytes calldata dataAndMore,
        uint256 length,
        uint256 z
    ) external pure returns (uint256[] memory) {
        return DataCommitment.evaluate(dataAndMore[:length], z);
    }

    /// @notice Measures `evaluate`.
    /// @return gasUsed Gas of `evaluate` alone.
    function measureEvaluate(bytes calldata data, uint256 z) external view returns (uint256 gasUsed) {
        uint256 before = gasleft();
        DataCommitment.evaluate(data, z);
        return before - gasleft();
    }
}
