// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "./batch/IBatchVerifier.sol";

/// @title IJointProofs
/// @notice Verifies statements each by a Groth16 proof of its own, or all by one joint proof (docs/recursion.md). The
///         prover chooses. Those who inherit from it say what a joint proof is of.
interface IJointProofs is IBatchVerifier {
    /// @notice Rejects a joint proof: this verifier has no key for it.
    error NoJointProofs();

    /// @notice Rejects a joint proof that is too short.
    error TruncatedJointProof(uint256 length, uint256 minimum);
}
