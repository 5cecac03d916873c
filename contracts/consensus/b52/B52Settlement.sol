// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Settlement } from "../../interfaces/IB52Settlement.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { BlockRecord } from "../../types/BlockRecord.sol";
import { CommitmentStatus } from "../../types/Proposal.sol";
import { Round, RoundResult } from "../../types/Round.sol";
import { B52Blocks } from "./B52Blocks.sol";
import { BlockRecords } from "./BlockRecords.sol";

/// @title B52Settlement
/// @notice Ends the rounds of B52 with a head, and pays rewards.
abstract contract B52Settlement is B52Blocks, IB52Settlement {
    using SafeERC20 for IERC20;
    using BlockRecords for BlockRecords.Books;

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Settlement
    function fundPool(uint256 amount) external {
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        _addToPool(amount);
        emit PoolFunded(msg.sender, amount);
    }

    /// @inheritdoc IB52Settlement
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

        // Effect: the winner's bid is marked for burning (`_conclude`). Its commitment is settled, so that it is not
        // counted again.
        _commitments[record.proposer][forHeight & 1].status = CommitmentStatus.Settled;
        emit CommitmentSettled(round.id, record.proposer, 0, 0);
        _conclude(round, record);
        head = record.id;
        _chain.height = uint40(forHeight);
        bool isOpen = _isRoundOf(_rounds[(forHeight + 1) & 1], forHeight + 1);
        _setList(round, isOpen);
        if (!isOpen) _open(forHeight + 1, block.timestamp);
        ROLLUP.advance(transition);
    }

    /// @inheritdoc IB52Settlement
    function payRewards(RoundResult calldata result, BlockRecord calldata record) external {
        BlockRecords.PaymentTerms memory terms = BlockRecords.PaymentTerms({
            registry: REGISTRY,
            roundsKept: ROUNDS_KEPT,
            fairPay: FAIR_PAY,
            targetProvers: TARGET_PROVERS,
            maxLeaves: MAX_LEAVES
        });
        uint256 back = _books.pay(_balances, terms, result, record);
        if (back > 0) _addToPool(back);
    }

    /// @inheritdoc IB52Settlement
    function burn() external returns (uint256 amount) {
        amount = _treasury.toBurn;
        // After a freeze no round is rewarded.
        if (ROLLUP.isFrozen()) {
            amount += _treasury.pool;
            _treasury.pool = 0;
        }
        if (amount == 0) revert NothingToBurn();
        _treasury.toBurn = 0;
        emit Burned(amount);
        ERC20Burnable(address(TOKEN)).burn(amount);
    }

    /// @inheritdoc IB52Settlement
    function treasury() external view returns (uint256 pool, uint256 toBurn, uint256 slope) {
        BlockRecords.Treasury memory current = _treasury;
        return (current.pool, current.toBurn, current.slope);
    }

    // ─── Private: include lists ──────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Sets the list of the best losing block due. Its height is the first one without a committed proposal and
     *      above all heights with a list: the next height or the one after it, since each height adds at most one list
     *      and uses up its own.
     * @param isOpen True if the round of the next height is open.
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

    /// @dev Reserves the rewards of a round, and keeps its result.
    /// @param record Record of the best block of the round.
    function _conclude(Round memory round, BlockRecord calldata record) private {
        address[] memory uncles = new address[](round.ranked - 1);
        for (uint256 i = 0; i < uncles.length; ++i) uncles[i] = _ranks[i + 1].proposer;
        bool isRewarded = _books.conclude(
            _treasury,
            BlockRecords.RewardTerms({
                roundsKept: ROUNDS_KEPT,
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
