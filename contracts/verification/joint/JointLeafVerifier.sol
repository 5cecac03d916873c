// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LeafVerifier } from "../LeafVerifier.sol";
import { IHonkVerifier } from "./IHonkVerifier.sol";
import { JointVerifier } from "./JointVerifier.sol";
import { StatementVerifier } from "../StatementVerifier.sol";

/// @title JointLeafVerifier
/// @notice Verifies statements of the leaf circuit: each by a Groth16 proof, or all by one joint proof.
contract JointLeafVerifier is LeafVerifier, JointVerifier {
    constructor(
        IHonkVerifier honk,
        uint256 nodeKeyHash,
        bool isDevelopment
    ) JointVerifier(honk, nodeKeyHash, isDevelopment) {}

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc JointVerifier
    function verifyJointly(
        bytes calldata statements,
        bytes calldata proof
    ) public view override(StatementVerifier, JointVerifier) {
        super.verifyJointly(statements, proof);
    }
}
