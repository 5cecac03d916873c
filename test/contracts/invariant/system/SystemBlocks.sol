// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IB52Blocks } from "../../../../contracts/interfaces/IB52Blocks.sol";
import { IB52Rounds } from "../../../../contracts/interfaces/IB52Rounds.sol";
import { IB52Settlement } from "../../../../contracts/interfaces/IB52Settlement.sol";
import { IBatchVerifier } from "../../../../contracts/verification/batch/IBatchVerifier.sol";
import { IRollup } from "../../../../contracts/interfaces/IRollup.sol";
import { BlockRecord } from "../../../../contracts/types/BlockRecord.sol";
import { CommitmentStatus } from "../../../../contracts/types/Proposal.sol";
import { RoundResult } from "../../../../contracts/types/Round.sol";
import { LeafNode, MergeNode, Submission } from "../../../../contracts/types/Submission.sol";
import { SystemRounds } from "./SystemRounds.sol";

/// @notice Blocks of B52, of two leaves: their proofs, their ranking, and the best of a round, which advances core 1.
abstract contract SystemBlocks is SystemRounds {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Effects of a block on L2, computed without applying them.
    error Simulated(BlockEffects result);

    /// @param exits By leaf, two words each.
    /// @param exitsRoot Over all of them.
    /// @param exitCount Number of all of them.
    /// @param fees By leaf.
    struct BlockEffects {
        uint256[][2] exits;
        bytes32 exitsRoot;
        uint256 exitCount;
        uint256[2] fees;
    }

    /// @param delivered A bit for each ticket.
    /// @param nodes As the merge circuit gives them: credited ones, and 16 bits above those that were not delivered.
    struct Outcome {
        BlockEffects effects;
        uint256 delivered;
        uint256 nodes;
    }

    /// @param words Of the statement of each node.
    struct Made {
        Submission submission;
        bytes statements;
        uint256[][4] words;
        IRollup.Transition transition;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 internal constant MAX_UNCLES = 1;
    uint256 internal constant NODES = 3;
    uint96 internal constant BLOCK_REWARD = 10_007;
    uint96 internal constant UNCLE_REWARD = 333;
    uint96 internal constant TIP = 2_000;

    /// @notice Produces the L1 blocks.
    address public producer;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Mostly of the round at hand and in its proof window. Before, somebody claims that another prover delivered.
    function submit(uint256 index, uint256 seed) external acts {
        if (_proposals.length == 0) return;
        index = index % 8 == 0 ? (index >> 8) % _proposals.length : freshProposal(index);
        Entry storage entry = _proposals[index];
        if (seed % 4 != 0 && _round.hasCommitments && this.clock() < proposalEnd()) vm.warp(proposalEnd());
        Outcome memory outcome;
        (outcome.delivered, outcome.nodes) = setsOf(entry, seed);
        bytes memory refusal = submitRefusal(entry, outcome);
        if (refusal.length == 0) outcome.effects = simulated(index);
        Made memory made = make(entry, outcome);
        if (refusal.length == 0) lie(entry, made);
        bytes memory data = abi.encodeCall(IB52Blocks.submit, (entry.proposal, made.submission));
        attempt(actors[seed % 4], address(b52), 0, data, refusal, "SYS-04: accepted a block that had to be refused");
        if (refusal.length == 0) keep(index, outcome, made);
    }

    /// @dev Mostly as soon as the proof window is over. Before, somebody tries with the block that came second.
    function advanceState(uint256 who, uint256 seed) external acts {
        if (_proposals.length == 0) return;
        uint256 ranked = _round.ranked.length;
        if (ranked > 0 && seed % 4 != 0 && this.clock() < proofEnd()) vm.warp(proofEnd());
        bytes memory refusal = advanceRefusal();
        if (ranked > 1 && refusal.length == 0) {
            bytes memory wrong = abi.encodeWithSelector(IB52Rounds.WrongPreimage.selector);
            attempt(actors[0], address(b52), 0, advanceCall(_proposals[_round.ranked[1]]), wrong);
        }
        Entry storage best = _proposals[ranked == 0 ? 0 : _round.ranked[0]];
        bytes memory data = advanceCall(best);
        if (refusal.length == 0) conclude(best);
        vm.coinbase(producer);
        attempt(actors[who % 4], address(b52), 0, data, refusal, "SYS-02: the state advanced");
        if (refusal.length > 0) return;
        countInner(address(_cores[1].rollup), IRollup.advance.selector);
        openRound();
    }

    /// @dev Reverts in any case: the error is the answer.
    function simulate(uint256 index) external {
        revert Simulated(executeBlock(_proposals[index]));
    }

    // ─── Private: effects on L2 ──────────────────────────────────────────────────────────────────────────────────────

    function executeBlock(Entry storage entry) private returns (BlockEffects memory result) {
        uint256 left = entry.forcedCount;
        for (uint256 leaf = 0; leaf < 2; ++leaf) {
            uint256 count = left < SLOTS ? left : SLOTS;
            left -= count;
            (result.exits[leaf], result.fees[leaf]) = executeLeaf(
                1,
                count,
                entry.feeToken,
                uint256(keccak256(abi.encode(entry.seed, leaf))),
                entry.proposal.proposer
            );
        }
        (result.exitsRoot, result.exitCount) = _cores[1].exits.settle();
    }

    function simulated(uint256 index) private returns (BlockEffects memory result) {
        try this.simulate(index) {
            fail("no answer");
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(Simulated.selector), "simulation");
            // Assembly: drops the selector.
            assembly ("memory-safe") {
                let length := sub(mload(reason), 4)
                reason := add(reason, 4)
                mstore(reason, length)
            }
            result = abi.decode(reason, (BlockEffects));
        }
    }

    // ─── Private: submission ─────────────────────────────────────────────────────────────────────────────────────────

    /// @return Index of a proposal of the round at hand that is not proven, if the last ones have any.
    function freshProposal(uint256 index) private view returns (uint256) {
        uint256 size = _proposals.length;
        uint256 recent = size < 4 ? size : 4;
        for (uint256 i = 0; i < recent; ++i) {
            uint256 candidate = size - 1 - (((index >> 8) + i) % recent);
            Entry storage entry = _proposals[candidate];
            if (entry.proposal.round == _round.id && entry.status == CommitmentStatus.Committed) return candidate;
        }
        return size - 1;
    }

    /// @dev Chooses which promised nodes are delivered, and which default (docs/b52.md §3).
    function setsOf(Entry storage entry, uint256 seed) private view returns (uint256 delivered, uint256 nodes) {
        for (uint256 node = 1; node <= NODES; ++node) {
            uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
            if (ticket == 0) continue;
            if ((seed >> (8 * node)) % 3 == 0) nodes |= 1 << (16 + node);
            else (delivered, nodes) = (delivered | (1 << ticket), nodes | (1 << node));
        }
    }

    function submitRefusal(Entry storage entry, Outcome memory outcome) private view returns (bytes memory refusal) {
        refusal = commitmentRefusal(entry);
        if (refusal.length > 0) return refusal;
        uint256 current = _round.isClosed ? 0 : _round.id;
        if (entry.proposal.round != current) {
            return abi.encodeWithSelector(IB52Blocks.NotCurrentRound.selector, entry.proposal.round, current);
        }
        if (this.clock() < proposalEnd() || this.clock() >= proofEnd()) {
            return
                abi.encodeWithSelector(
                    IB52Blocks.ProofWindowClosed.selector,
                    current,
                    proposalEnd(),
                    proofEnd(),
                    this.clock()
                );
        }
        Core storage core = _cores[1];
        refusal = standstill(core);
        if (refusal.length > 0) return refusal;
        uint256 last = core.executed + entry.forcedCount;
        if (entry.forcedCount < 2 * SLOTS && isOverdue(core, last, proofEnd())) return overdue(core, last, proofEnd());
        if (entry.status != CommitmentStatus.Proven) return placeRefusal(entry);
        uint256 before = creditedIn(entry);
        if (outcome.nodes & 0xf & ~before != 0) return "";
        return abi.encodeWithSelector(IB52Blocks.NotBetter.selector, outcome.nodes & 0xf, before);
    }

    /// @dev A block is not recorded in the place of one about which a demand is open.
    function placeRefusal(Entry storage entry) private view returns (bytes memory) {
        uint256 place = entry.proposal.round % ROUNDS_KEPT;
        uint256 older = _recorded[entry.proposal.proposer][place];
        if (older == 0 || _proposals[older - 1].asker == address(0)) return "";
        return abi.encodeWithSelector(IB52Blocks.DemandsOpen.selector, entry.proposal.proposer, place, 1);
    }

    /// @return A bit for each node that some accepted submission credits.
    function creditedIn(Entry storage entry) private view returns (uint256) {
        return entry.record.nodes & 0xf;
    }

    function proversOf(Entry storage entry, uint256 credited) private view returns (uint256) {
        uint256 delivered;
        for (uint256 node = 1; node <= NODES; ++node) {
            if ((credited >> node) & 1 == 1) delivered |= 1 << ((entry.promised >> (8 * node)) & 0xff);
        }
        delivered = popCount(delivered);
        return delivered < entry.proposal.promisedProvers ? delivered : entry.proposal.promisedProvers;
    }

    function popCount(uint256 bits) internal pure returns (uint256 ones) {
        for (; bits > 0; bits >>= 1) ones += bits & 1;
    }

    function lie(Entry storage entry, Made memory made) private {
        bytes memory rejected = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        made.submission.merges[0].delivered ^= 1 << 9;
        bytes memory data = abi.encodeCall(IB52Blocks.submit, (entry.proposal, made.submission));
        attempt(actors[0], address(b52), 0, data, rejected);
        made.submission.merges[0].delivered ^= 1 << 9;
        uint256[] memory exits = made.submission.exits;
        if (exits.length == 0) return;
        ++exits[exits.length - 1];
        data = abi.encodeCall(IB52Blocks.submit, (entry.proposal, made.submission));
        attempt(actors[0], address(b52), 0, data, rejected, "INV-EXIT-02: settled an exit that was not proven");
        --exits[exits.length - 1];
    }

    /// @dev Writes down what L1 has to have recorded.
    function keep(uint256 index, Outcome memory outcome, Made memory made) private {
        Entry storage entry = _proposals[index];
        // Credited once is credited for good.
        uint256 credited = (outcome.nodes & 0xf) | creditedIn(entry);
        uint256 defaulted = (outcome.nodes >> 16) & ~credited;
        entry.record = BlockRecord({
            proposer: entry.proposal.proposer,
            round: entry.proposal.round,
            id: entry.id,
            bid: entry.proposal.bid,
            share: entry.proposal.share,
            provers: uint8(proversOf(entry, credited)),
            leaves: 2,
            promised: entry.promised,
            votesRoot: VOTES_ROOT,
            nodes: uint32((defaulted << 16) | credited),
            defenceEnd: uint40(proofEnd() + DEFENCE_WINDOW),
            statements: keccak256(made.statements),
            transition: keccak256(abi.encode(made.transition))
        });
        (entry.statements, entry.words) = (made.statements, abi.encode(made.words));
        entry.transition = abi.encode(made.transition);
        entry.status = CommitmentStatus.Proven;
        uint256 place = entry.proposal.round % ROUNDS_KEPT;
        uint256 older = _recorded[entry.proposal.proposer][place];
        if (older > 0 && older != index + 1) requireForgotten(_proposals[older - 1].proposal.round);
        _recorded[entry.proposal.proposer][place] = index + 1;
        rank(index);
    }

    /// @dev By score, and of equals by the smaller hash; no more than the best and its uncles.
    function rank(uint256 index) private {
        uint256[] memory before = _round.ranked;
        delete _round.ranked;
        bool isPlaced = false;
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i] == index) continue;
            if (!isPlaced && beats(_proposals[index], _proposals[before[i]])) {
                _round.ranked.push(index);
                isPlaced = true;
            }
            _round.ranked.push(before[i]);
        }
        if (!isPlaced) _round.ranked.push(index);
        if (_round.ranked.length > MAX_UNCLES + 1) _round.ranked.pop();
    }

    /// @dev docs/b52.md §6, with a target of one prover: a bid counts in full, or nothing does.
    function beats(Entry storage one_, Entry storage other) private view returns (bool) {
        (uint256 a, uint256 b) = (scoreOf(one_), scoreOf(other));
        return a == b ? one_.id < other.id : a > b;
    }

    function scoreOf(Entry storage entry) private view returns (uint256) {
        return uint256(entry.record.provers) ** 3 * uint256(entry.record.bid) ** 2;
    }

    // ─── Private: proofs ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The block that opens the proposal, with proofs of the outcome (docs/b52.md §5).
    function make(Entry storage entry, Outcome memory outcome) private view returns (Made memory made) {
        Submission memory submission = made.submission;
        (submission.salt, submission.forcedCount) = (bytes32(entry.seed), entry.forcedCount);
        (submission.feeAccount, submission.feeToken) = (FEE_ACCOUNT, entry.feeToken);
        (submission.promised, submission.votesRoot) = (entry.promised, VOTES_ROOT);
        (submission.data, submission.exits) = (entry.data, shownExits(outcome.effects));
        submission.leaves = new LeafNode[](2);
        submission.merges = new MergeNode[](1);
        (bytes32 proposalHash, ) = hashesOf(entry.proposal);
        uint256 context = (uint256(proposalHash) >> 16) << 8;
        uint256 root = addLeaves(made, entry, outcome, context);
        addMerge(made, entry, outcome, context);
        made.transition = transitionOf(entry, outcome, root);
    }

    /// @return root Of the state after both leaves.
    function addLeaves(
        Made memory made,
        Entry storage entry,
        Outcome memory outcome,
        uint256 context
    ) private view returns (uint256 root) {
        uint256[] memory commitments = this.trueCommitments(entry.data);
        uint256[] memory y = this.evaluations(entry.data, commitments);
        uint256 z = pointOf(entry.data, commitments);
        root = _cores[1].root;
        for (uint256 i = 0; i < 2; ++i) {
            LeafNode memory leaf = leafOf(entry, outcome, i, commitments[i]);
            made.submission.leaves[i] = leaf;
            uint256[4] memory known = [y[i], root, z, context + 2 + i];
            uint256[] memory words = leafWords(entry, leaf, known, i, outcome.effects.exits[i]);
            leaf.proof[0] = addStatement(made, 2 + i, words);
            root = leaf.newStateRoot;
        }
    }

    /// @return leaf What leaf `i` claims; it has no proof yet.
    function leafOf(
        Entry storage entry,
        Outcome memory outcome,
        uint256 i,
        uint256 commitment
    ) private view returns (LeafNode memory leaf) {
        leaf.newStateRoot = uint256(keccak256(abi.encode("root", entry.id, i))) % P;
        leaf.exitsHash = uint256(keccak256(abi.encode("exits", outcome.effects.exits[i]))) % P;
        leaf.proverFees = outcome.effects.fees[i];
        (leaf.commitment, leaf.digest) = (commitment, uint256(keccak256(abi.encode("digest", entry.id, i))) % P);
        leaf.worker = workerOf(entry, outcome, 2 + i);
    }

    /// @param known Evaluation, state root before, point, and context of the leaf.
    function leafWords(
        Entry storage entry,
        LeafNode memory leaf,
        uint256[4] memory known,
        uint256 i,
        uint256[] memory exits
    ) private view returns (uint256[] memory words) {
        words = new uint256[](13 + exits.length);
        for (uint256 k = 0; k < exits.length; ++k) words[13 + k] = exits[k];
        (words[0], words[1], words[2]) = (leaf.newStateRoot, leaf.exitsHash, leaf.proverFees);
        (words[3], words[4], words[5]) = (leaf.commitment, known[0], leaf.digest);
        uint256 forced_ = entry.forcedCount > SLOTS * i ? entry.forcedCount - SLOTS * i : 0;
        words[6] = known[1];
        words[7] =
            (entry.feeToken == 0 ? uint256(BASE_FEE) : 0) * 2 ** 128 +
            uint256(entry.feeToken) * 2 ** 112 +
            uint256(FEE_ACCOUNT) * 2 ** 80 +
            (forced_ < SLOTS ? forced_ : SLOTS) * 2 ** 64 +
            proposalEnd();
        (words[8], words[9]) = (known[2], uint160(entry.proposal.proposer));
        (words[10], words[11], words[12]) = (_cores[1].rollup.DOMAIN(), known[3], leaf.worker);
    }

    function addMerge(Made memory made, Entry storage entry, Outcome memory outcome, uint256 context) private view {
        MergeNode memory merge = made.submission.merges[0];
        merge.digest = uint256(keccak256(abi.encode("merge", entry.id))) % P;
        (merge.delivered, merge.nodes) = (outcome.delivered, outcome.nodes);
        merge.worker = workerOf(entry, outcome, 1);
        uint256[] memory words = new uint256[](11);
        (words[0], words[1], words[2]) = (merge.digest, merge.delivered, merge.nodes);
        (words[3], words[4]) = (made.submission.leaves[0].digest, made.submission.leaves[1].digest);
        (words[5], words[6], words[7]) = (context, _round.registryRoot, VOTES_ROOT);
        (words[8], words[9], words[10]) = (entry.promised, 3, merge.worker);
        merge.proof[0] = addStatement(made, 1, words);
    }

    /// @return proof Its first word, which is all of it.
    function addStatement(Made memory made, uint256 node, uint256[] memory words) private view returns (uint256 proof) {
        uint256 circuit = circuitOf(node);
        uint256 further = circuit == 0 ? words.length - 13 : 0;
        uint256[8] memory all;
        all[0] = proof = verifier.hashOf(circuit, words);
        made.words[node] = words;
        made.statements = abi.encodePacked(made.statements, circuit + further * 256, all, words);
    }

    function circuitOf(uint256 node) internal pure returns (uint256) {
        return node == 1 ? 1 : 0;
    }

    /// @dev The exits of a block as L1 is shown them: their slots are counted through its leaves.
    function shownExits(BlockEffects memory result) private pure returns (uint256[] memory words) {
        uint256 before = result.exits[0].length;
        words = new uint256[](2 * result.exitCount);
        for (uint256 i = 0; i < words.length; ++i) {
            if (i < before) words[i] = result.exits[0][i];
            else words[i] = result.exits[1][i - before] + (i % 2 == 0 ? SLOTS * 2 ** 176 : 0);
        }
    }

    /// @return The ticket that was promised the node, if it delivers; else 0: a worker without a ticket.
    function workerOf(Entry storage entry, Outcome memory outcome, uint256 node) private view returns (uint256) {
        return (outcome.nodes >> node) & 1 == 1 ? (entry.promised >> (8 * node)) & 0xff : 0;
    }

    function transitionOf(
        Entry storage entry,
        Outcome memory outcome,
        uint256 root
    ) private view returns (IRollup.Transition memory transition) {
        (transition.newStateRoot, transition.forcedCount) = (root, entry.forcedCount);
        (transition.exitsRoot, transition.exitCount) = (outcome.effects.exitsRoot, outcome.effects.exitCount);
        uint256 fees = outcome.effects.fees[0] + outcome.effects.fees[1];
        uint256 ether_ = entry.feeToken == 0 ? fees : 0;
        Core storage core = _cores[1];
        for (uint256 i = 0; i < entry.forcedCount && core.executed + i < core.operations.length; ++i) {
            ether_ += core.operations[core.executed + i].fee;
        }
        bool isOther = entry.feeToken != 0 && fees > 0;
        transition.payments = new IRollup.Payment[](isOther ? 2 : 1);
        transition.payments[0] = IRollup.Payment(entry.proposal.proposer, 0, ether_);
        if (isOther) transition.payments[1] = IRollup.Payment(entry.proposal.proposer, entry.feeToken, fees);
    }

    // ─── Private: end of a round ─────────────────────────────────────────────────────────────────────────────────────

    function advanceRefusal() private view returns (bytes memory) {
        uint256 current = _round.isClosed ? 0 : _round.id;
        if (current == 0 || _round.ranked.length == 0) {
            return abi.encodeWithSelector(IB52Settlement.NothingProven.selector, current);
        }
        if (this.clock() >= proofEnd()) return standstill(_cores[1]);
        return abi.encodeWithSelector(IB52Rounds.RoundNotOver.selector, current, proofEnd(), this.clock());
    }

    function advanceCall(Entry storage entry) private view returns (bytes memory) {
        IRollup.Transition memory transition;
        if (entry.transition.length > 0) transition = abi.decode(entry.transition, (IRollup.Transition));
        return abi.encodeCall(IB52Settlement.advanceState, (entry.record, transition));
    }

    /// @dev Applies the winner's effects on L2, and the rewards of the round (docs/b52.md §7).
    function conclude(Entry storage best) private {
        executeBlock(best);
        _cores[1].root = abi.decode(best.transition, (IRollup.Transition)).newStateRoot;

        address at_ = address(b52);
        move(NATIVE, pot(at_, BIDS), pot(at_, TO_BURN), best.proposal.bid);
        RoundResult memory result;
        (result.round, result.parent, result.winner) = (uint40(_round.id), head, best.proposal.proposer);
        result.uncles = new address[](_round.ranked.length - 1);
        for (uint256 i = 0; i < result.uncles.length; ++i) {
            result.uncles[i] = _proposals[_round.ranked[i + 1]].proposal.proposer;
        }
        uint256 proversReward = (uint256(BLOCK_REWARD) * best.proposal.share) / 10_000;
        if (bookedFor(NATIVE, at_, POOL) >= uint256(BLOCK_REWARD) + TIP) {
            move(NATIVE, pot(at_, POOL), pot(at_, REWARDS), BLOCK_REWARD);
            move(NATIVE, pot(at_, POOL), owned(at_, producer), TIP);
            (result.proposerReward, result.proversReward) = (BLOCK_REWARD - proversReward, proversReward);
            // One uncle at most: as far as the pool reaches.
            uint256 left = bookedFor(NATIVE, at_, POOL);
            if (result.uncles.length > 0) {
                result.uncleNodeReward = (left < UNCLE_REWARD ? left : UNCLE_REWARD) / NODES;
                move(NATIVE, pot(at_, POOL), pot(at_, REWARDS), result.uncleNodeReward * NODES);
            }
        }
        keepResult(result, result.proposerReward + result.proversReward + result.uncleNodeReward * NODES);
        best.status = CommitmentStatus.Settled;
        ++height;
        head = best.id;
    }
}
