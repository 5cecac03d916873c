// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IPerformanceRotation } from "../interfaces/IPerformanceRotation.sol";
import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { SeatElection } from "./parts/SeatElection.sol";
import { SlotElection } from "./parts/SlotElection.sol";
import { StakeRotation } from "./StakeRotation.sol";

/// @title PerformanceRotation
/// @notice Elects sequencers by past service, and rotates them.
contract PerformanceRotation is StakeRotation, IPerformanceRotation {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant MAX_WINDOW = 256;

    /// @dev Proofs that are kept. A ring: the proof whose last batch is b is at b mod 256.
    uint256 private constant KEPT_PROOFS = 256;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPerformanceRotation
    uint256 public immutable WINDOW;

    /// @inheritdoc IPerformanceRotation
    uint256 public immutable EVIDENCE_SLOTS;

    /// @inheritdoc IPerformanceRotation
    uint96 public immutable FEE_FLOOR;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(uint256 id => Performance) private _performances;

    /// @dev A ring: slot s is at s mod (2 · EPOCH_SLOTS).
    mapping(uint256 place => Posted) private _posted;

    mapping(uint256 place => Proof) private _proofs;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        SlotParameters memory slots,
        SeatParameters memory seats,
        RotationParameters memory rotation,
        PerformanceParameters memory params
    ) StakeRotation(slots, seats, rotation) {
        // Check: votes and the cap of a slasher count weights, which are no stakes here.
        if (address(seats.slasher) != address(0)) {
            revert InvalidParameter("slasher", uint160(address(seats.slasher)));
        }
        if (params.window < 2 || params.window > MAX_WINDOW) revert InvalidParameter("window", params.window);
        // Check: a slot that was not served can be counted for at least half an epoch after the evidence.
        if (params.evidenceSlots == 0 || params.evidenceSlots > slots.clock.epochSlots / 2) {
            revert InvalidParameter("evidenceSlots", params.evidenceSlots);
        }
        if (params.feeFloor == 0) revert InvalidParameter("feeFloor", params.feeFloor);
        WINDOW = params.window;
        EVIDENCE_SLOTS = params.evidenceSlots;
        FEE_FLOOR = params.feeFloor;
        emit PerformanceDeployed(params);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPerformanceRotation
    function creditSlot(
        uint256 slot,
        uint256 batch,
        uint256 lastOfProof,
        IProofOfEfficiency.BatchRecord calldata record,
        bytes32 openings
    ) external {
        Posted memory posted = postedIn(slot);
        if (posted.first == 0) revert NothingPosted(slot);
        if (posted.isCounted) revert AlreadyCounted(slot);
        (uint256 lastSlot, uint256 current) = (slot + EVIDENCE_SLOTS, currentSlot());
        if (current > lastSlot) revert EvidenceTooLate(slot, lastSlot, current);
        if (batch < posted.first || batch > posted.last) revert NotOfSlot(batch, posted.first, posted.last);
        _requireRecord(batch, record, openings);
        address holder = _holderOf(slot);
        if (record.sequencer != holder) revert NotOfHolder(batch, record.sequencer, holder);
        if (record.fee < FEE_FLOOR) revert FeeTooLow(record.fee, FEE_FLOOR);
        Proof memory proof = proofOf(lastOfProof);
        if (batch < proof.first || batch > proof.last) revert UnknownProof(batch, lastOfProof);
        if (proof.prover == holder) revert OwnProof(batch, proof.prover);

        posted.isCounted = true;
        _posted[_placeOf(slot)] = posted;
        uint256 id = _partyOf(slot);
        uint256 score = scoreOf(id);
        score += (RATE_UNIT - score) / WINDOW;
        _setScore(id, score);
        emit SlotCredited(slot, id, batch, score);
    }

    /// @inheritdoc IPerformanceRotation
    function countSlot(uint256 slot) external {
        (uint256 lastSlot, uint256 current) = (Math.saturatingAdd(slot, EVIDENCE_SLOTS), currentSlot());
        if (current <= lastSlot) revert EvidenceOpen(slot, lastSlot, current);
        Service service = serviceOf(slot);
        if (service != Service.Served && service != Service.Missed && service != Service.Counted) {
            revert NotCountable(slot);
        }
        Posted memory posted = postedIn(slot);
        if (posted.isCounted) revert AlreadyCounted(slot);

        (posted.slot, posted.isCounted) = (uint40(slot), true);
        _posted[_placeOf(slot)] = posted;
        uint256 id = _partyOf(slot);
        uint256 score = scoreOf(id);
        score -= Math.ceilDiv(score, WINDOW);
        _setScore(id, score);
        emit SlotCounted(slot, id, score);
    }

    /// @inheritdoc IPerformanceRotation
    function refresh(uint256 id) external {
        Party memory party = partyOf(id);
        if (party.owner == address(0) || party.taken > 0 || party.exitEpoch != 0) revert NotWeighed(id);
        _setStake(id, party.stake);
        emit WeightRefreshed(id, scoreOf(id), openSet());
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPerformanceRotation
    function scoreOf(uint256 id) public view returns (uint256) {
        Performance memory performance = _performances[id];
        return performance.owner == _accountOf(id) ? performance.score : 0;
    }

    /// @inheritdoc IPerformanceRotation
    function postedIn(uint256 slot) public view returns (Posted memory posted) {
        Posted memory kept = _posted[_placeOf(slot)];
        if (kept.slot == slot) posted = kept;
    }

    /// @inheritdoc IPerformanceRotation
    function proofOf(uint256 last) public view returns (Proof memory proof) {
        Proof memory kept = _proofs[last % KEPT_PROOFS];
        if (kept.last == last) proof = kept;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SeatElection
    /// @dev Each stake gives the same weight, and the score up to as much again. A larger stake keeps the id
    ///      from being outbid, and no more.
    function _setStake(uint256 id, uint256 stake) internal override {
        super._setStake(id, stake == 0 ? 0 : MIN_STAKE + (MIN_STAKE * scoreOf(id)) / RATE_UNIT);
    }

    /// @inheritdoc SlotElection
    function _admitBatches(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal override returns (bool) {
        uint256 slot = currentSlot();
        if (account == _holderOf(slot)) {
            Posted memory posted = postedIn(slot);
            if (posted.first == 0) (posted.slot, posted.first) = (uint40(slot), uint48(first));
            posted.last = uint48(last);
            _posted[_placeOf(slot)] = posted;
        }
        return super._admitBatches(account, first, last, leaves);
    }

    /// @inheritdoc SlotElection
    function _admitProof(address account, uint256 first, uint256 last) internal override returns (bool) {
        _proofs[last % KEPT_PROOFS] = Proof(account, uint48(first), uint48(last));
        return super._admitProof(account, first, last);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _setScore(uint256 id, uint256 score) private {
        _performances[id] = Performance(_accountOf(id), uint16(score));
    }

    /// @dev Reverts unless the record and the openings are those of the batch: the consensus keeps their hash.
    function _requireRecord(
        uint256 batch,
        IProofOfEfficiency.BatchRecord calldata record,
        bytes32 openings
    ) private view {
        (bytes27 previous, ) = consensus.batchEntry(batch - 1);
        (bytes27 recorded, ) = consensus.batchEntry(batch);
        bytes27 shown = bytes27(keccak256(abi.encode(previous, record, openings)));
        if (shown != recorded) revert WrongRecord(batch, shown, recorded);
    }

    /// @dev Returns the id of the party that a slot was drawn for.
    function _partyOf(uint256 slot) private view returns (uint256) {
        return seatsOf(epochOf(slot)).idOf(_seatOf(slot));
    }

    /// @dev Returns the place of a slot in the ring of posted batches.
    function _placeOf(uint256 slot) private view returns (uint256) {
        return slot % (2 * EPOCH_SLOTS);
    }
}
