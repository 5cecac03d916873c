// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ESCAPE_CIRCUIT, MIGRATION_CIRCUIT } from "./circuitIds.sol";
import { ICircuitSizes } from "../interfaces/ICircuitSizes.sol";
import { CircuitSizes } from "../libraries/CircuitSizes.sol";
import { BatchVerifier } from "./batch/BatchVerifier.sol";
import { EscapeVerifyingKey } from "./keys/EscapeVerifyingKey.sol";
import { MigrationVerifyingKey } from "./keys/MigrationVerifyingKey.sol";

/// @title EnforcementVerifier
/// @notice Verifies proofs of the escape circuit (docs/enforcement.md §3), whose id is `ESCAPE_CIRCUIT`, and of the
///         migration circuit (§5.3), whose id is `MIGRATION_CIRCUIT`.
contract EnforcementVerifier is BatchVerifier, ICircuitSizes {
    /// @notice Says whether one of the keys is a development key.
    /// @dev WARNING: The secret of a development key is public. Anyone can prove any statement with it.
    bool public constant IS_DEVELOPMENT = EscapeVerifyingKey.IS_DEVELOPMENT || MigrationVerifyingKey.IS_DEVELOPMENT;

    /// @inheritdoc ICircuitSizes
    uint256 public constant DEPTH = MigrationVerifyingKey.DEPTH;

    /// @inheritdoc ICircuitSizes
    uint256 public constant LEVELS = MigrationVerifyingKey.LEVELS;

    constructor() {
        CircuitSizes.requireOneProfile();
    }

    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        keys[ESCAPE_CIRCUIT] = EscapeVerifyingKey.POINTS;
        keys[MIGRATION_CIRCUIT] = MigrationVerifyingKey.POINTS;
    }
}
