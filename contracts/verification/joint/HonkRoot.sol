// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "../batch/BN254.sol";
import { IJointProofs } from "../IJointProofs.sol";
import { IHonkVerifier } from "./IHonkVerifier.sol";

/**
 * @title HonkRoot
 * @notice Verifies the root of a tree of UltraHonk proofs that verify each other (docs/recursion.md).
 * @dev A program cannot contain its own key, so the hash of the nodes' key is the last public input, and is compared
 *      with `NODE_KEY_HASH` here.
 */
abstract contract HonkRoot is IJointProofs {
    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a hash of the nodes' key that no key has: it is 0, or not below p. Only a constructor reverts
    ///         with it.
    error InvalidNodeKeyHash(uint256 nodeKeyHash);

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the verifier of the program that joins proofs.
    IHonkVerifier public immutable HONK;

    /// @notice Returns the hash of the key by which this program verifies its own proofs.
    uint256 public immutable NODE_KEY_HASH;

    /// @notice Returns whether the keys were made with a string of powers whose secret is public. The deployer says so.
    /// @dev WARNING: With such keys anyone can prove any statement. `IS_DEVELOPMENT` is about the Groth16 keys only.
    bool public immutable JOINT_IS_DEVELOPMENT;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(IHonkVerifier honk, uint256 nodeKeyHash, bool isDevelopment) {
        if (address(honk).code.length == 0) revert NoJointProofs();
        if (nodeKeyHash == 0 || nodeKeyHash >= BN254.SCALAR_FIELD) revert InvalidNodeKeyHash(nodeKeyHash);
        HONK = honk;
        NODE_KEY_HASH = nodeKeyHash;
        JOINT_IS_DEVELOPMENT = isDevelopment;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the root over the words of a tree, with which its proof begins.
    function _rootOf(bytes calldata proof) internal pure returns (bytes32 root) {
        if (proof.length < 0x20) revert TruncatedJointProof(proof.length, 0x20);
        return bytes32(proof[:0x20]);
    }

    /// @dev Reverts unless the proof is valid.
    /// @param inputs Public inputs of the tree's root. This function sets the last one.
    function _requireProven(bytes calldata proof, bytes32[] memory inputs) internal view {
        inputs[inputs.length - 1] = bytes32(NODE_KEY_HASH);
        try HONK.verify(proof[0x20:], inputs) returns (bool isValid) {
            if (!isValid) revert ProofsRejected();
        } catch {
            revert ProofsRejected();
        }
    }
}
