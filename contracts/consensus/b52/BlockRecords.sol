// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Blocks } from "../../interfaces/IB52Blocks.sol";
import { IB52Defaults } from "../../interfaces/IB52Defaults.sol";
import { IB52Rounds } from "../../interfaces/IB52Rounds.sol";
import { IB52Settlement } from "../../interfaces/IB52Settlement.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { KeptBalances } from "../../libraries/KeptBalances.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { Score } from "../../libraries/Score.sol";
import { VoteOpening } from "../../libraries/VoteOpening.sol";
import { BlockRecord } from "../../types/BlockRecord.sol";
import { RoundResult } from "../../types/Round.sol";
import { OpenedVote } from "../../types/Vote.sol";
import { BlockVerification } from "./BlockVerification.sol";

/**
 * @title BlockRecords
 * @notice Keeps the results of rounds and the records of proven blocks. Pays the provers, and decides about their
 *         defaults: demands for votes, answers, defences and slashes (docs/b52.md §§5, 7, 8). Moves no tokens.
 * @dev The library is linked, not inlined: with its code B52 would exceed the size limit of contracts (docs/adr/0015).
 *
 *      Results stand in a ring, and records in one ring for each proposer. The entry of round r is at
 *      r mod `roundsKept`. So entries create no storage once each place was used. They are kept until round
 *      r + `roundsKept` is open, and no default of round r can be slashed from then on (docs/adr/0046).
 *      Invariants: INV-B52-11.
 *
 *      The windows of a default, D being the defence window and T = ⌊D / 3⌋:
 *
 *        submission            defenceEnd − 2T       defenceEnd − T        defenceEnd          + all windows
 *            |  demandVotes         |                     |                    |                    |
 *            |  showVotes                                 |                    |                    |
 *            |  defend                                                         |                    |
 *            |                                                                 |  slash             |
 *            |                                                                 |  closeDemand ...   |
 */
