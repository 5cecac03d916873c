// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { Proceeds } from "../../../contracts/elections/parts/Proceeds.sol";
import { SlotElection } from "../../../contracts/elections/parts/SlotElection.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { SlotElectionHarness } from "../../../contracts/mocks/SlotElectionHarness.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Slots of two holders, under Proof of Efficiency.
contract SlotElectionTest is ElectionUnderPoe {
    SlotElectionHarness internal slots;

    function createElection() internal virtual override returns (ISelector) {
        address[] memory members = new address[](1);
        members[0] = alice;
        slots = createSlots(members);
        return slots;
    }

    function createSlots(address[] memory members) internal returns (SlotElectionHarness) {
        SlotElection.SlotParameters memory params = SlotElection.SlotParameters({
            clock: EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 }),
            silenceBlocks: 25,
            opensAfter: 2 hours
        });
        Proceeds.Shares memory shares = Proceeds.Shares(5_000, 2_500, user, 64);
        bytes memory arguments = abi.encode(params, token, shares, members, false);
        return SlotElectionHarness(Deploy.create("SlotElectionHarness.sol:SlotElectionHarness", arguments));
    }

    function elect(address, address) internal virtual override {
        wait(50 * BLOCK_TIME);
    }

    // ─── Quota and soft opening ──────────────────────────────────────────────────────────────────────────────────────

    /// @dev The holder of a slot cannot fill the ring, so the holder of the next one has room.
    function test_aSlotTakesAQuarterOfTheRing() public {
        elect(alice, bob);
        assertEq(MAX_PENDING / 4, 3);
        // Three leaves wait, which count towards no quota.
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        sequence(alice, inputOf(1, 2));
        assertEq(slots.slotRecord(slots.currentSlot()).holderLeaves, 0);
        sequence(alice, inputOf(2 * LEAF_BYTES, 3));
        assertTrue(poe.isAllowed(alice, Role.Sequencer));
        expectRefused(stranger, Role.Sequencer);
        sequence(alice, inputOf(1, 4));
        assertFalse(poe.isAllowed(alice, Role.Sequencer));
        expectRefused(alice, Role.Sequencer);
        // The holder can do no more in this slot: others have a quarter of their own.
        sequence(stranger, inputOf(2 * LEAF_BYTES, 5));
        sequence(stranger, inputOf(1, 6));
        expectRefused(stranger, Role.Sequencer);
        wait(50 * BLOCK_TIME);
        sequence(alice, inputOf(1, 7));
    }

    /// @dev Provers who keep up let a slot have as many leaves as they prove.
    function test_noQuotaWhileAQuarterOfTheRingWaits() public {
        elect(alice, bob);
        for (uint256 i = 1; i <= 4; ++i) {
            sequence(alice, inputOf(2 * LEAF_BYTES, i));
            verify(bob, i, i);
        }
        sequence(alice, inputOf(2 * LEAF_BYTES, 5));
        assertEq(slots.slotRecord(slots.currentSlot()).holderLeaves, 0);
        expectRefused(stranger, Role.Sequencer);
    }

    function test_aSilentSlotIsOpenAfterItsSilenceWithAQuota() public {
        elect(alice, bob);
        sequence(alice, inputOf(1, 1));
        uint256 open = this.height() + 25;
        vm.roll(open - 1);
        expectRefused(stranger, Role.Sequencer);
        vm.roll(open);
        sequence(stranger, inputOf(3 * LEAF_BYTES, 2));
        expectRefused(stranger, Role.Sequencer);
        sequence(alice, inputOf(1, 3));
    }
}
