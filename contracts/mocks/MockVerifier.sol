// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier, Statement } from "../interfaces/IBatchVerifier.sol";

/**
 * @title MockVerifier
 * @notice Accepts a proof if, and only if, it was made for exactly these public inputs: its first word is their hash. So a test
 *         of the protocol that passes has named every input, and one that alters any of them is refused.
 */
contract MockVerifier is IBatchVerifier {
    /// @inheritdoc IBatchVerifier
    function verify(Statement[] calldata statements) external pure {
        if (statements.length == 0) revert NoStatements();
        for (uint256 i = 0; i < statements.length; ++i) {
            Statement calldata statement = statements[i];
            if (statement.proof[0] != hashOf(statement.circuit, statement.inputs)) revert ProofsRejected();
        }
    }

    /// @notice First word of the proof that `verify` accepts.
    function hashOf(uint256 circuit, uint256[] memory inputs) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(circuit, inputs)));
    }
}
