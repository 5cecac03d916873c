// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Fewest seconds between two blocks of L1.
uint256 constant BLOCK_TIME = 12;

/**
 * @title EpochClock
 * @notice Counts slots and epochs in blocks of L1.
 * @dev Slot 0 begins with the block in which the election is deployed. An epoch is `EPOCH_SLOTS` slots. The set of an
 *      epoch, where an election has one, is settled in the epoch before:
 *
 *      0             1/4            1/2                                  1
 *      +--------------+--------------+-----------------------------------+
 *      |  claims for  |  the set of  |  set frozen; 64 blocks later the  |
 *      |  the epoch   |  the next    |  seed block; anybody seals the    |
 *      |  before      |  epoch may   |  seed before the next epoch       |
 *      |              |  change      |  begins                           |
 *      +--------------+--------------+-----------------------------------+
 *
 *      Nothing that a draw of the last epoch depends on changes before its claims are over. Epoch 0 has no set.
 */
abstract contract EpochClock {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets a clock.
     * @param slotBlocks Blocks of a slot, 8 … 7,200: shorter slots are lost by one missing or censored block.
     * @param epochSlots Slots of an epoch, a multiple of 4, 4 … 1,024.
     */
    struct ClockParameters {
        uint32 slotBlocks;
        uint32 epochSlots;
    }

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the first block of slot 0.
    uint256 public immutable GENESIS_BLOCK;

    /// @notice Returns the blocks of a slot.
    uint256 public immutable SLOT_BLOCKS;

    /// @notice Returns the slots of an epoch.
    uint256 public immutable EPOCH_SLOTS;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a clock whose field `name` is out of its range.
    error InvalidClock(string name, uint256 value);

    /// @notice Rejects a change of the set of `epoch` outside the blocks `from … until − 1`.
    error SetClosed(uint256 epoch, uint256 from, uint256 until);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(ClockParameters memory clock) {
        if (clock.slotBlocks < 8 || clock.slotBlocks > 7_200) revert InvalidClock("slotBlocks", clock.slotBlocks);
        if (clock.epochSlots == 0 || clock.epochSlots % 4 != 0 || clock.epochSlots > 1_024) {
            revert InvalidClock("epochSlots", clock.epochSlots);
        }
        GENESIS_BLOCK = block.number;
        SLOT_BLOCKS = clock.slotBlocks;
        EPOCH_SLOTS = clock.epochSlots;
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the slot of this block.
    function currentSlot() public view returns (uint256) {
        return (block.number - GENESIS_BLOCK) / SLOT_BLOCKS;
    }

    /// @notice Returns the first block of a slot.
    function slotStart(uint256 slot) public view returns (uint256) {
        return GENESIS_BLOCK + slot * SLOT_BLOCKS;
    }

    /// @notice Returns the epoch of a slot.
    function epochOf(uint256 slot) public view returns (uint256) {
        return slot / EPOCH_SLOTS;
    }

    /// @notice Returns the epoch of this block.
    function currentEpoch() public view returns (uint256) {
        return epochOf(currentSlot());
    }

    /// @notice Returns the first block of an epoch.
    function epochStart(uint256 epoch) public view returns (uint256) {
        return slotStart(epoch * EPOCH_SLOTS);
    }

    /// @notice Returns the first block in which the set of an epoch may change, and the last slots of the epoch two
    ///         before it cannot be claimed any more. `epoch` is at least 1.
    function changesFrom(uint256 epoch) public view returns (uint256) {
        return slotStart((epoch - 1) * EPOCH_SLOTS + EPOCH_SLOTS / 4);
    }

    /// @notice Returns the first block in which the set of an epoch cannot change any more. `epoch` is at least 1.
    function freezeBlock(uint256 epoch) public view returns (uint256) {
        return slotStart((epoch - 1) * EPOCH_SLOTS + EPOCH_SLOTS / 2);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the next epoch. Reverts unless its set may change in this block.
    function _openEpoch() internal view returns (uint256 epoch) {
        epoch = currentEpoch() + 1;
        (uint256 from, uint256 until) = (changesFrom(epoch), freezeBlock(epoch));
        if (block.number < from || block.number >= until) revert SetClosed(epoch, from, until);
    }
}
