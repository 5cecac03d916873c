// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LEAF_CIRCUIT } from "../interfaces/IBatchVerifier.sol";
import { BN254 } from "../libraries/BN254.sol";
import { StatementPoint } from "../libraries/StatementPoint.sol";
import { BatchVerifier } from "./BatchVerifier.sol";
import { LeafVerifyingKey } from "./keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "./keys/MergeVerifyingKey.sol";

/**
 * @title StatementVerifier
 * @notice Verifies proofs of statements about leaves and merges. A proof shows three public signals, whatever the size
 *         of its statement (docs/protocol.md §6.1): the statement's digest, its evaluation, and the point.
 */
abstract contract StatementVerifier is BatchVerifier {
    using StatementPoint for bytes;

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc BatchVerifier
    /// @dev A leaf has two further words for each of its exits, of which each slot has at most one.
    function _wordCount(
        uint256 circuit,
        uint256 further,
        uint256 inputCount
    ) internal pure override returns (uint256 words) {
        if (circuit != LEAF_CIRCUIT) {
            super._wordCount(circuit, further, inputCount);
            return MergeVerifyingKey.STATEMENT_WORDS;
        }
        if (further > 2 * LeafVerifyingKey.SLOTS) revert UnknownCircuit(circuit, (further << 8) | circuit);
        return LeafVerifyingKey.STATEMENT_WORDS + further;
    }

    /// @inheritdoc BatchVerifier
    function _addWords(
        uint256 circuit,
        uint256[] memory scalars,
        uint256 i,
        bytes calldata words,
        uint256 r
    ) internal pure override {
        uint256 index;
        uint256 evaluation;
        uint256 point;
        if (circuit == LEAF_CIRCUIT) {
            index = LeafVerifyingKey.DIGEST;
            (evaluation, point) = words.condenseWithExits(
                LeafVerifyingKey.STATEMENT_WORDS,
                LeafVerifyingKey.SLOTS,
                i
            );
        } else {
            index = MergeVerifyingKey.DIGEST;
            (evaluation, point) = words.condense(i);
        }
        uint256 digest = uint256(bytes32(words[index * 0x20:]));
        uint256 p = BN254.SCALAR_FIELD;
        scalars[0] = addmod(scalars[0], r, p);
        scalars[1] = addmod(scalars[1], mulmod(r, digest, p), p);
        scalars[2] = addmod(scalars[2], mulmod(r, evaluation, p), p);
        scalars[3] = addmod(scalars[3], mulmod(r, point, p), p);
    }
}
