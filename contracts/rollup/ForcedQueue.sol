// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IForcedQueue } from "../interfaces/IForcedQueue.sol";
import { BabyJubJub } from "../libraries/BabyJubJub.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { SpillingRing } from "../libraries/SpillingRing.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";
import { Custody } from "./Custody.sol";
import { L2State } from "./L2State.sol";

/// @title ForcedQueue
/// @notice Queues deposits and forced operations of the core.
abstract contract ForcedQueue is Custody, L2State, ReentrancyGuardTransient, IForcedQueue {
    using SpillingRing for SpillingRing.Ring;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Counts operations and departures.
    struct Counters {
        uint40 queued; // slot 0: id of the last operation
        uint40 executed; // slot 0: id of the last proven operation
        uint40 accounts; // slot 0: upper bound of the next account's index on L2
        uint40 nextDeparture; // slot 0: id of the first departure that did not happen; 0 if no departure waits
        uint40 requestedDepartures; // slot 0: number of departures that were requested
        uint40 departures; // slot 0: number of departures that happened, also after a freeze
        bool isFrozen; // slot 0
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Operations in the ring. While no more operations wait, their entries need no new storage.
    uint256 private constant OPERATIONS = 256;

    /// @dev Requests in the ring. While no more departures wait, they need no new storage.
    uint256 private constant REQUESTS = 16;

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

    /// @dev `HashAndTime` by the operation's id. Entry 0 is zero: the rolling hash begins there.
    SpillingRing.Ring private _entries;

    /// @dev Ids of the operations that request departures. The first request has the number 1. A request that is made
    ///      while no other departure waits is in `_counters` only.
    SpillingRing.Ring private _requests;

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
            bytes27 rolling = _entry(taken, queued).hashOf();
            for (uint256 i = 0; i < slots.length; i += ForcedOperation.SLOT_BYTES) {
                bytes calldata slot = slots[i:i + ForcedOperation.SLOT_BYTES];
                rolling = bytes27(ForcedOperation.chain(rolling, slot));
                fees += ForcedOperation.feeOf(slot);
            }
            bytes27 recorded = _entry(last, queued).hashOf();
            if (rolling != recorded) revert ForcedOperationsMismatch(last, rolling, recorded);
        }

        if (count < capacity && last < queued) {
            uint256 deadline = _entry(last + 1, queued).timeOf() + FORCED_DEADLINE;
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
        Counters memory counters = _counters;
        uint256 queued = counters.queued;
        uint256 oldest = Math.min(_oldestNeeded(counters), Math.saturatingSub(queued + 1, OPERATIONS));
        if (id < oldest || id > queued) revert UnknownOperation(id, oldest, queued);
        HashAndTime entry = _entry(id, queued);
        return (entry.hashOf(), entry.timeOf());
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Counts operations of a proven transition.
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
     * @return id Id of the operation.
     * @return surplus Wei that the caller sent beyond value and fee. The caller of this function must return them as
     *         its last step.
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
        bytes32 rolling = ForcedOperation.chain(_entry(counters.queued, counters.queued).hashOf(), slot);
        id = ++counters.queued;
        _entries.append({
            size: OPERATIONS,
            number: id,
            word: HashAndTime.unwrap(packHashAndTime(rolling, block.timestamp)),
            oldIsNeeded: id >= _oldestNeeded(counters) + OPERATIONS
        });
        if (op.flags == ForcedOperation.DEPARTURE) _enlistDeparture(counters, uint40(id));
        else if (op.flags == ForcedOperation.ARRIVAL) _reserveAccounts(counters);
        else if (op.from == 0 && op.to == 0) ++counters.accounts;
        _counters = counters;
        emit ForcedOperationQueued(id, msg.sender, slot);
    }

    /**
     * @dev Counts a departure that has happened: the first one that waited, or, after a freeze, any. Changes
     *      `counters`, which the caller stores.
     * @return departure Number of the departure.
     */
    function _depart(Counters memory counters) internal view returns (uint256 departure) {
        departure = ++counters.departures;
        if (counters.isFrozen) return departure;
        uint256 requested = counters.requestedDepartures;
        bool waits = departure < requested;
        counters.nextDeparture = waits ? uint40(_requests.read(REQUESTS, departure + 1, requested)) : 0;
    }

    /// @dev Returns the entry of an operation that is still needed (`_oldestNeeded`).
    function _entry(uint256 id, uint256 queued) internal view returns (HashAndTime) {
        return HashAndTime.wrap(_entries.read(OPERATIONS, id, queued));
    }

    /// @dev Reverts unless `slot` holds the bytes of operation `id`.
    /// @return op Fields of the operation.
    function _requireOperation(
        uint256 id,
        bytes calldata slot
    ) internal view returns (ForcedOperation.Fields memory op) {
        if (slot.length != ForcedOperation.SLOT_BYTES) {
            revert WrongSlotsLength(slot.length, ForcedOperation.SLOT_BYTES);
        }
        uint256 queued = _counters.queued;
        if (id == 0 || id > queued) revert ForcedOperationsMissing(id, queued);
        bytes27 computed = bytes27(ForcedOperation.chain(_entry(id - 1, queued).hashOf(), slot));
        bytes27 recorded = _entry(id, queued).hashOf();
        if (computed != recorded) revert WrongOperation(id, computed, recorded);
        return ForcedOperation.decode(slot);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Queues a deposit into `account`, or into a new account if it is 0.
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

    /// @dev Returns an operation without flags, whose fee is set later.
    function _operation(
        uint32 from,
        uint32 to,
        uint16 token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        address l1Address
    ) private pure returns (ForcedOperation.Fields memory) {
        return
            ForcedOperation.Fields({
                from: from,
                to: to,
                token: token,
                amount: amount,
                flags: 0,
                keyX: keyX,
                keyY: keyY,
                fee: 0,
                l1Address: l1Address
            });
    }

    /// @dev Adds a request to the departures that wait.
    function _enlistDeparture(Counters memory counters, uint40 id) private {
        uint256 number = ++counters.requestedDepartures;
        if (counters.nextDeparture == 0) {
            counters.nextDeparture = id;
            return;
        }
        _requests.append({
            size: REQUESTS,
            number: number,
            word: id,
            // The id of the first departure that waits is in `counters`.
            oldIsNeeded: number > uint256(counters.departures) + 1 + REQUESTS
        });
    }

    /**
     * @dev Returns the number of the oldest entry that is still needed: the one before the first operation that was not
     *      executed, or that is a departure that did not happen. It never falls.
     */
    function _oldestNeeded(Counters memory counters) private pure returns (uint256) {
        uint256 next = counters.nextDeparture;
        return next == 0 ? counters.executed : Math.min(counters.executed, next - 1);
    }

    /// @dev Reserves the accounts of an arrival, which begins at the next multiple of its size. An arrival that fits
    ///      here fits on L2, where the next index is not above `accounts`, and moves in the same way.
    function _reserveAccounts(Counters memory counters) private pure {
        uint256 migrants = MigrationVerifyingKey.MIGRANTS;
        uint256 end = Math.ceilDiv(counters.accounts, migrants) * migrants + migrants;
        if (end > CAPACITY) revert ArrivalDoesNotFit(end, CAPACITY);
        counters.accounts = uint40(end);
    }

    /// @dev Reverts unless the state may advance.
    function _requireAdvancing(Counters memory counters) private pure {
        if (counters.isFrozen) revert RollupFrozen();
        if (counters.nextDeparture != 0 && counters.nextDeparture <= counters.executed) {
            revert DepartureDue(counters.nextDeparture);
        }
    }

    /// @dev Returns the fee of the next operation. It is below 2^64 + 2^48 · 2^40 < 2^90, so it fits the slot.
    function _forcedFee(Counters memory counters) private view returns (uint96) {
        return FORCED_FEE_BASE + uint96(FORCED_FEE_STEP) * (counters.queued - counters.executed);
    }
}
