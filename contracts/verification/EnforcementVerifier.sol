// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ESCAPE_CIRCUIT, MIGRATION_CIRCUIT } from "../interfaces/IBatchVerifier.sol";
import { BatchVerifier } from "./BatchVerifier.sol";
import { EscapeVerifyingKey } from "./keys/EscapeVerifyingKey.sol";
import { MigrationVerifyingKey } from "./keys/MigrationVerifyingKey.sol";

/// @title EnforcementVerifier
/// @notice Verifies proofs of the escape circuit (docs/enforcement.md §3), whose id is `ESCAPE_CIRCUIT`, and of the
///         migration circuit (§5.3), whose id is `MIGRATION_CIRCUIT`.
contract EnforcementVerifier is BatchVerifier {
    /// @notice Whether a key is a development key. Its secret is public, so anyone can prove anything with it.
    bool public constant IS_DEVELOPMENT = EscapeVerifyingKey.IS_DEVELOPMENT || MigrationVerifyingKey.IS_DEVELOPMENT;

    /// @notice Levels of the account tree, of arity 4, that the circuits prove about.
    uint256 public constant DEPTH = MigrationVerifyingKey.DEPTH;

    /// @notice Levels of the tree of arrivals, of arity 4.
    uint256 public constant LEVELS = MigrationVerifyingKey.LEVELS;

    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        keys[ESCAPE_CIRCUIT] = EscapeVerifyingKey.POINTS;
        keys[MIGRATION_CIRCUIT] = MigrationVerifyingKey.POINTS;
    }
}
