// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "./batch/IBatchVerifier.sol";

/**
 * @title IStatementVerifier
 * @notice Verifies statements about leaves and merges: each by a Groth16 proof of its own, or all by one joint proof
 *         (docs/recursion.md). The prover chooses.
 */
interface IStatementVerifier is IBatchVerifier {
    /// @notice Rejects a joint proof: this verifier has no key for it.
    error NoJointProofs();

    /// @notice Rejects a joint proof that is too short.
    error TruncatedJointProof(uint256 length, uint256 minimum);

    /// @notice Rejects a statement with words of a Groth16 proof in a call with a joint proof.
    error StatementHasProof(uint256 statement);

    /**
     * @notice Reverts unless every statement is proven.
     * @param statements Statements, as `Statements` encodes them; the words of their own proofs are 0.
     * @param proof Root of the tree of proofs, 32 bytes; then an UltraHonk proof.
     * @dev Requirements
     *      - There is at least one statement. Each is complete and of a known circuit.
     *      - Every word is in its range, as for `verify`.
     *      - The proof is valid.
     *
     *      The answer depends on the arguments only.
     *
     *      WARNING: With too little gas, a valid proof may be rejected with `ProofsRejected`.
     */
    function verifyJointly(bytes calldata statements, bytes calldata proof) external view;
}
