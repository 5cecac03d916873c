// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../interfaces/IBatchVerifier.sol";
import { IB52 } from "../../interfaces/IB52.sol";
import { IExits } from "../../interfaces/IExits.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DataCommitment } from "../../libraries/DataCommitment.sol";
import { DirectCall } from "../../libraries/DirectCall.sol";
import { ForcedOperation } from "../../libraries/ForcedOperation.sol";
import { Openings } from "../../libraries/Openings.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { Score } from "../../libraries/Score.sol";
import { Statements } from "../../libraries/Statements.sol";
import { BatchHeader, packBatchHeader } from "../../types/BatchHeader.sol";
import { LeafVerifyingKey } from "../../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../verification/keys/MergeVerifyingKey.sol";
import { B52Rounds } from "./B52Rounds.sol";

/// @title B52Blocks
/// @notice Proven blocks of B52: what their proofs have to say, and which of them are the best.
abstract contract B52Blocks is B52Rounds {
    using Openings for uint256[];

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    struct Rank {
        uint256 score; // slot 0
        address proposer; // slot 1
    }

    struct Recorded {
        bytes26 hash; // slot 0: of the encoded `BlockRecord`, cut
        uint16 cleared; // slot 0: bit i: the default on node i was defended or slashed
        bool isPaid; // slot 0
    }

    /// @dev What a submission's proofs are about. In memory only.
    struct Derivation {
        bytes statements; // in the encoding of `Statements`, leaves first
        uint256 end; // of what is written in them
        uint256 stateRoot; // after the leaves so far
        uint256 context; // of the block; that of leaf node i is context + i
        IExits.LeafExits[] exits;
        uint256 exitCount;
        uint256 proverFees;
    }

    uint16 private constant ETH = 0;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The best blocks of the current round, best first; as many as `Round.ranked` says.
    Rank[MAX_UNCLES_LIMIT + 1] internal _ranks;

    mapping(uint256 round => mapping(address proposer => Recorded)) internal _records;

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    function submit(Proposal calldata proposal, Submission calldata submission) external {
        (Commitment storage commitment, bytes32 proposalHash) = _requireCommitment(proposal);
        if (commitment.status != Status.Committed) revert WrongStatus(proposal.proposer, commitment.status);
        Round memory round = _requireProving(proposal);
        uint256 proofEnd = round.opensAt + PROPOSAL_WINDOW + PROOF_WINDOW;
        bytes32 dataHash = _requireOpening(proposal, submission);
        uint256 forcedFees = ROLLUP.previewForced(
            ROLLUP.executedOperations(),
            submission.forcedCount,
            _forcedSlots(submission),
            submission.leaves.length * LeafVerifyingKey.SLOTS,
            proofEnd
        );
        Derivation memory derived = _derive(proposal, submission, round, proposalHash, dataHash);
        VERIFIER.verify(derived.statements);

        commitment.status = Status.Proven;
        IRollup.Transition memory transition = _transition(proposal, submission, derived, forcedFees);
        BlockRecord memory record = _recordOf(proposal, submission, derived.statements, transition);
        record.defenceEnd = uint40(proofEnd + DEFENCE_WINDOW);
        _records[proposal.round][proposal.proposer].hash = bytes26(keccak256(abi.encode(record)));
        uint256 score = scoreOf(record.provers, proposal.bid);
        _rank(proposal, record, score);
        emit BlockProven(proposal.round, proposal.proposer, score, record, transition);
        if (!DirectCall.isDirect()) emit BlockPublished(proposal.round, proposal.proposer, submission);
    }

    /// @inheritdoc IB52
    function ranking() external view returns (address[] memory proposers, uint256[] memory scores) {
        uint256 count = _rounds[(_chain.height + 1) & 1].ranked;
        proposers = new address[](count);
        scores = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) (proposers[i], scores[i]) = (_ranks[i].proposer, _ranks[i].score);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    function scoreOf(uint256 provers, uint256 bid) public view returns (uint256) {
        return Score.compute(provers, bid, _treasury.slope, TARGET_PROVERS);
    }

    // ─── Private: what is submitted ──────────────────────────────────────────────────────────────────────────────────

    function _requireProving(Proposal calldata proposal) private view returns (Round memory round) {
        round = _rounds[(_chain.height + 1) & 1];
        if (proposal.round != round.id) revert NotCurrentRound(proposal.round, round.id);
        if (proposal.parent != head) revert WrongParent(proposal.parent, head);
        uint256 opensAt = round.opensAt + PROPOSAL_WINDOW;
        uint256 closesAt = opensAt + PROOF_WINDOW;
        if (block.timestamp < opensAt || block.timestamp >= closesAt) {
            revert ProofWindowClosed(round.id, opensAt, closesAt, block.timestamp);
        }
    }

    /// @return dataHash Of the data, which are those committed to.
    function _requireOpening(
        Proposal calldata proposal,
        Submission calldata submission
    ) private view returns (bytes32 dataHash) {
        bytes32 transcript = keccak256(abi.encode(submission.promised, submission.votesRoot));
        if (transcript != proposal.transcript) revert WrongTranscript(transcript, proposal.transcript);
        dataHash = keccak256(submission.data);
        bytes32 content = keccak256(
            abi.encode(
                submission.salt,
                dataHash,
                submission.forcedCount,
                submission.feeAccount,
                submission.feeToken
            )
        );
        if (content != proposal.contentHash) revert WrongContent(content, proposal.contentHash);
        uint256 leaves = ProofTree.leavesFor(DataCommitment.leafCount(submission.data.length));
        if (leaves > MAX_LEAVES) revert TooManyLeaves(leaves, MAX_LEAVES);
        if (submission.leaves.length != leaves || submission.merges.length + 1 != leaves) {
            revert WrongNodeCount(submission.leaves.length, submission.merges.length, leaves);
        }
    }

    function _forcedSlots(Submission calldata submission) private pure returns (bytes calldata) {
        bytes calldata data = submission.data;
        return data[:Math.min(submission.forcedCount * ForcedOperation.SLOT_BYTES, data.length)];
    }

    // ─── Private: statements ─────────────────────────────────────────────────────────────────────────────────────────

    function _derive(
        Proposal calldata proposal,
        Submission calldata submission,
        Round memory round,
        bytes32 proposalHash,
        bytes32 dataHash
    ) private view returns (Derivation memory derived) {
        uint256 leaves = submission.leaves.length;
        derived.statements = new bytes(
            leaves * Statements.size(LeafVerifyingKey.PUBLIC_SIGNALS) +
                (leaves - 1) * Statements.size(MergeVerifyingKey.PUBLIC_SIGNALS)
        );
        derived.stateRoot = ROLLUP.stateRoot();
        derived.context = (uint256(proposalHash) >> 16) << 8;
        derived.exits = new IExits.LeafExits[](leaves);

        uint256[] memory inputs = new uint256[](LeafVerifyingKey.PUBLIC_SIGNALS);
        inputs[8] = _challenge(submission, dataHash);
        inputs[9] = uint160(proposal.proposer);
        inputs[10] = DOMAIN;
        BatchHeader header = packBatchHeader(
            submission.feeToken == ETH ? BASE_FEE : 0,
            submission.feeToken,
            submission.feeAccount,
            submission.forcedCount,
            round.opensAt + PROPOSAL_WINDOW
        );
        for (uint256 i = 0; i < leaves; ++i) {
            inputs[7] = BatchHeader.unwrap(header.ofLeaf(i, LeafVerifyingKey.SLOTS));
            _addLeaf(derived, proposal, submission, i, inputs);
        }
        _addMerges(derived, submission, round.registryRoot);
    }

    function _challenge(Submission calldata submission, bytes32 dataHash) private pure returns (uint256) {
        uint256[] memory openings = Openings.allocate(dataHash, submission.leaves.length);
        for (uint256 i = 0; i < submission.leaves.length; ++i) {
            openings.setLeaf(i, submission.leaves[i].commitment, 0);
        }
        return openings.challenge();
    }

    /// @param inputs The public signals of the leaf circuit, of which z, sequencer, domain and header are set.
    function _addLeaf(
        Derivation memory derived,
        Proposal calldata proposal,
        Submission calldata submission,
        uint256 index,
        uint256[] memory inputs
    ) private pure {
        LeafNode calldata leaf = submission.leaves[index];
        bytes calldata data = submission.data;
        uint256 start = Math.min(index * DataCommitment.LEAF_BYTES, data.length);
        uint256 end = Math.min(start + DataCommitment.LEAF_BYTES, data.length);
        inputs[0] = leaf.newStateRoot;
        inputs[1] = leaf.exitsRoot;
        inputs[2] = leaf.proverFees;
        inputs[3] = leaf.commitment;
        inputs[4] = DataCommitment.evaluateLeaf(data[start:end], inputs[8]);
        inputs[5] = leaf.digest;
        inputs[6] = derived.stateRoot;
        inputs[11] = derived.context + submission.leaves.length + index;
        inputs[12] = leaf.worker;
        derived.end = Statements.write(derived.statements, derived.end, LEAF_CIRCUIT, leaf.proof, inputs);
        derived.stateRoot = leaf.newStateRoot;
        derived.proverFees += leaf.proverFees;
        if (leaf.exitsRoot != LeafVerifyingKey.EMPTY_EXITS_ROOT) {
            derived.exits[derived.exitCount++] = IExits.LeafExits(
                uint64(proposal.height),
                uint32(index),
                leaf.exitsRoot
            );
        }
    }

    function _addMerges(Derivation memory derived, Submission calldata submission, uint256 registryRoot) private pure {
        uint256 leaves = submission.leaves.length;
        uint256[] memory inputs = new uint256[](MergeVerifyingKey.PUBLIC_SIGNALS);
        inputs[5] = derived.context;
        inputs[6] = registryRoot;
        inputs[7] = submission.votesRoot;
        inputs[8] = submission.promised;
        for (uint256 node = 1; node < leaves; ++node) {
            MergeNode calldata merge = submission.merges[node - 1];
            bool isBottom = 2 * node >= leaves;
            inputs[0] = merge.digest;
            inputs[1] = merge.delivered;
            inputs[2] = merge.nodes;
            inputs[3] = isBottom ? submission.leaves[2 * node - leaves].digest : submission.merges[2 * node - 1].digest;
            inputs[4] = isBottom ? submission.leaves[2 * node + 1 - leaves].digest : submission.merges[2 * node].digest;
            inputs[9] = isBottom ? 2 * node + 1 : 2 * node;
            inputs[10] = merge.worker;
            derived.end = Statements.write(derived.statements, derived.end, MERGE_CIRCUIT, merge.proof, inputs);
        }
    }

    // ─── Private: what is recorded ───────────────────────────────────────────────────────────────────────────────────

    function _transition(
        Proposal calldata proposal,
        Submission calldata submission,
        Derivation memory derived,
        uint256 forcedFees
    ) private pure returns (IRollup.Transition memory transition) {
        IExits.LeafExits[] memory exits = derived.exits;
        uint256 exitCount = derived.exitCount;
        // Assembly: shortening an array in memory is safe.
        assembly ("memory-safe") {
            mstore(exits, exitCount)
        }
        bool paysEther = submission.feeToken == ETH;
        transition.newStateRoot = derived.stateRoot;
        transition.forcedCount = submission.forcedCount;
        transition.exits = exits;
        transition.payments = new IRollup.Payment[](paysEther || derived.proverFees == 0 ? 1 : 2);
        uint256 ether_ = forcedFees + (paysEther ? derived.proverFees : 0);
        transition.payments[0] = IRollup.Payment(proposal.proposer, ETH, ether_);
        if (transition.payments.length == 2) {
            transition.payments[1] = IRollup.Payment(proposal.proposer, submission.feeToken, derived.proverFees);
        }
    }

    function _recordOf(
        Proposal calldata proposal,
        Submission calldata submission,
        bytes memory statements,
        IRollup.Transition memory transition
    ) private view returns (BlockRecord memory record) {
        (, record.id) = hashesOf(proposal);
        MergeNode calldata top = submission.merges[0];
        record.proposer = proposal.proposer;
        record.round = proposal.round;
        record.bid = proposal.bid;
        record.share = proposal.share;
        record.provers = uint8(Math.min(ProofTree.popCount(top.delivered), proposal.promisedProvers));
        record.leaves = uint8(submission.leaves.length);
        record.promised = submission.promised;
        record.nodes = uint32(top.nodes);
        record.statements = keccak256(statements);
        record.transition = keccak256(abi.encode(transition));
    }

    /// @dev Keeps the block if it is among the best of the current round.
    function _rank(Proposal calldata proposal, BlockRecord memory record, uint256 score) private {
        Round storage round = _rounds[proposal.height & 1];
        uint256 kept = round.ranked;
        uint256 place = kept;
        for (; place > 0 && _beats(score, record.id, proposal.height, _ranks[place - 1]); --place) {
            if (place <= MAX_UNCLES) _ranks[place] = _ranks[place - 1];
        }
        round.provenNodes += 2 * uint32(record.leaves) - 1;
        if (place > MAX_UNCLES) return;
        _ranks[place] = Rank(score, proposal.proposer);
        if (kept <= MAX_UNCLES) round.ranked = uint8(kept + 1);
    }

    /// @dev A tie goes to the smaller commitment hash, never to the earlier submission.
    function _beats(uint256 score, bytes32 id, uint256 forHeight, Rank memory other) private view returns (bool) {
        if (score != other.score) return score > other.score;
        return bytes26(id) < _commitments[other.proposer][forHeight & 1].hash;
    }
}
