// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { VerifyingKey } from "../types/VerifyingKey.sol";
import { BatchVerifier } from "../verification/BatchVerifier.sol";
import { PowersVerifyingKey } from "./keys/PowersVerifyingKey.sol";
import { ProductVerifyingKey } from "./keys/ProductVerifyingKey.sol";

/// @title TestVerifier
/// @notice Verifies proofs of the two circuits in test/verification/fixtures, which are made in milliseconds.
contract TestVerifier is BatchVerifier {
    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (VerifyingKey[] memory keys) {
        keys = new VerifyingKey[](2);
        keys[0] = ProductVerifyingKey.load();
        keys[1] = PowersVerifyingKey.load();
    }
}
