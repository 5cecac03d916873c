// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { ProofTree } from "../../libraries/ProofTree.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { Score } from "../../libraries/Score.sol";
import { B52Blocks } from "./B52Blocks.sol";
import { B52Rounds } from "./B52Rounds.sol";
import { BlockVerification } from "./BlockVerification.sol";

/// @title B52
/// @notice B52 of a zk-rollup: ends rounds, pays rewards, and slashes.
contract B52 is B52Blocks {
    using SafeERC20 for IERC20;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        IProverRegistry.StakingParameters memory staking
    ) B52Rounds(core, params, staking) {
        _open(1, block.timestamp);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    function fundPool(uint256 amount) external {
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        _addToPool(amount);
        emit PoolFunded(msg.sender, amount);
    }

    /// @inheritdoc IB52
    function advanceState(BlockRecord calldata record, IRollup.Transition calldata transition) external {
        uint256 forHeight = uint256(_chain.height) + 1;
        Round memory round = _rounds[forHeight & 1];
        uint256 proposalEnd = round.opensAt + PROPOSAL_WINDOW;
        uint256 endsAt = proposalEnd + PROOF_WINDOW;
        if (round.id == 0 || round.ranked == 0) revert NothingProven(round.id);
        if (block.timestamp < endsAt) revert RoundNotOver(round.id, endsAt, block.timestamp);
        _requireRecord(record, round.id, _ranks[0].proposer);
        bytes32 shown = keccak256(abi.encode(transition));
        if (shown != record.transition) revert WrongPreimage("transition", shown, record.transition);

        RoundResult memory result = _reward(round, record);
        _results[round.id] = keccak256(abi.encode(result));
        head = record.id;
        _chain.height = uint40(forHeight);
        emit RoundEnded(round.id, forHeight, record.id, result);
        bool isOpen = _isNext(_rounds[(forHeight + 1) & 1], forHeight + 1);
        _setList(round, isOpen);
        if (!isOpen) _open(forHeight + 1, block.timestamp);
        ROLLUP.advance(transition);
    }

    /// @inheritdoc IB52
    function payRewards(RoundResult calldata result, BlockRecord calldata record) external {
        _requireResult(record.round, result);
        Recorded storage recorded = _requireRecord(record, record.round, record.proposer);
        if (recorded.isPaid) revert AlreadyPaid(record.round, record.proposer);
        bool won = result.winner == record.proposer;
        bool isUncle = _isUncle(result, record.proposer);
        if (!won && !isUncle && !FAIR_PAY) revert NotRewarded(record.round, record.proposer);
        recorded.isPaid = true;

        uint256 nodeReward = won || FAIR_PAY ? result.nodeReward : 0;
        uint256 nodes = 2 * uint256(record.leaves) - 1;
        uint256 reserved = nodeReward * nodes;
        if (isUncle) {
            nodeReward += result.uncleNodeReward;
            reserved += result.uncleNodeReward * (2 * MAX_LEAVES - 1);
        }
        (uint256 paid, uint256 promised, uint256 credited) = _payProvers(record, nodeReward);
        if (won) {
            reserved += result.proposerReward;
            uint256 part = Rewards.proposersPart(result.proposerReward, credited, promised);
            if (part > 0) _credit(record.proposer, part);
            paid += part;
        }
        if (reserved > paid) _addToPool(reserved - paid);
        emit RewardsPaid(record.round, record.proposer, paid);
    }

    /// @inheritdoc IB52
    function defend(
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external {
        if (block.timestamp >= record.defenceEnd) revert DefenceWindow(record.defenceEnd, block.timestamp);
        uint256 ticket = _clearDefault(record, node);
        bytes32 shown = keccak256(statements);
        if (shown != record.statements) revert WrongPreimage("statements", shown, record.statements);
        BlockVerification.verifyNode(address(VERIFIER), ticket, statements, record.leaves, node, proof, digest);
        emit Defended(record.round, record.proposer, ticket, node);
    }

    /// @inheritdoc IB52
    function slash(RoundResult calldata result, BlockRecord calldata record, uint256 node) external {
        if (block.timestamp < record.defenceEnd) revert DefenceWindow(record.defenceEnd, block.timestamp);
        uint256 liabilityEnd = record.defenceEnd + PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW;
        if (block.timestamp >= liabilityEnd) revert DefaultLapsed(liabilityEnd, block.timestamp);
        _requireResult(record.round, result);
        if (result.winner != record.proposer && !_isUncle(result, record.proposer) && !FAIR_PAY) {
            revert NotRewarded(record.round, record.proposer);
        }
        uint256 ticket = _clearDefault(record, node);
        uint256 amount = REGISTRY.slash(ticket);
        uint256 pooled = amount / 2;
        _treasury.toBurn += uint96(amount - pooled);
        _addToPool(pooled);
        emit Slashed(record.round, record.proposer, ticket, node, amount - pooled, pooled);
    }

    /// @inheritdoc IB52
    function burn() external returns (uint256 amount) {
        amount = _treasury.toBurn;
        // No round will be rewarded any more.
        if (ROLLUP.isFrozen()) {
            amount += _treasury.pool;
            _treasury.pool = 0;
        }
        if (amount == 0) revert NothingToBurn();
        _treasury.toBurn = 0;
        emit Burned(amount);
        ERC20Burnable(address(TOKEN)).burn(amount);
    }

    // ─── Private: include lists ──────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev The list of the best block that lost is due at the first height of which no proposal is committed and which
     *      comes after those that have a list: the next one or the one after it, as each height adds one list at most
     *      and is done with its own.
     * @param isOpen Whether the round of the next height is open.
     */
    function _setList(Round memory round, bool isOpen) private {
        if (!round.carriesList || round.ranked < 2) return;
        address proposer = _ranks[1].proposer;
        bytes32 list = _lists[round.id][proposer];
        if (list == 0) return;
        uint256 forHeight = Math.max(uint256(round.height) + (isOpen ? 2 : 1), uint256(_chain.lastList) + 1);
        _chain.lastList = uint40(forHeight);
        listDue[forHeight] = list;
        emit IncludeListDue(forHeight, round.id, proposer, list);
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Settles the winner's bid, the reserves of the round, the tip and the slope.
    function _reward(Round memory round, BlockRecord calldata record) private returns (RoundResult memory result) {
        Treasury memory treasury_ = _treasury;
        uint256 uncles = round.ranked - 1;
        result.round = round.id;
        result.parent = head;
        result.winner = record.proposer;
        result.uncles = new address[](uncles);
        for (uint256 i = 0; i < uncles; ++i) result.uncles[i] = _ranks[i + 1].proposer;

        uint256 nodes = FAIR_PAY ? round.provenNodes : 2 * uint256(record.leaves) - 1;
        (uint256 toProposer, uint256 nodeReward) = Rewards.split(BLOCK_REWARD, record.share, nodes);
        uint256 uncleNodeReward = UNCLE_REWARD / (2 * MAX_LEAVES - 1);
        uint256 reserved = toProposer + nodeReward * nodes + uncleNodeReward * (2 * MAX_LEAVES - 1) * uncles;
        if (reserved + TIP <= treasury_.pool) {
            treasury_.pool -= uint96(reserved + TIP);
            result.proposerReward = toProposer;
            result.nodeReward = nodeReward;
            result.uncleNodeReward = uncleNodeReward;
            if (TIP > 0) _credit(block.coinbase, TIP);
        }
        treasury_.toBurn += record.bid;
        treasury_.slope = uint64(
            Score.nextSlope(treasury_.slope, record.provers, TARGET_PROVERS, MIN_SLOPE, MAX_SLOPE)
        );
        _treasury = treasury_;
    }

    /**
     * @dev Pays `nodeReward` for each credited node.
     * @return paid Less than that if a ticket is free by now.
     * @return promised Number of nodes that somebody was promised.
     * @return credited Number of nodes that were delivered.
     */
    function _payProvers(
        BlockRecord calldata record,
        uint256 nodeReward
    ) private returns (uint256 paid, uint256 promised, uint256 credited) {
        for (uint256 node = 1; node < 2 * uint256(record.leaves); ++node) {
            uint256 ticket = ProofTree.ticketOf(record.promised, node);
            if (ticket == 0) continue;
            ++promised;
            if (!ProofTree.isCredited(record.nodes, node)) continue;
            ++credited;
            address payout = REGISTRY.payoutOf(ticket);
            if (payout == address(0) || nodeReward == 0) continue;
            _credit(payout, nodeReward);
            paid += nodeReward;
        }
    }

    /// @dev The caller brings as many tokens into the contract, so it cannot be more than there are, below 2^96.
    function _addToPool(uint256 amount) private {
        _treasury.pool += uint96(amount);
    }

    function _isUncle(RoundResult calldata result, address proposer) private pure returns (bool) {
        for (uint256 i = 0; i < result.uncles.length; ++i) {
            if (result.uncles[i] == proposer) return true;
        }
        return false;
    }

    // ─── Private: defaults ───────────────────────────────────────────────────────────────────────────────────────────

    /// @return ticket That was promised the node.
    function _clearDefault(BlockRecord calldata record, uint256 node) private returns (uint256 ticket) {
        Recorded storage recorded = _requireRecord(record, record.round, record.proposer);
        if (
            node >= 2 * uint256(record.leaves) ||
            !ProofTree.isDefaulted(record.nodes, node) ||
            (recorded.cleared >> node) & 1 == 1
        ) revert NoDefault(node, record.nodes);
        recorded.cleared |= uint16(1 << node);
        return ProofTree.ticketOf(record.promised, node);
    }

    function _requireRecord(
        BlockRecord calldata record,
        uint256 round,
        address proposer
    ) private view returns (Recorded storage recorded) {
        recorded = _records[round][proposer];
        bytes32 shown = keccak256(abi.encode(record));
        if (recorded.hash == 0 || bytes26(shown) != recorded.hash) {
            revert WrongPreimage("record", shown, recorded.hash);
        }
    }
}
