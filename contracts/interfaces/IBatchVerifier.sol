// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IBatchVerifier
 * @notice Checks any number of Groth16 proofs, of several circuits, at once.
 * @dev A statement is a proof and its public inputs, as consecutive 32-byte words without length or padding:
 *
 *      circuit | A.x | A.y | B.x.c1 | B.x.c0 | B.y.c1 | B.y.c0 | C.x | C.y | input 0 | … | input n−1
 *
 *      Points are as EIP-197 has them; `n` is fixed by the circuit. One `bytes` of words, and not an array of structs, because the
 *      ABI encoder copies it in one step: an array costs about 1,500 gas more for each statement.
 */
interface IBatchVerifier {
    /// @notice There is nothing to verify.
    error NoStatements();

    /// @notice Statement number `statement` names a circuit that has no key here.
    error UnknownCircuit(uint256 statement, uint256 circuit);

    /// @notice The bytes end within statement number `statement`, which should have `expected` bytes.
    error TruncatedStatement(uint256 statement, uint256 length, uint256 expected);

    /// @notice A public input is not below the order of the scalar field.
    error InputNotInField(uint256 statement, uint256 input, uint256 value);

    /// @notice A or C of this statement is not a point of the curve.
    error InvalidPoint(uint256 statement);

    /// @notice A statement is false, or a B is not a point of the subgroup.
    error InvalidProof();

    /**
     * @notice Reverts unless every statement is proven.
     * @param statements Concatenated statements, at least one.
     */
    function verify(bytes calldata statements) external view;

    /// @notice Number of public inputs of a circuit's statements. Reverts if there is no such circuit.
    function publicInputs(uint256 circuit) external view returns (uint256);
}