library BlockRecords {
    using KeptBalances for KeptBalances.Book;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev State of a proven block.
    struct BlockState {
        bytes26 hash; // slot 0: of the encoded `BlockRecord`, cut
        uint16 credited; // slot 0: bit i: an accepted submission credits node i
        uint16 cleared; // slot 0: bit i: a default on node i was defended, or is void
        bool isPaid; // slot 0
        uint8 demands; // slot 0: number of open demands
    }

    /// @dev State of a round that is over.
    struct Outcome {
        bytes27 result; // slot 0: hash of the encoded `RoundResult`, cut
        uint40 round; // slot 0: round in this place; 0 if the place was never used
        uint256 unpaid; // slot 1: reserved, unpaid rewards plus 1, so that the word is never 0
        uint256 slashed; // slot 2: bit t: ticket t was slashed for the round; bit 0, which no ticket has, stays set
    }

    /// @dev Demand for the votes that a proof of a node needs.
    struct Demand {
        address asker; // slot 0: zero if there is no demand
        address answerer; // slot 1: zero if nobody has shown the votes
    }

    /// @dev All results, records and demands.
    struct Books {
        mapping(address proposer => mapping(uint256 place => BlockState)) blocks;
        mapping(uint256 place => Outcome) outcomes;
        mapping(uint256 round => mapping(address proposer => mapping(uint256 node => Demand))) demands;
    }

    /// @dev Tokens of the consensus itself, and the slope of scores.
    struct Treasury {
        uint96 pool; // slot 0: for rewards that are not reserved yet
        uint96 toBurn; // slot 0: bids and slashed stakes that `burn` destroys
        uint64 slope; // slot 0: docs/b52.md §6
    }

    /// @dev Parameters of the consensus, by their names, with which a round is rewarded.
    /// @param roundsKept Number of rounds that are kept.
    struct RewardTerms {
        uint256 roundsKept;
        uint256 blockReward;
        uint256 uncleReward;
        uint256 tip;
        uint256 maxLeaves;
        bool fairPay;
        uint256 targetProvers;
        uint256 minSlope;
        uint256 maxSlope;
    }

    /// @dev Parameters of the consensus, by their names, with which a block is paid.
    /// @param roundsKept Number of rounds that are kept.
    struct PaymentTerms {
        IProverRegistry registry;
        uint256 roundsKept;
        bool fairPay;
        uint256 targetProvers;
        uint256 maxLeaves;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Bit of ticket 0, which does not exist: keeps the word `Outcome.slashed` from being 0.
    uint256 private constant NO_TICKET_BIT = 1;

    // ─── External: rounds ────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Ends a round with its best block: reserves the rewards, counts the bid as burned, and moves the slope.
     * @param forHeight Height of the round.
     * @param parent Commitment hash of the parent.
     * @param record Record of the best block.
     * @param uncles Proposers of the other blocks that are rewarded, best first.
     * @param scores Sum of the scores of the proven blocks with fair pay; else ignored.
     * @return isRewarded True if the pool was large enough. Then the caller pays the tip, which has left the pool.
     */
    function conclude(
        Books storage self,
        Treasury storage treasury,
        RewardTerms memory terms,
        uint256 forHeight,
        bytes32 parent,
        BlockRecord calldata record,
        address[] memory uncles,
        uint256 scores
    ) external returns (bool isRewarded) {
        RoundResult memory result;
        (result.round, result.parent, result.winner, result.uncles) = (record.round, parent, record.proposer, uncles);
        (uint256 pool, uint256 slope, uint256 reserved) = (treasury.pool, treasury.slope, 0);
        uint256 first = terms.blockReward + terms.tip;
        isRewarded = first <= pool;
        if (isRewarded) {
            uint256 nodes = 2 * terms.maxLeaves - 1;
            (result.proposerReward, result.proversReward) = Rewards.split(terms.blockReward, record.share);
            if (terms.fairPay) {
                (result.scores, result.slope) = (scores, treasury.slope);
                // No prover delivered a node, so the provers' share stays in the pool.
                if (scores == 0) (result.proversReward, first) = (0, first - result.proversReward);
            }
            result.uncleNodeReward = Rewards.uncleNode(terms.uncleReward, nodes, uncles.length, pool - first);
            reserved = first - terms.tip + result.uncleNodeReward * nodes * uncles.length;
            pool -= reserved + terms.tip;
        }
        pool += _recordResult(self, terms.roundsKept, forHeight, record.id, result, reserved);
        slope = Score.nextSlope(slope, record.provers, terms.targetProvers, terms.minSlope, terms.maxSlope);
        // Each sum is a part of the supply, which is below 2^96.
        (treasury.pool, treasury.toBurn, treasury.slope) = (
            uint96(pool),
            treasury.toBurn + uint96(record.bid),
            uint64(slope)
        );
    }

    /**
     * @notice Ends a round without a proven block.
     * @param head Head of the chain, which does not change.
     */
    function abandon(
        Books storage self,
        Treasury storage treasury,
        uint256 roundsKept,
        uint256 round,
        uint256 forHeight,
        bytes32 head
    ) external {
        RoundResult memory result;
        (result.round, result.parent) = (uint40(round), head);
        uint256 lapsed = _recordResult(self, roundsKept, forHeight, head, result, 0);
        if (lapsed > 0) treasury.pool += uint96(lapsed);
    }

    /**
     * @notice Returns whether a proposal built on the head, and so could be proven; true if the result of its round is
     *         no longer kept.
     * @param round Id of a round that is over.
     * @param parent Commitment hash of the proposal's parent.
     * @param result Result of the round; ignored if it is no longer kept.
     */
    function builtOnHead(
        Books storage self,
        uint256 roundsKept,
        uint256 round,
        bytes32 parent,
        RoundResult calldata result
    ) external view returns (bool) {
        if (self.outcomes[round % roundsKept].round > round) return true;
        requireResult(self, roundsKept, round, result);
        return bytes26(parent) == bytes26(result.parent);
    }

    // ─── External: blocks ────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Keeps the record of a block that was submitted.
     * @dev A further submission of a block must credit a node that no earlier one credited. Credited nodes stay
     *      credited. Otherwise the first submitter could take the provers' pay and the block's score by naming no
     *      worker, and a later submitter could take pay from provers by leaving out their proofs. The transcript fixes
     *      the set of valid votes, so it is the same in each submission: a node with a valid vote is credited or
     *      defaulted.
     *
     *      A deposit is never lost: a place with open demands about an older block takes no new block. Anyone can close
     *      those demands, since the defence window of that block is over.
     * @param record Record that the submission gives; `nodes` and `provers` are updated with earlier submissions.
     * @param isAgain True if the block was proven before.
     * @param promisedProvers Number of provers in the proposal.
     * @return nodes Credited and defaulted nodes over all submissions.
     * @return provers Number of provers that count now.
     * @return proversBefore Number of provers that counted before this submission.
     */
    function submit(
        Books storage self,
        uint256 roundsKept,
        BlockRecord memory record,
        bool isAgain,
        uint256 promisedProvers
    ) external returns (uint32 nodes, uint8 provers, uint256 proversBefore) {
        uint256 place = record.round % roundsKept;
        BlockState storage state = self.blocks[record.proposer][place];
        if (isAgain) {
            uint16 before = state.credited;
            uint16 credited = uint16(record.nodes);
            if (credited & ~before == 0) revert IB52Blocks.NotBetter(credited, before);
            credited |= before;
            record.nodes = (((record.nodes >> 16) & ~uint32(credited)) << 16) | credited;
            record.provers = uint8(_proversOf(record.promised, credited, promisedProvers));
            proversBefore = _proversOf(record.promised, before, promisedProvers);
        } else {
            if (state.demands > 0) revert IB52Blocks.DemandsOpen(record.proposer, place, state.demands);
            // A block that is proven for the first time takes nothing over from the older block in its place. A node
            // that was defended or slashed stays cleared after a better resubmission.
            (state.cleared, state.isPaid) = (0, false);
        }
        (state.hash, state.credited) = (bytes26(keccak256(abi.encode(record))), uint16(record.nodes));
        return (record.nodes, record.provers, proversBefore);
    }

    // ─── External: rewards ───────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds the rewards of a block to the balances of its provers and of its proposer.
     * @return back Reserved amount that reached no balance: for nodes that were not delivered, for tickets that are
     *         free by now, and for the remainders of divisions.
     */
    function pay(
        Books storage self,
        KeptBalances.Book storage balances,
        PaymentTerms memory terms,
        RoundResult calldata result,
        BlockRecord calldata record
    ) external returns (uint256 back) {
        (uint256 toProvers, uint256 toUncle, uint256 toProposer) = _rewardsOf(self, terms, result, record);
        BlockState storage state = requireRecord(self, terms.roundsKept, record, record.round, record.proposer);
        if (state.isPaid) revert IB52Settlement.AlreadyPaid(record.round, record.proposer);
        state.isPaid = true;
        uint256 reserved = toProvers + toUncle * (2 * terms.maxLeaves - 1) + toProposer;
        if (reserved > 0) self.outcomes[record.round % terms.roundsKept].unpaid -= reserved;

        uint256 nodes = 2 * uint256(record.leaves) - 1;
        uint256 nodeReward = toProvers / nodes + toUncle;
        (uint256 promised, uint256 credited, uint256 paid) = (0, 0, 0);
        for (uint256 node = ProofTree.ROOT; node <= nodes; ++node) {
            uint256 ticket = ProofTree.ticketOf(record.promised, node);
            if (ticket == 0) continue;
            ++promised;
            if (!ProofTree.isCredited(record.nodes, node)) continue;
            ++credited;
            address payout = terms.registry.payoutOf(ticket);
            if (payout == address(0) || nodeReward == 0) continue;
            balances.credit(payout, nodeReward);
            paid += nodeReward;
        }
        uint256 part = Rewards.proposersPart(toProposer, credited, promised);
        balances.credit(record.proposer, part);
        paid += part;
        emit IB52Settlement.RewardsPaid(record.round, record.proposer, paid);
        back = reserved - paid;
    }

    // ─── External: defaults ──────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Records a demand for votes, see `IB52Defaults.demandVotes`.
    function demandVotes(
        Books storage self,
        uint256 roundsKept,
        BlockRecord calldata record,
        uint256 node,
        uint256 defenceWindow
    ) external {
        uint256 end = record.defenceEnd - 2 * (defenceWindow / 3);
        if (block.timestamp >= end) revert IB52Defaults.DemandWindow(end, block.timestamp);
        (, BlockState storage state) = requireDefault(self, roundsKept, record, node);
        if (node >= record.leaves) revert IB52Defaults.NoVotesNeeded(node, record.leaves);
        Demand storage demand = self.demands[record.round][record.proposer][node];
        if (demand.asker != address(0)) revert IB52Defaults.AlreadyDemanded(node, demand.asker);
        demand.asker = msg.sender;
        ++state.demands;
        emit IB52Defaults.VotesDemanded(record.round, record.proposer, node, msg.sender);
    }

    /// @notice Checks the votes that were demanded, see `IB52Defaults.showVotes`.
    /// @param isDrawn True if tickets are drawn, so that votes have a point.
    function showVotes(
        Books storage self,
        uint256 roundsKept,
        BlockRecord calldata record,
        uint256 node,
        OpenedVote[] calldata openings,
        uint256 defenceWindow,
        bool isDrawn
    ) external {
        uint256 end = record.defenceEnd - defenceWindow / 3;
        if (block.timestamp >= end) revert IB52Defaults.AnswerWindow(end, block.timestamp);
        requireRecord(self, roundsKept, record, record.round, record.proposer);
        Demand storage demand = self.demands[record.round][record.proposer][node];
        if (demand.asker == address(0)) revert IB52Defaults.NotDemanded(node);
        if (demand.answerer != address(0)) revert IB52Defaults.AlreadyShown(node, demand.answerer);
        bool isRoot = node == ProofTree.ROOT;
        uint256 expected = isRoot ? 3 : 2;
        if (openings.length != expected) revert IB52Defaults.WrongOpeningCount(openings.length, expected);
        _requireOpen(record.votesRoot, 2 * node, openings[0], isDrawn);
        _requireOpen(record.votesRoot, 2 * node + 1, openings[1], isDrawn);
        if (isRoot) _requireOpen(record.votesRoot, node, openings[2], isDrawn);
        demand.answerer = msg.sender;
        emit IB52Defaults.VotesShown(record.round, record.proposer, node, msg.sender, openings);
    }

    /**
     * @notice Decides who receives the deposit of a demand, see `IB52Defaults.closeDemand`.
     * @return receiver Account that receives the deposit.
     */
    function closeDemand(
        Books storage self,
        uint256 roundsKept,
        BlockRecord calldata record,
        uint256 node
    ) external returns (address receiver) {
        if (block.timestamp < record.defenceEnd) revert IB52Defaults.DefenceWindow(record.defenceEnd, block.timestamp);
        BlockState storage state = requireRecord(self, roundsKept, record, record.round, record.proposer);
        Demand memory demand = self.demands[record.round][record.proposer][node];
        if (demand.asker == address(0)) revert IB52Defaults.NotDemanded(node);
        delete self.demands[record.round][record.proposer][node];
        --state.demands;
        bool isAnswered = demand.answerer != address(0);
        // Without the votes no prover could make the proof: the default stays void.
        if (!isAnswered) state.cleared |= uint16(1 << node);
        bool wasRight = ((state.cleared | state.credited) >> node) & 1 == 1;
        receiver = wasRight ? demand.asker : demand.answerer;
        emit IB52Defaults.DemandClosed(record.round, record.proposer, node, receiver);
    }

    /// @notice Clears a default if the proof of it is valid, see `IB52Defaults.defend`.
    function defend(
        Books storage self,
        address verifier,
        uint256 roundsKept,
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external {
        if (block.timestamp >= record.defenceEnd) revert IB52Defaults.DefenceWindow(record.defenceEnd, block.timestamp);
        (uint256 ticket, BlockState storage state) = requireDefault(self, roundsKept, record, node);
        bytes32 shown = keccak256(statements);
        if (shown != record.statements) revert IB52Rounds.WrongPreimage("statements", shown, record.statements);
        state.cleared |= uint16(1 << node);
        BlockVerification.verifyNode(verifier, ticket, statements, record.leaves, node, proof, digest);
        emit IB52Defaults.Defended(record.round, record.proposer, ticket, node);
    }

    /**
     * @notice Records that a ticket is slashed for a round. A ticket is slashed at most once for a round, even if it
     *         missed several nodes.
     * @param fairPay True if all proven blocks are rewarded, not only the best.
     * @param windows Seconds for which a default can be slashed.
     * @return ticket Ticket that was promised the node.
     */
    function slash(
        Books storage self,
        uint256 roundsKept,
        bool fairPay,
        RoundResult calldata result,
        BlockRecord calldata record,
        uint256 node,
        uint256 windows
    ) external returns (uint256 ticket) {
        requireRewarded(self, roundsKept, fairPay, result, record);
        if (block.timestamp < record.defenceEnd) revert IB52Defaults.DefenceWindow(record.defenceEnd, block.timestamp);
        uint256 liabilityEnd = record.defenceEnd + windows;
        if (block.timestamp >= liabilityEnd) revert IB52Defaults.DefaultLapsed(liabilityEnd, block.timestamp);
        (ticket, ) = requireDefault(self, roundsKept, record, node);
        Demand memory demand = self.demands[record.round][record.proposer][node];
        if (demand.asker != address(0) && demand.answerer == address(0)) revert IB52Defaults.VotesNotShown(node);
        Outcome storage outcome = self.outcomes[record.round % roundsKept];
        uint256 slashed = outcome.slashed;
        if ((slashed >> ticket) & 1 == 1) revert IB52Defaults.AlreadySlashed(record.round, ticket);
        outcome.slashed = slashed | (1 << ticket) | NO_TICKET_BIT;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless `result` is the result of the round, and is still kept.
    function requireResult(
        Books storage self,
        uint256 roundsKept,
        uint256 round,
        RoundResult calldata result
    ) internal view {
        Outcome storage outcome = self.outcomes[round % roundsKept];
        uint256 latest = outcome.round;
        if (latest > round) revert IB52Rounds.ResultLapsed(round, latest);
        bytes32 recorded = latest == round ? outcome.result : bytes27(0);
        bytes32 shown = keccak256(abi.encode(result));
        if (bytes27(shown) != recorded) revert IB52Rounds.WrongPreimage("result", shown, recorded);
    }

    /// @dev Reverts unless the block is rewarded. Liability follows pay: defaults of rewarded blocks alone are slashed.
    function requireRewarded(
        Books storage self,
        uint256 roundsKept,
        bool fairPay,
        RoundResult calldata result,
        BlockRecord calldata record
    ) internal view returns (bool won, bool isUncle) {
        requireResult(self, roundsKept, record.round, result);
        won = result.winner == record.proposer;
        for (uint256 i = 0; i < result.uncles.length; ++i) {
            if (result.uncles[i] == record.proposer) isUncle = true;
        }
        if (!won && !isUncle && !fairPay) revert IB52Settlement.NotRewarded(record.round, record.proposer);
    }

    /**
     * @dev Reverts unless `record` is that of the proposer's block of the round, in the version that was accepted last.
     *      Its hash covers proposer and round, so an older record is never taken for the one in its place.
     */
    function requireRecord(
        Books storage self,
        uint256 roundsKept,
        BlockRecord calldata record,
        uint256 round,
        address proposer
    ) internal view returns (BlockState storage state) {
        state = self.blocks[proposer][round % roundsKept];
        bytes32 shown = keccak256(abi.encode(record));
        if (state.hash == 0 || bytes26(shown) != state.hash) {
            revert IB52Rounds.WrongPreimage("record", shown, state.hash);
        }
    }

    /// @dev Reverts unless the node has a default that was not cleared.
    /// @return ticket Ticket that was promised the node.
    /// @return state State of the block.
    function requireDefault(
        Books storage self,
        uint256 roundsKept,
        BlockRecord calldata record,
        uint256 node
    ) internal view returns (uint256 ticket, BlockState storage state) {
        state = requireRecord(self, roundsKept, record, record.round, record.proposer);
        if (
            node >= 2 * uint256(record.leaves) ||
            !ProofTree.isDefaulted(record.nodes, node) ||
            (state.cleared >> node) & 1 == 1
        ) revert IB52Defaults.NoDefault(node, record.nodes);
        ticket = ProofTree.ticketOf(record.promised, node);
    }

    // ─── Private: rounds ─────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Keeps the result of a round, in the place of an older one, which is forgotten.
     * @param head Head after the round.
     * @param reserved Amount that is reserved for the round's rewards.
     * @return lapsed Amount that was reserved for the older round's rewards, and was not paid.
     */
    function _recordResult(
        Books storage self,
        uint256 roundsKept,
        uint256 forHeight,
        bytes32 head,
        RoundResult memory result,
        uint256 reserved
    ) private returns (uint256 lapsed) {
        Outcome storage outcome = self.outcomes[result.round % roundsKept];
        uint256 unpaid = outcome.unpaid;
        if (unpaid > 1) {
            lapsed = unpaid - 1;
            emit IB52Settlement.RewardsLapsed(outcome.round, lapsed);
        }
        if (outcome.slashed > NO_TICKET_BIT) outcome.slashed = NO_TICKET_BIT;
        (outcome.result, outcome.round) = (bytes27(keccak256(abi.encode(result))), result.round);
        outcome.unpaid = reserved + 1;
        emit IB52Rounds.RoundEnded(result.round, forHeight, head, result);
    }

    // ─── Private: blocks ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the number of provers that count if these nodes are credited.
    function _proversOf(uint128 promised, uint256 nodes, uint256 promisedProvers) private pure returns (uint256) {
        return Math.min(ProofTree.popCount(ProofTree.ticketsOf(promised, nodes)), promisedProvers);
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @return toProvers Amount for all nodes of the block, the same for each node.
    /// @return toUncle Amount for each node, in addition; as much as a full tree needs is reserved.
    /// @return toProposer Amount for the proposer if all promised nodes were delivered; else it receives a part.
    function _rewardsOf(
        Books storage self,
        PaymentTerms memory terms,
        RoundResult calldata result,
        BlockRecord calldata record
    ) private view returns (uint256 toProvers, uint256 toUncle, uint256 toProposer) {
        (bool won, bool isUncle) = requireRewarded(self, terms.roundsKept, terms.fairPay, result, record);
        if (won) (toProvers, toProposer) = (result.proversReward, result.proposerReward);
        if (isUncle) toUncle = result.uncleNodeReward;
        if (terms.fairPay) {
            uint256 score = Score.compute(record.provers, record.bid, result.slope, terms.targetProvers);
            toProvers = Rewards.blocksPart(result.proversReward, score, result.scores);
        }
    }

    // ─── Private: votes ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the tree of votes opens to `opening` at the node.
    function _requireOpen(uint256 votesRoot, uint256 node, OpenedVote calldata opening, bool isDrawn) private pure {
        VoteOpening.requireOpen(votesRoot, node, isDrawn, opening.exists, opening.vote, opening.path);
    }
}
