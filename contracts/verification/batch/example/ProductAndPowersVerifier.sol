// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchVerifier } from "../BatchVerifier.sol";
import { PowersVerifyingKey } from "./keys/PowersVerifyingKey.sol";
import { ProductVerifyingKey } from "./keys/ProductVerifyingKey.sol";

/// @title ProductAndPowersVerifier
/// @notice Verifies proofs of two circuits: "product", whose id is 0, and "powers", whose id is 1.
contract ProductAndPowersVerifier is BatchVerifier {
    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        keys[0] = ProductVerifyingKey.POINTS;
        keys[1] = PowersVerifyingKey.POINTS;
    }
}
