// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice Sequencers who would rather not take forced operations, and users who queue too many.
contract ForcedInclusionTest is PoeTest {
    // ─── More operations than fit ────────────────────────────────────────────────────────────────────────────────────

    /// @dev The largest batch takes what it can; the rest is due in the next one, of whomever it is.
    function test_queueLongerThanABatchIsTakenInFullBatches() public {
        uint16 capacity = uint16(MAX_LEAVES * SLOTS);
        for (uint32 i = 1; i <= capacity + 6; ++i) queueExit(dave, i);
        vm.warp(START + DEADLINE + 1);
        expectOverdue(forcedInput(1, capacity - 1, 0), capacity);
        expectOverdue(forcedInput(1, capacity - 1, SLOT_BYTES), capacity); // a transaction in its place
        uint256 fee = poe.batchFee();
        sequence(alice, forcedInput(1, capacity, 0));
        assertEq(posted[1].record.fee, fee, "full leaves bring their own fees");
        expectOverdue(inputOf(SLOT_BYTES, 1), capacity + 1);
        expectOverdue(forcedInput(capacity + 1, 5, 0), capacity + 6);
        sequence(bob, forcedInput(capacity + 1, 6, 0));
        sequence(bob, inputOf(SLOT_BYTES, 2));
        expectModel();

        verify(carol, 1, 2);
        assertEq(rollup.executedOperations(), capacity + 6);
        assertEq(rollup.credits(0, carol), spamPrice(capacity + 6));
    }

    /// @dev Small batches, too, may be full; then each of them moves the queue by a whole leaf.
    function test_smallFullBatchesEmptyTheQueueAsWell() public {
        for (uint32 i = 1; i <= 10; ++i) queueExit(dave, i);
        vm.warp(START + DEADLINE + 1);
        sequence(alice, forcedInput(1, 4, 0));
        sequence(bob, forcedInput(5, 4, 0));
        expectOverdue(inputOf(0, 1), 9);
        sequence(alice, forcedInput(9, 2, 0));
        assertEq(poe.sequencedForced(), 10);
    }

    // ─── Deadlines ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev At its last second an operation may still be left out; one second later it may not, whatever came before.
    function test_eachOperationHasItsOwnDeadline() public {
        uint256[4] memory arrivals = [START, START + 7, START + 7, START + 20];
        for (uint32 i = 0; i < 4; ++i) {
            vm.warp(arrivals[i]);
            queueExit(dave, i + 1);
        }
        vm.warp(arrivals[0] + DEADLINE);
        sequence(alice, inputOf(0, 1));
        vm.warp(arrivals[0] + DEADLINE + 1);
        expectOverdue(inputOf(0, 2), 1);
        sequence(alice, forcedInput(1, 1, 0));

        vm.warp(arrivals[1] + DEADLINE);
        sequence(alice, inputOf(0, 3));
        vm.warp(arrivals[1] + DEADLINE + 1);
        expectOverdue(inputOf(0, 4), 2);
        expectOverdue(forcedInput(2, 1, 0), 3); // came in the same second
        sequence(alice, forcedInput(2, 2, 0));

        verify(carol, 1, 4);
        vm.warp(arrivals[3] + DEADLINE);
        sequence(alice, inputOf(0, 5));
        vm.warp(arrivals[3] + DEADLINE + 1);
        expectOverdue(inputOf(0, 6), 4);
    }

    /// @dev After an outage everything is overdue at once, and is taken at once: no order but the queue's.
    function test_severalOverdueOperationsAreTakenInOrder() public {
        for (uint32 i = 1; i <= 5; ++i) {
            queueExit(i % 2 == 0 ? dave : carol, i);
            skip(1 hours);
        }
        vm.warp(START + 10 * DEADLINE);
        for (uint16 count = 0; count < 4; ++count) {
            // Two leaves: there is room for all of them.
            expectOverdue(forcedInput(1, count, LEAF_BYTES), count + 1);
        }
        (bytes27 recorded, ) = rollup.forcedOperation(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationsMismatch.selector,
                1,
                bytes27(keccak256(bytes.concat(bytes27(0), forced[4]))),
                recorded
            )
        );
        vm.prank(alice, alice);
        poe.sequence(one(forcedInput(5, 1, 0)), MAX_FEE, 0);
        sequence(alice, forcedInput(1, 5, 0));
        verify(carol, 1, 1);
        assertEq(rollup.executedOperations(), 5);
    }

    /// @dev Bytes of operations that are not counted as such are transactions, and leave the queue where it was.
    function test_operationsHaveToBeNamed() public {
        queueExit(dave, 1);
        vm.warp(START + DEADLINE + 1);
        IProofOfEfficiency.BatchInput memory input = forcedInput(1, 1, 0);
        input.forcedCount = 0;
        expectOverdue(input, 1);
        sequence(alice, forcedInput(1, 1, 0));
    }

    // ─── Price ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev n operations cost n·base + step·n(n − 1)/2, all of which whoever proves them receives.
    function testFuzz_fillingTheQueueCostsTheSquare(uint256 count) public {
        count = bound(count, 1, MAX_LEAVES * SLOTS);
        uint256 paid;
        for (uint32 i = 1; i <= count; ++i) paid += queueExit(dave, i);
        assertEq(paid, spamPrice(count));
        assertEq(address(rollup).balance, paid);
        sequence(alice, forcedInput(1, uint16(count), 0));
        assertEq(posted[1].record.forcedFees, paid);
        assertEq(rollup.forcedFee(), FORCED_BASE + count * FORCED_STEP, "taken is not executed");
        verify(carol, 1, 1);
        assertEq(rollup.credits(0, carol), paid);
        assertEq(rollup.forcedFee(), FORCED_BASE, "the next user pays the base again");
    }

    function spamPrice(uint256 count) private pure returns (uint256) {
        return count * FORCED_BASE + (uint256(FORCED_STEP) * count * (count - 1)) / 2;
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function expectOverdue(IProofOfEfficiency.BatchInput memory input, uint256 id) private {
        (, uint256 queuedAt) = rollup.forcedOperation(id);
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, id, queuedAt + DEADLINE, this.clock())
        );
        vm.prank(alice, alice);
        poe.sequence(one(input), MAX_FEE, 0);
    }
}
