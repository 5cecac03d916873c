// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { ICircuitSizes } from "../interfaces/ICircuitSizes.sol";
import { Statements } from "../verification/batch/Statements.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";

/**
 * @title MockEnforcementVerifier
 * @notice Accepts one proof of the circuit `escape` or `migration` if, and only if, its first word is the hash of the
 *         circuit and these public inputs.
 */
contract MockEnforcementVerifier is IBatchVerifier, ICircuitSizes {
    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public DEPTH = MigrationVerifyingKey.DEPTH;

    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public LEVELS = MigrationVerifyingKey.LEVELS;

    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statement) external pure {
        if (statement.length < Statements.HEAD_BYTES) {
            revert TruncatedStatement(0, statement.length, Statements.HEAD_BYTES);
        }
        uint256 circuit = uint256(bytes32(statement[:0x20]));
        uint256 firstProofWord = uint256(bytes32(statement[0x20:0x40]));
        bytes32 hash = keccak256(abi.encodePacked(circuit, statement[Statements.HEAD_BYTES:]));
        if (firstProofWord != uint256(hash)) revert ProofsRejected();
    }

    /// @notice Makes this a verifier of another profile.
    function setSizes(uint256 depth, uint256 levels) external {
        (DEPTH, LEVELS) = (depth, levels);
    }

    /// @notice Returns the first word of the proof that `verify` accepts.
    function hashOf(uint256 circuit, uint256[] memory inputs) public pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(circuit, inputs)));
    }
}
