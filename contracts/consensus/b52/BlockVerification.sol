// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IBatchVerifier, LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../interfaces/IBatchVerifier.sol";
import { IB52 } from "../../interfaces/IB52.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DataCommitment } from "../../libraries/DataCommitment.sol";
import { ForcedOperation } from "../../libraries/ForcedOperation.sol";
import { Openings } from "../../libraries/Openings.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { ShownExits } from "../../libraries/ShownExits.sol";
import { Statements } from "../../libraries/Statements.sol";
import { BatchHeader, packBatchHeader } from "../../types/BatchHeader.sol";
import { LeafVerifyingKey } from "../../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../verification/keys/MergeVerifyingKey.sol";

/**
 * @title BlockVerification
 * @notice Derives what the proofs of a block of B52 have to say, has them verified, and gives what follows for the
 *         core (docs/b52.md §5). Changes nothing.
 * @dev Linked, not inlined: with it B52 would be larger than a contract may be (docs/adr/0015).
 */
library BlockVerification {
    using Openings for uint256[];
    using ShownExits for ShownExits.Nodes;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * What the consensus knows of a block besides what is submitted.
     * @param timestamp Of the header: the end of the proposal window.
     * @param proofEnd End of the proof window: until then no forced operation that is left out may be overdue.
     * @param registryRoot Of the round.
     * @param proposalHash docs/b52.md §4.
     * @param maxLeaves Of any block.
     * @param list That the block has to include, see `IB52.listDue`.
     */
    struct Circumstances {
        address rollup;
        address verifier;
        uint256 domain;
        uint96 baseFee;
        uint256 timestamp;
        uint256 proofEnd;
        uint256 registryRoot;
        bytes32 proposalHash;
        uint256 maxLeaves;
        bytes32 list;
    }

    struct Derivation {
        bytes statements; // in the encoding of `Statements`, leaves first
        uint256 position; // in memory, of the next of them
        uint256 stateRoot; // after the leaves so far
        uint256 context; // of the block; that of leaf node i is context + i
        ShownExits.Nodes exits;
        uint256 proverFees;
        uint256 forcedFees; // in wei
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint16 private constant ETH = 0;

    /// @dev Positions of words in a statement (docs/protocol.md §6, docs/b52.md §3).
    uint256 private constant LEAF_WORKER = 12;
    uint256 private constant MERGE_WORKER = 10;
    uint256 private constant MERGE_DELIVERED = 1;

    /// @dev Bits of the root in `nodes`: credited, defaulted.
    uint256 private constant ROOT_BITS = (1 << ProofTree.ROOT) | (1 << (16 + ProofTree.ROOT));

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @return statements keccak256 of what was verified.
     * @return transition That the block stands for.
     * @dev Requirements
     *      - The submission opens the commitment.
     *      - The number of leaves is the one committed to and the least that holds the data, and there is one merge
     *        less.
     *      - The core takes the forced operations, and can be advanced.
     *      - The block includes the list that is due.
     *      - Every proof is valid.
     */
    function verifyBlock(
        Circumstances calldata circumstances,
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission
    ) external view returns (bytes32 statements, IRollup.Transition memory transition) {
        bytes32 dataHash = _requireOpening(proposal, submission);
        Derivation memory derived;
        (derived.stateRoot, derived.forcedFees) = _askCore(circumstances, submission);
        _requireLists(circumstances, submission);
        _derive(derived, circumstances, proposal, submission, dataHash);
        IBatchVerifier(circumstances.verifier).verify(derived.statements);
        statements = keccak256(derived.statements);
        transition = _transition(proposal, submission, derived);
    }

    /**
     * @notice Verifies another proof of one node of a block, by `ticket`.
     * @param ticket Of a valid vote for `node`, on which it defaulted in the block.
     * @param statements What was verified with the block.
     * @param leaves Number of leaves of the block.
     * @param node Below 2 · `leaves`.
     * @dev The proof says what the one in the block says, with another worker, and so another digest. Only the root's
     *      says something else besides: it looks at its own vote, and finds it kept (docs/b52.md §8).
     */
    function verifyNode(
        address verifier,
        uint256 ticket,
        bytes calldata statements,
        uint256 leaves,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external view {
        (uint256 start, uint256 end) = _find(statements, leaves, node);
        bytes memory statement = statements[start:end];
        bool isLeaf = node >= leaves;
        uint256 digestPosition = _positionOf(isLeaf ? LeafVerifyingKey.DIGEST : MergeVerifyingKey.DIGEST);
        uint256 workerPosition = _positionOf(isLeaf ? LEAF_WORKER : MERGE_WORKER);
        // Assembly: replaces words of the statement: the proof after the head, the digest, and the worker.
        assembly ("memory-safe") {
            let words := add(statement, 0x20)
            calldatacopy(add(words, 0x20), proof, 0x100)
            mstore(add(words, digestPosition), digest)
            mstore(add(words, workerPosition), ticket)
        }
        if (node == ProofTree.ROOT) _creditRoot(statement, ticket);
        IBatchVerifier(verifier).verify(statement);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @return The list as `IB52.listDue` gives it.
    function listOf(bytes calldata slots) internal pure returns (bytes32) {
        return bytes26(keccak256(slots)) | bytes32(slots.length / DataCommitment.SLOT_BYTES);
    }

    // ─── Private: what defends ───────────────────────────────────────────────────────────────────────────────────────

    /// @return start First byte of the statement of `node`; leaves come first, each with the words of its exits.
    /// @return end Byte after its last one.
    function _find(
        bytes calldata statements,
        uint256 leaves,
        uint256 node
    ) private pure returns (uint256 start, uint256 end) {
        uint256 position = node >= leaves ? node - leaves : leaves + node - 1;
        for (uint256 i = 0; i <= position; ++i) {
            start = end;
            (uint256 circuit, uint256 further) = Statements.parseHead(uint256(bytes32(statements[start:start + 0x20])));
            uint256 words =
                circuit == LEAF_CIRCUIT
                    ? LeafVerifyingKey.STATEMENT_WORDS + further
                    : MergeVerifyingKey.STATEMENT_WORDS;
            end = start + Statements.size(words);
        }
    }

    /// @return In bytes, of a word in a statement.
    function _positionOf(uint256 word) private pure returns (uint256) {
        return Statements.HEAD_BYTES + 0x20 * word;
    }

    /**
     * @param statement Of a root on which `ticket` defaulted; becomes that of a root which `ticket` delivered.
     * @dev `delivered` may have the ticket already, for another node. `nodes` has the root as defaulted, not as
     *      credited.
     */
    function _creditRoot(bytes memory statement, uint256 ticket) private pure {
        uint256 deliveredPosition = _positionOf(MERGE_DELIVERED);
        uint256 rootBits = ROOT_BITS;
        // Assembly: changes two words of the statement, `delivered` and, after it, `nodes`.
        assembly ("memory-safe") {
            let delivered := add(add(statement, 0x20), deliveredPosition)
            mstore(delivered, or(mload(delivered), shl(ticket, 1)))
            let nodes := add(delivered, 0x20)
            mstore(nodes, xor(mload(nodes), rootBits))
        }
    }

    // ─── Private: what is submitted ──────────────────────────────────────────────────────────────────────────────────

    /// @return dataHash Of the data, which are those committed to.
    function _requireOpening(
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission
    ) private pure returns (bytes32 dataHash) {
        bytes32 transcript = keccak256(abi.encode(submission.promised, submission.votesRoot));
        if (transcript != proposal.transcript) revert IB52.WrongTranscript(transcript, proposal.transcript);
        dataHash = keccak256(submission.data);
        bytes32 content = keccak256(
            abi.encode(
                submission.salt,
                dataHash,
                submission.forcedCount,
                submission.feeAccount,
                submission.feeToken,
                keccak256(submission.includeList)
            )
        );
        if (content != proposal.contentHash) revert IB52.WrongContent(content, proposal.contentHash);
        uint256 leaves = ProofTree.leavesFor(DataCommitment.leafCount(submission.data.length));
        if (leaves != proposal.leaves) revert IB52.WrongTreeSize(leaves, proposal.leaves);
        if (submission.leaves.length != leaves || submission.merges.length + 1 != leaves) {
            revert IB52.WrongNodeCount(submission.leaves.length, submission.merges.length, leaves);
        }
    }

    /**
     * @return stateRoot That the block starts from.
     * @return forcedFees Fees of the forced operations that it begins with, in wei.
     */
    function _askCore(
        Circumstances calldata circumstances,
        IB52.Submission calldata submission
    ) private view returns (uint256 stateRoot, uint256 forcedFees) {
        IRollup rollup = IRollup(circumstances.rollup);
        uint256 executed;
        (stateRoot, , executed) = rollup.base();
        bytes calldata data = submission.data;
        uint256 forcedCount = submission.forcedCount;
        forcedFees = rollup.previewForced(
            executed,
            forcedCount,
            data[:Math.min(forcedCount * ForcedOperation.SLOT_BYTES, data.length)],
            submission.leaves.length * LeafVerifyingKey.SLOTS,
            circumstances.proofEnd
        );
    }

    /// @dev The list that is due stands right after the forced operations, unless these leave no room for it.
    function _requireLists(Circumstances calldata circumstances, IB52.Submission calldata submission) private pure {
        uint256 length = submission.includeList.length;
        if (length % DataCommitment.SLOT_BYTES != 0 || length > DataCommitment.LEAF_BYTES) {
            revert IB52.WrongListLength(length, DataCommitment.LEAF_BYTES);
        }
        uint256 start = submission.forcedCount * DataCommitment.SLOT_BYTES;
        uint256 end = start + uint8(uint256(circumstances.list)) * DataCommitment.SLOT_BYTES;
        if (start == end || end > circumstances.maxLeaves * DataCommitment.LEAF_BYTES) return;
        bytes calldata data = submission.data;
        bytes32 shown = end > data.length ? bytes32(0) : listOf(data[start:end]);
        if (shown != circumstances.list) revert IB52.ListIgnored(shown, circumstances.list);
    }

    // ─── Private: statements ─────────────────────────────────────────────────────────────────────────────────────────

    function _derive(
        Derivation memory derived,
        Circumstances calldata circumstances,
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission,
        bytes32 dataHash
    ) private pure {
        IB52.LeafNode[] calldata leaves = submission.leaves;
        uint256 size =
            leaves.length * Statements.size(LeafVerifyingKey.STATEMENT_WORDS) +
                submission.exits.length * 0x20 +
                (leaves.length - 1) * Statements.size(MergeVerifyingKey.STATEMENT_WORDS);
        (derived.statements, derived.position) = _allocate(size);
        uint256 end = derived.position + size;
        derived.context = (uint256(circumstances.proposalHash) >> 16) << 8;
        derived.exits = ShownExits.allocate(submission.exits.length);

        _addLeaves(derived, circumstances, proposal, submission, dataHash);
        _addMerges(derived, leaves, submission, circumstances.registryRoot);
        // So every byte that was allocated is written, and no other.
        assert(derived.position == end);
    }

    /**
     * @return data Of `size` bytes, a multiple of 32, which are not cleared: all of them are going to be written.
     * @return position In memory, of the first of them.
     */
    function _allocate(uint256 size) private pure returns (bytes memory data, uint256 position) {
        // Assembly: `new bytes` clears them first, which costs 500 gas.
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, size)
            position := add(data, 0x20)
            mstore(0x40, add(position, size))
        }
    }

    function _addLeaves(
        Derivation memory derived,
        Circumstances calldata circumstances,
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission,
        bytes32 dataHash
    ) private pure {
        IB52.LeafNode[] calldata leaves = submission.leaves;
        BatchHeader header = packBatchHeader(
            submission.feeToken == ETH ? circumstances.baseFee : 0,
            submission.feeToken,
            submission.feeAccount,
            submission.forcedCount,
            circumstances.timestamp
        );
        // The words after `digest` and before `worker`, in order.
        uint256[6] memory known;
        uint256 z = _challenge(leaves, dataHash);
        (known[2], known[3], known[4]) = (z, uint160(proposal.proposer), circumstances.domain);
        bytes calldata data = submission.data;
        uint256 exitWords;
        for (uint256 i = 0; i < leaves.length; ++i) {
            known[0] = derived.stateRoot;
            known[1] = BatchHeader.unwrap(header.ofLeaf(i, LeafVerifyingKey.SLOTS));
            known[5] = derived.context + leaves.length + i;
            uint256 start = Math.min(i * DataCommitment.LEAF_BYTES, data.length);
            uint256 end = Math.min(start + DataCommitment.LEAF_BYTES, data.length);
            uint256 evaluation = DataCommitment.evaluateLeaf(data[start:end], z);
            exitWords = _addLeaf(derived, submission, i, exitWords, evaluation, known);
        }
        if (exitWords != submission.exits.length) revert IB52.InvalidExit(exitWords / 2);
    }

    function _challenge(IB52.LeafNode[] calldata leaves, bytes32 dataHash) private pure returns (uint256) {
        uint256[] memory openings = Openings.allocate(dataHash, leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) openings.setLeaf(i, leaves[i].commitment, 0);
        return openings.challenge();
    }

    /**
     * @param i Position of the leaf in the block.
     * @param exitWords Words of the block's exits that belong to the leaves before it.
     * @param known The words of the statement after `digest` and before `worker`, in order.
     * @return end The same as `exitWords`, with those of this leaf.
     */
    function _addLeaf(
        Derivation memory derived,
        IB52.Submission calldata submission,
        uint256 i,
        uint256 exitWords,
        uint256 evaluation,
        uint256[6] memory known
    ) private pure returns (uint256 end) {
        IB52.LeafNode calldata leaf = submission.leaves[i];
        uint256 position = _reserve(derived, Statements.size(LeafVerifyingKey.STATEMENT_WORDS));
        end = derived.exits.takeLeaf(submission.exits, exitWords, i, LeafVerifyingKey.SLOTS, derived.position);
        derived.position += (end - exitWords) * 0x20;
        uint256 head = Statements.head(LEAF_CIRCUIT, end - exitWords);
        // Assembly: a LeafNode is a statement without what L1 knows, in the same order.
        assembly ("memory-safe") {
            mstore(position, head)
            calldatacopy(add(position, 0x20), leaf, 0x180) // proof … commitment
            mstore(add(position, 0x1a0), evaluation)
            calldatacopy(add(position, 0x1c0), add(leaf, 0x180), 0x20) // digest
            mcopy(add(position, 0x1e0), known, 0xc0)
            calldatacopy(add(position, 0x2a0), add(leaf, 0x1a0), 0x20) // worker
        }
        derived.stateRoot = leaf.newStateRoot;
        derived.proverFees += leaf.proverFees;
    }

    function _addMerges(
        Derivation memory derived,
        IB52.LeafNode[] calldata leaves,
        IB52.Submission calldata submission,
        uint256 registryRoot
    ) private pure {
        IB52.MergeNode[] calldata merges = submission.merges;
        // The words after `nodes` and before `worker`, in order.
        uint256[7] memory known;
        (known[2], known[3]) = (derived.context, registryRoot);
        (known[4], known[5]) = (submission.votesRoot, submission.promised);
        for (uint256 node = 1; node < leaves.length; ++node) {
            uint256 left = 2 * node;
            bool isBottom = left >= leaves.length;
            known[0] = isBottom ? leaves[left - leaves.length].digest : merges[left - 1].digest;
            known[1] = isBottom ? leaves[left + 1 - leaves.length].digest : merges[left].digest;
            known[6] = isBottom ? left + 1 : left;
            _addMerge(derived, merges[node - 1], known);
        }
    }

    function _addMerge(Derivation memory derived, IB52.MergeNode calldata merge, uint256[7] memory known) private pure {
        uint256 position = _reserve(derived, Statements.size(MergeVerifyingKey.STATEMENT_WORDS));
        uint256 circuit = MERGE_CIRCUIT;
        // Assembly: a MergeNode is a statement without what L1 knows, in the same order.
        assembly ("memory-safe") {
            mstore(position, circuit)
            calldatacopy(add(position, 0x20), merge, 0x160) // proof … nodes
            mcopy(add(position, 0x180), known, 0xe0)
            calldatacopy(add(position, 0x260), add(merge, 0x160), 0x20) // worker
        }
    }

    /// @return position In memory, of the next statement of this size.
    function _reserve(Derivation memory derived, uint256 size) private pure returns (uint256 position) {
        position = derived.position;
        derived.position = position + size;
    }

    // ─── Private: what follows ───────────────────────────────────────────────────────────────────────────────────────

    function _transition(
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission,
        Derivation memory derived
    ) private pure returns (IRollup.Transition memory transition) {
        bool paysEther = submission.feeToken == ETH;
        transition.newStateRoot = derived.stateRoot;
        transition.forcedCount = submission.forcedCount;
        transition.exitsRoot = derived.exits.rootOf();
        transition.exitCount = derived.exits.count;
        transition.payments = new IRollup.Payment[](paysEther || derived.proverFees == 0 ? 1 : 2);
        uint256 ether_ = derived.forcedFees + (paysEther ? derived.proverFees : 0);
        transition.payments[0] = IRollup.Payment(proposal.proposer, ETH, ether_);
        if (transition.payments.length == 2) {
            transition.payments[1] = IRollup.Payment(proposal.proposer, submission.feeToken, derived.proverFees);
        }
    }
}
