// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../verification/circuitIds.sol";
import { IStatementVerifier } from "../../verification/IStatementVerifier.sol";
import { IB52Blocks } from "../../interfaces/IB52Blocks.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DataCommitment } from "../../libraries/DataCommitment.sol";
import { ForcedOperation } from "../../libraries/ForcedOperation.sol";
import { Openings } from "../../libraries/Openings.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { ShownExits } from "../../libraries/ShownExits.sol";
import { Statements } from "../../verification/batch/Statements.sol";
import { BatchHeader, packBatchHeader } from "../../types/BatchHeader.sol";
import { Proposal } from "../../types/Proposal.sol";
import { LeafNode, MergeNode, Submission } from "../../types/Submission.sol";
import { LeafVerifyingKey } from "../../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../verification/keys/MergeVerifyingKey.sol";

/**
 * @title BlockVerification
 * @notice Derives the statements that the proofs of a block of B52 must prove, has them verified, and returns the
 *         transition of the core (docs/b52.md §5). Changes no state.
 * @dev The library is linked, not inlined: with its code B52 would exceed the size limit of contracts (docs/adr/0015).
 */
library BlockVerification {
    using Openings for uint256[];
    using ShownExits for ShownExits.Nodes;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Holds the inputs of a block's verification that come from the consensus, not from the submission.
     * @param rollup Core.
     * @param verifier Verifier of the circuits leaf and merge.
     * @param domain Domain of the core.
     * @param baseFee Base fee of an L2 transaction whose fee token is ETH, in wei.
     * @param timestamp Timestamp of the header: the end of the proposal window.
     * @param proofEnd End of the proof window. No forced operation that is left out may be overdue then.
     * @param registryRoot Root of the provers' keys at the opening of the round.
     * @param proposalHash Hash that provers sign (docs/b52.md §4).
     * @param maxLeaves Upper bound for the leaves of a block.
     * @param list List that the block has to include, see `IB52Rounds.listDue`.
     */
    struct BlockContext {
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

    /// @dev Gathers the statements of a block, and the fields of its transition. In memory only.
    struct Derivation {
        bytes statements; // in the encoding of `Statements`, leaves first
        uint256 position; // position in memory of the next statement
        uint256 stateRoot; // after the leaves so far
        uint256 context; // of the block; that of leaf node i is context + i
        ShownExits.Nodes exits;
        uint256 proverFees;
        uint256 forcedFees; // in wei
    }

    /// @dev Words of a leaf's statement between `digest` and `worker`, in their order (docs/protocol.md §6). In memory
    ///      only.
    struct LeafInputs {
        uint256 oldStateRoot;
        BatchHeader header;
        uint256 z;
        uint256 sequencer;
        uint256 domain;
        uint256 context;
    }

    /// @dev Words of a merge's statement between `nodes` and `worker`, in their order (docs/b52.md §3). In memory only.
    struct MergeInputs {
        uint256 leftDigest;
        uint256 rightDigest;
        uint256 context;
        uint256 registryRoot;
        uint256 votesRoot;
        uint256 promised;
        uint256 place;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint16 private constant ETH = 0;

    /// @dev Indexes of words in a statement (docs/protocol.md §6, docs/b52.md §3).
    uint256 private constant LEAF_WORKER = 12;
    uint256 private constant MERGE_WORKER = 10;
    uint256 private constant MERGE_DELIVERED = 1;

    /// @dev Bits of the root in `nodes`: credited, defaulted.
    uint256 private constant ROOT_BITS = (1 << ProofTree.ROOT) | (1 << (16 + ProofTree.ROOT));

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Verifies a block.
     * @return statements keccak256 of the verified statements.
     * @return transition Transition that the block makes.
     * @dev Requirements
     *      - The submission opens the commitment.
     *      - The number of leaves is the committed one, and the least that holds the data. There is one merge less.
     *      - The core takes the forced operations, and can be advanced.
     *      - The block includes the list that is due.
     *      - Every proof is valid, or the joint proof is.
     */
    function verifyBlock(
        BlockContext calldata context,
        Proposal calldata proposal,
        Submission calldata submission
    ) external view returns (bytes32 statements, IRollup.Transition memory transition) {
        bytes32 dataHash = _requireOpening(proposal, submission);
        Derivation memory derived;
        (derived.stateRoot, derived.forcedFees) = _readCore(context, submission);
        _requireIncludeList(context, submission);
        _derive(derived, context, proposal, submission, dataHash);
        IStatementVerifier verifier = IStatementVerifier(context.verifier);
        if (submission.joint.length == 0) verifier.verify(derived.statements);
        else verifier.verifyJointly(derived.statements, submission.joint);
        statements = keccak256(derived.statements);
        transition = _transitionOf(proposal, submission, derived);
    }

    /**
     * @notice Verifies another proof of one node of a block, by `ticket`.
     * @param ticket Ticket that defaulted on `node` in the block. It has a valid vote for the node.
     * @param statements Statements that were verified with the block.
     * @param leaves Number of leaves of the block.
     * @param node Number of the node, below 2 · `leaves`.
     * @dev The statement is the one in the block, with another worker, and so another digest. The root's statement
     *      differs in two more words, since the root credits its own vote (docs/b52.md §8).
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
        (uint256 start, uint256 end) = _locate(statements, leaves, node);
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
        IStatementVerifier(verifier).verify(statement);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns a list as `IB52Rounds.listDue` does.
    function listOf(bytes calldata slots) internal pure returns (bytes32) {
        return bytes26(keccak256(slots)) | bytes32(slots.length / DataCommitment.SLOT_BYTES);
    }

    // ─── Private: defences ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Finds the statement of a node. Leaves come first, each with the words of its exits.
    /// @return start Offset of its first byte.
    /// @return end Offset after its last byte.
    function _locate(
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

    /// @dev Returns the offset of a word in a statement, in bytes.
    function _positionOf(uint256 word) private pure returns (uint256) {
        return Statements.HEAD_BYTES + 0x20 * word;
    }

    /**
     * @dev Turns the statement of a root on which `ticket` defaulted into that of a root that `ticket` delivered.
     *      `delivered` may have the ticket already, for another node. `nodes` has the root as defaulted, not as
     *      credited.
     * @param statement Statement that is changed in place.
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

    // ─── Private: submission ─────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the submission opens the commitment, and has the right number of proofs.
    /// @return dataHash keccak256 of the data.
    function _requireOpening(
        Proposal calldata proposal,
        Submission calldata submission
    ) private pure returns (bytes32 dataHash) {
        bytes32 transcript = keccak256(abi.encode(submission.promised, submission.votesRoot));
        if (transcript != proposal.transcript) revert IB52Blocks.WrongTranscript(transcript, proposal.transcript);
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
        if (content != proposal.contentHash) revert IB52Blocks.WrongContent(content, proposal.contentHash);
        uint256 leaves = ProofTree.leavesFor(DataCommitment.leafCount(submission.data.length));
        if (leaves != proposal.leaves) revert IB52Blocks.WrongTreeSize(leaves, proposal.leaves);
        if (submission.leaves.length != leaves || submission.merges.length + 1 != leaves) {
            revert IB52Blocks.WrongNodeCount(submission.leaves.length, submission.merges.length, leaves);
        }
    }

    /**
     * @dev Reads the state of the core, and has it check the forced operations.
     * @return stateRoot State root before the block.
     * @return forcedFees Fees of the block's forced operations, in wei.
     */
    function _readCore(
        BlockContext calldata context,
        Submission calldata submission
    ) private view returns (uint256 stateRoot, uint256 forcedFees) {
        IRollup rollup = IRollup(context.rollup);
        uint256 executed;
        (stateRoot, , executed) = rollup.base();
        bytes calldata data = submission.data;
        uint256 forcedCount = submission.forcedCount;
        forcedFees = rollup.previewForced(
            executed,
            forcedCount,
            data[:Math.min(forcedCount * ForcedOperation.SLOT_BYTES, data.length)],
            submission.leaves.length * LeafVerifyingKey.SLOTS,
            context.proofEnd
        );
    }

    /// @dev Reverts unless the due list stands right after the forced operations. It may be absent if these leave no
    ///      room for it.
    function _requireIncludeList(BlockContext calldata context, Submission calldata submission) private pure {
        uint256 length = submission.includeList.length;
        if (length % DataCommitment.SLOT_BYTES != 0 || length > DataCommitment.LEAF_BYTES) {
            revert IB52Blocks.WrongListLength(length, DataCommitment.LEAF_BYTES);
        }
        uint256 start = submission.forcedCount * DataCommitment.SLOT_BYTES;
        uint256 end = start + uint8(uint256(context.list)) * DataCommitment.SLOT_BYTES;
        if (start == end || end > context.maxLeaves * DataCommitment.LEAF_BYTES) return;
        bytes calldata data = submission.data;
        bytes32 shown = end > data.length ? bytes32(0) : listOf(data[start:end]);
        if (shown != context.list) revert IB52Blocks.ListIgnored(shown, context.list);
    }

    // ─── Private: statements ─────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Derives the statements of a block.
    function _derive(
        Derivation memory derived,
        BlockContext calldata context,
        Proposal calldata proposal,
        Submission calldata submission,
        bytes32 dataHash
    ) private pure {
        LeafNode[] calldata leaves = submission.leaves;
        uint256 size =
            leaves.length * Statements.size(LeafVerifyingKey.STATEMENT_WORDS) +
                submission.exits.length * 0x20 +
                (leaves.length - 1) * Statements.size(MergeVerifyingKey.STATEMENT_WORDS);
        (derived.statements, derived.position) = _allocate(size);
        uint256 end = derived.position + size;
        derived.context = (uint256(context.proposalHash) >> 16) << 8;
        derived.exits = ShownExits.allocate(submission.exits.length);

        _addLeaves(derived, context, proposal, submission, dataHash);
        _addMerges(derived, leaves, submission, context.registryRoot);
        // Every allocated byte is written, and no other byte.
        assert(derived.position == end);
    }

    /**
     * @dev Allocates `size` bytes, a multiple of 32.
     *      WARNING: The bytes are not cleared. The caller must write all of them.
     * @return data Allocated bytes.
     * @return position Position in memory of the first byte.
     */
    function _allocate(uint256 size) private pure returns (bytes memory data, uint256 position) {
        // Assembly: `new bytes` clears the bytes first, which costs 500 gas.
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, size)
            position := add(data, 0x20)
            mstore(0x40, add(position, size))
        }
    }

    /// @dev Writes the statements of all leaves.
    function _addLeaves(
        Derivation memory derived,
        BlockContext calldata context,
        Proposal calldata proposal,
        Submission calldata submission,
        bytes32 dataHash
    ) private pure {
        LeafNode[] calldata leaves = submission.leaves;
        BatchHeader header = packBatchHeader(
            submission.feeToken == ETH ? context.baseFee : 0,
            submission.feeToken,
            submission.feeAccount,
            submission.forcedCount,
            context.timestamp
        );
        LeafInputs memory inputs;
        uint256 z = _challenge(leaves, dataHash);
        (inputs.z, inputs.sequencer, inputs.domain) = (z, uint160(proposal.proposer), context.domain);
        bytes calldata data = submission.data;
        uint256 exitWords;
        for (uint256 i = 0; i < leaves.length; ++i) {
            inputs.oldStateRoot = derived.stateRoot;
            inputs.header = header.ofLeaf(i, LeafVerifyingKey.SLOTS);
            inputs.context = derived.context + leaves.length + i;
            uint256 start = Math.min(i * DataCommitment.LEAF_BYTES, data.length);
            uint256 end = Math.min(start + DataCommitment.LEAF_BYTES, data.length);
            uint256 evaluation = DataCommitment.evaluateLeaf(data[start:end], z);
            exitWords = _addLeaf(derived, submission, i, exitWords, evaluation, inputs);
        }
        if (exitWords != submission.exits.length) revert IB52Blocks.InvalidExit(exitWords / 2);
    }

    /// @dev Returns the point at which the polynomials of the data are evaluated (docs/protocol.md §7).
    function _challenge(LeafNode[] calldata leaves, bytes32 dataHash) private pure returns (uint256) {
        uint256[] memory openings = Openings.allocate(dataHash, leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) openings.setLeaf(i, leaves[i].commitment, 0);
        return openings.challenge();
    }

    /**
     * @dev Writes the statement of a leaf.
     * @param i Position of the leaf in the block.
     * @param exitWords Number of words of the block's exits in the leaves before this one.
     * @param evaluation Value `y` of the leaf's data.
     * @return end Number of words of the block's exits up to and with this leaf.
     */
    function _addLeaf(
        Derivation memory derived,
        Submission calldata submission,
        uint256 i,
        uint256 exitWords,
        uint256 evaluation,
        LeafInputs memory inputs
    ) private pure returns (uint256 end) {
        LeafNode calldata leaf = submission.leaves[i];
        uint256 position = _reserve(derived, Statements.size(LeafVerifyingKey.STATEMENT_WORDS));
        end = derived.exits.takeLeaf(submission.exits, exitWords, i, LeafVerifyingKey.SLOTS, derived.position);
        derived.position += (end - exitWords) * 0x20;
        uint256 head = Statements.head(LEAF_CIRCUIT, end - exitWords);
        // Assembly: a LeafNode holds the words of the statement that L1 does not know, and LeafInputs the other ones,
        // both in their order.
        assembly ("memory-safe") {
            mstore(position, head)
            calldatacopy(add(position, 0x20), leaf, 0x180) // proof … commitment
            mstore(add(position, 0x1a0), evaluation)
            calldatacopy(add(position, 0x1c0), add(leaf, 0x180), 0x20) // digest
            mcopy(add(position, 0x1e0), inputs, 0xc0)
            calldatacopy(add(position, 0x2a0), add(leaf, 0x1a0), 0x20) // worker
        }
        derived.stateRoot = leaf.newStateRoot;
        derived.proverFees += leaf.proverFees;
    }

    /// @dev Writes the statements of all inner nodes.
    function _addMerges(
        Derivation memory derived,
        LeafNode[] calldata leaves,
        Submission calldata submission,
        uint256 registryRoot
    ) private pure {
        MergeNode[] calldata merges = submission.merges;
        MergeInputs memory inputs;
        (inputs.context, inputs.registryRoot) = (derived.context, registryRoot);
        (inputs.votesRoot, inputs.promised) = (submission.votesRoot, submission.promised);
        for (uint256 node = 1; node < leaves.length; ++node) {
            uint256 left = 2 * node;
            bool isBottom = left >= leaves.length;
            inputs.leftDigest = isBottom ? leaves[left - leaves.length].digest : merges[left - 1].digest;
            inputs.rightDigest = isBottom ? leaves[left + 1 - leaves.length].digest : merges[left].digest;
            inputs.place = isBottom ? left + 1 : left;
            _addMerge(derived, merges[node - 1], inputs);
        }
    }

    /// @dev Writes the statement of an inner node.
    function _addMerge(Derivation memory derived, MergeNode calldata merge, MergeInputs memory inputs) private pure {
        uint256 position = _reserve(derived, Statements.size(MergeVerifyingKey.STATEMENT_WORDS));
        uint256 circuit = MERGE_CIRCUIT;
        // Assembly: a MergeNode holds the words of the statement that L1 does not know, and MergeInputs the other ones,
        // both in their order.
        assembly ("memory-safe") {
            mstore(position, circuit)
            calldatacopy(add(position, 0x20), merge, 0x160) // proof … nodes
            mcopy(add(position, 0x180), inputs, 0xe0)
            calldatacopy(add(position, 0x260), add(merge, 0x160), 0x20) // worker
        }
    }

    /// @dev Takes the place of the next statement.
    /// @return position Position of that place in memory.
    function _reserve(Derivation memory derived, uint256 size) private pure returns (uint256 position) {
        position = derived.position;
        derived.position = position + size;
    }

    // ─── Private: transition ─────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the transition that the block makes.
    function _transitionOf(
        Proposal calldata proposal,
        Submission calldata submission,
        Derivation memory derived
    ) private pure returns (IRollup.Transition memory transition) {
        bool paysEther = submission.feeToken == ETH;
        transition.newStateRoot = derived.stateRoot;
        transition.forcedCount = submission.forcedCount;
        transition.exitsRoot = derived.exits.rootOf();
        transition.exitCount = derived.exits.count;
        transition.payments = new IRollup.Payment[](paysEther || derived.proverFees == 0 ? 1 : 2);
        uint256 etherAmount = derived.forcedFees + (paysEther ? derived.proverFees : 0);
        transition.payments[0] = IRollup.Payment(proposal.proposer, ETH, etherAmount);
        if (transition.payments.length == 2) {
            transition.payments[1] = IRollup.Payment(proposal.proposer, submission.feeToken, derived.proverFees);
        }
    }
}
