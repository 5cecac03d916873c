// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "./batch/BN254.sol";
import { StatementPoint } from "../libraries/StatementPoint.sol";
import { BatchVerifier } from "./batch/BatchVerifier.sol";
import { IStatementVerifier } from "./IStatementVerifier.sol";

/**
 * @title StatementVerifier
 * @notice Verifies proofs of statements about leaves and merges. A proof shows three public signals, for a statement of
 *         any size (docs/protocol.md §6.1): the statement's digest, its evaluation, and the point.
 */
abstract contract StatementVerifier is BatchVerifier, IStatementVerifier {
    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStatementVerifier
    function verifyJointly(bytes calldata, bytes calldata) public view virtual {
        revert NoJointProofs();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc BatchVerifier
    function _wordCount(uint256 circuit, uint256 further, uint256, uint256 i) internal pure override returns (uint256) {
        return StatementPoint.wordCount(circuit, further, i);
    }

    /// @inheritdoc BatchVerifier
    function _addWords(
        uint256 circuit,
        uint256[] memory scalars,
        uint256 i,
        bytes calldata words,
        uint256 r
    ) internal pure override {
        (uint256 digest, uint256 evaluation, uint256 point) = StatementPoint.signalsOf(circuit, words, i);
        uint256 p = BN254.SCALAR_FIELD;
        scalars[0] = addmod(scalars[0], r, p);
        scalars[1] = addmod(scalars[1], mulmod(r, digest, p), p);
        scalars[2] = addmod(scalars[2], mulmod(r, evaluation, p), p);
        scalars[3] = addmod(scalars[3], mulmod(r, point, p), p);
    }
}
