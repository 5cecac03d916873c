// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import { IMigration } from "../interfaces/IMigration.sol";
import { IRollup } from "../interfaces/IRollup.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { MigrationSignals as Signals } from "../libraries/MigrationSignals.sol";
import { SpillingRing } from "../libraries/SpillingRing.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";
import { EscapeHatch } from "./EscapeHatch.sol";
import { MigrationVerification } from "./MigrationVerification.sol";

/// @title Migration
/// @notice Handles departures from the core and arrivals in it.
abstract contract Migration is EscapeHatch, IMigration {
    using SafeERC20 for IERC20;
    using Signals for uint256;
    using SpillingRing for SpillingRing.Ring;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant SLOT_BYTES = ForcedOperation.SLOT_BYTES;
    uint256 private constant MAX_BYTES = MigrationVerifyingKey.MIGRANTS * SLOT_BYTES;

    /// @dev Gas of `depart`, measured (docs/benchmarks.md) and rounded up.
    uint256 private constant PROOF_GAS = 400_000 + 5_000 * MigrationVerifyingKey.MIGRANTS;

    /// @dev Departures in the ring. If each is delivered before 16 later departures happen, they need no new storage.
    uint256 private constant DEPARTURES = 16;

    /// @dev Record of a delivered departure. Its hash is zero, but the word keeps its storage.
    HashAndTime private constant DELIVERED = HashAndTime.wrap(1);

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev `HashAndTime` by departure: hash of the signals and of the hash of the arrivals, or `DELIVERED`.
    SpillingRing.Ring private _records;

    /// @dev By departure: a bit for each account that was reclaimed.
    mapping(uint256 departure => uint256) private _reclaimed;

    /// @dev By operation: a bit for each account that was refunded.
    mapping(uint256 id => uint256) private _refundedArrivals;

    // ─── External: departure ─────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMigration
    function requestDeparture(
        address target,
        uint128 tokens,
        bytes calldata moves
    ) external payable returns (uint256 id) {
        _requireRequest(target, tokens, moves);
        ForcedOperation.Fields memory op;
        op.flags = ForcedOperation.DEPARTURE;
        op.keyY = uint248(_requestHash(target, tokens, moves));
        op.l1Address = msg.sender;
        // The amount is the fee for the proof of the migration. The leaf ignores it, like the rest of the slot.
        op.amount = uint128(_proofFee(block.basefee));
        uint256 surplus;
        (id, surplus) = _queue(op, op.amount);
        emit DepartureRequested(id, target, tokens, moves);
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc IMigration
    function depart(
        uint256 id,
        bytes calldata slot,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata moves,
        bytes calldata arrivals
    ) external onlyOwnChain {
        Counters memory counters = _counters;
        // `verifyDeparture` checks that the two signals have no further bits.
        address target = address(uint160(signals[Signals.TARGET]));
        uint128 tokens = uint128(signals[Signals.TOKENS]);
        MigrationVerification.verifyDeparture(
            address(ENFORCEMENT_VERIFIER),
            stateRoot,
            DOMAIN,
            proof,
            signals,
            moves,
            arrivals
        );
        uint256 next = counters.nextDeparture;
        uint256 departure = _depart(counters);
        _counters = counters;
        _record(departure, packHashAndTime(_recordHash(signals, arrivals), block.timestamp));
        emit Departed(departure, id, target, proof, signals, arrivals);

        if (counters.isFrozen) {
            if (id != 0) revert RollupFrozen();
            _requireRequest(target, tokens, moves);
            for (uint256 start = 0; start < arrivals.length; start += SLOT_BYTES) {
                if (_isAccount(arrivals[start:start + SLOT_BYTES])) _leave(uint32(bytes4(moves[start:start + 4])));
            }
        } else {
            if (id == 0 || id != next || id > counters.executed) revert NotDue(id, next, counters.executed);
            ForcedOperation.Fields memory op = _requireOperation(id, slot);
            bytes31 shown = _requestHash(target, tokens, moves);
            if (uint248(shown) != op.keyY) revert WrongMoves(id, shown, bytes31(uint248(op.keyY)));
            stateRoot = signals[Signals.NEW_STATE_ROOT];
            _credit(ETH, msg.sender, op.amount);
        }
    }

    /// @inheritdoc IMigration
    function deliver(
        uint256 departure,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata arrivals
    ) external payable onlyOwnChain nonReentrant {
        _requireDeparture(departure, signals, arrivals);
        if (_reclaimed[departure] != 0) revert PartlyReclaimed(departure);
        _records.replace(DEPARTURES, departure, departureCount(), HashAndTime.unwrap(DELIVERED));

        IRollup target = IRollup(address(uint160(signals[Signals.TARGET])));
        uint256 fee = target.forcedFee();
        uint256 surplus = _surplus(fee);
        (uint16 source, ) = signals[Signals.TOKENS].pairOf(0);
        uint256 total = signals[Signals.TOTALS]; // the whole total, as there is one pair
        uint256 value = fee;
        if (source == ETH)
            value += total;
            // The target may take a rest of the allowance later, since it is owed to the target.
        else if (total > 0) IERC20(tokenAddress[source]).forceApprove(address(target), total);
        uint256 arrival = target.arrive{ value: value }(proof, signals, arrivals, msg.sender);
        emit Delivered(departure, address(target), arrival);
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc IMigration
    function reclaim(
        uint256 departure,
        uint256[17] calldata signals,
        bytes calldata arrivals,
        uint256 position
    ) external onlyOwnChain {
        uint256 deadline = _requireDeparture(departure, signals, arrivals) + ESCAPE_DELAY;
        if (block.timestamp <= deadline) revert NotReclaimable(departure, deadline, block.timestamp);
        ForcedOperation.Fields memory account = _requireAccount(arrivals, position);
        _reclaimed[departure] = _markPaid(_reclaimed[departure], departure, position);
        emit Reclaimed(departure, position, account.l1Address);
        (uint16 source, ) = signals[Signals.TOKENS].pairOf(0);
        _credit(source, account.l1Address, account.amount);
    }

    // ─── External: arrival ───────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMigration
    function arrive(
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata arrivals,
        address refundTo
    ) external payable nonReentrant returns (uint256 id) {
        if (refundTo == address(0)) revert ZeroAddress();
        MigrationVerification.verifyArrival(address(ENFORCEMENT_VERIFIER), proof, signals, arrivals);

        ForcedOperation.Fields memory op;
        op.flags = ForcedOperation.ARRIVAL;
        ForcedOperation.bindArrivals(op, keccak256(arrivals));
        op.keyY = signals[Signals.ARRIVALS_ROOT];
        op.l1Address = refundTo;
        uint256 surplus;
        (id, surplus) = _queue(op, _etherOf(signals));
        emit ArrivalQueued(id, arrivals);

        for (uint256 pair = 0; pair < Signals.PAIRS; ++pair) {
            (, uint16 token) = signals[Signals.TOKENS].pairOf(pair);
            uint256 total = signals[Signals.TOTALS + pair];
            if (token == ETH || total == 0) continue;
            _requireToken(token);
            _pull(token, total);
        }
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc IMigration
    function refundArrival(
        uint256 id,
        bytes calldata slot,
        bytes calldata arrivals,
        uint256 position
    ) external onlyOwnChain onlyFrozen {
        if (id <= _counters.executed) revert AlreadyExecuted(id, _counters.executed);
        // Check: without the flag, a user has chosen these bytes.
        bool isArrival = _requireOperation(id, slot).flags == ForcedOperation.ARRIVAL;
        bytes26 recorded = isArrival ? ForcedOperation.arrivalsHashOf(slot) : bytes26(0);
        bytes32 shown = keccak256(arrivals);
        if (bytes26(shown) != recorded) revert UnknownMigrants(id, shown, recorded);
        ForcedOperation.Fields memory account = _requireAccount(arrivals, position);
        _refundedArrivals[id] = _markPaid(_refundedArrivals[id], id, position);
        emit ArrivalRefunded(id, position, account.l1Address);
        _credit(account.token, account.l1Address, account.amount);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMigration
    function departureFee(uint256 baseFee) external view returns (uint256) {
        return forcedFee() + _proofFee(baseFee);
    }

    /// @inheritdoc IMigration
    function departureRecord(uint256 departure) external view returns (bytes27 hash, uint256 departedAt) {
        HashAndTime record = _recordOf(departure);
        hash = record.hashOf();
        if (hash != 0) departedAt = record.timeOf();
    }

    /// @inheritdoc IMigration
    function departureCount() public view returns (uint256) {
        return _counters.departures;
    }

    // ─── Private: departure ──────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless a departure may be requested.
    function _requireRequest(address target, uint128 tokens, bytes calldata moves) private view {
        if (target == address(this) || target.code.length == 0) revert InvalidTarget(target);
        if (!uint256(tokens).areOnePair()) revert SeveralTokens(tokens);
        (uint16 source, uint16 given) = uint256(tokens).pairOf(0);
        // Check: the id is right. At the delivery a wrong id would keep the users' money back.
        uint16 expected = source == ETH ? ETH : IRollup(target).tokenId(tokenAddress[source]);
        if (given != expected || (source == ETH) != (given == ETH)) revert WrongTargetToken(source, given, expected);
        // Check: the moves can be proven. If they could not, the state would never advance again.
        if (moves.length == 0 || moves.length % SLOT_BYTES != 0 || moves.length > MAX_BYTES) {
            revert WrongMigrantsLength(moves.length, MAX_BYTES);
        }
    }

    /// @dev Returns the fee for the proof of a migration: its gas at twice L1's price, and the fee of an operation.
    function _proofFee(uint256 baseFee) private view returns (uint256) {
        return forcedFee() + 2 * PROOF_GAS * baseFee;
    }

    /// @dev Records a departure.
    /// @param departure Number of the departure, the newest one.
    function _record(uint256 departure, HashAndTime record) private {
        bool oldIsNeeded;
        if (departure > DEPARTURES) {
            // A departure that nobody delivers can be reclaimed for ever.
            uint256 old = _records.read(DEPARTURES, departure - DEPARTURES, departure - 1);
            oldIsNeeded = HashAndTime.wrap(old).hashOf() != 0;
        }
        _records.append(DEPARTURES, departure, HashAndTime.unwrap(record), oldIsNeeded);
    }

    /// @dev Returns the record of a departure, with hash 0 if it does not exist or was delivered.
    function _recordOf(uint256 departure) private view returns (HashAndTime) {
        return HashAndTime.wrap(_records.read(DEPARTURES, departure, departureCount()));
    }

    /// @dev Reverts unless this is the departure, and it was not delivered.
    /// @return departedAt Time of its proof, in unix seconds.
    function _requireDeparture(
        uint256 departure,
        uint256[17] calldata signals,
        bytes calldata arrivals
    ) private view returns (uint256 departedAt) {
        HashAndTime record = _recordOf(departure);
        bytes32 shown = _recordHash(signals, arrivals);
        if (bytes27(shown) != record.hashOf()) revert UnknownMigrants(departure, shown, record.hashOf());
        return record.timeOf();
    }

    /// @dev Returns the hash of a request that stands in its operation.
    function _requestHash(address target, uint128 tokens, bytes calldata moves) private pure returns (bytes31) {
        return bytes31(keccak256(abi.encode(target, tokens, keccak256(moves))));
    }

    /// @dev Returns the hash that a record holds.
    function _recordHash(uint256[17] calldata signals, bytes calldata arrivals) private pure returns (bytes32) {
        return keccak256(abi.encode(signals, keccak256(arrivals)));
    }

    // ─── Private: accounts ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless there is an account at the position.
    /// @return account Deposit that would create the account.
    function _requireAccount(
        bytes calldata arrivals,
        uint256 position
    ) private pure returns (ForcedOperation.Fields memory account) {
        if (position >= arrivals.length / SLOT_BYTES) revert NoAccount(position);
        uint256 start = position * SLOT_BYTES;
        bytes calldata slot = arrivals[start:start + SLOT_BYTES];
        if (!_isAccount(slot)) revert NoAccount(position);
        return ForcedOperation.decode(slot);
    }

    /// @dev Returns whether a slot holds an account. The slot of an invalid move holds zeros.
    function _isAccount(bytes calldata slot) private pure returns (bool) {
        return ForcedOperation.decode(slot).keyY != 0;
    }

    /// @dev Returns the bits with that of `position`. Reverts if it was set.
    function _markPaid(uint256 bits, uint256 id, uint256 position) private pure returns (uint256) {
        if ((bits >> position) & 1 == 1) revert AlreadyPaid(id, position);
        return bits | (1 << position);
    }

    // ─── Private: tokens ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the total of ETH that arrives in this rollup, the target.
    function _etherOf(uint256[17] calldata signals) private pure returns (uint256 total) {
        for (uint256 pair = 0; pair < Signals.PAIRS; ++pair) {
            (, uint16 token) = signals[Signals.TOKENS].pairOf(pair);
            if (token == ETH) total += signals[Signals.TOTALS + pair];
        }
    }
}
