// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { B52Blocks } from "./B52Blocks.sol";
import { B52Rounds } from "./B52Rounds.sol";
import { BlockRecords } from "./BlockRecords.sol";

/// @title B52
/// @notice B52 of a zk-rollup: ends rounds, pays rewards, and slashes.
contract B52 is B52Blocks {
    using SafeERC20 for IERC20;
    using BlockRecords for BlockRecords.Books;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) B52Rounds(core, params, staking, coreCodeHash) {
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
        _books.requireRecord(ROUNDS_KEPT, record, round.id, _ranks[0].proposer);
        bytes32 shown = keccak256(abi.encode(transition));
        if (shown != record.transition) revert WrongPreimage("transition", shown, record.transition);

        // The winner's bid is counted here, and never again.
        _commitments[record.proposer][forHeight & 1].status = Status.Settled;
        emit CommitmentSettled(round.id, record.proposer, 0, 0);
        _conclude(round, record);
        head = record.id;
        _chain.height = uint40(forHeight);
        bool isOpen = _isNext(_rounds[(forHeight + 1) & 1], forHeight + 1);
        _setList(round, isOpen);
        if (!isOpen) _open(forHeight + 1, block.timestamp);
        ROLLUP.advance(transition);
    }

    /// @inheritdoc IB52
    function payRewards(RoundResult calldata result, BlockRecord calldata record) external {
        BlockRecords.Terms memory terms = BlockRecords.Terms(
            REGISTRY,
            ROUNDS_KEPT,
            FAIR_PAY,
            TARGET_PROVERS,
            MAX_LEAVES
        );
        uint256 back = _books.pay(_balances, terms, result, record);
        if (back > 0) _addToPool(back);
    }

    /// @inheritdoc IB52
    function defend(
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external {
        _books.defend(address(VERIFIER), ROUNDS_KEPT, record, statements, node, proof, digest);
    }

    /// @inheritdoc IB52
    function slash(RoundResult calldata result, BlockRecord calldata record, uint256 node) external {
        uint256 windows = PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW;
        uint256 ticket = _books.slash(ROUNDS_KEPT, FAIR_PAY, result, record, node, windows);
        uint256 amount = REGISTRY.slash(ticket);
        uint256 pooled = amount / 2;
        uint256 burned = amount - pooled;
        uint256 bounty = msg.sender == record.proposer ? 0 : Math.min(BOUNTY, pooled);
        pooled -= bounty;
        _treasury.toBurn += uint96(burned);
        _addToPool(pooled);
        if (bounty > 0) _credit(msg.sender, bounty);
        emit Slashed(record.round, record.proposer, ticket, node, burned, pooled, bounty);
    }

    /// @inheritdoc IB52
    function demandVotes(BlockRecord calldata record, uint256 node) external {
        _debit(msg.sender, VOTE_DEPOSIT);
        _books.demandVotes(ROUNDS_KEPT, record, node, DEFENCE_WINDOW);
    }

    /// @inheritdoc IB52
    function showVotes(BlockRecord calldata record, uint256 node, Opening[] calldata openings) external {
        _books.showVotes(ROUNDS_KEPT, record, node, openings, DEFENCE_WINDOW);
    }

    /// @inheritdoc IB52
    function closeDemand(BlockRecord calldata record, uint256 node) external {
        _credit(_books.closeDemand(ROUNDS_KEPT, record, node), VOTE_DEPOSIT);
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
        bytes32 list = _lists[proposer].listFor(round.id);
        if (list == 0) return;
        uint256 forHeight = Math.max(uint256(round.height) + (isOpen ? 2 : 1), uint256(_chain.lastList) + 1);
        _setListDue(forHeight, list);
        emit IncludeListDue(forHeight, round.id, proposer, list);
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @param record Of the best block of the round.
    function _conclude(Round memory round, BlockRecord calldata record) private {
        address[] memory uncles = new address[](round.ranked - 1);
        for (uint256 i = 0; i < uncles.length; ++i) uncles[i] = _ranks[i + 1].proposer;
        bool isRewarded = _books.conclude(
            _treasury,
            BlockRecords.RewardTerms({
                kept: ROUNDS_KEPT,
                blockReward: BLOCK_REWARD,
                uncleReward: UNCLE_REWARD,
                tip: TIP,
                maxLeaves: MAX_LEAVES,
                fairPay: FAIR_PAY,
                targetProvers: TARGET_PROVERS,
                minSlope: MIN_SLOPE,
                maxSlope: MAX_SLOPE
            }),
            round.height,
            head,
            record,
            uncles,
            _scores
        );
        if (isRewarded && TIP > 0) _credit(block.coinbase, TIP);
    }
}
