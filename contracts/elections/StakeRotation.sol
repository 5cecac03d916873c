// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IStakeRotation } from "../interfaces/IStakeRotation.sol";
import { SeatElection } from "./parts/SeatElection.sol";

/// @title StakeRotation
/// @notice Elects sequencers by stake, and rotates them.
contract StakeRotation is SeatElection, IStakeRotation {
    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStakeRotation
    uint256 public immutable FLOOR_RATE;

    /// @inheritdoc IStakeRotation
    uint256 public immutable ABSENCE_RATE;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(uint256 id => Party) private _parties;

    mapping(uint256 id => Successor) private _successors;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        SlotParameters memory slots,
        SeatParameters memory seats,
        RotationParameters memory params
    ) SeatElection(slots, seats) {
        // Check: the floor pays for every miss that can be reported while the rest is out.
        uint256 misses = uint256(seats.seats) * seats.maxMisses * seats.leakRate;
        if (params.floorRate < misses || params.floorRate >= RATE_UNIT) {
            revert InvalidParameter("floorRate", params.floorRate);
        }
        if (params.absenceRate == 0 || params.absenceRate > RATE_UNIT) {
            revert InvalidParameter("absenceRate", params.absenceRate);
        }
        FLOOR_RATE = params.floorRate;
        ABSENCE_RATE = params.absenceRate;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStakeRotation
    function join(uint256 id, uint96 amount) external {
        _requireId(id);
        _requireStake(amount);
        if (_parties[id].owner != address(0)) revert IdTaken(id, _parties[id].owner);
        _takeId();
        _install(id, msg.sender, amount);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IStakeRotation
    function outbid(uint256 id, uint96 amount) external {
        _requireId(id);
        _requireNoneFree();
        Party memory party = _requireActive(id);
        uint256 minimum = _minimumBid(uint256(party.stake) + party.taken);
        if (amount < minimum || amount > MAX_STAKE) revert StakeOutOfRange(amount, minimum, MAX_STAKE);
        _successors[id] = Successor(msg.sender, amount);
        emit Outbid(id, msg.sender, amount);
        uint256 leaked = _settle(id);
        _leave(id);
        _debit(msg.sender, amount);
        _burn(leaked);
    }

    /// @inheritdoc IStakeRotation
    function addStake(uint256 id, uint96 amount) external {
        Party memory party = _requireOwn(id);
        if (party.taken > 0) revert IsOut(id, party.taken);
        uint256 stake = uint256(party.stake) + amount;
        _requireStake(stake);
        _parties[id].stake = uint96(stake);
        _setStake(id, stake);
        emit StakeAdded(id, amount, stake, openSet());
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IStakeRotation
    function takeOut(uint256 id) external returns (uint256 amount) {
        Party memory party = _requireOwn(id);
        if (party.taken > 0) revert IsOut(id, party.taken);
        if (SLASHER != address(0)) revert StakeBound(SLASHER);
        _requireUnscheduled(id);
        uint256 floor = _partOf(party.stake, FLOOR_RATE);
        amount = party.stake - floor;
        uint256 set = openSet();
        (party.stake, party.taken, party.settledSet) = (uint96(floor), uint96(amount), uint40(set - 1));
        _parties[id] = party;
        _setStake(id, 0);
        emit StakeTaken(id, amount, set);
        _credit(msg.sender, amount);
    }

    /// @inheritdoc IStakeRotation
    function bringBack(uint256 id) external returns (uint256 amount) {
        Party memory party = _requireOwn(id);
        if (party.taken == 0) revert IsIn(id);
        amount = party.taken;
        uint256 leaked = _settle(id);
        Party storage entry = _parties[id];
        (entry.stake, entry.taken) = (uint96(entry.stake + amount), 0);
        emit StakeReturned(id, amount, openSet());
        _weigh(id);
        _debit(msg.sender, amount);
        _burn(leaked);
    }

    /// @inheritdoc IStakeRotation
    function leakAbsence(uint256 id) external returns (uint256 amount) {
        if (_requireActive(id).taken == 0) revert IsIn(id);
        amount = _settle(id);
        if (_parties[id].stake == 0) _leave(id);
        _burn(amount);
    }

    /// @inheritdoc IStakeRotation
    function exit(uint256 id) external {
        _requireOwn(id);
        _burn(_settle(id));
        _leave(id);
    }

    /// @inheritdoc IStakeRotation
    function withdrawStake(uint256 id) external returns (uint256 amount) {
        Party memory party = _parties[id];
        uint256 epoch = currentEpoch();
        if (party.exitEpoch == 0 || epoch < party.exitEpoch) revert StakeLocked(id, party.exitEpoch, epoch);
        amount = party.stake;
        delete _parties[id];
        emit StakeWithdrawn(id, party.owner, amount);
        Successor memory successor = _successors[id];
        if (successor.owner == address(0)) {
            _freeId();
        } else {
            delete _successors[id];
            _install(id, successor.owner, successor.stake);
        }
        _credit(party.owner, amount);
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IStakeRotation
    function partyOf(uint256 id) public view returns (Party memory) {
        return _parties[id];
    }

    /// @inheritdoc SeatElection
    function stakeOf(uint256 id) public view override returns (address owner, uint256 stake) {
        return (_parties[id].owner, _parties[id].stake);
    }

    /// @inheritdoc IStakeRotation
    function successorOf(uint256 id) external view returns (Successor memory) {
        return _successors[id];
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SeatElection
    function _accountOf(uint256 id) internal view override returns (address) {
        return _parties[id].owner;
    }

    /// @inheritdoc SeatElection
    function _slash(uint256 id, uint256 amount) internal override {
        Party memory party = _parties[id];
        // At most the stake, which has 96 bits.
        _parties[id].stake = uint96(party.stake - amount);
        if (party.owner != address(0) && party.exitEpoch == 0 && party.taken == 0) _weigh(id);
    }

    /// @inheritdoc SeatElection
    /// @dev Of the whole stake, also if a part is out; at most the stake that is here.
    function _priceOfMiss(uint256 id) internal view override returns (uint256) {
        Party memory party = _parties[id];
        return Math.min(_partOf(uint256(party.stake) + party.taken, LEAK_RATE), party.stake);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _install(uint256 id, address owner, uint96 stake) private {
        _parties[id] = Party({ owner: owner, stake: stake, taken: 0, settledSet: 0, exitEpoch: 0 });
        _setStake(id, stake);
        emit Joined(id, owner, stake, openSet());
    }

    /// @dev Sets the weight of a party that is in, or lets it leave if it has less than half of the lowest stake.
    function _weigh(uint256 id) private {
        uint256 stake = _parties[id].stake;
        if (2 * stake < MIN_STAKE) _leave(id);
        else _setStake(id, stake);
    }

    function _leave(uint256 id) private {
        uint256 exitEpoch = _exitEpoch();
        _parties[id].exitEpoch = uint40(exitEpoch);
        _setStake(id, 0);
        emit ExitBegun(id, exitEpoch);
    }

    /// @dev Takes the leak of all freezes since the last settlement from the floor of a party that is out.
    /// @return amount Amount to be burned.
    function _settle(uint256 id) private returns (uint256 amount) {
        Party memory party = _parties[id];
        if (party.taken == 0) return 0;
        uint256 set = openSet() - 1;
        amount = Math.min(_partOf(party.taken, ABSENCE_RATE) * (set - party.settledSet), party.stake);
        (_parties[id].stake, _parties[id].settledSet) = (uint96(party.stake - amount), uint40(set));
        if (amount > 0) emit AbsenceLeaked(id, amount, set);
    }

    function _requireStake(uint256 stake) private view {
        if (stake < MIN_STAKE || stake > MAX_STAKE) revert StakeOutOfRange(stake, MIN_STAKE, MAX_STAKE);
    }

    /// @dev Reverts unless the party is there and not leaving.
    function _requireActive(uint256 id) private view returns (Party memory party) {
        party = _parties[id];
        if (party.exitEpoch != 0) revert IsLeaving(id, party.exitEpoch);
    }

    /// @dev Reverts unless the party is the caller's and not leaving.
    function _requireOwn(uint256 id) private view returns (Party memory party) {
        party = _requireActive(id);
        if (party.owner != msg.sender) revert NotOwner(id, msg.sender, party.owner);
    }
}
