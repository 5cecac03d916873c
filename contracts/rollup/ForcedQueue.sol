// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import { IForcedQueue } from "../interfaces/IForcedQueue.sol";
import { BabyJubJub } from "../libraries/BabyJubJub.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { Custody } from "./Custody.sol";

/// @title ForcedQueue
/// @notice Deposits and forced operations of the core.
abstract contract ForcedQueue is Custody, ReentrancyGuardTransient, IForcedQueue {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    struct Counters {
        uint40 queued; // slot 0: id of the last operation
        uint40 executed; // slot 0: id of the last proven operation
    }

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IForcedQueue
    uint256 public immutable FORCED_DEADLINE;

    /// @inheritdoc IForcedQueue
    uint64 public immutable FORCED_FEE_BASE;

    /// @inheritdoc IForcedQueue
    uint48 public immutable FORCED_FEE_STEP;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    Counters private _counters;

    /// @dev Entry 0 is zero: the rolling hash begins there.
    mapping(uint256 id => HashAndTime) private _entries;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint32 deadline, uint64 feeBase, uint48 feeStep) {
        FORCED_DEADLINE = deadline;
        FORCED_FEE_BASE = feeBase;
        FORCED_FEE_STEP = feeStep;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IForcedQueue
    function deposit(
        uint16 token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        address owner
    ) external payable nonReentrant returns (uint256 id) {
        BabyJubJub.requireValidKey(keyX, keyY);
        return _deposit(token, amount, 0, keyX, keyY, owner);
    }

    /// @inheritdoc IForcedQueue
    function topUp(
        uint16 token,
        uint128 amount,
        uint32 account,
        address refundTo
    ) external payable nonReentrant returns (uint256 id) {
        if (account == 0) revert InvalidAccount(account);
        return _deposit(token, amount, account, 0, 0, refundTo);
    }

    /// @inheritdoc IForcedQueue
    function forceTransfer(uint32 from, uint32 to, uint16 token, uint128 amount) external payable returns (uint256 id) {
        if (from == 0 || to == 0) revert InvalidAccount(0);
        uint256 surplus;
        (id, surplus) = _queue(_operation(from, to, token, amount, 0, 0, msg.sender), 0);
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc IForcedQueue
    function forceExit(uint32 from, uint16 token, uint128 amount) external payable returns (uint256 id) {
        if (from == 0) revert InvalidAccount(0);
        if (amount == 0) revert ZeroAmount();
        uint256 surplus;
        (id, surplus) = _queue(_operation(from, 0, token, amount, 0, 0, msg.sender), 0);
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc IForcedQueue
    function previewForced(
        uint256 taken,
        uint256 count,
        bytes calldata slots,
        uint256 capacity,
        uint256 dueBy
    ) external view onlyOwnChain returns (uint256 fees) {
        uint256 last = taken + count;
        uint256 queued = _counters.queued;
        if (last > queued) revert ForcedOperationsMissing(last, queued);
        if (count > capacity) revert ForcedOperationsExceedCapacity(count, capacity);
        if (slots.length != count * ForcedOperation.SLOT_BYTES) {
            revert WrongSlotsLength(slots.length, count * ForcedOperation.SLOT_BYTES);
        }

        if (count > 0) {
            bytes27 rolling = _entries[taken].hashOf();
            for (uint256 i = 0; i < slots.length; i += ForcedOperation.SLOT_BYTES) {
                bytes calldata slot = slots[i:i + ForcedOperation.SLOT_BYTES];
                rolling = bytes27(ForcedOperation.chain(rolling, slot));
                fees += ForcedOperation.feeOf(slot);
            }
            bytes27 recorded = _entries[last].hashOf();
            if (rolling != recorded) revert ForcedOperationsMismatch(last, rolling, recorded);
        }

        if (count < capacity && last < queued) {
            uint256 deadline = _entries[last + 1].timeOf() + FORCED_DEADLINE;
            if (dueBy > deadline) revert ForcedOperationOverdue(last + 1, deadline, dueBy);
        }
    }

    /// @inheritdoc IForcedQueue
    function forcedFee() external view returns (uint256) {
        return _forcedFee(_counters);
    }

    /// @inheritdoc IForcedQueue
    function queuedOperations() external view returns (uint256) {
        return _counters.queued;
    }

    /// @inheritdoc IForcedQueue
    function executedOperations() external view returns (uint256) {
        return _counters.executed;
    }

    /// @inheritdoc IForcedQueue
    function forcedOperation(uint256 id) external view returns (bytes27 rollingHash, uint256 queuedAt) {
        HashAndTime entry = _entries[id];
        return (entry.hashOf(), entry.timeOf());
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @return executed Number of operations executed so far.
    function _execute(uint256 count) internal returns (uint256 executed) {
        Counters memory counters = _counters;
        executed = counters.executed + count;
        if (executed > counters.queued) revert ForcedOperationsMissing(executed, counters.queued);
        if (count > 0) _counters.executed = uint40(executed);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _deposit(
        uint16 token,
        uint128 amount,
        uint32 account,
        uint256 keyX,
        uint256 keyY,
        address owner
    ) private returns (uint256 id) {
        if (amount == 0) revert ZeroAmount();
        if (owner == address(0)) revert ZeroAddress();
        _requireToken(token);
        ForcedOperation.Fields memory op = _operation(0, account, token, amount, keyX, keyY, owner);
        uint256 surplus;
        (id, surplus) = _queue(op, token == ETH ? amount : 0);
        if (token != ETH) _pull(token, amount);
        _sendEther(msg.sender, surplus);
    }

    function _operation(
        uint32 from,
        uint32 to,
        uint16 token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        address l1Address
    ) private pure returns (ForcedOperation.Fields memory) {
        return ForcedOperation.Fields(from, to, token, amount, keyX, keyY, 0, l1Address);
    }

    /**
     * @dev Sets the fee of `op` and appends it.
     * @param value Wei that the operation itself carries.
     * @return id Of the operation.
     * @return surplus What the caller sent beyond value and fee; to be returned as the last step.
     */
    function _queue(
        ForcedOperation.Fields memory op,
        uint256 value
    ) private onlyOwnChain returns (uint256 id, uint256 surplus) {
        Counters memory counters = _counters;
        op.fee = _forcedFee(counters);
        surplus = _surplus(value + op.fee);

        id = uint256(counters.queued) + 1;
        bytes memory slot = ForcedOperation.encode(op);
        bytes32 rolling = ForcedOperation.chain(_entries[counters.queued].hashOf(), slot);
        _entries[id] = packHashAndTime(rolling, block.timestamp);
        _counters.queued = uint40(id);
        emit ForcedOperationQueued(id, msg.sender, slot);
    }

    /// @dev Below 2^64 + 2^48 · 2^40 < 2^90, so it fits the slot.
    function _forcedFee(Counters memory counters) private view returns (uint96) {
        return FORCED_FEE_BASE + uint96(FORCED_FEE_STEP) * (counters.queued - counters.executed);
    }
}
