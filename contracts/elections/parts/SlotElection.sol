// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { Role, RoleTerms } from "../../interfaces/ISelector.sol";
import { Election } from "../Election.sol";
import { BLOCK_TIME, EpochClock } from "./EpochClock.sol";

/**
 * @title SlotElection
 * @notice Gives each slot to one sequencer, its holder, and records who served it. An election says who holds a slot.
 * @dev Proving is open to everybody; the election hears of proofs, so that it knows when the ring of batches was full.
 *      - A slot is open to everybody while nobody holds it, once its holder posted nothing for `SILENCE_BLOCKS` since
 *        the slot began or since the holder's last batch in it, and once the holder used its quota. One early batch
 *        does not hold a slot.
 *      - While more than a quarter of the ring of batches waits for provers, or would with a call, its leaves count:
 *        the holder has a quarter of the ring in a slot, and all others together have another quarter. So a slot that
 *        begins with at most a quarter leaves the next holder a quarter, and one that begins with less than half does
 *        not end with a full ring. A rollup whose provers keep up has no quota, nor has a call that the consensus
 *        itself opens.
 *      - A miss is a slot that is over, in which its holder posted nothing, and in whose last `SILENCE_BLOCKS` blocks
 *        the ring was never known to be full. Misses are derived from what the consensus told the election about each
 *        batch, and each counts once.
 */
