// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { MERGE_CIRCUIT } from "../verification/circuitIds.sol";
import { IChainVerifier } from "../verification/IChainVerifier.sol";
import { IStatementVerifier } from "../verification/IStatementVerifier.sol";
import { ICircuitSizes, ILeafSizes, IMergeSizes } from "../interfaces/ICircuitSizes.sol";
import { StatementPoint } from "../libraries/StatementPoint.sol";
import { Statements } from "../verification/batch/Statements.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../verification/keys/MergeVerifyingKey.sol";

/**
 * @title MockVerifier
 * @notice Accepts a proof of a circuit if, and only if, it was made for these words: its first word is the hash of the
 *         public signals to which they are condensed (`StatementPoint`); a joint proof is the hash of these, or of the
 *         chain and its states. So a passing test of the protocol has named every word, and a call that alters a word
 *         is rejected.
 */
contract MockVerifier is IStatementVerifier, IChainVerifier, IMergeSizes {
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
        for (uint256 i = 0; statements.length > 0; ++i) {
            uint256 firstProofWord = statements.length < 0x40 ? 0 : uint256(bytes32(statements[0x20:0x40]));
            (uint256 size, uint256 hash) = _parse(statements, i);
            if (firstProofWord != hash) revert ProofsRejected();
            statements = statements[size:];
        }
    }

    /// @inheritdoc IStatementVerifier
    function verifyJointly(bytes calldata statements, bytes calldata proof) external pure {
        if (statements.length == 0) revert NoStatements();
        bytes memory hashes;
        for (uint256 i = 0; statements.length > 0; ++i) {
            (uint256 size, uint256 hash) = _parse(statements, i);
            if (keccak256(statements[0x20:Statements.HEAD_BYTES]) != keccak256(new bytes(0x100))) {
                revert StatementHasProof(i);
            }
            hashes = bytes.concat(hashes, bytes32(hash));
            statements = statements[size:];
        }
        if (keccak256(proof) != keccak256(abi.encode(keccak256(hashes)))) revert ProofsRejected();
    }

    /// @inheritdoc IChainVerifier
    function verifyChain(
        bytes calldata chain,
        uint256 oldStateRoot,
        uint256 newStateRoot,
        bytes calldata proof
    ) external pure {
        bytes32 hash = keccak256(abi.encode(oldStateRoot, newStateRoot, keccak256(chain)));
        if (keccak256(proof) != keccak256(abi.encode(hash))) revert ProofsRejected();
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

    /// @dev Returns the bytes of the first statement, which is number `i`, and the hash of its public signals.
    function _parse(bytes calldata statements, uint256 i) private pure returns (uint256 size, uint256 hash) {
        if (statements.length < 0x20) revert TruncatedStatement(i, statements.length, 0x20);
        (uint256 circuit, uint256 further) = Statements.parseHead(uint256(bytes32(statements[:0x20])));
        if (circuit > MERGE_CIRCUIT) revert UnknownCircuit(i, circuit);
        size = Statements.size(StatementPoint.wordCount(circuit, further, i));
        if (statements.length < size) revert TruncatedStatement(i, statements.length, size);
        hash = _hash(circuit, statements[Statements.HEAD_BYTES:size], i);
    }

    function _hash(uint256 circuit, bytes calldata words, uint256 statement) private pure returns (uint256) {
        (uint256 digest, uint256 evaluation, uint256 point) = StatementPoint.signalsOf(circuit, words, statement);
        return uint256(keccak256(abi.encodePacked(circuit, digest, evaluation, point)));
    }
}
