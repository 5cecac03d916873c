// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Blocks } from "../../interfaces/IB52Blocks.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DirectCall } from "../../libraries/DirectCall.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { Score } from "../../libraries/Score.sol";
import { BlockRecord } from "../../types/BlockRecord.sol";
import { NumberedList, packList } from "../../types/NumberedList.sol";
import { Commitment, CommitmentStatus, Proposal } from "../../types/Proposal.sol";
import { Round } from "../../types/Round.sol";
import { MergeNode, Submission } from "../../types/Submission.sol";
import { B52Rounds } from "./B52Rounds.sol";
import { BlockRecords } from "./BlockRecords.sol";
import { BlockVerification } from "./BlockVerification.sol";

/// @title B52Blocks
/// @notice Takes proven blocks of B52, and keeps the best of each round.
abstract contract B52Blocks is B52Rounds, IB52Blocks {
    using BlockRecords for BlockRecords.Books;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Holds the numbers of a block from which its score follows. The slope does not change within a round.
    struct Rank {
        address proposer; // slot 0
        uint8 provers; // slot 0
        uint88 bid; // slot 0
    }

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The best blocks of the current round, best first. Their number is `Round.ranked`.
    Rank[MAX_UNCLES_LIMIT + 1] internal _ranks;

    /// @dev With fair pay: sum of the scores of the proven blocks of the current round. Of an older round if the
    ///      current round has no proven block yet.
    uint256 internal _scores;

    /// @dev Include list of the proposer's last block that carries one, with its round.
    mapping(address proposer => NumberedList) internal _lists;

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Blocks
    function submit(Proposal calldata proposal, Submission calldata submission) external {
        (Commitment storage commitment, bytes32 proposalHash, bytes32 id) = _requireCommitment(proposal);
        Round memory round = _requireProving(proposal);
        bool isAgain = commitment.status == CommitmentStatus.Proven;
        uint256 proofEnd = round.opensAt + PROPOSAL_WINDOW + PROOF_WINDOW;
        (bytes32 statements, IRollup.Transition memory transition) = BlockVerification.verifyBlock(
            BlockVerification.BlockContext({
                rollup: address(ROLLUP),
                verifier: address(VERIFIER),
                domain: DOMAIN,
                baseFee: BASE_FEE,
                timestamp: proofEnd - PROOF_WINDOW,
                proofEnd: proofEnd,
                registryRoot: _registryRoots[proposal.height & 1],
                proposalHash: proposalHash,
                maxLeaves: MAX_LEAVES,
                list: round.hasList ? listDue(proposal.height) : bytes32(0)
            }),
            proposal,
            submission
        );

        BlockRecord memory record = _recordOf(proposal, submission);
        record.id = id;
        record.statements = statements;
        record.transition = keccak256(abi.encode(transition));
        record.defenceEnd = uint40(proofEnd + DEFENCE_WINDOW);
        uint256 proversBefore = 0;
        (record.nodes, record.provers, proversBefore) = _books.submit(
            ROUNDS_KEPT,
            record,
            isAgain,
            proposal.promisedProvers
        );
        if (submission.includeList.length > 0) {
            _lists[proposal.proposer] = packList(BlockVerification.listOf(submission.includeList), proposal.round);
            _rounds[proposal.height & 1].carriesList = true;
        }
        uint256 others = 0;
        if (FAIR_PAY && round.ranked > 0) {
            others = _scores;
            if (isAgain) others -= scoreOf(proversBefore, proposal.bid);
        }
        uint256 score = _rank(record, round, isAgain);
        if (FAIR_PAY) _scores = others + score;
        if (!isAgain) commitment.status = CommitmentStatus.Proven;
        emit BlockProven(proposal.round, proposal.proposer, score, record, transition);
        if (!DirectCall.isDirect()) emit BlockPublished(proposal.round, proposal.proposer, submission);
    }

    /// @inheritdoc IB52Blocks
    function ranking() external view returns (address[] memory proposers, uint256[] memory scores) {
        uint256 count = _rounds[(_chain.height + 1) & 1].ranked;
        proposers = new address[](count);
        scores = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            Rank memory rank = _ranks[i];
            (proposers[i], scores[i]) = (rank.proposer, scoreOf(rank.provers, rank.bid));
        }
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Blocks
    function scoreOf(uint256 provers, uint256 bid) public view returns (uint256) {
        return Score.compute(provers, bid, _treasury.slope, TARGET_PROVERS);
    }

    // ─── Private: submission ─────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the round of the proposal is being proven, and the proposal builds on the head.
    function _requireProving(Proposal calldata proposal) private view returns (Round memory round) {
        round = _rounds[(_chain.height + 1) & 1];
        if (proposal.round != round.id) revert NotCurrentRound(proposal.round, round.id);
        _requireHead(proposal);
        uint256 opensAt = round.opensAt + PROPOSAL_WINDOW;
        uint256 closesAt = opensAt + PROOF_WINDOW;
        if (block.timestamp < opensAt || block.timestamp >= closesAt) {
            revert ProofWindowClosed(round.id, opensAt, closesAt, block.timestamp);
        }
    }

    // ─── Private: ranking ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the record of a submission, without the fields that follow from its verification.
    function _recordOf(
        Proposal calldata proposal,
        Submission calldata submission
    ) private pure returns (BlockRecord memory record) {
        MergeNode calldata top = submission.merges[0];
        record.proposer = proposal.proposer;
        record.round = proposal.round;
        record.bid = proposal.bid;
        record.share = proposal.share;
        record.provers = uint8(Math.min(ProofTree.popCount(top.delivered), proposal.promisedProvers));
        record.leaves = uint8(submission.leaves.length);
        record.promised = submission.promised;
        record.votesRoot = submission.votesRoot;
        record.nodes = uint32(top.nodes);
    }

    /**
     * @dev Keeps the block if it is among the best of the current round.
     * @param isAgain True if the block was proven before.
     * @return score Score of the block.
     */
    function _rank(BlockRecord memory record, Round memory round, bool isAgain) private returns (uint256 score) {
        if (isAgain) _removeRank(record.proposer, round);
        uint256 slope = _treasury.slope;
        score = Score.compute(record.provers, record.bid, slope, TARGET_PROVERS);
        uint256 place = round.ranked;
        for (; place > 0; --place) {
            Rank memory other = _ranks[place - 1];
            if (!_beats(score, record.id, other, slope, round.height)) break;
            if (place <= MAX_UNCLES) _ranks[place] = other;
        }
        if (place <= MAX_UNCLES) {
            _ranks[place] = Rank(record.proposer, record.provers, record.bid);
            if (round.ranked <= MAX_UNCLES) ++round.ranked;
        }
        _rounds[round.height & 1].ranked = round.ranked;
    }

    /// @dev Removes a proposer's block from the ranking, if it is there.
    function _removeRank(address proposer, Round memory round) private {
        bool found = false;
        for (uint256 i = 0; i < round.ranked; ++i) {
            if (found) _ranks[i - 1] = _ranks[i];
            else found = _ranks[i].proposer == proposer;
        }
        if (found) --round.ranked;
    }

    /// @dev Returns whether a block ranks above `other`. A tie goes to the smaller commitment hash, never to the
    ///      earlier submission.
    function _beats(
        uint256 score,
        bytes32 id,
        Rank memory other,
        uint256 slope,
        uint256 forHeight
    ) private view returns (bool) {
        uint256 otherScore = Score.compute(other.provers, other.bid, slope, TARGET_PROVERS);
        if (score != otherScore) return score > otherScore;
        return bytes26(id) < _commitments[other.proposer][forHeight & 1].hash;
    }
}
