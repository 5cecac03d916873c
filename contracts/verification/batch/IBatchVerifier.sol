// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IBatchVerifier
 * @notice Verifies any number of Groth16 proofs of one or several circuits in one pairing check.
 */
interface IBatchVerifier {
    /// @notice Rejects an empty list, so that no caller takes it for a proof.
    error NoStatements();

    /// @notice Rejects a statement of a circuit without a key.
    error UnknownCircuit(uint256 statement, uint256 circuit);

    /// @notice Rejects a list that ends within this statement, which is `expected` bytes long.
    error TruncatedStatement(uint256 statement, uint256 length, uint256 expected);

    /// @notice Rejects a public signal that is not below p: its value has another, canonical encoding.
    error InputNotInField(uint256 statement, uint256 input, uint256 value);

    /// @notice Rejects the point that begins at `word` of the proof (0: A, 6: C): it is not on the curve, or not
    ///         canonical.
    error InvalidPoint(uint256 statement, uint256 word);

    /// @notice Rejects the B of a proof: it is not in the group G2, or not canonical. The precompile does not say which
    ///         B.
    error InvalidG2Point();

    /// @notice Reports that a precompile failed on a point of the keys, which only happens without enough gas.
    error InvalidKeyPoint();

    /// @notice Rejects a key whose α, β or γ differs from that of circuit 0. Only a constructor reverts with it.
    error KeyOfAnotherSetup(uint256 circuit);

    /// @notice Rejects proofs of which at least one does not prove its statement. All points are valid.
    error ProofsRejected();

    /**
     * @notice Reverts unless every statement is proven.
     * @param statements Statements with their proofs, as `Statements` encodes them.
     * @dev Requirements
     *      - There is at least one statement. Each is complete and of a known circuit.
     *      - Every input is below p.
     *      - Every proof is valid. One invalid proof rejects the whole call.
     *
     *      The answer depends on the argument only. The proofs are combined with random numbers that are derived from
     *      the whole argument, so nobody can choose them; see `BatchVerifier` for why this is sound.
     *
     *      WARNING: A precompile does not tell why it failed. With too little gas, a valid proof may be rejected with
     *      `InvalidPoint`, `InvalidG2Point` or `InvalidKeyPoint`.
     */
    function verify(bytes calldata statements) external view;
}
