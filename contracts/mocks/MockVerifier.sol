// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { MERGE_CIRCUIT } from "../verification/circuitIds.sol";
import { ICircuitSizes, ILeafSizes, IMergeSizes } from "../interfaces/ICircuitSizes.sol";
import { StatementPoint } from "../libraries/StatementPoint.sol";
import { Statements } from "../verification/batch/Statements.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../verification/keys/MergeVerifyingKey.sol";

/**
 * @title MockVerifier
 * @notice Accepts a proof of a circuit if, and only if, it was made for these words: its first word is the hash of the
 *         public signals to which they are condensed (`StatementPoint`). So a passing test of the protocol has named
 *         every word, and a call that alters a word is rejected.
 */
contract MockVerifier is IBatchVerifier, IMergeSizes {
    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public DEPTH = LeafVerifyingKey.DEPTH;

    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public LEVELS = LeafVerifyingKey.LEVELS;

    /// @inheritdoc ILeafSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public SLOTS = LeafVerifyingKey.SLOTS;

    /// @inheritdoc IMergeSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public TICKET_BITS = MergeVerifyingKey.TICKET_BITS;

    /// @inheritdoc IMergeSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public TREE_BITS = MergeVerifyingKey.TREE_BITS;

    /// @inheritdoc IMergeSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public DRAWS = MergeVerifyingKey.DRAWS;

    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statements) external pure {
        if (statements.length == 0) revert NoStatements();
        uint256 size;
        for (uint256 i = 0; statements.length > 0; ++i) {
            if (statements.length < 0x20) revert TruncatedStatement(i, statements.length, 0x20);
            (uint256 circuit, uint256 further) = Statements.parseHead(uint256(bytes32(statements[:0x20])));
            if (circuit > MERGE_CIRCUIT) revert UnknownCircuit(i, circuit);
            size = Statements.size(StatementPoint.wordCount(circuit, further, i));
            if (statements.length < size) revert TruncatedStatement(i, statements.length, size);
            uint256 firstProofWord = uint256(bytes32(statements[0x20:0x40]));
            if (firstProofWord != _hash(circuit, statements[Statements.HEAD_BYTES:size], i)) revert ProofsRejected();
            statements = statements[size:];
        }
    }

    /// @notice Makes this a verifier of another profile.
    function setSizes(uint256 depth, uint256 levels, uint256 slots) external {
        (DEPTH, LEVELS, SLOTS) = (depth, levels, slots);
    }

    /// @notice Makes this a verifier of another profile of the merge circuit.
    function setTreeSizes(uint256 ticketBits, uint256 treeBits) external {
        (TICKET_BITS, TREE_BITS) = (ticketBits, treeBits);
    }

    /// @notice Makes this a verifier of the merge circuit that checks elected votes, or of the other one.
    function setDraws(uint256 draws) external {
        DRAWS = draws;
    }

    /// @notice Returns the first word of the proof that `verify` accepts.
    function hashOf(uint256 circuit, uint256[] memory words) external view returns (uint256) {
        return this.hashOfWords(circuit, abi.encodePacked(words));
    }

    /// @notice Returns the first word of the proof that `verify` accepts, from packed words.
    function hashOfWords(uint256 circuit, bytes calldata words) external pure returns (uint256) {
        return _hash(circuit, words, 0);
    }

    function _hash(uint256 circuit, bytes calldata words, uint256 statement) private pure returns (uint256) {
        (uint256 digest, uint256 evaluation, uint256 point) = StatementPoint.signalsOf(circuit, words, statement);
        return uint256(keccak256(abi.encodePacked(circuit, digest, evaluation, point)));
    }
}
