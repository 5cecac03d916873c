// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { KeptBalances } from "../../libraries/KeptBalances.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { Score } from "../../libraries/Score.sol";
import { VoteOpening } from "../../libraries/VoteOpening.sol";
import { BlockVerification } from "./BlockVerification.sol";

/**
 * @title BlockRecords
 * @notice Keeps how rounds ended, and the records of proven blocks: pays their provers, and decides about their
 *         defaults, that is about demands for votes, answers, defences and slashes (docs/b52.md §§5, 7, 8). Moves no
 *         tokens.
 * @dev Linked, not inlined: with it B52 would be larger than a contract may be (docs/adr/0015).
 *
 *      Results stand in a ring, and records in one for each proposer: that of round r is at r mod `kept`. So they
 *      create no storage once each place was used, and are kept until round r + `kept` is open, which no default of
 *      round r outlives (docs/adr/0046).
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

    struct Recorded {
        bytes26 hash; // slot 0: of the encoded `BlockRecord`, cut
        uint16 credited; // slot 0: bit i: node i is credited in some accepted submission
        uint16 cleared; // slot 0: bit i: a default on node i was defended, or is void
        bool isPaid; // slot 0
        uint8 demands; // slot 0: number of those that are open
    }

    struct Outcome {
        bytes27 result; // slot 0: of the encoded `RoundResult`, cut
        uint40 round; // slot 0: which has the place; 0 if none ever had
        uint256 unpaid; // slot 1: one more than what is reserved for rewards and was not paid, so that it is never 0
        uint256 slashed; // slot 2: bit t: ticket t was slashed for the round; no ticket is 0, whose bit is set for good
    }

    struct Demand {
        address asker; // slot 0: zero if there is no demand
        address answerer; // slot 1: zero if nobody has shown the votes
    }

    struct Books {
        mapping(address proposer => mapping(uint256 place => Recorded)) records;
        mapping(uint256 place => Outcome) outcomes;
        mapping(uint256 round => mapping(address proposer => mapping(uint256 node => Demand))) demands;
    }

    struct Treasury {
        uint96 pool; // slot 0: for rewards that are not reserved yet
        uint96 toBurn; // slot 0
        uint64 slope; // slot 0: docs/b52.md §6
    }

    /// @dev The consensus's parameters, by their names.
    /// @param kept Number of rounds that are kept.
    struct RewardTerms {
        uint256 kept;
        uint256 blockReward;
        uint256 uncleReward;
        uint256 tip;
        uint256 maxLeaves;
        bool fairPay;
        uint256 targetProvers;
        uint256 minSlope;
        uint256 maxSlope;
    }

    /// @param kept Number of rounds that are kept.
    struct Terms {
        IProverRegistry registry;
        uint256 kept;
        bool fairPay;
        uint256 targetProvers;
        uint256 maxLeaves;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant NOBODY = 1;

    // ─── External: rounds ────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Ends a round with its best block: reserves the rewards, counts the bid as burned, and moves the slope.
     * @param forHeight Of the round.
     * @param parent Of the block.
     * @param record Of the block.
     * @param uncles Proposers of the other blocks that are rewarded, best first.
     * @param scores With fair pay: sum of the scores of the blocks that were proven.
     * @return isRewarded Whether the pool was large enough. If so, the caller pays the tip, which has left the pool.
     */
    function conclude(
        Books storage self,
        Treasury storage treasury,
        RewardTerms memory terms,
        uint256 forHeight,
        bytes32 parent,
        IB52.BlockRecord calldata record,
        address[] memory uncles,
        uint256 scores
    ) external returns (bool isRewarded) {
        IB52.RoundResult memory result;
        (result.round, result.parent, result.winner, result.uncles) = (record.round, parent, record.proposer, uncles);
        (uint256 pool, uint256 slope, uint256 reserved) = (treasury.pool, treasury.slope, 0);
        uint256 first = terms.blockReward + terms.tip;
        isRewarded = first <= pool;
        if (isRewarded) {
            uint256 nodes = 2 * terms.maxLeaves - 1;
            (result.proposerReward, result.proversReward) = Rewards.split(terms.blockReward, record.share);
            if (terms.fairPay) {
                (result.scores, result.slope) = (scores, treasury.slope);
                // Nobody delivered anything.
                if (scores == 0) (result.proversReward, first) = (0, first - result.proversReward);
            }
            result.uncleNodeReward = Rewards.uncleNode(terms.uncleReward, nodes, uncles.length, pool - first);
            reserved = first - terms.tip + result.uncleNodeReward * nodes * uncles.length;
            pool -= reserved + terms.tip;
        }
        pool += _keep(self, terms.kept, forHeight, record.id, result, reserved);
        slope = Score.nextSlope(slope, record.provers, terms.targetProvers, terms.minSlope, terms.maxSlope);
        // All of these are the contract's own tokens, of which there are less than 2^96.
        (treasury.pool, treasury.toBurn, treasury.slope) = (
            uint96(pool),
            treasury.toBurn + uint96(record.bid),
            uint64(slope)
        );
    }

    /**
     * @notice Ends a round of which nothing was proven.
     * @param head Of the chain, as it was and stays.
     */
    function abandon(
        Books storage self,
        Treasury storage treasury,
        uint256 kept,
        uint256 round,
        uint256 forHeight,
        bytes32 head
    ) external {
        IB52.RoundResult memory result;
        (result.round, result.parent) = (uint40(round), head);
        uint256 lapsed = _keep(self, kept, forHeight, head, result, 0);
        if (lapsed > 0) treasury.pool += uint96(lapsed);
    }

    /**
     * @param round That is over.
     * @param parent Of a proposal for it.
     * @param result Of the round; ignored if it is kept no longer.
     * @return Whether the proposal could be proven, as it built on the head; taken to be so if nobody knows any more.
     */
    function builtOnHead(
        Books storage self,
        uint256 kept,
        uint256 round,
        bytes32 parent,
        IB52.RoundResult calldata result
    ) external view returns (bool) {
        if (self.outcomes[round % kept].round > round) return true;
        requireResult(self, kept, round, result);
        return bytes26(parent) == bytes26(result.parent);
    }

    // ─── External: blocks ────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Keeps the record of a block that was submitted.
     * @dev A further submission of a block has to credit a node that no earlier one did, and what those credited stays
     *      so. Else the first to submit, who may name nobody as a worker, would take the provers' pay and the block's
     *      score; and a later one, who leaves proofs out, would take them from those whose proofs it leaves out. The
     *      set of valid votes is the same in each submission, as the transcript fixes it: a node of it is credited or
     *      defaulted.
     *
     *      A deposit is never lost: as long as there are demands about the older block of the place, nothing takes it.
     *      Anybody can close them by now, as its defence window is over.
     * @param record As the submission gives it.
     * @param isAgain Whether the block was proven before.
     * @param promisedProvers In the proposal.
     * @return nodes Of all submissions.
     * @return provers Number of provers that count now.
     * @return proversBefore The number until now.
     */
    function submit(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord memory record,
        bool isAgain,
        uint256 promisedProvers
    ) external returns (uint32 nodes, uint8 provers, uint256 proversBefore) {
        uint256 place = record.round % kept;
        Recorded storage recorded = self.records[record.proposer][place];
        if (isAgain) {
            uint16 before = recorded.credited;
            uint16 credited = uint16(record.nodes);
            if (credited & ~before == 0) revert IB52.NotBetter(credited, before);
            credited |= before;
            record.nodes = (((record.nodes >> 16) & ~uint32(credited)) << 16) | credited;
            record.provers = uint8(_proversOf(record.promised, credited, promisedProvers));
            proversBefore = _proversOf(record.promised, before, promisedProvers);
        } else {
            if (recorded.demands > 0) revert IB52.DemandsOpen(record.proposer, place, recorded.demands);
            // The place of a block that was not proven before has nothing of the older one. What was cleared stays so.
            (recorded.cleared, recorded.isPaid) = (0, false);
        }
        (recorded.hash, recorded.credited) = (bytes26(keccak256(abi.encode(record))), uint16(record.nodes));
        return (record.nodes, record.provers, proversBefore);
    }

    // ─── External: rewards ───────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds the rewards of a block to the balances of its provers and of its proposer.
     * @return back What was reserved for the block and reached no balance, as a node was not delivered, a ticket is
     *         free by now, or a division left something over.
     */
    function pay(
        Books storage self,
        KeptBalances.Book storage balances,
        Terms memory terms,
        IB52.RoundResult calldata result,
        IB52.BlockRecord calldata record
    ) external returns (uint256 back) {
        (uint256 toProvers, uint256 toUncle, uint256 toProposer) = _rewardsOf(self, terms, result, record);
        Recorded storage recorded = requireRecord(self, terms.kept, record, record.round, record.proposer);
        if (recorded.isPaid) revert IB52.AlreadyPaid(record.round, record.proposer);
        recorded.isPaid = true;
        uint256 reserved = toProvers + toUncle * (2 * terms.maxLeaves - 1) + toProposer;
        if (reserved > 0) self.outcomes[record.round % terms.kept].unpaid -= reserved;

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
        emit IB52.RewardsPaid(record.round, record.proposer, paid);
        back = reserved - paid;
    }

    // ─── External: defaults ──────────────────────────────────────────────────────────────────────────────────────────

    /// @notice See `IB52.demandVotes`.
    function demandVotes(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord calldata record,
        uint256 node,
        uint256 defenceWindow
    ) external {
        uint256 end = record.defenceEnd - 2 * (defenceWindow / 3);
        if (block.timestamp >= end) revert IB52.DemandWindow(end, block.timestamp);
        (, Recorded storage recorded) = requireDefault(self, kept, record, node);
        if (node >= record.leaves) revert IB52.NoVotesNeeded(node, record.leaves);
        Demand storage demand = self.demands[record.round][record.proposer][node];
        if (demand.asker != address(0)) revert IB52.AlreadyDemanded(node, demand.asker);
        demand.asker = msg.sender;
        ++recorded.demands;
        emit IB52.VotesDemanded(record.round, record.proposer, node, msg.sender);
    }

    /// @notice See `IB52.showVotes`.
    function showVotes(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord calldata record,
        uint256 node,
        IB52.Opening[] calldata openings,
        uint256 defenceWindow
    ) external {
        uint256 end = record.defenceEnd - defenceWindow / 3;
        if (block.timestamp >= end) revert IB52.AnswerWindow(end, block.timestamp);
        requireRecord(self, kept, record, record.round, record.proposer);
        Demand storage demand = self.demands[record.round][record.proposer][node];
        if (demand.asker == address(0)) revert IB52.NotDemanded(node);
        if (demand.answerer != address(0)) revert IB52.AlreadyShown(node, demand.answerer);
        bool isRoot = node == ProofTree.ROOT;
        uint256 expected = isRoot ? 3 : 2;
        if (openings.length != expected) revert IB52.WrongOpeningCount(openings.length, expected);
        _requireOpen(record.votesRoot, 2 * node, openings[0]);
        _requireOpen(record.votesRoot, 2 * node + 1, openings[1]);
        if (isRoot) _requireOpen(record.votesRoot, node, openings[2]);
        demand.answerer = msg.sender;
        emit IB52.VotesShown(record.round, record.proposer, node, msg.sender, openings);
    }

    /**
     * @notice See `IB52.closeDemand`.
     * @return receiver Of the deposit.
     */
    function closeDemand(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord calldata record,
        uint256 node
    ) external returns (address receiver) {
        if (block.timestamp < record.defenceEnd) revert IB52.DefenceWindow(record.defenceEnd, block.timestamp);
        Recorded storage recorded = requireRecord(self, kept, record, record.round, record.proposer);
        Demand memory demand = self.demands[record.round][record.proposer][node];
        if (demand.asker == address(0)) revert IB52.NotDemanded(node);
        delete self.demands[record.round][record.proposer][node];
        --recorded.demands;
        bool isAnswered = demand.answerer != address(0);
        // Without the votes nobody could make the proof: the default stays void.
        if (!isAnswered) recorded.cleared |= uint16(1 << node);
        bool wasRight = ((recorded.cleared | recorded.credited) >> node) & 1 == 1;
        receiver = wasRight ? demand.asker : demand.answerer;
        emit IB52.DemandClosed(record.round, record.proposer, node, receiver);
    }

    /// @notice See `IB52.defend`.
    function defend(
        Books storage self,
        address verifier,
        uint256 kept,
        IB52.BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external {
        if (block.timestamp >= record.defenceEnd) revert IB52.DefenceWindow(record.defenceEnd, block.timestamp);
        (uint256 ticket, Recorded storage recorded) = requireDefault(self, kept, record, node);
        bytes32 shown = keccak256(statements);
        if (shown != record.statements) revert IB52.WrongPreimage("statements", shown, record.statements);
        recorded.cleared |= uint16(1 << node);
        BlockVerification.verifyNode(verifier, ticket, statements, record.leaves, node, proof, digest);
        emit IB52.Defended(record.round, record.proposer, ticket, node);
    }

    /**
     * @notice Notes that a ticket is slashed for a round: at most once, whatever it missed in it.
     * @param fairPay Whether all proven blocks are rewarded, not only the best.
     * @param windows Seconds for which a default can be slashed.
     * @return ticket That was promised the node.
     */
    function slash(
        Books storage self,
        uint256 kept,
        bool fairPay,
        IB52.RoundResult calldata result,
        IB52.BlockRecord calldata record,
        uint256 node,
        uint256 windows
    ) external returns (uint256 ticket) {
        requireRewarded(self, kept, fairPay, result, record);
        if (block.timestamp < record.defenceEnd) revert IB52.DefenceWindow(record.defenceEnd, block.timestamp);
        uint256 liabilityEnd = record.defenceEnd + windows;
        if (block.timestamp >= liabilityEnd) revert IB52.DefaultLapsed(liabilityEnd, block.timestamp);
        (ticket, ) = requireDefault(self, kept, record, node);
        Demand memory demand = self.demands[record.round][record.proposer][node];
        if (demand.asker != address(0) && demand.answerer == address(0)) revert IB52.VotesNotShown(node);
        Outcome storage outcome = self.outcomes[record.round % kept];
        uint256 slashed = outcome.slashed;
        if ((slashed >> ticket) & 1 == 1) revert IB52.AlreadySlashed(record.round, ticket);
        outcome.slashed = slashed | (1 << ticket) | NOBODY;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The result must be that of the round, which must not be forgotten yet.
    function requireResult(
        Books storage self,
        uint256 kept,
        uint256 round,
        IB52.RoundResult calldata result
    ) internal view {
        Outcome storage outcome = self.outcomes[round % kept];
        uint256 latest = outcome.round;
        if (latest > round) revert IB52.ResultLapsed(round, latest);
        bytes32 recorded = latest == round ? outcome.result : bytes27(0);
        bytes32 shown = keccak256(abi.encode(result));
        if (bytes27(shown) != recorded) revert IB52.WrongPreimage("result", shown, recorded);
    }

    /// @dev Liability follows pay: what is paid can be slashed, and nothing else.
    function requireRewarded(
        Books storage self,
        uint256 kept,
        bool fairPay,
        IB52.RoundResult calldata result,
        IB52.BlockRecord calldata record
    ) internal view returns (bool won, bool isUncle) {
        requireResult(self, kept, record.round, result);
        won = result.winner == record.proposer;
        for (uint256 i = 0; i < result.uncles.length; ++i) {
            if (result.uncles[i] == record.proposer) isUncle = true;
        }
        if (!won && !isUncle && !fairPay) revert IB52.NotRewarded(record.round, record.proposer);
    }

    /**
     * @dev The record must be that of the proposer's block of the round, in the version that was accepted last. Its
     *      hash covers both, so one that has left its place is never taken for another.
     */
    function requireRecord(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord calldata record,
        uint256 round,
        address proposer
    ) internal view returns (Recorded storage recorded) {
        recorded = self.records[proposer][round % kept];
        bytes32 shown = keccak256(abi.encode(record));
        if (recorded.hash == 0 || bytes26(shown) != recorded.hash) {
            revert IB52.WrongPreimage("record", shown, recorded.hash);
        }
    }

    /// @return ticket That was promised the node, did not deliver it, and has not defended itself.
    /// @return recorded The block's.
    function requireDefault(
        Books storage self,
        uint256 kept,
        IB52.BlockRecord calldata record,
        uint256 node
    ) internal view returns (uint256 ticket, Recorded storage recorded) {
        recorded = requireRecord(self, kept, record, record.round, record.proposer);
        if (
            node >= 2 * uint256(record.leaves) ||
            !ProofTree.isDefaulted(record.nodes, node) ||
            (recorded.cleared >> node) & 1 == 1
        ) revert IB52.NoDefault(node, record.nodes);
        ticket = ProofTree.ticketOf(record.promised, node);
    }

    // ─── Private: rounds ─────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Keeps how a round ended, in the place of an older one, which is forgotten.
     * @param head After it.
     * @param reserved For its rewards.
     * @return lapsed What was reserved for the rewards of the older round, and was not paid.
     */
    function _keep(
        Books storage self,
        uint256 kept,
        uint256 forHeight,
        bytes32 head,
        IB52.RoundResult memory result,
        uint256 reserved
    ) private returns (uint256 lapsed) {
        Outcome storage outcome = self.outcomes[result.round % kept];
        uint256 unpaid = outcome.unpaid;
        if (unpaid > 1) {
            lapsed = unpaid - 1;
            emit IB52.RewardsLapsed(outcome.round, lapsed);
        }
        if (outcome.slashed > NOBODY) outcome.slashed = NOBODY;
        (outcome.result, outcome.round) = (bytes27(keccak256(abi.encode(result))), result.round);
        outcome.unpaid = reserved + 1;
        emit IB52.RoundEnded(result.round, forHeight, head, result);
    }

    // ─── Private: blocks ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @return Number of provers that count if these nodes are credited.
    function _proversOf(uint128 promised, uint256 nodes, uint256 promisedProvers) private pure returns (uint256) {
        return Math.min(ProofTree.popCount(ProofTree.ticketsOf(promised, nodes)), promisedProvers);
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @return toProvers For the nodes of the block, the same for each.
    /// @return toUncle For each node, besides; that of a full tree is reserved.
    /// @return toProposer For the proposer if all promised nodes were delivered, else a part of it.
    function _rewardsOf(
        Books storage self,
        Terms memory terms,
        IB52.RoundResult calldata result,
        IB52.BlockRecord calldata record
    ) private view returns (uint256 toProvers, uint256 toUncle, uint256 toProposer) {
        (bool won, bool isUncle) = requireRewarded(self, terms.kept, terms.fairPay, result, record);
        if (won) (toProvers, toProposer) = (result.proversReward, result.proposerReward);
        if (isUncle) toUncle = result.uncleNodeReward;
        if (terms.fairPay) {
            uint256 score = Score.compute(record.provers, record.bid, result.slope, terms.targetProvers);
            toProvers = Rewards.blocksPart(result.proversReward, score, result.scores);
        }
    }

    // ─── Private: votes ──────────────────────────────────────────────────────────────────────────────────────────────

    function _requireOpen(uint256 votesRoot, uint256 node, IB52.Opening calldata opening) private pure {
        VoteOpening.requireOpen(votesRoot, node, opening.exists, opening.vote, opening.path);
    }
}
