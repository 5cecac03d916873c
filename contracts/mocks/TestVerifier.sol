// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchVerifier } from "../verification/batch/BatchVerifier.sol";
import { PowersVerifyingKey } from "../verification/batch/example/keys/PowersVerifyingKey.sol";
import { ProductVerifyingKey } from "../verification/batch/example/keys/ProductVerifyingKey.sol";
import { SquareAndCubeVerifyingKey } from "./keys/SquareAndCubeVerifyingKey.sol";

/// @title TestVerifier
/// @notice Verifies proofs of the circuits of test/verification/testCircuits.ts, which are made in milliseconds.
contract TestVerifier is BatchVerifier {
    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](3);
        keys[0] = ProductVerifyingKey.POINTS;
        keys[1] = PowersVerifyingKey.POINTS;
        keys[2] = SquareAndCubeVerifyingKey.POINTS;
    }
}
