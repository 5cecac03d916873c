// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IForcedQueue } from "../interfaces/IForcedQueue.sol";
import { BabyJubJub } from "../libraries/BabyJubJub.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";
import { Custody } from "./Custody.sol";
import { L2State } from "./L2State.sol";

/// @title ForcedQueue
/// @notice Deposits and forced operations of the core.
abstract contract ForcedQueue is Custody, L2State, ReentrancyGuardTransient, IForcedQueue {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    struct Counters {
        uint40 queued; // slot 0: id of the last operation
        uint40 executed; // slot 0: id of the last proven operation
        uint40 accounts; // slot 0: the next account's index on L2 is not above this
        uint40 nextDeparture; // slot 0: id of the first departure that did not happen; 0 if there is none
        uint40 lastDeparture; // slot 0: id of the last departure that was requested
        bool isFrozen; // slot 0
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Leaves of the account tree.
    uint256 private constant CAPACITY = 4 ** MigrationVerifyingKey.DEPTH;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IForcedQueue
    uint256 public immutable FORCED_DEADLINE;

    /// @inheritdoc IForcedQueue
    uint64 public immutable FORCED_FEE_BASE;

    /// @inheritdoc IForcedQueue
    uint48 public immutable FORCED_FEE_STEP;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    Counters internal _counters;

    /// @dev Entry 0 is zero: the rolling hash begins there.
    mapping(uint256 id => HashAndTime) internal _entries;

    /// @dev The departure that was requested after `departure`, while both wait.
    mapping(uint256 departure => uint40 id) private _following;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint32 deadline, uint64 feeBase, uint48 feeStep) {
        FORCED_DEADLINE = deadline;
        FORCED_FEE_BASE = feeBase;
        FORCED_FEE_STEP = feeStep;
        _counters.accounts = 1;
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
        Counters memory counters = _counters;
        if (counters.isFrozen) revert RollupFrozen();
        uint256 last = taken + count;
        uint256 queued = counters.queued;
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
    function base() external view returns (uint256 root, uint256 untilDeparture, uint256 executed) {
        Counters memory counters = _counters;
        _requireAdvancing(counters);
        untilDeparture = counters.nextDeparture == 0 ? type(uint256).max : counters.nextDeparture - counters.executed;
        return (stateRoot, untilDeparture, counters.executed);
    }

    /// @inheritdoc IForcedQueue
    function forcedFee() public view returns (uint256) {
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
        _requireAdvancing(counters);
        executed = counters.executed + count;
        if (executed > counters.queued) revert ForcedOperationsMissing(executed, counters.queued);
        if (count > 0) _counters.executed = uint40(executed);
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
    ) internal onlyOwnChain returns (uint256 id, uint256 surplus) {
        Counters memory counters = _counters;
        if (counters.isFrozen) revert RollupFrozen();
        op.fee = _forcedFee(counters);
        surplus = _surplus(value + op.fee);

        bytes memory slot = ForcedOperation.encode(op);
        bytes32 rolling = ForcedOperation.chain(_entries[counters.queued].hashOf(), slot);
        id = ++counters.queued;
        _entries[id] = packHashAndTime(rolling, block.timestamp);
        if (op.flags == ForcedOperation.DEPARTURE) _enlistDeparture(counters, uint40(id));
        else if (op.flags == ForcedOperation.ARRIVAL) _reserveAccounts(counters);
        else if (op.from == 0 && op.to == 0) ++counters.accounts;
        _counters = counters;
        emit ForcedOperationQueued(id, msg.sender, slot);
    }

    /// @dev The first departure that waits has happened. Changes `counters`, which the caller stores.
    function _departed(Counters memory counters) internal {
        uint40 id = counters.nextDeparture;
        counters.nextDeparture = _following[id];
        delete _following[id];
    }

    /// @return op The operation `id`, whose bytes are `slot`.
    function _requireOperation(
        uint256 id,
        bytes calldata slot
    ) internal view returns (ForcedOperation.Fields memory op) {
        if (slot.length != ForcedOperation.SLOT_BYTES) {
            revert WrongSlotsLength(slot.length, ForcedOperation.SLOT_BYTES);
        }
        uint256 queued = _counters.queued;
        if (id == 0 || id > queued) revert ForcedOperationsMissing(id, queued);
        bytes27 computed = bytes27(ForcedOperation.chain(_entries[id - 1].hashOf(), slot));
        bytes27 recorded = _entries[id].hashOf();
        if (computed != recorded) revert WrongOperation(id, computed, recorded);
        return ForcedOperation.decode(slot);
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
        return ForcedOperation.Fields(from, to, token, amount, 0, keyX, keyY, 0, l1Address);
    }

    function _enlistDeparture(Counters memory counters, uint40 id) private {
        if (counters.nextDeparture == 0) counters.nextDeparture = id;
        else _following[counters.lastDeparture] = id;
        counters.lastDeparture = id;
    }

    /// @dev An arrival begins at the next multiple of its size. What fits here fits on L2, where the next index is
    ///      not above `accounts`, and moves in the same way.
    function _reserveAccounts(Counters memory counters) private pure {
        uint256 migrants = MigrationVerifyingKey.MIGRANTS;
        uint256 end = Math.ceilDiv(counters.accounts, migrants) * migrants + migrants;
        if (end > CAPACITY) revert ArrivalDoesNotFit(end, CAPACITY);
        counters.accounts = uint40(end);
    }

    function _requireAdvancing(Counters memory counters) private pure {
        if (counters.isFrozen) revert RollupFrozen();
        if (counters.nextDeparture != 0 && counters.nextDeparture <= counters.executed) {
            revert DepartureDue(counters.nextDeparture);
        }
    }

    /// @dev Below 2^64 + 2^48 · 2^40 < 2^90, so it fits the slot.
    function _forcedFee(Counters memory counters) private view returns (uint96) {
        return FORCED_FEE_BASE + uint96(FORCED_FEE_STEP) * (counters.queued - counters.executed);
    }
}