abstract contract SlotElection is Election, EpochClock {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the slots.
     * @param clock Clock of slots and epochs.
     * @param silenceBlocks Blocks without a batch of the holder after which its slot is open, 1 … `slotBlocks`.
     * @param opensAfter Seconds without any batch after which the consensus itself opens the role, also against the
     *        election: more than `silenceBlocks` blocks of 12 seconds, or the quota has no effect; up to 30 days.
     *        The consensus asks for more than an hour.
     */
    struct SlotParameters {
        ClockParameters clock;
        uint32 silenceBlocks;
        uint32 opensAfter;
    }

    /**
     * @notice Records a slot. A ring of words: slot s is at s mod (2 · EPOCH_SLOTS).
     * @param slot Number of the slot.
     * @param holderBatches Batches of its holder.
     * @param otherBatches Batches of others.
     * @param holderLeaves Leaves of the holder's batches that count towards its quota.
     * @param otherLeaves Leaves of the others' batches that count towards their quota.
     * @param lastHolderBlock Block of the holder's last batch; 0 if there is none.
     * @param isMissed True if the slot was counted as a miss.
     */
    struct SlotRecord {
        uint40 slot; // slot 0
        uint32 holderBatches; // slot 0
        uint32 otherBatches; // slot 0
        uint32 holderLeaves; // slot 0
        uint32 otherLeaves; // slot 0
        uint48 lastHolderBlock; // slot 0
        bool isMissed; // slot 0
    }

    /**
     * @notice Records the ring of batches.
     * @param firstBlock Block of the first batch; 0 before.
     * @param lastBlock Block of the last batch.
     * @param fullTimes Number of times that the ring was full and became free again.
     * @param forgottenUntil Block until which times are forgotten in which the ring was full; 0 if none is.
     */
    struct RingRecord {
        uint48 firstBlock; // slot 0
        uint48 lastBlock; // slot 0
        uint32 fullTimes; // slot 0
        uint48 forgottenUntil; // slot 0
    }

    /**
     * @notice Holds a time in which the ring was full.
     * @param from Block of the batch that filled it.
     * @param until Block of the proof that made room.
     */
    struct FullTime {
        uint48 from; // slot 0
        uint48 until; // slot 0
    }

    /// @notice Says why a slot is not a miss, or that it is one.
    enum Service {
        /// @dev The slot is not over.
        Running,
        /// @dev The slot was never in the ring, or is not any more.
        Unknown,
        /// @dev Nobody held it, or it began before the first batch.
        Unheld,
        /// @dev The holder posted in it.
        Served,
        /// @dev The ring was full at its end, or may have been; or the rollup is frozen.
        Excused,
        /// @dev The holder missed it.
        Missed,
        /// @dev The miss was counted.
        Counted
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Times in which the ring was full that are kept. A ring.
    uint256 private constant FULL_TIMES = 8;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the blocks of silence after which a slot is open.
    uint256 public immutable SILENCE_BLOCKS;

    /// @notice Returns the seconds of silence after which the consensus opens the role of a sequencer.
    uint32 public immutable OPENS_AFTER;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(uint256 place => SlotRecord) private _slots;

    /// @notice Returns what is known about the ring of batches.
    RingRecord public ring;

    mapping(uint256 place => FullTime) private _fullTimes;

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs a missed slot of `holder`.
    event SlotMissed(uint256 indexed slot, address indexed holder);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a miss that is none.
    error NotMissed(uint256 slot, Service service);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(SlotParameters memory params) EpochClock(params.clock) {
        if (params.silenceBlocks == 0 || params.silenceBlocks > params.clock.slotBlocks) {
            revert InvalidParameter("silenceBlocks", params.silenceBlocks);
        }
        if (params.opensAfter <= params.silenceBlocks * BLOCK_TIME || params.opensAfter > 30 days) {
            revert InvalidParameter("opensAfter", params.opensAfter);
        }
        SILENCE_BLOCKS = params.silenceBlocks;
        OPENS_AFTER = params.opensAfter;
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the holder of a slot, or 0 if nobody holds it.
    function holderOf(uint256 slot) external view returns (address) {
        return _holderOf(slot);
    }

    /// @notice Returns the record of a slot; with zeros if it is not in the ring.
    function slotRecord(uint256 slot) public view returns (SlotRecord memory record) {
        record = _slots[slot % _places()];
        if (record.slot != slot) {
            delete record;
            record.slot = uint40(slot);
        }
    }

    /// @notice Returns the leaves that a slot has for its holder, and as many for all others together. No leaf counts
    ///         while no more than this number waits.
    function slotQuota() public view returns (uint256) {
        return Math.max(1, consensus.MAX_PENDING_LEAVES() / 4);
    }

    /// @notice Returns whether a slot was served.
    function serviceOf(uint256 slot) public view returns (Service) {
        uint256 current = currentSlot();
        if (slot >= current) return Service.Running;
        if (slot < _oldestClaimable(current)) return Service.Unknown;
        SlotRecord memory record = _slots[slot % _places()];
        if (record.slot == slot && record.isMissed) return Service.Counted;
        if (record.slot == slot && record.holderBatches > 0) return Service.Served;
        RingRecord memory known = ring;
        if (known.firstBlock == 0 || slotStart(slot) < known.firstBlock) return Service.Unheld;
        if (_wasFull(slot, known) || _isFrozen()) return Service.Excused;
        return _holderOf(slot) == address(0) ? Service.Unheld : Service.Missed;
    }

    /// @notice Decides as the next call would be decided, one leaf at least.
    function isAllowed(address account, Role role, uint256) public view virtual returns (bool) {
        if (role == Role.Aggregator) return true;
        uint256 slot = currentSlot();
        address holder = _holderOf(slot);
        uint256 quota = slotQuota();
        return _isWithin(slotRecord(slot), account, holder, _countedOf(1, quota), quota);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the holder of a slot, or 0 if nobody holds it. For a slot that is over it returns the same account
    ///      as in the slot, at least while `_oldestClaimable` allows to claim it.
    function _holderOf(uint256 slot) internal view virtual returns (address);

    /// @dev Returns whether an account that does not hold `slot`, which is running, may post in it, after so many
    ///      blocks without a batch of its holder. It lets everybody after at most `SLOT_BLOCKS` of them.
    function _isOpenTo(address, uint256, uint256 silence) internal view virtual returns (bool) {
        return silence >= SILENCE_BLOCKS;
    }

    /// @dev Returns the oldest slot whose miss can be counted: here, as long as it is certainly in the ring.
    function _oldestClaimable(uint256 current) internal view virtual returns (uint256) {
        return Math.saturatingSub(current, _places() - 1);
    }

    /// @dev Returns the oldest claimable slot of an election whose sets are frozen by epoch (`EpochClock`): in the
    ///      first quarter of an epoch the first slot of the epoch before, later the first slot of the epoch.
    function _oldestOfFrozenSets(uint256 current) internal view returns (uint256) {
        uint256 epoch = epochOf(current);
        uint256 first = epoch * EPOCH_SLOTS;
        return epoch > 0 && block.number < changesFrom(epoch + 1) ? first - EPOCH_SLOTS : first;
    }

    /// @dev Counts a miss, once.
    /// @return holder Account that held the slot.
    function _countMiss(uint256 slot) internal returns (address holder) {
        Service service = serviceOf(slot);
        if (service != Service.Missed) revert NotMissed(slot, service);
        SlotRecord memory record = slotRecord(slot);
        record.isMissed = true;
        _slots[slot % _places()] = record;
        holder = _holderOf(slot);
        emit SlotMissed(slot, holder);
    }

    /// @inheritdoc Election
    function _terms() internal view virtual override returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        return (RoleTerms(OPENS_AFTER, true), RoleTerms(0, true));
    }

    /// @inheritdoc Election
    function _admitBatches(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal virtual override returns (bool allowed) {
        uint256 slot = currentSlot();
        address holder = _holderOf(slot);
        SlotRecord memory record = slotRecord(slot);
        uint256 quota = slotQuota();
        uint256 counted = _countedOf(leaves, quota);
        allowed = _isWithin(record, account, holder, counted, quota);
        // Effect: a call that is not allowed is recorded too. If the role is not open, the consensus reverts.
        if (account == holder) {
            record.holderBatches += uint32(last + 1 - first);
            record.holderLeaves += uint32(counted);
            record.lastHolderBlock = uint48(block.number);
        } else {
            record.otherBatches += uint32(last + 1 - first);
            record.otherLeaves += uint32(counted);
        }
        _slots[slot % _places()] = record;
        RingRecord memory known = ring;
        if (known.firstBlock == 0) known.firstBlock = uint48(block.number);
        if (known.lastBlock != block.number) {
            known.lastBlock = uint48(block.number);
            ring = known;
        }
    }

    /// @inheritdoc Election
    function _admitProof(address, uint256, uint256) internal virtual override returns (bool) {
        if (_isFull()) {
            // Effect: the ring became full with the last batch, and has room from this proof on.
            RingRecord memory known = ring;
            uint256 place = known.fullTimes % FULL_TIMES;
            if (known.fullTimes >= FULL_TIMES) known.forgottenUntil = _fullTimes[place].until;
            ++known.fullTimes;
            ring = known;
            _fullTimes[place] = FullTime(known.lastBlock, uint48(block.number));
        }
        return true;
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the leaves of a call that count towards a quota: all, or 0 if no more than a quota waits
    ///      afterwards.
    function _countedOf(uint256 leaves, uint256 quota) private view returns (uint256) {
        return consensus.pendingLeaves() + leaves <= quota ? 0 : leaves;
    }

    /// @dev Returns whether an account may post in this block, with so many leaves that count.
    function _isWithin(
        SlotRecord memory record,
        address account,
        address holder,
        uint256 counted,
        uint256 quota
    ) private view returns (bool) {
        // Without leaves that count a quota that is used is no hindrance.
        bool isWithin =
            counted == 0 || (account == holder ? record.holderLeaves : record.otherLeaves) + counted <= quota;
        if (account == holder || holder == address(0) || record.holderLeaves >= quota) return isWithin;
        uint256 since = Math.max(slotStart(record.slot), record.lastHolderBlock);
        return isWithin && _isOpenTo(account, record.slot, block.number - since);
    }

    /// @dev Returns whether the ring was, or may have been, full in the last `SILENCE_BLOCKS` blocks of a slot that is
    ///      over.
    function _wasFull(uint256 slot, RingRecord memory known) private view returns (bool) {
        uint256 end = slotStart(slot + 1);
        uint256 from = end - SILENCE_BLOCKS;
        if (known.forgottenUntil >= from) return true;
        if (_isFull() && known.lastBlock < end) return true;
        uint256 kept = Math.min(known.fullTimes, FULL_TIMES);
        for (uint256 i = 0; i < kept; ++i) {
            FullTime memory time = _fullTimes[i];
            if (time.until >= from && time.from < end) return true;
        }
        return false;
    }

    /// @dev Returns whether the ring of batches has no room.
    function _isFull() private view returns (bool) {
        return consensus.pendingLeaves() >= consensus.MAX_PENDING_LEAVES();
    }

    /// @dev Returns the number of places of the ring of slots.
    function _places() private view returns (uint256) {
        return 2 * EPOCH_SLOTS;
    }
}
