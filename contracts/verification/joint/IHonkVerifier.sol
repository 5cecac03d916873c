// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IHonkVerifier
 * @notice Verifies UltraHonk proofs of one program: the contract that `bb write_solidity_verifier` writes.
 */
interface IHonkVerifier {
    /**
     * @notice Returns true if the proof is valid. Reverts, or returns false, if not.
     * @param proof Words of the proof, without public inputs.
     * @param publicInputs Public inputs of the program, in its order. One that is not below p is rejected.
     */
    function verify(bytes calldata proof, bytes32[] calldata publicInputs) external view returns (bool);
}
