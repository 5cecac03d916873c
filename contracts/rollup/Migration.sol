// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import { IMigration } from "../interfaces/IMigration.sol";
import { IRollup } from "../interfaces/IRollup.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { MigrationSignals as Signals } from "../libraries/MigrationSignals.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";
import { EscapeHatch } from "./EscapeHatch.sol";
import { MigrationVerification } from "./MigrationVerification.sol";

/// @title Migration
/// @notice Departures from the core and arrivals in it.
abstract contract Migration is EscapeHatch, IMigration {
    using SafeERC20 for IERC20;
    using Signals for uint256;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant SLOT_BYTES = ForcedOperation.SLOT_BYTES;
    uint256 private constant MAX_BYTES = MigrationVerifyingKey.MIGRANTS * SLOT_BYTES;

    /// @dev Gas of `depart`, measured (docs/benchmarks.md) and rounded up.
    uint256 private constant PROOF_GAS = 400_000 + 5_000 * MigrationVerifyingKey.MIGRANTS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMigration
    uint256 public departureCount;

    /// @dev Hash of the signals and of the hash of the arrivals; zero once it was delivered.
    mapping(uint256 departure => HashAndTime) private _departures;

    /// @dev By departure: a bit for each account that was reclaimed.
    mapping(uint256 departure => uint256) private _reclaimed;

    /// @dev By operation: hash of the arrivals.
    mapping(uint256 id => bytes32) private _arrivals;

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
        // What is left for the proof of the migration; in the leaf it is ignored, like the rest of the slot.
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
        // That they have no further bits, `verifyDeparture` checks.
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
        uint256 departure = ++departureCount;
        _departures[departure] = packHashAndTime(_recordHash(signals, arrivals), block.timestamp);
        emit Departed(departure, id, target, proof, signals, arrivals);

        if (counters.isFrozen) {
            if (id != 0) revert RollupFrozen();
            _requireRequest(target, tokens, moves);
            for (uint256 start = 0; start < arrivals.length; start += SLOT_BYTES) {
                if (_isAccount(arrivals[start:start + SLOT_BYTES])) _leave(uint32(bytes4(moves[start:start + 4])));
            }
        } else {
            if (id == 0 || id != counters.nextDeparture || id > counters.executed) {
                revert NotDue(id, counters.nextDeparture, counters.executed);
            }
            ForcedOperation.Fields memory op = _requireOperation(id, slot);
            bytes31 shown = _requestHash(target, tokens, moves);
            if (uint248(shown) != op.keyY) revert WrongMoves(id, shown, bytes31(uint248(op.keyY)));
            _departed(counters);
            _counters = counters;
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
        _departures[departure] = HashAndTime.wrap(0);

        IRollup target = IRollup(address(uint160(signals[Signals.TARGET])));
        uint256 fee = target.forcedFee();
        uint256 surplus = _surplus(fee);
        (uint16 source, ) = signals[Signals.TOKENS].pairOf(0);
        uint256 total = signals[Signals.TOTALS]; // all of it, as there is one pair
        uint256 value = fee;
        if (source == ETH)
            value += total;
            // What the target leaves it may take later: it is owed to it.
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
        op.keyY = signals[Signals.ARRIVALS_ROOT];
        op.l1Address = refundTo;
        uint256 surplus;
        (id, surplus) = _queue(op, _etherOf(signals));
        _arrivals[id] = keccak256(arrivals);
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
    function refundArrival(uint256 id, bytes calldata arrivals, uint256 position) external onlyOwnChain onlyFrozen {
        if (id <= _counters.executed) revert AlreadyExecuted(id, _counters.executed);
        bytes32 shown = keccak256(arrivals);
        if (shown != _arrivals[id]) revert UnknownMigrants(id, shown, _arrivals[id]);
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
        HashAndTime record = _departures[departure];
        return (record.hashOf(), record.timeOf());
    }

    // ─── Private: departure ──────────────────────────────────────────────────────────────────────────────────────────

    function _requireRequest(address target, uint128 tokens, bytes calldata moves) private view {
        if (target == address(this) || target.code.length == 0) revert InvalidTarget(target);
        if (!uint256(tokens).areOnePair()) revert SeveralTokens(tokens);
        (uint16 source, uint16 given) = uint256(tokens).pairOf(0);
        // Asked now: at the delivery a wrong id would keep everybody's money back.
        uint16 expected = source == ETH ? ETH : IRollup(target).tokenId(tokenAddress[source]);
        if (given != expected || (source == ETH) != (given == ETH)) revert WrongTargetToken(source, given, expected);
        // What is refused here could never be proven, and the state would never advance again.
        if (moves.length == 0 || moves.length % SLOT_BYTES != 0 || moves.length > MAX_BYTES) {
            revert WrongMigrantsLength(moves.length, MAX_BYTES);
        }
    }

    /// @dev For whoever proves the migration: pays for its gas until L1's price has doubled, and as much as the queue
    ///      asks for an operation.
    function _proofFee(uint256 baseFee) private view returns (uint256) {
        return forcedFee() + 2 * PROOF_GAS * baseFee;
    }

    /// @return departedAt When the departure was proven.
    function _requireDeparture(
        uint256 departure,
        uint256[17] calldata signals,
        bytes calldata arrivals
    ) private view returns (uint256 departedAt) {
        HashAndTime record = _departures[departure];
        bytes32 shown = _recordHash(signals, arrivals);
        if (bytes27(shown) != record.hashOf()) revert UnknownMigrants(departure, shown, record.hashOf());
        return record.timeOf();
    }

    /// @dev What the queue keeps of a request.
    function _requestHash(address target, uint128 tokens, bytes calldata moves) private pure returns (bytes31) {
        return bytes31(keccak256(abi.encode(target, tokens, keccak256(moves))));
    }

    function _recordHash(uint256[17] calldata signals, bytes calldata arrivals) private pure returns (bytes32) {
        return keccak256(abi.encode(signals, keccak256(arrivals)));
    }

    // ─── Private: accounts ───────────────────────────────────────────────────────────────────────────────────────────

    /// @return account The deposit that would make the account.
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

    /// @dev The place of a move that was not valid holds zeros.
    function _isAccount(bytes calldata slot) private pure returns (bool) {
        return ForcedOperation.decode(slot).keyY != 0;
    }

    /// @return The bits, with that of `position`.
    function _markPaid(uint256 bits, uint256 id, uint256 position) private pure returns (uint256) {
        if ((bits >> position) & 1 == 1) revert AlreadyPaid(id, position);
        return bits | (1 << position);
    }

    // ─── Private: tokens ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Total of what is ETH here, the target.
    function _etherOf(uint256[17] calldata signals) private pure returns (uint256 total) {
        for (uint256 pair = 0; pair < Signals.PAIRS; ++pair) {
            (, uint16 token) = signals[Signals.TOKENS].pairOf(pair);
            if (token == ETH) total += signals[Signals.TOTALS + pair];
        }
    }
}
