// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Id of the leaf circuit (docs/protocol.md §6) in the verifiers of transitions.
uint256 constant LEAF_CIRCUIT = 0;

/// @dev Id of the merge circuit (docs/b52.md §3) in those that have it.
uint256 constant MERGE_CIRCUIT = 1;

/// @dev Id of the escape circuit (docs/enforcement.md §3) in the verifier of enforcement.
uint256 constant ESCAPE_CIRCUIT = 0;

/// @dev Id of the migration circuit (docs/enforcement.md §5.3) in the verifier of enforcement.
uint256 constant MIGRATION_CIRCUIT = 1;

/**
 * @title IBatchVerifier
 * @notice Verifies any number of Groth16 proofs of one or several circuits in one pairing check.
 */
interface IBatchVerifier {
    /// @notice There is nothing to verify. An empty list is an error, so that no caller takes silence for a proof.
    error NoStatements();

    /// @notice The verifier has no key for this circuit.
    error UnknownCircuit(uint256 statement, uint256 circuit);

    /// @notice The list ends within this statement, which is `expected` bytes long.
    error TruncatedStatement(uint256 statement, uint256 length, uint256 expected);

    /// @notice A public signal is not below p; the value it stands for has another, canonical encoding.
    error InputNotInField(uint256 statement, uint256 input, uint256 value);

    /// @notice The point that begins at `word` of the proof (0: A, 6: C) is not a point of the curve, or not canonical.
    error InvalidPoint(uint256 statement, uint256 word);

    /// @notice The B of some proof is not in the group G2, or not canonical. The precompile does not say which.
    error InvalidG2Point();

    /// @notice A precompile failed on a point of the keys, which only happens without enough gas.
    error InvalidKeyPoint();

    /// @notice The key of this circuit has another α, β or γ than that of circuit 0. Only a constructor says this.
    error KeyOfAnotherSetup(uint256 circuit);

    /// @notice All points are valid, but at least one proof does not prove its statement.
    error ProofsRejected();

    /**
     * @notice Reverts unless every statement is proven.
     * @param statements Claims with their proofs, as `Statements` encodes them.
     * @dev Requirements
     *      - There is at least one statement, each is complete and of a known circuit.
     *      - Every input is below p.
     *      - Every proof is valid. One that is not, anywhere, rejects the whole call.
     *
     *      The answer depends on nothing but the argument. The proofs are combined with random numbers that are derived
     *      from all of it, so nobody can choose them; see `BatchVerifier` for why this is sound.
     *
     *      A precompile does not tell why it failed: with too little gas, a valid proof may be refused with
     *      `InvalidPoint`, `InvalidG2Point` or `InvalidKeyPoint`.
     */
    function verify(bytes calldata statements) external view;
}
